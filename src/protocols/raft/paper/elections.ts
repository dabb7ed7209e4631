/** Leader election: terms, roles, time-outs and votes (Raft 5.1, 5.2; thesis 3.3, 3.4, 3.9). */
import type { Theme } from './case.ts';
import { entryOf, type Lab } from './lab.ts';

/** Node 1 of `size` stands for election and hears `yes` and `no` answers of the others. */
function poll(lab: Lab, yes: number, no: number): string {
  lab.expire(1);
  lab.take('vote');
  for (let i = 0; i < yes; i++) lab.tell(2 + i, 1, 'voteResp', { term: 1 });
  for (let i = 0; i < no; i++) lab.tell(2 + yes + i, 1, 'voteResp', { term: 1, reject: true });
  return lab.raft(1).role;
}

export const elections: Theme = {
  name: 'Elections',
  file: 'elections.ts',
  cases: [
    {
      section: 'Raft 5.1',
      claim: 'a node that meets a newer term takes it over and becomes a follower, whatever it was',
      run(lab) {
        lab.start(3);
        lab.elect(1);
        lab.tell(2, 1, 'app', { term: 5 });
        lab.equal([lab.raft(1).role, lab.raft(1).term, lab.raft(1).leader], ['follower', 5, 2], 'the old leader');
        lab.expire(3);
        lab.tell(2, 3, 'voteResp', { term: 9, reject: true });
        lab.equal([lab.raft(3).role, lab.raft(3).term], ['follower', 9], 'the candidate');
      },
    },
    {
      section: 'Raft 5.1',
      claim: 'a message of an older term changes nothing',
      run(lab) {
        lab.start(3, { disks: { 1: { terms: [1], term: 2 } } });
        lab.tell(3, 1, 'app', { term: 1, index: 1, logTerm: 1, commit: 1, entries: [entryOf(1, 'old')] });
        lab.equal([lab.raft(1).term, lab.raft(1).leader, lab.terms(1), lab.raft(1).commit], [2, 0, [1], 0], 'the node');
      },
    },
    {
      section: 'Raft 5.1',
      claim: 'a vote request of an older term gets no vote',
      run(lab) {
        lab.start(3, { disks: { 1: { term: 4 } } });
        lab.tell(2, 1, 'vote', { term: 3 });
        lab.equal(lab.sent('voteResp').filter((m) => !m.reject).length, 0, 'votes granted');
        lab.equal(lab.raft(1).vote, 0, 'the vote kept');
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'a node starts as a follower and stays one while it hears heartbeats',
      run(lab) {
        lab.start(3);
        lab.equal([lab.raft(1).role, lab.raft(2).role, lab.raft(3).role], Array(3).fill('follower'), 'roles at the start');
        lab.elect(1);
        lab.pass(1_000_000);
        lab.equal([lab.leaders(), lab.raft(2).term, lab.raft(3).role], [[1], 1, 'follower'], 'after ten election time-outs');
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'a leader sends heartbeats to all followers at every interval',
      run(lab) {
        lab.start(3);
        lab.elect(1);
        for (let i = 0; i < 3; i++) {
          lab.beat(1);
          lab.equal(
            lab.take('heartbeat', 1).map(({ to }) => to),
            [2, 3],
            'receivers',
          );
        }
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'a follower without a leader raises its term, votes for itself and asks everyone for a vote',
      run(lab) {
        lab.start(3);
        lab.expire(1);
        const { role, term, vote } = lab.raft(1);
        lab.equal([role, term, vote], ['candidate', 1, 1], 'the candidate');
        lab.equal([lab.sent('vote', 1, 2).map((m) => m.term), lab.sent('vote', 1, 3).map((m) => m.term)], [[1], [1]], 'its requests');
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'a follower campaigns once its election time-out has passed, and not before',
      run(lab) {
        lab.start(3);
        lab.isolate(1);
        lab.pass(99_999);
        lab.equal(lab.raft(1).role, 'follower', 'before');
        lab.pass(1);
        lab.equal(lab.raft(1).role, 'candidate', 'at its time-out');
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'a candidate for whom a majority voted becomes leader, one with fewer votes does not',
      run(lab) {
        const majorities: readonly (readonly [number, number])[] = [
          [1, 0],
          [2, 1],
          [3, 1],
          [4, 2],
          [5, 2],
        ];
        for (const [size, others] of majorities) {
          const enough = lab.another();
          enough.start(size);
          lab.equal(poll(enough, others, 0), 'leader', `${others + 1} votes of ${size}`);
          if (others === 0) continue;
          const few = lab.another();
          few.start(size);
          lab.equal(poll(few, others - 1, 0), 'candidate', `${others} votes of ${size}`);
        }
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'a candidate that a majority refuses becomes a follower again',
      run(lab) {
        lab.start(5);
        lab.equal(poll(lab, 0, 2), 'candidate', 'after 2 refusals of 5');
        lab.tell(4, 1, 'voteResp', { term: 1, reject: true });
        lab.equal([lab.raft(1).role, lab.raft(1).term], ['follower', 1], 'after 3 refusals of 5');
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'each node votes for at most one candidate in a term, first come, first served',
      run(lab) {
        lab.start(3);
        lab.tell(1, 3, 'vote', { term: 1 });
        lab.tell(2, 3, 'vote', { term: 1 });
        lab.equal(
          lab.sent('voteResp', 3, 1).map((m) => m.reject),
          [false],
          'the answer to the first',
        );
        lab.equal(
          lab.sent('voteResp', 3, 2).map((m) => m.reject),
          [true],
          'the answer to the second',
        );
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'a candidate that asks again (its request or the answer was lost) gets the same vote again',
      run(lab) {
        lab.start(3);
        lab.tell(1, 3, 'vote', { term: 1 });
        lab.tell(1, 3, 'vote', { term: 1 });
        lab.equal(
          lab.sent('voteResp', 3, 1).map((m) => m.reject),
          [false, false],
          'the answers',
        );
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'an answer that arrives twice counts once',
      run(lab) {
        lab.start(5);
        lab.expire(1);
        for (let i = 0; i < 4; i++) lab.tell(2, 1, 'voteResp', { term: 1 });
        lab.equal(lab.raft(1).role, 'candidate', 'two voters of five');
        lab.tell(3, 1, 'voteResp', { term: 1 });
        lab.equal(lab.raft(1).role, 'leader', 'three voters of five');
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'a candidate that hears from a leader of its own term or a newer one follows it',
      run(lab) {
        for (const term of [1, 2]) {
          const each = lab.another();
          each.start(3);
          each.expire(1);
          each.tell(3, 1, 'app', { term });
          lab.equal([each.raft(1).role, each.raft(1).term, each.raft(1).leader], ['follower', term, 3], `at term ${term}`);
        }
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'a candidate does not follow a leader of an older term',
      run(lab) {
        lab.start(3, { disks: { 1: { term: 3 } } });
        lab.expire(1);
        lab.tell(3, 1, 'heartbeat', { term: 2 });
        lab.equal([lab.raft(1).role, lab.raft(1).term], ['candidate', 4], 'the candidate');
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'a split vote elects nobody, and the next time-out starts a new term',
      run(lab) {
        lab.start(4);
        lab.expire(1);
        lab.expire(2);
        lab.deliver('vote', 1, 3);
        lab.deliver('vote', 2, 4);
        lab.settle();
        lab.equal(lab.leaders(), [], 'leaders of term 1');
        lab.elect(1);
        lab.equal([lab.leaders(), lab.raft(1).term], [[1], 2], 'leaders of term 2');
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'time-outs are drawn from an interval of one to two election time-outs, anew for each election',
      run(lab) {
        lab.start(3);
        const lengths: number[] = [];
        for (const slot of [0, 3, 9]) {
          lab.host(1).slot = slot;
          lab.expire(1);
          lengths.push((lab.host(1).timers[0] as number) - lab.now);
        }
        lab.equal(lengths, [100_000, 130_000, 190_000], 'time-outs');
        lab.equal(
          lab.host(1).draws.every((n) => n === 10),
          true,
          'draws among ten slots',
        );
      },
    },
    {
      section: 'Raft 5.2 (Election Safety)',
      claim: 'at most one leader is elected in a term, whoever votes first',
      run(lab) {
        lab.start(5);
        lab.expire(1);
        lab.expire(5);
        lab.deliver('vote', 1, 3);
        lab.settle();
        lab.equal(lab.leaders().length, 1, 'leaders of term 1');
        lab.equal(
          lab.ids.map((id) => lab.raft(id).term),
          Array(5).fill(1),
          'terms',
        );
      },
    },
    {
      section: 'Raft 5.2',
      claim: 'a new leader makes itself known to everyone at once',
      run(lab) {
        lab.start(3);
        lab.expire(1);
        lab.deliver('vote');
        lab.deliver('voteResp', 2);
        lab.equal(
          lab.sent('app', 1).map((m) => m.term),
          [1, 1],
          'its first messages',
        );
        lab.settle();
        lab.equal([lab.raft(2).leader, lab.raft(3).leader], [1, 1], 'whom the others follow');
      },
    },
    {
      section: 'Raft 5.6, thesis 3.9',
      claim: 'when the leader crashes the others elect another, and go on',
      run(lab) {
        lab.start(3);
        lab.elect(1);
        lab.host(1).crash();
        lab.pass(1_000_000);
        const [leader] = lab.leaders();
        lab.holds(leader === 2 || leader === 3, 'someone else leads');
        lab.propose(leader as number, 'x');
        lab.pass(50_000);
        lab.equal([lab.applied(2).at(-1), lab.applied(3).at(-1)], ['x', 'x'], 'what they applied');
      },
    },
  ],
};
