/** Cluster membership changes, and the roles that came with them (Raft 6; thesis 4). */
import type { Theme } from './case.ts';
import type { Lab } from './lab.ts';

/** Nodes 1 to `size` with node 1 leading; node ids beyond `voters` are outside the group. */
function led(lab: Lab, voters: number, size: number): void {
  const peers = Array.from({ length: voters }, (_, i) => i + 1);
  for (let id = 1; id <= size; id++) lab.add(id, peers);
  lab.elect(1);
  lab.beat(1);
  lab.settle();
}

const change = (changes: readonly (readonly [string, number])[], transition = 'auto') => ({
  type: 'change-membership',
  transition,
  changes: changes.map(([type, node]) => ({ type, node })),
});

export const membership: Theme = {
  name: 'Membership changes',
  file: 'membership.ts',
  cases: [
    {
      section: 'thesis 4.1',
      claim: 'a server is added by a log entry, gets the whole log, and counts from then on',
      run(lab) {
        led(lab, 3, 4);
        const asked = lab.order(1, change([['add-voter', 4]]));
        lab.settle();
        lab.pass(50_000);
        lab.equal([lab.reply(1, asked)?.outcome, lab.raft(1).configuration.voters], ['ok', [1, 2, 3, 4]], 'the answer');
        lab.equal(
          [lab.terms(4), lab.raft(4).configuration.voters],
          [
            [1, 1],
            [1, 2, 3, 4],
          ],
          'the new server',
        );
        lab.isolate(3, 4);
        lab.propose(1, 'x');
        lab.settle();
        lab.equal(lab.raft(1).commit, 2, 'commit with two of four');
      },
    },
    {
      section: 'thesis 4.1',
      claim: 'one change at a time: another is refused until the first is in force',
      run(lab) {
        led(lab, 3, 5);
        lab.order(1, change([['add-voter', 4]]));
        const second = lab.order(1, change([['add-voter', 5]]));
        lab.equal(lab.reply(1, second)?.code, 'LC_MEMBERSHIP', 'the answer to the second');
        lab.settle();
        const third = lab.order(1, change([['add-voter', 5]]));
        lab.settle();
        lab.equal([lab.reply(1, third)?.outcome, lab.raft(1).configuration.voters], ['ok', [1, 2, 3, 4, 5]], 'the answer afterwards');
      },
    },
    {
      section: 'thesis 4.1',
      claim: 'a new leader takes no change before it has applied what its predecessors left in the log',
      run(lab) {
        const left = { terms: [1, 1], term: 1 };
        lab.start(3, { disks: { 1: left, 2: left, 3: left } });
        lab.add(4, [1, 2, 3]);
        lab.expire(1);
        lab.deliver('vote', 1);
        lab.deliver('voteResp', 2);
        lab.equal(lab.raft(1).role, 'leader', 'node 1');
        lab.take('app');
        const early = lab.order(1, change([['add-voter', 4]]));
        lab.equal(lab.reply(1, early)?.code, 'LC_MEMBERSHIP', 'the answer before its first commit');
        lab.pass(50_000);
        const later = lab.order(1, change([['add-voter', 4]]));
        lab.pass(50_000);
        lab.equal(lab.reply(1, later)?.outcome, 'ok', 'the answer after it');
      },
    },
    {
      section: 'Raft 6, thesis 4.3',
      claim: 'in a joint configuration entries need a majority of the old voters and one of the new',
      run(lab) {
        led(lab, 3, 5);
        lab.order(
          1,
          change(
            [
              ['add-voter', 4],
              ['add-voter', 5],
              ['remove', 2],
              ['remove', 3],
            ],
            'explicit',
          ),
        );
        lab.settle();
        lab.beat(1);
        lab.settle();
        const { voters, outgoing } = lab.raft(1).configuration;
        lab.equal(
          [voters, outgoing],
          [
            [1, 4, 5],
            [1, 2, 3],
          ],
          'the joint configuration',
        );
        const before = lab.raft(1).commit;
        lab.isolate(2, 3);
        lab.propose(1, 'x');
        lab.settle();
        lab.equal(lab.raft(1).commit, before, 'commit with new voters only');
        lab.heal();
        lab.pass(50_000);
        lab.equal(lab.raft(1).commit, before + 1, 'commit with all');
        lab.isolate(4, 5);
        lab.propose(1, 'y');
        lab.settle();
        lab.equal(lab.raft(1).commit, before + 1, 'commit with old voters only');
      },
    },
    {
      section: 'Raft 6, thesis 4.3',
      claim: 'in a joint configuration a candidate needs a majority of the old voters and one of the new',
      run(lab) {
        led(lab, 3, 5);
        lab.order(
          1,
          change(
            [
              ['add-voter', 4],
              ['add-voter', 5],
              ['remove', 2],
              ['remove', 3],
            ],
            'explicit',
          ),
        );
        lab.pass(50_000);
        lab.equal(lab.raft(4).configuration.outgoing, [1, 2, 3], 'outgoing voters as node 4 knows them');
        lab.isolate(4, 5, 1);
        lab.host(1).crash();
        lab.elect(4);
        lab.equal(lab.leaders(), [], 'leaders with 4 and 5 alone');
        lab.heal();
        lab.elect(4);
        lab.equal(lab.leaders(), [4], 'leaders with 2, 3, 4 and 5');
      },
    },
    {
      section: 'Raft 6, thesis 4.3',
      claim: 'the leader leaves the joint configuration by itself once it is in force',
      run(lab) {
        led(lab, 3, 5);
        lab.order(
          1,
          change([
            ['add-voter', 4],
            ['add-voter', 5],
          ]),
        );
        lab.settle();
        lab.pass(50_000);
        for (const id of lab.ids) {
          const { voters, outgoing } = lab.raft(id).configuration;
          lab.equal([voters, outgoing], [[1, 2, 3, 4, 5], []], `the configuration of ${id}`);
        }
      },
    },
    {
      section: 'Raft 6, thesis 4.2.2',
      claim: 'a leader that is not in the new configuration leads until it is committed, and then steps down',
      run(lab) {
        led(lab, 3, 3);
        lab.order(1, change([['remove', 1]]));
        lab.equal(lab.raft(1).role, 'leader', 'before the change is committed');
        lab.settle();
        lab.equal(lab.raft(1).role, 'follower', 'after it');
        lab.pass(1_000_000);
        const [leader] = lab.leaders();
        lab.holds(lab.leaders().length === 1 && leader !== 1, 'one of the others leads');
      },
    },
    {
      section: 'Raft 6, thesis 4.2.3',
      claim: 'a removed server that campaigns does not disrupt the group, with check-quorum',
      run(lab) {
        for (let id = 1; id <= 4; id++) lab.add(id, [1, 2, 3, 4], { config: { checkQuorum: true } });
        lab.elect(1);
        lab.beat(1);
        lab.settle();
        lab.isolate(4);
        lab.order(1, change([['remove', 4]]));
        lab.settle();
        lab.equal(lab.raft(1).configuration.voters, [1, 2, 3], 'the configuration');
        lab.heal();
        for (const to of [1, 2, 3]) lab.cut(to, 4);
        lab.pass(600_000);
        lab.holds(lab.raft(4).term > 1, 'the removed server campaigned');
        lab.equal([lab.leaders().filter((id) => id !== 4), lab.raft(1).term], [[1], 1], 'leader and term of the group');
      },
    },
    {
      section: 'thesis 4.2.1',
      claim: 'a learner gets the log, and counts neither for commitment nor in elections',
      run(lab) {
        led(lab, 3, 4);
        lab.order(1, change([['add-learner', 4]]));
        lab.settle();
        lab.pass(50_000);
        lab.equal([lab.terms(4), lab.raft(4).isLearner], [[1, 1], true], 'the learner');
        lab.isolate(2, 3);
        lab.propose(1, 'x');
        lab.settle();
        lab.equal([lab.terms(4).length, lab.raft(1).commit], [3, 2], 'entries of the learner, commit with leader and learner alone');
      },
    },
    {
      section: 'thesis 4.2.1',
      claim: 'a learner does not campaign',
      run(lab) {
        led(lab, 3, 4);
        lab.order(1, change([['add-learner', 4]]));
        lab.settle();
        lab.pass(50_000);
        lab.isolate(4);
        lab.pass(1_000_000);
        lab.equal([lab.raft(4).role, lab.raft(4).term], ['follower', 1], 'the learner alone');
      },
    },
    {
      section: 'thesis 4.2.1',
      claim: 'a learner can be made a voter, and a voter a learner',
      run(lab) {
        led(lab, 3, 4);
        lab.order(1, change([['add-learner', 4]]));
        lab.pass(50_000);
        lab.order(1, change([['add-voter', 4]]));
        lab.pass(50_000);
        lab.equal([lab.raft(4).isLearner, lab.raft(1).configuration.voters], [false, [1, 2, 3, 4]], 'promoted');
        lab.order(1, change([['add-learner', 4]]));
        lab.pass(50_000);
        lab.equal([lab.raft(4).isLearner, lab.raft(1).configuration.voters], [true, [1, 2, 3]], 'demoted');
      },
    },
    {
      section: 'thesis 4.1',
      claim: 'a removed server gets no more entries and is no longer counted',
      run(lab) {
        led(lab, 3, 3);
        lab.order(1, change([['remove', 3]]));
        lab.settle();
        lab.pass(20_000);
        lab.propose(1, 'x');
        lab.equal(
          lab.network.map(({ to }) => to),
          [2],
          'to whom the leader sends',
        );
        lab.settle();
        lab.equal(lab.raft(1).commit, 3, 'commit with two of two');
      },
    },
    {
      section: 'thesis 4.1, README',
      claim: 'a node with a committed change that it has not applied does not campaign',
      run(lab) {
        lab.start(3);
        lab.elect(1);
        lab.order(1, change([['add-learner', 4]]));
        lab.deliver('app', 1, 2);
        lab.settle();
        lab.host(3).slow = true;
        lab.propose(1, 'x');
        lab.settle();
        lab.host(2).slow = true;
        lab.order(1, change([['remove', 3]]));
        lab.deliver('app', 1);
        lab.host(3).sync();
        lab.deliver('appResp', 3);
        lab.deliver('app', 1, 2);
        lab.holds(lab.raft(2).commit > lab.raft(2).applied, 'node 2 knows of a committed change that its disk does not hold yet');
        lab.expire(2);
        lab.equal(lab.raft(2).role, 'follower', 'node 2 after its time-out');
      },
    },
    {
      section: 'README',
      claim: 'a witness votes and counts, keeps nothing of what clients wrote, and never leads',
      run(lab) {
        const initial = { voters: [1, 2, 3], outgoing: [], learners: [], learnersNext: [], witnesses: [3], autoLeave: false };
        lab.start(3, { config: { initial } });
        lab.isolate(2);
        lab.elect(1);
        lab.equal(lab.leaders(), [1], 'the leader with the vote of the witness');
        lab.propose(1, 'secret');
        lab.settle();
        lab.beat(1);
        lab.settle();
        lab.equal([lab.raft(1).commit, lab.terms(3)], [2, [1, 1]], 'commit with the witness');
        lab.equal([lab.raft(3).log.entry(2).op, lab.applied(3)], [null, []], 'what the witness holds and applies');
      },
    },
    {
      section: 'README',
      claim: 'a witness does not campaign',
      run(lab) {
        const initial = { voters: [1, 2, 3], outgoing: [], learners: [], learnersNext: [], witnesses: [3], autoLeave: false };
        lab.start(3, { config: { initial } });
        lab.isolate(3);
        lab.pass(1_000_000);
        lab.equal([lab.raft(3).role, lab.raft(3).term], ['follower', 0], 'the witness alone');
      },
    },
  ],
};
