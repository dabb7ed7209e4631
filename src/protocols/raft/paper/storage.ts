/** What must be durable before what is said (Raft 5.1, figure 2; thesis 3.8, 10.2.1). */
import type { Theme } from './case.ts';
import { entryOf } from './lab.ts';

export const storage: Theme = {
  name: 'Storage',
  file: 'storage.ts',
  cases: [
    {
      section: 'Raft figure 2, thesis 3.8',
      claim: 'a vote is given only once term and vote are durable',
      run(lab) {
        lab.start(3);
        lab.host(2).slow = true;
        lab.tell(1, 2, 'vote', { term: 1 });
        lab.equal(lab.sent('voteResp', 2).length, 0, 'answers before the write');
        lab.host(2).sync();
        lab.equal(
          lab.sent('voteResp', 2).map((m) => m.reject),
          [false],
          'answers after it',
        );
        const record = lab.host(2).records.at(-1);
        lab.equal([record?.term, record?.vote], [1, 1], 'what the disk holds');
      },
    },
    {
      section: 'Raft figure 2, thesis 3.8',
      claim: 'a node that restarts has not forgotten its term nor for whom it voted',
      run(lab) {
        lab.start(3);
        lab.tell(1, 3, 'vote', { term: 4 });
        lab.host(3).restart();
        lab.equal([lab.raft(3).term, lab.raft(3).vote], [4, 1], 'term and vote');
        lab.tell(2, 3, 'vote', { term: 4 });
        lab.equal(
          lab.sent('voteResp', 3, 2).map((m) => m.reject),
          [true],
          'the answer to another candidate',
        );
      },
    },
    {
      section: 'thesis 3.8',
      claim: 'a vote whose write was lost in a crash was never announced',
      run(lab) {
        lab.start(3);
        lab.host(3).slow = true;
        lab.tell(1, 3, 'vote', { term: 1 });
        lab.host(3).restart();
        lab.host(3).slow = false;
        lab.tell(2, 3, 'vote', { term: 1 });
        const granted = lab.network.filter(({ from, message }) => from === 3 && message.type === 3 && !message.reject);
        lab.equal(
          granted.map(({ to }) => to),
          [2],
          'to whom votes of term 1 went',
        );
      },
    },
    {
      section: 'Raft figure 2, thesis 3.8',
      claim: 'entries are acknowledged only once they are durable',
      run(lab) {
        lab.start(3);
        lab.elect(1);
        lab.host(2).slow = true;
        lab.propose(1, 'x');
        lab.deliver('app', 1, 2);
        lab.equal(lab.sent('appResp', 2).length, 0, 'answers before the write');
        lab.host(2).sync();
        lab.equal(
          lab.sent('appResp', 2).map((m) => m.index),
          [2],
          'answers after it',
        );
      },
    },
    {
      section: 'thesis 3.8',
      claim: 'an acknowledged entry survives a crash of every node at once',
      run(lab) {
        lab.start(3);
        lab.elect(1);
        lab.propose(1, 'kept');
        lab.settle();
        for (const id of lab.ids) lab.host(id).crash();
        for (const id of lab.ids) lab.host(id).start();
        lab.network = [];
        lab.pass(1_000_000);
        for (const id of lab.ids) lab.equal(lab.applied(id).slice(0, 2), [null, 'kept'], `what ${id} applied`);
      },
    },
    {
      section: 'thesis 3.8',
      claim: 'after conflicting entries were replaced and the node restarts, its log is the new one',
      run(lab) {
        lab.start(3, { disks: { 1: { terms: [1, 1, 2], term: 2 } } });
        lab.tell(2, 1, 'app', { term: 3, index: 1, logTerm: 1, entries: [entryOf(3, 'new')] });
        lab.host(1).restart();
        lab.equal([lab.terms(1), lab.raft(1).term], [[1, 3], 3], 'its log and term');
      },
    },
    {
      section: 'thesis 10.2.1',
      claim: "a leader's own copy counts once it is durable, and not before",
      run(lab) {
        lab.start(3);
        lab.elect(1);
        lab.host(1).slow = true;
        lab.propose(1, 'x');
        lab.take('app', 1, 3);
        lab.settle();
        lab.equal(lab.raft(1).commit, 1, 'commit with one follower and the own write under way');
        lab.host(1).sync();
        lab.equal(lab.raft(1).commit, 2, 'commit after the own write');
      },
    },
    {
      section: 'thesis 10.2.1',
      claim: 'a leader sends entries before its own write is durable, and commits them when a majority of others holds them',
      run(lab) {
        lab.start(3);
        lab.elect(1);
        lab.host(1).slow = true;
        lab.propose(1, 'x');
        lab.equal(
          lab.sent('app', 1).map((m) => m.entries.length),
          [1, 1],
          'what is sent at once',
        );
        lab.settle();
        lab.equal([lab.raft(1).commit, lab.raft(1).writesInFlight], [2, 1], 'commit, with the own write under way');
      },
    },
    {
      section: 'thesis 3.8',
      claim: "a candidate's own vote counts once it is durable",
      run(lab) {
        lab.start(1);
        lab.host(1).slow = true;
        lab.expire(1);
        lab.equal(lab.raft(1).role, 'candidate', 'before its write');
        lab.host(1).sync(1);
        lab.equal(lab.raft(1).role, 'leader', 'after it');
      },
    },
    {
      section: 'README',
      claim: 'what is proposed during a write goes to the disk as one next write',
      run(lab) {
        lab.start(1);
        lab.expire(1);
        lab.host(1).slow = true;
        for (const op of ['a', 'b', 'c', 'd']) lab.propose(1, op);
        lab.equal(
          lab.host(1).writes.map(({ record }) => record.entries.length),
          [1],
          'the write under way',
        );
        lab.host(1).sync(1);
        lab.equal(
          lab.host(1).writes.map(({ record }) => record.entries.length),
          [3],
          'the next one',
        );
      },
    },
    {
      section: 'Raft 5.1',
      claim: 'a node that restarts follows: it leads and stands for nothing until it has waited for a time-out',
      run(lab) {
        lab.start(3);
        lab.elect(1);
        lab.host(1).restart();
        lab.equal([lab.raft(1).role, lab.raft(1).leader, lab.raft(1).term], ['follower', 0, 1], 'the former leader');
        lab.equal(lab.terms(1), [1], 'its log');
      },
    },
  ],
};
