/** What etcd is asked to withstand, and three ways to be wrong with it: each with the control that must stay clean. */
import { scenarios, type Timing } from '../schedule.ts';

const isolate = (node: string) => ({ fault: 'partition', shape: 'isolate', node }) as const;
const fromAllTo = (to: string) => ({ fault: 'partition', shape: 'one-way', from: ['all'], to: [to] }) as const;
/** A write behind a cut keeps its client waiting: most are readers, so that there is somebody to see what is served. */
const mostlyReads = { workload: 'register', readShare: 0.97, keys: 2, ratePerSecond: 600 } as const;
const isolateThenKill = (time: Timing) => [
  time.during(0.2, 0.4, isolate('leader')),
  time.during(0.6, 0.8, { fault: 'kill', node: 'leader' }),
];
const deafFollower = (time: Timing) => time.during(0.15, 0.8, { fault: 'partition', shape: 'one-way', from: ['leader'], to: ['follower'] });
/** One election may happen on a busy machine; a deaf follower stands about once in 0.75 s. */
const calm = [{ check: 'linearizability' }, { check: 'elections', maxEpochGrowth: 3 }];
const toAllFrom = (from: string) => ({ fault: 'partition', shape: 'one-way', from: [from], to: ['all'] }) as const;

export const etcdScenarios = scenarios('etcd', {
  default: (time) => ({
    about: 'The leader is cut off, then one half from the other: every answer stays linearizable.',
    workload: 'cas-register',
    faults: [
      time.during(0.15, 0.4, isolate('leader')),
      time.during(0.6, 0.85, { fault: 'partition', shape: 'groups', groups: [['majority'], ['minority']] }),
    ],
  }),
  'stale-reads': (time) => ({
    about: 'A follower that is cut off goes on answering serializable reads from what it has: they are stale.',
    ...mostlyReads,
    settings: { readMode: 'serializable' },
    faults: [time.during(0.2, 0.8, isolate('follower'))],
  }),
  'stale-reads-delay': (time) => ({
    about: 'Nothing is cut, the nodes are 30 ms apart: serializable reads of a follower miss what was acknowledged a moment ago.',
    workload: 'register',
    readShare: 0.8,
    keys: 2,
    ratePerSecond: 400,
    settings: { readMode: 'serializable' },
    faults: [time.during(0.1, 0.9, { fault: 'delay', minMs: 30, maxMs: 35, links: ['*->*'] })],
  }),
  'linearizable-reads': (time) => ({
    about: 'The same cut with linearizable reads: the follower refuses instead (control of stale-reads).',
    ...mostlyReads,
    faults: [time.during(0.2, 0.8, isolate('follower'))],
  }),
  lock: () => ({
    about: 'A counter guarded by a lock whose holders are now and then slower than their lease of 2 s: increments are lost.',
    workload: 'counter',
    readShare: 0.1,
    timeoutMs: 10_000,
    settings: { guard: 'lock', leaseSeconds: 2, slowMs: 3500, slowEvery: 3 },
  }),
  'lock-fenced': () => ({
    about: 'The same holders, but they write only if the lock is still theirs, by its token (control of lock).',
    workload: 'counter',
    readShare: 0.1,
    timeoutMs: 10_000,
    settings: { guard: 'fenced-lock', leaseSeconds: 2, slowMs: 3500, slowEvery: 3 },
  }),
  'one-way': (time) => ({
    about: 'What followers send does not reach the leader, then what the leader sends reaches nobody: linearizable all the same.',
    workload: 'register',
    faults: [time.during(0.1, 0.4, fromAllTo('leader')), time.during(0.55, 0.85, toAllFrom('leader'))],
  }),
  'one-way-follower': (time) => ({
    about:
      'A follower does not hear the leader, though the leader hears it: it stands again and again, its term grows, and the heal deposes the leader.',
    workload: 'register',
    checks: calm,
    faults: [deafFollower(time)],
  }),
  'one-way-follower-pre-vote': (time) => ({
    about: 'The same with pre-vote: who would not be elected does not raise the term (control of one-way-follower).',
    workload: 'register',
    settings: { preVote: true },
    checks: calm,
    faults: [deafFollower(time)],
  }),
  'kill-leader': (time) => ({
    about: 'The leader is killed, and later loses its disk: what was acknowledged survives.',
    workload: 'replication',
    faults: [time.during(0.15, 0.35, { fault: 'kill', node: 'leader' }), time.during(0.55, 0.7, { fault: 'disk-loss', node: 'leader' })],
  }),
  'disk-full': (time) => ({
    about: 'The disk of a follower, then of the leader, is full: whoever cannot write stops, and what was acknowledged survives.',
    workload: 'replication',
    faults: [
      time.during(0.15, 0.35, { fault: 'disk-full', node: 'follower' }),
      time.during(0.55, 0.75, { fault: 'disk-full', node: 'leader' }),
    ],
  }),
  'slow-disk': (time) => ({
    about: 'Every fsync of the leader takes 100 ms longer: slower, and linearizable all the same.',
    workload: 'cas-register',
    faults: [time.during(0.25, 0.75, { fault: 'slow-disk', node: 'leader', syncMs: 100 })],
  }),
  'list-append': (time) => ({
    about: 'Transactions while the leader is cut off and killed: strictly serializable.',
    workload: 'list-append',
    faults: isolateThenKill(time),
  }),
  'rw-register': (time) => ({
    about: 'Transactions over registers while the leader is cut off and killed: strictly serializable.',
    workload: 'rw-register',
    faults: isolateThenKill(time),
  }),
});
