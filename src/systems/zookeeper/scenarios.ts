/** ZooKeeper orders writes; reads are each server's own. What that means, and what `sync` mends. */
import { scenarios, type Timing } from '../schedule.ts';

const slowLinks = (time: Timing) => [time.during(0.1, 0.9, { fault: 'delay', minMs: 60, maxMs: 70, links: ['*->*'] })];
const isolate = (node: string) => ({ fault: 'partition', shape: 'isolate', node }) as const;
/** A write behind a cut keeps its client waiting: many clients, most of them readers, so that there is somebody to see what is served. */
const mostlyReads = { workload: 'register', clients: 18, readShare: 0.97, keys: 2, ratePerSecond: 600 } as const;
/** Writes of one key seldom overlap, so that what is stale is certainly so; reads come right after them. */
const manyReads = { workload: 'register', readShare: 0.95, keys: 16 } as const;
const linearizability = [{ check: 'linearizability' }];

export const zookeeperScenarios = scenarios('zookeeper', {
  default: (time) => ({
    about: 'The leader is cut off, then killed: what was acknowledged survives.',
    workload: 'replication',
    readShare: 0,
    settings: { readMode: 'sync' },
    faults: [time.during(0.15, 0.4, isolate('leader')), time.during(0.6, 0.8, { fault: 'kill', node: 'leader' })],
  }),
  'stale-reads': (time) => ({
    about: 'Servers that are 60 ms apart: a read right after the write of another session is stale.',
    ...manyReads,
    checks: linearizability,
    faults: slowLinks(time),
  }),
  'sync-reads': (time) => ({
    about: 'The same with sync before each read (control of stale-reads).',
    ...manyReads,
    checks: linearizability,
    settings: { readMode: 'sync' },
    faults: slowLinks(time),
  }),
  'isolated-follower': (time) => ({
    about: 'A follower that is cut off answers from what it has until it notices, then refuses.',
    ...mostlyReads,
    checks: linearizability,
    faults: [time.during(0.2, 0.7, isolate('follower'))],
  }),
  sessions: (time) => ({
    about: 'Each session sees its own writes and never goes back, whatever is cut (control of stale-reads).',
    workload: 'sessions',
    faults: [time.during(0.2, 0.5, isolate('leader')), ...slowLinks(time)],
  }),
});
