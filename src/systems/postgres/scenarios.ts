/** What a promotion costs with and without synchronous standbys, three ways to fool oneself, and what isolation levels allow. */
import type { FaultAction } from '../../scenario/index.ts';
import { scenarios, type Timing } from '../schedule.ts';

const anyStandby: FaultAction = { fault: 'action', node: 'n2', name: 'promote' };
/** A commit may have waited for the other standby: who must not lose it promotes the one that has most. */
const newestStandby: FaultAction = { fault: 'action', node: 'n1', name: 'promote-newest' };
const cutPromoteRejoin = (time: Timing, promotion = anyStandby) => [
  time.during(0.2, 0.75, { fault: 'partition', shape: 'isolate', node: 'n1' }),
  time.at(0.35, promotion),
  time.at(0.8, { fault: 'action', node: 'n1', name: 'rejoin' }),
];
const replication = { workload: 'replication', readShare: 0, ratePerSecond: 1200 } as const;
/** Standbys are behind at all times; replay that stands still now and then, as behind a long query, shows who waits for it. */
const ownWrites = (time: Timing) => ({
  workload: 'sessions',
  checks: [{ check: 'sessions' }],
  faults: [0.2, 0.5].flatMap((from) => [
    time.at(from, { fault: 'action', node: 'n3', name: 'pause-replay' }),
    time.at(from + 0.15, { fault: 'action', node: 'n3', name: 'resume-replay' }),
  ]),
});
const CANCELS = 12;

export const postgresScenarios = scenarios('postgres', {
  default: (time) => ({
    about: 'The primary is cut off and a standby promoted; both take writes, and those of the old primary are lost when it rejoins.',
    ...replication,
    faults: cutPromoteRejoin(time),
  }),
  'async-promote': (time) => ({
    about: 'The primary is cut off and a standby promoted; both take writes, and those of the old primary are lost when it rejoins.',
    ...replication,
    faults: cutPromoteRejoin(time),
  }),
  'sync-promote': (time) => ({
    about:
      'The same with commits that wait for one standby: the old primary acknowledges nothing more, and the standby that has most is promoted (control of async-promote).',
    ...replication,
    settings: { synchronous: 'any-1' },
    faults: cutPromoteRejoin(time, newestStandby),
  }),
  'cancelled-sync': (time) => ({
    about: 'Commits that wait for a standby are cancelled: each succeeds with a warning, and is lost at the promotion.',
    ...replication,
    timeoutMs: 3000,
    settings: { synchronous: 'any-1' },
    faults: [
      ...cutPromoteRejoin(time),
      ...Array.from({ length: CANCELS }, (_, i) =>
        time.at(0.22 + (0.5 * i) / CANCELS, { fault: 'action', node: 'n1', name: 'cancel-waits' }),
      ),
    ].sort((a, b) => a.atMs - b.atMs),
  }),
  'replica-read': (time) => ({
    about: 'Reads from standbys right after a commit are stale, even where the commit waited for one of them.',
    ...ownWrites(time),
    settings: { synchronous: 'any-1', readMode: 'replica' },
  }),
  'replica-read-async': (time) => ({
    about: 'The same with commits that wait for no standby.',
    ...ownWrites(time),
    settings: { readMode: 'replica' },
  }),
  'replica-read-remote-write': (time) => ({
    about: 'The same with commits that wait until all standbys have written, which is not: applied.',
    ...ownWrites(time),
    settings: { synchronous: 'all', synchronousCommit: 'remote_write', readMode: 'replica' },
  }),
  'replica-read-remote-apply': (time) => ({
    about: 'Commits wait until all standbys have applied them: what was acknowledged is seen everywhere (control of replica-read).',
    ...ownWrites(time),
    settings: { synchronous: 'all', synchronousCommit: 'remote_apply', readMode: 'replica' },
  }),
  'clock-jump': (time) => ({
    about: 'The clock of the primary jumps an hour ahead, then two hours back: transactions stay serializable (needs libfaketime).',
    workload: 'list-append',
    settings: { ownClock: true },
    faults: [
      time.at(0.3, { fault: 'clock-jump', node: 'leader', byMs: 3_600_000 }),
      time.at(0.6, { fault: 'clock-jump', node: 'leader', byMs: -7_200_000 }),
    ],
  }),
  'kill-primary': (time) => ({
    about: 'The primary is killed and starts again: what it acknowledged is on its disk (control).',
    ...replication,
    faults: [time.during(0.3, 0.5, { fault: 'kill', node: 'n1' })],
  }),
  'list-append': () => ({
    about: 'Serializable transactions on the primary (control of list-append-repeatable-read).',
    workload: 'list-append',
    clients: 8,
    settings: { isolation: 'serializable' },
  }),
  'list-append-repeatable-read': () => ({
    about: 'Snapshot isolation, which PostgreSQL calls repeatable read, allows write skew.',
    workload: 'list-append',
    clients: 8,
    settings: { isolation: 'repeatable read' },
  }),
  'bank-read-committed': () => ({
    about: 'Read, compute, write under read committed: updates are lost and money appears or vanishes.',
    workload: 'bank',
    clients: 8,
    readShare: 0.2,
    settings: { isolation: 'read committed' },
  }),
  'bank-serializable': () => ({
    about: 'The same transfers under serializable: one of two that clash is refused (control of bank-read-committed).',
    workload: 'bank',
    clients: 8,
    readShare: 0.2,
    settings: { isolation: 'serializable' },
  }),
});
