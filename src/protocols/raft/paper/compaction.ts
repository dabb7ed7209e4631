/** Log compaction and snapshots (Raft 7; thesis 5). */
import type { Theme } from './case.ts';
import { entryOf, type Lab, snapshotOf } from './lab.ts';

/** Three nodes, node 1 leads, `count` entries are applied by 1 and 2; node 3 is cut off from the start. */
function behind(lab: Lab, count: number): void {
  lab.start(3);
  lab.isolate(3);
  lab.elect(1);
  for (let i = 1; i <= count; i++) lab.propose(1, `v${i}`);
  lab.settle();
  lab.beat(1);
  lab.settle();
}

const compact = (index: number, snapshot: string) => ({ type: 'compact', index, snapshot });

export const compaction: Theme = {
  name: 'Compaction',
  file: 'compaction.ts',
  cases: [
    {
      section: 'Raft 7',
      claim: 'a snapshot replaces the log up to its index, keeps the term there, and the check of the next append still works',
      run(lab) {
        behind(lab, 3);
        lab.order(2, compact(4, 'state'));
        lab.equal([lab.raft(2).log.first, lab.raft(2).log.term(4), lab.terms(2)], [5, 1, []], 'the log');
        lab.propose(1, 'next');
        lab.settle();
        lab.equal(lab.terms(2), [1], 'the log after the next append');
        lab.tell(1, 2, 'app', { term: 1, index: 7, logTerm: 1 });
        lab.equal(
          lab.sent('appResp', 2).map((m) => m.reject),
          [true],
          'the answer to an append that does not fit',
        );
      },
    },
    {
      section: 'Raft 7',
      claim: 'a follower whose next entry was compacted away gets the snapshot, and the log that follows it',
      run(lab) {
        behind(lab, 3);
        lab.order(1, compact(4, 'state'));
        lab.propose(1, 'next');
        lab.settle();
        lab.heal();
        lab.pass(50_000);
        lab.equal(lab.applied(3), [{ restored: 'state', index: 4 }, 'next'], 'what it holds');
        lab.equal([lab.raft(3).commit, lab.terms(3)], [5, [1]], 'its commit index and log');
      },
    },
    {
      section: 'Raft 7',
      claim: 'an installed snapshot replaces what the follower had, conflicting entries included',
      run(lab) {
        lab.start(3, { disks: { 3: { terms: [1, 1, 1, 1, 1, 1], term: 1 } } });
        lab.tell(1, 3, 'snap', { term: 2, snapshot: snapshotOf(4, 2, [1, 2, 3], 'state') });
        lab.equal([lab.raft(3).log.first, lab.raft(3).log.last, lab.raft(3).commit], [5, 4, 4], 'its log');
        lab.equal(lab.applied(3), [{ restored: 'state', index: 4 }], 'its state');
      },
    },
    {
      section: 'Raft 7',
      claim: 'a snapshot of what the follower holds already deletes nothing that follows it',
      run(lab) {
        lab.start(3, { disks: { 3: { terms: [1, 1, 1, 2, 2], term: 2 } } });
        lab.tell(1, 3, 'snap', { term: 2, snapshot: snapshotOf(3, 1, [1, 2, 3], 'state') });
        lab.equal([lab.terms(3), lab.raft(3).commit], [[1, 1, 1, 2, 2], 3], 'its log');
        lab.equal(lab.applied(3), ['e1', 'e2', 'e3'], 'what it applied');
      },
    },
    {
      section: 'Raft 7',
      claim: 'an old snapshot does not take a follower back',
      run(lab) {
        lab.start(3, { disks: { 3: { terms: [1, 1, 1, 1], term: 2, commit: 4 } } });
        lab.tell(1, 3, 'snap', { term: 2, snapshot: snapshotOf(2, 2, [1, 2, 3], 'old') });
        lab.equal([lab.terms(3), lab.raft(3).commit, lab.applied(3).length], [[1, 1, 1, 1], 4, 4], 'the follower');
        lab.equal(
          lab.sent('appResp', 3).map((m) => m.index),
          [4],
          'its answer',
        );
      },
    },
    {
      section: 'Raft 7, thesis 5.1',
      claim: 'a snapshot carries the configuration as of its index, and whoever installs it takes that over',
      run(lab) {
        lab.start(3);
        lab.isolate(3);
        lab.elect(1);
        lab.order(1, { type: 'change-membership', changes: [{ type: 'add-learner', node: 4 }] });
        lab.settle();
        lab.propose(1, 'x');
        lab.settle();
        lab.order(1, { type: 'change-membership', changes: [{ type: 'add-learner', node: 5 }] });
        lab.settle();
        lab.order(1, compact(3, 'state'));
        lab.equal(lab.raft(1).log.snapshot?.configuration.learners, [4], 'the configuration in the snapshot at index 3');
        lab.heal();
        lab.hold(1, 3);
        lab.pass(20_000);
        lab.release();
        lab.deliver('heartbeat', 1, 3);
        lab.deliver('heartbeatResp', 3);
        lab.settle();
        lab.pass(50_000);
        lab.equal(lab.raft(3).configuration.learners, [4, 5], 'the configuration of the follower, after the log that follows');
      },
    },
    {
      section: 'thesis 5.1',
      claim: 'an installed snapshot is acknowledged, and anything applied after it, only once it is durable',
      run(lab) {
        lab.start(3);
        lab.host(3).slow = true;
        lab.tell(1, 3, 'snap', { term: 1, snapshot: snapshotOf(4, 1, [1, 2, 3], 'state') });
        lab.tell(1, 3, 'app', { term: 1, index: 4, logTerm: 1, commit: 5, entries: [entryOf(1, 'x')] });
        lab.equal([lab.sent('appResp', 3).length, lab.applied(3).includes('x')], [0, false], 'before the writes');
        lab.host(3).sync();
        lab.equal(lab.sent('appResp', 3).at(-1)?.index, 5, 'the answer after them');
        lab.equal(lab.applied(3), [{ restored: 'state', index: 4 }, 'x'], 'what it holds');
      },
    },
    {
      section: 'Raft 7, thesis 5.1',
      claim: 'a node that restarts takes up its snapshot and the log that follows it',
      run(lab) {
        behind(lab, 4);
        lab.order(2, compact(3, 'state'));
        lab.propose(1, 'next');
        lab.settle();
        lab.beat(1);
        lab.settle();
        lab.host(2).restart();
        lab.equal([lab.raft(2).log.first, lab.terms(2), lab.raft(2).term], [4, [1, 1, 1], 1], 'its log');
        lab.equal(lab.applied(2)[0], { restored: 'state', index: 3 }, 'its state');
        lab.pass(50_000);
        lab.equal(lab.applied(2).slice(1), ['v3', 'v4', 'next'], 'what it applied again');
      },
    },
    {
      section: 'thesis 5.1',
      claim: 'a leader that sent a snapshot sends nothing else until the follower is heard of again',
      run(lab) {
        behind(lab, 3);
        lab.order(1, compact(4, 'state'));
        lab.heal();
        lab.beat(1);
        lab.deliver('heartbeat', 1, 3);
        lab.deliver('heartbeatResp', 3);
        lab.equal(lab.take('snap', 1, 3).length, 1, 'snapshots sent');
        lab.propose(1, 'x');
        lab.equal([lab.sent('app', 1, 3).length, lab.sent('snap', 1, 3).length], [0, 0], 'what else is sent');
        lab.order(1, { type: 'report-snapshot', node: 3, ok: false });
        lab.pass(50_000);
        lab.equal(lab.applied(3).at(-1), 'x', 'the follower after the loss was reported');
      },
    },
  ],
};
