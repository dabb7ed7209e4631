/** Redis acknowledges before its replicas have it: what a partition costs, what a kill does not, and what the setting against it saves. */
import { scenarios, type Timing } from '../schedule.ts';

/** Enough to lose much, and little enough that the servers are not kept from their elections. */
const RATE = 1200;
const isolatePrimary = (time: Timing) => [time.during(0.2, 0.7, { fault: 'partition', shape: 'isolate', node: 'leader' })];

const writes = { workload: 'replication', readShare: 0, ratePerSecond: RATE } as const;
const registers = { workload: 'register', ratePerSecond: 300, checks: [{ check: 'linearizability' }] } as const;
const slowLinks = (time: Timing) => [time.during(0.1, 0.9, { fault: 'delay', minMs: 100, maxMs: 120, links: ['*->*'] })];

export const redisScenarios = scenarios('redis-sentinel', {
  default: (time) => ({
    about: 'The primary is cut off with its sentinel and a client, goes on acknowledging, and is overruled: those writes are lost.',
    ...writes,
    faults: isolatePrimary(time),
  }),
  'partition-primary': (time) => ({
    about: 'The primary is cut off with its sentinel and a client, goes on acknowledging, and is overruled: those writes are lost.',
    ...writes,
    faults: isolatePrimary(time),
  }),
  'partition-primary-min-replicas': (time) => ({
    about: 'The same, and the primary stops writing once no replica was heard for a second: fewer are lost, not none.',
    ...writes,
    settings: { minReplicasToWrite: 1, minReplicasMaxLag: 1 },
    faults: isolatePrimary(time),
  }),
  'kill-primary': (time) => ({
    about: 'The primary is killed and stays down: its replicas have what it acknowledged (control of partition-primary).',
    ...writes,
    // On a busy machine sentinels that wait for a second depose the new primary too, and that loses what it acknowledged.
    settings: { downAfterMs: 2500 },
    faults: [time.during(0.1, 1, { fault: 'kill', node: 'leader' })],
  }),
  'restart-primary': (time) => ({
    about: 'The old primary starts again after the fail-over, takes itself for one, and acknowledges until its sentinels demote it.',
    ...writes,
    faults: [time.during(0.2, 0.7, { fault: 'kill', node: 'leader' })],
  }),
  'replica-reads': (time) => ({
    about: 'Reads from replicas that are 100 ms behind are stale.',
    ...registers,
    settings: { readMode: 'replica' },
    faults: slowLinks(time),
  }),
  'primary-reads': (time) => ({
    about: 'The same delay with reads from the primary: they are its own (control of replica-reads).',
    ...registers,
    faults: slowLinks(time),
  }),
});
