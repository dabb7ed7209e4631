/** Log replication: appending, the consistency check, repair, commitment (Raft 5.3, 5.5; thesis 3.5). */
import type { Theme } from './case.ts';
import { entryOf, type Lab } from './lab.ts';

/** `size` nodes, node 1 leads term 1 and its empty entry is committed everywhere. */
function led(lab: Lab, size: number): void {
  lab.start(size);
  lab.elect(1);
  lab.beat(1);
  lab.settle();
}

/** Figure 7: the logs of followers (a) to (f) when the leader at the top comes to power in term 8. */
const figure7: readonly (readonly number[])[] = [
  [1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
  [1, 1, 1, 4, 4, 5, 5, 6, 6],
  [1, 1, 1, 4],
  [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
  [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
  [1, 1, 1, 4, 4, 4, 4],
  [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
];

export const logReplication: Theme = {
  name: 'Log replication',
  file: 'log-replication.ts',
  cases: [
    {
      section: 'Raft 5.3',
      claim: 'a leader appends a proposal to its log and sends it to every follower with the entry before it',
      run(lab) {
        led(lab, 3);
        lab.propose(1, 'x');
        lab.equal(lab.terms(1), [1, 1], 'its log');
        for (const to of [2, 3]) {
          const [m] = lab.sent('app', 1, to);
          lab.equal([m?.index, m?.logTerm, m?.entries.map(({ term, op }) => [term, op])], [1, 1, [[1, 'x']]], `what ${to} is sent`);
        }
      },
    },
    {
      section: 'Raft 5.3',
      claim: 'an entry is committed once a majority holds it, the leader included',
      run(lab) {
        const acknowledgements: readonly (readonly [number, number])[] = [
          [2, 1],
          [3, 1],
          [4, 2],
          [5, 2],
        ];
        for (const [size, needed] of acknowledgements) {
          const each = lab.another();
          led(each, size);
          each.propose(1, 'x');
          each.take('app');
          for (let i = 0; i < needed; i++) {
            lab.equal(each.raft(1).commit, 1, `commit of ${size} with ${i} answers`);
            each.tell(2 + i, 1, 'appResp', { term: 1, index: 2 });
          }
          lab.equal([each.raft(1).commit, each.applied(1)], [2, [null, 'x']], `commit of ${size} with ${needed} answers`);
        }
      },
    },
    {
      section: 'Raft 5.3',
      claim: 'a group of one commits by itself',
      run(lab) {
        lab.start(1);
        lab.expire(1);
        lab.propose(1, 'x');
        lab.equal([lab.raft(1).role, lab.applied(1)], ['leader', [null, 'x']], 'the node');
      },
    },
    {
      section: 'Raft 5.3',
      claim: 'followers learn the commit index from the leader and apply in log order, each entry once',
      run(lab) {
        led(lab, 3);
        for (const op of ['a', 'b', 'c']) lab.propose(1, op);
        lab.settle();
        lab.beat(1);
        lab.settle();
        for (const id of [1, 2, 3]) lab.equal(lab.applied(id), [null, 'a', 'b', 'c'], `what ${id} applied`);
      },
    },
    {
      section: 'Raft 5.3',
      claim: 'a heartbeat alone tells a follower that its entries are committed',
      run(lab) {
        led(lab, 3);
        lab.propose(1, 'x');
        lab.deliver('app', 1, 2);
        lab.deliver('appResp', 2);
        lab.take('app');
        lab.equal([lab.raft(1).commit, lab.raft(2).commit], [2, 1], 'before');
        lab.beat(1);
        lab.settle();
        lab.equal(lab.applied(2), [null, 'x'], 'after the heartbeat');
      },
    },
    {
      section: 'Raft 5.3',
      claim: 'the leader sends an entry again until every follower holds it',
      run(lab) {
        led(lab, 3);
        lab.isolate(3);
        lab.propose(1, 'x');
        lab.settle();
        lab.equal(lab.terms(3), [1], 'the log of the follower that missed it');
        lab.heal();
        lab.pass(50_000);
        lab.equal(
          [lab.terms(3), lab.applied(3)],
          [
            [1, 1],
            [null, 'x'],
          ],
          'the same after some heartbeats',
        );
      },
    },
    {
      section: 'Raft 5.5',
      claim: 'a follower that was down is brought up to date when it is back',
      run(lab) {
        led(lab, 3);
        lab.host(3).crash();
        for (const op of ['a', 'b']) lab.propose(1, op);
        lab.pass(50_000);
        lab.host(3).restart();
        lab.pass(50_000);
        lab.equal(lab.applied(3), [null, 'a', 'b'], 'what it applied');
      },
    },
    {
      section: 'Raft 5.5',
      claim: 'an append that arrives twice does no harm',
      run(lab) {
        led(lab, 3);
        lab.propose(1, 'x');
        const again = lab.network.filter(({ to }) => to === 2);
        lab.settle();
        lab.propose(1, 'y');
        lab.settle();
        lab.hand(again);
        lab.settle();
        lab.beat(1);
        lab.settle();
        lab.equal(
          [lab.terms(2), lab.applied(2)],
          [
            [1, 1, 1],
            [null, 'x', 'y'],
          ],
          'the follower',
        );
      },
    },
    {
      section: 'Raft 5.3',
      claim: 'committing an entry commits all entries before it, those of earlier leaders included',
      run(lab) {
        lab.start(3, { disks: { 1: { terms: [1, 2], term: 2 }, 2: { terms: [1], term: 2 }, 3: { term: 2 } } });
        lab.elect(1);
        lab.beat(1);
        lab.settle();
        for (const id of [1, 2, 3]) lab.equal([lab.raft(id).commit, lab.applied(id)], [3, ['e1', 'e2', null]], `node ${id}`);
      },
    },
    {
      section: 'Raft 5.3',
      claim: 'a follower refuses entries that do not follow an entry that it holds',
      run(lab) {
        const previous: readonly (readonly [number, number])[] = [
          [2, 3],
          [3, 2],
          [7, 2],
        ];
        for (const [index, logTerm] of previous) {
          const each = lab.another();
          each.start(3, { disks: { 1: { terms: [1, 2], term: 4 } } });
          each.tell(2, 1, 'app', { term: 4, index, logTerm, entries: [entryOf(4, 'x')] });
          lab.equal(
            each.sent('appResp', 1, 2).map((m) => [m.reject, m.index]),
            [[true, index]],
            `the answer after ${logTerm}/${index}`,
          );
          lab.equal(each.terms(1), [1, 2], 'its log');
        }
      },
    },
    {
      section: 'Raft 5.3 (Log Matching)',
      claim: 'a conflicting entry is deleted with all that follow it, and replaced',
      run(lab) {
        lab.start(3, { disks: { 1: { terms: [1, 2, 2, 2], term: 3 } } });
        lab.tell(2, 1, 'app', { term: 4, index: 1, logTerm: 1, entries: [entryOf(3, 'new')] });
        lab.equal(lab.terms(1), [1, 3], 'its log');
        lab.equal(
          lab.sent('appResp', 1, 2).map((m) => [m.reject, m.index]),
          [[false, 2]],
          'its answer',
        );
      },
    },
    {
      section: 'Raft 5.3',
      claim: 'an append with entries that are there already, or none, deletes nothing that follows',
      run(lab) {
        lab.start(3, { disks: { 1: { terms: [1, 2, 3], term: 3 } } });
        lab.tell(2, 1, 'app', { term: 3, index: 1, logTerm: 1, entries: [entryOf(2, 'e2')] });
        lab.tell(2, 1, 'app', { term: 3, index: 1, logTerm: 1 });
        lab.equal(lab.terms(1), [1, 2, 3], 'its log');
      },
    },
    {
      section: 'Raft 5.3',
      claim: 'a follower acknowledges what the leader sent, not whatever else its log holds',
      run(lab) {
        lab.start(3, { disks: { 1: { terms: [1, 2, 2], term: 3 } } });
        lab.tell(2, 1, 'app', { term: 3, index: 1, logTerm: 1 });
        lab.equal(
          lab.sent('appResp', 1, 2).map((m) => m.index),
          [1],
          'what it acknowledges',
        );
      },
    },
    {
      section: 'Raft figure 2',
      claim: 'a follower commits no further than the last entry that the leader is known to share with it',
      run(lab) {
        lab.start(3, { disks: { 1: { terms: [1, 1, 1], term: 2 } } });
        lab.tell(2, 1, 'app', { term: 2, index: 1, logTerm: 1, commit: 3, entries: [entryOf(1, 'e2')] });
        lab.equal([lab.raft(1).commit, lab.applied(1)], [2, ['e1', 'e2']], 'its commit index');
      },
    },
    {
      section: 'Raft 5.3, README',
      claim: 'a heartbeat carries no commit index beyond what the follower is known to hold',
      run(lab) {
        led(lab, 3);
        lab.isolate(3);
        for (const op of ['a', 'b']) lab.propose(1, op);
        lab.settle();
        lab.equal(lab.raft(1).commit, 3, 'the leader commits');
        lab.take('heartbeat');
        lab.beat(1);
        lab.equal(
          lab.sent('heartbeat', 1, 3).map((m) => m.commit),
          [1],
          'what the follower is told',
        );
      },
    },
    {
      section: 'Raft figure 7',
      claim: 'a new leader makes the log of every follower equal to its own: missing, extra and conflicting entries',
      run(lab) {
        const leader = figure7[0] as readonly number[];
        for (let i = 1; i < figure7.length; i++) {
          const each = lab.another();
          const other = figure7[i] as readonly number[];
          each.start(3, { disks: { 1: { terms: leader, term: 7 }, 2: { terms: other, term: 7 }, 3: { term: 7 } } });
          each.elect(1);
          each.propose(1, 'x');
          each.pass(100_000);
          lab.equal([each.leaders(), each.raft(1).term], [[1], 8], `the leader against (${'abcdef'[i - 1]})`);
          lab.equal(each.terms(2), [...leader, 8, 8], `the log of (${'abcdef'[i - 1]})`);
          lab.equal(each.applied(2), each.applied(1), `what (${'abcdef'[i - 1]}) applied`);
        }
      },
    },
    {
      section: 'Raft 5.3',
      claim: 'a refusal names where the logs may meet, so that repair skips a term at a time',
      run(lab) {
        const mine = [1, 1, 1, 4, 4, 4, 4, 4, 4, 4];
        lab.start(3, { disks: { 1: { terms: mine, term: 5 }, 2: { terms: [1, 1, 1, 2, 2, 2, 2, 2, 2, 2], term: 5 }, 3: { term: 5 } } });
        lab.expire(1);
        lab.deliver('vote');
        lab.deliver('voteResp');
        let rounds = 0;
        while (lab.sent('app', 1, 2).length > 0 && rounds < 20) {
          rounds += 1;
          lab.deliver('app', 1, 2);
          lab.deliver('appResp', 2);
        }
        lab.equal(lab.terms(2), [...mine, 6], 'the follower');
        lab.holds(rounds <= 4, `repair took at most 4 rounds (it took ${rounds})`);
      },
    },
    {
      section: 'Raft 5.3 (Leader Append-Only)',
      claim: 'a leader never overwrites or deletes entries in its own log',
      run(lab) {
        lab.start(3, { disks: { 1: { terms: [1, 2, 2], term: 2 }, 2: { terms: [1], term: 2 }, 3: { terms: [1, 1, 1, 1], term: 2 } } });
        lab.elect(1);
        lab.propose(1, 'x');
        lab.settle();
        lab.equal(lab.terms(1), [1, 2, 2, 3, 3], 'its log');
      },
    },
    {
      section: 'Raft 5.4.3 (State Machine Safety)',
      claim: 'all nodes apply the same entries in the same order, through leaders that come and go',
      run(lab) {
        lab.start(3);
        for (let round = 0; round < 6; round++) {
          const leader = (round % 3) + 1;
          lab.elect(leader);
          lab.propose(leader, `r${round}`);
          if (round % 2 === 0) lab.settle();
          else lab.isolate(leader);
          lab.settle();
          lab.heal();
        }
        lab.pass(1_000_000);
        const [a, b, c] = [lab.applied(1), lab.applied(2), lab.applied(3)];
        lab.equal([b, c], [a, a], 'what they applied');
        lab.holds(a.includes('r0') && a.includes('r2') && a.includes('r4'), 'what was committed is applied');
      },
    },
  ],
};
