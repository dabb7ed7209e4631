/** Why a leader's log can be trusted: the election restriction and commitment (Raft 5.4; thesis 3.6). */
import type { Theme } from './case.ts';

/** [candidate's log, voter's log, does it get the vote?] */
const restriction: readonly (readonly [readonly number[], readonly number[], boolean])[] = [
  [[1], [1], true],
  [[1, 1], [1], true],
  [[1], [1, 1], false],
  [[1, 2], [1, 1, 1], true],
  [[2], [1, 1], true],
  [[1, 1, 1], [1, 2], false],
  [[1, 1], [2], false],
  [[], [1], false],
  [[1], [], true],
];

export const safety: Theme = {
  name: 'Safety',
  file: 'safety.ts',
  cases: [
    {
      section: 'Raft 5.4.1',
      claim: 'a vote request carries index and term of the last entry of the candidate',
      run(lab) {
        lab.start(3, { disks: { 1: { terms: [1, 2, 2], term: 2 } } });
        lab.expire(1);
        lab.equal(
          lab.sent('vote', 1).map((m) => [m.index, m.logTerm]),
          [
            [3, 2],
            [3, 2],
          ],
          'requests',
        );
      },
    },
    {
      section: 'Raft 5.4.1',
      claim: 'a node refuses its vote to a candidate whose log is less up to date: an older last term, or a shorter log',
      run(lab) {
        for (const [candidate, voter, granted] of restriction) {
          const each = lab.another();
          each.start(3, { disks: { 1: { terms: candidate, term: 3 }, 2: { terms: voter, term: 3 } } });
          each.expire(1);
          each.deliver('vote', 1, 2);
          lab.equal(
            each.sent('voteResp', 2).map((m) => m.reject),
            [!granted],
            `the answer of [${voter}] to [${candidate}]`,
          );
        }
      },
    },
    {
      section: 'Raft 5.4.1',
      claim: 'a newer term without a newer log does not make a leader',
      run(lab) {
        lab.start(3, { disks: { 1: { terms: [1], term: 8 }, 2: { terms: [1, 1], term: 1 }, 3: { terms: [1, 1], term: 1 } } });
        lab.elect(1);
        lab.equal(lab.leaders(), [], 'leaders');
        lab.elect(2);
        lab.equal(lab.leaders(), [2], 'leaders after the better candidate');
      },
    },
    {
      section: 'Raft 5.4.2',
      claim: 'an entry of an earlier term is not committed by counting its copies',
      run(lab) {
        lab.start(3, { disks: { 1: { terms: [1, 2], term: 2 }, 2: { terms: [1, 2], term: 2 }, 3: { terms: [1], term: 2 } } });
        lab.expire(1);
        lab.deliver('vote');
        lab.deliver('voteResp');
        lab.take('app');
        lab.tell(2, 1, 'appResp', { term: 3, index: 2 });
        lab.equal([lab.raft(1).role, lab.raft(1).commit], ['leader', 0], 'the leader, two of three hold entry 2');
        lab.tell(2, 1, 'appResp', { term: 3, index: 3 });
        lab.equal(lab.raft(1).commit, 3, 'the same with an entry of its own term');
      },
    },
    {
      section: 'Raft figure 8',
      claim: 'what a majority holds from an earlier term can be overwritten, and nobody has applied it',
      run(lab) {
        // (b) S5 has an entry of term 3 at index 2; (c) S1 leads term 4 and copies its old entry of term 2 to S2 and S3.
        const disks = { 1: [1, 2], 2: [1, 2], 3: [1], 4: [1], 5: [1, 3] };
        lab.start(5, { disks: Object.fromEntries(Object.entries(disks).map(([id, terms]) => [id, { terms, term: 3 }])) });
        for (const from of [1]) for (const to of [4, 5]) lab.cut(from, to);
        lab.expire(1);
        lab.deliver('vote');
        lab.deliver('voteResp');
        lab.equal([lab.raft(1).role, lab.raft(1).term], ['leader', 4], 'S1');
        // Its own entry of term 4 stays on the way: only what came before arrives.
        for (const { to, message } of lab.take('app', 1)) {
          lab.hand([
            { from: 1, to, message: { ...message, index: 1, logTerm: 1, entries: message.index === 1 ? message.entries.slice(0, 1) : [] } },
          ]);
        }
        lab.deliver('appResp');
        for (const { to, message } of lab.take('app', 1))
          lab.hand([{ from: 1, to, message: { ...message, entries: message.entries.slice(0, 1) } }]);
        lab.deliver('appResp');
        lab.take('app');
        const copies = [1, 2, 3].filter((id) => lab.raft(id).log.term(2) === 2).length;
        lab.equal([copies, lab.raft(1).commit], [3, 0], 'copies of the old entry, commit index');
        // (d) S1 crashes, S5 is elected by S2, S3 and S4 and overwrites the entry.
        lab.host(1).crash();
        lab.network = [];
        lab.heal();
        lab.expire(5);
        lab.settle();
        if (lab.raft(5).role !== 'leader') lab.elect(5);
        lab.pass(50_000);
        lab.equal([lab.leaders(), lab.raft(2).log.term(2), lab.raft(3).log.term(2)], [[5], 3, 3], 'S5 leads, entry 2 on S2 and S3');
        for (const id of [2, 3, 4, 5]) lab.equal(lab.applied(id).slice(0, 2), ['e1', 'e2'], `what S${id} applied`);
      },
    },
    {
      section: 'Raft 5.4.2, thesis 3.6.2',
      claim: 'a new leader commits what its predecessors left with an empty entry of its own, without waiting for clients',
      run(lab) {
        lab.start(3, { disks: { 1: { terms: [1, 1], term: 1 }, 2: { terms: [1, 1], term: 1 }, 3: { terms: [1, 1], term: 1 } } });
        lab.elect(1);
        lab.pass(20_000);
        lab.equal([lab.raft(1).commit, lab.applied(1), lab.applied(3)], [3, ['e1', 'e2', null], ['e1', 'e2', null]], 'the group');
      },
    },
    {
      section: 'Raft 5.4.3 (Leader Completeness)',
      claim: 'whoever is elected after an entry was committed holds that entry',
      run(lab) {
        for (const candidate of [2, 3, 4, 5]) {
          const each = lab.another();
          each.start(5);
          each.elect(1);
          each.isolate(4, 5);
          each.propose(1, 'kept');
          each.settle();
          each.heal();
          each.host(1).crash();
          each.elect(candidate);
          for (const id of each.leaders())
            lab.holds(each.raft(id).log.last >= 2 && each.raft(id).log.entry(2).op === 'kept', `leader ${id} holds it`);
          lab.equal(each.leaders(), candidate < 4 ? [candidate] : [], `leaders when ${candidate} stands`);
        }
      },
    },
    {
      section: 'Raft 5.4.3',
      claim: 'a leader cut off with a minority commits nothing, and its entries give way when it is back',
      run(lab) {
        lab.start(5);
        lab.elect(1);
        lab.isolate(1, 2);
        lab.propose(1, 'lost');
        lab.settle();
        lab.equal(lab.raft(1).commit, 1, 'commit index of the minority');
        lab.elect(3);
        lab.propose(3, 'kept');
        lab.settle();
        lab.heal();
        lab.pass(50_000);
        for (const id of lab.ids) lab.equal(lab.applied(id), [null, null, 'kept'], `what ${id} applied`);
      },
    },
  ],
};
