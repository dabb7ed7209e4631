/** Pre-vote, check-quorum, leases, priority and mixed versions (thesis 4.2.3, 6.2, 6.4.1, 9.6; our README). */
import type { Theme } from './case.ts';
import { entryOf, type Lab, snapshotOf } from './lab.ts';

const T = 100_000;

function led(lab: Lab, size: number, config: object): void {
  lab.start(size, { config });
  lab.elect(1);
  lab.beat(1);
  lab.settle();
}

export const leases: Theme = {
  name: 'Pre-vote, check-quorum and leases',
  file: 'leases.ts',
  cases: [
    {
      section: 'thesis 9.6',
      claim: 'a pre-candidate asks about the next term without entering it, and without voting',
      run(lab) {
        lab.start(3, { config: { preVote: true } });
        lab.expire(1);
        lab.equal([lab.raft(1).role, lab.raft(1).term, lab.raft(1).vote], ['pre-candidate', 0, 0], 'the pre-candidate');
        lab.equal(
          lab.sent('preVote', 1).map((m) => m.term),
          [1, 1],
          'the term it asks about',
        );
        lab.deliver('preVote');
        lab.equal([lab.raft(2).term, lab.raft(2).vote], [0, 0], 'who was asked');
        lab.settle();
        lab.equal([lab.leaders(), lab.raft(1).term], [[1], 1], 'after the answers');
      },
    },
    {
      section: 'thesis 9.6',
      claim: 'a node that is cut off does not raise its term, and disturbs nobody when it is back',
      run(lab) {
        led(lab, 3, { preVote: true, checkQuorum: true });
        lab.isolate(3);
        lab.pass(20 * T);
        lab.equal([lab.raft(3).role, lab.raft(3).term], ['pre-candidate', 1], 'the node alone');
        lab.heal();
        lab.pass(5 * T);
        lab.equal([lab.leaders(), lab.raft(3).leader], [[1], 1], 'leader after its return');
      },
    },
    {
      section: 'thesis 9.6',
      claim: 'campaigns of a node that alone lost its leader leave all terms as they are while the others hear the leader',
      run(lab) {
        led(lab, 3, { preVote: true, checkQuorum: true });
        lab.cut(1, 3);
        lab.pass(5 * T);
        lab.equal(lab.raft(3).role, 'pre-candidate', 'the node');
        lab.equal(
          lab.ids.map((id) => lab.raft(id).term),
          [1, 1, 1],
          'terms',
        );
        lab.equal(lab.leaders(), [1], 'leaders');
      },
    },
    {
      section: 'thesis 9.6, Raft 5.4.1',
      claim: 'a pre-vote is refused to a candidate whose log is behind',
      run(lab) {
        const disks = { 1: { terms: [1], term: 1 }, 2: { terms: [1, 1], term: 1 }, 3: { terms: [1, 1], term: 1 } };
        lab.start(3, { config: { preVote: true }, disks });
        lab.elect(1);
        lab.equal([lab.leaders(), lab.raft(1).term, lab.raft(2).term], [[], 1, 1], 'the group');
      },
    },
    {
      section: 'thesis 9.6, README',
      claim: 'a pre-candidate of an older term is told the newer one',
      run(lab) {
        lab.start(3, {
          config: { preVote: true },
          disks: { 1: { terms: [1, 1], term: 1 }, 2: { terms: [1], term: 5 }, 3: { terms: [1], term: 5 } },
        });
        lab.expire(1);
        lab.settle();
        lab.equal(lab.raft(1).term, 5, 'its term');
        lab.elect(1);
        lab.equal(lab.leaders(), [1], 'leaders at its next campaign');
      },
    },
    {
      section: 'thesis 6.2',
      claim: 'a leader that hears from no quorum for an election time-out steps down',
      run(lab) {
        led(lab, 5, { checkQuorum: true });
        lab.pass(5 * T);
        lab.equal(lab.leaders(), [1], 'the leader while it hears of all');
        lab.isolate(1, 2);
        lab.pass(2 * T);
        lab.equal([lab.raft(1).role, lab.raft(1).term], ['follower', 1], 'the leader of a minority');
      },
    },
    {
      section: 'thesis 6.2',
      claim: 'a leader that hears from a quorum, itself included, stays',
      run(lab) {
        led(lab, 5, { checkQuorum: true });
        lab.isolate(4, 5);
        lab.pass(10 * T);
        lab.equal([lab.raft(1).role, lab.raft(1).term], ['leader', 1], 'the leader of three of five');
      },
    },
    {
      section: 'thesis 4.2.3',
      claim: 'a node that heard from its leader within an election time-out ignores campaigns: neither term nor vote change',
      run(lab) {
        led(lab, 3, { checkQuorum: true });
        lab.tell(3, 2, 'vote', { term: 7, index: 9, logTerm: 7 });
        lab.equal([lab.raft(2).term, lab.raft(2).vote, lab.sent('voteResp').length], [1, 1, 0], 'at once');
        lab.isolate(1);
        lab.now += T;
        lab.tell(3, 2, 'vote', { term: 7, index: 9, logTerm: 7 });
        lab.equal([lab.raft(2).term, lab.sent('voteResp', 2, 3).map((m) => m.reject)], [7, [false]], 'after an election time-out');
      },
    },
    {
      section: 'thesis 6.2, README',
      claim: 'a leader of an older term is told of the newer one, so that a node that campaigned in vain can join again',
      run(lab) {
        led(lab, 3, { checkQuorum: true });
        lab.isolate(3);
        lab.expire(3);
        lab.expire(3);
        lab.network = [];
        lab.heal();
        lab.equal([lab.raft(3).role, lab.raft(3).term], ['candidate', 3], 'the node that was cut off');
        lab.beat(1);
        lab.settle();
        lab.pass(10 * T);
        const [leader] = lab.leaders();
        lab.equal([lab.leaders().length, lab.raft(3).term === lab.raft(leader as number).term], [1, true], 'one leader, one term');
        lab.holds(lab.raft(3).leader === leader, 'the node follows it');
      },
    },
    {
      section: 'thesis 6.4.1',
      claim: 'under a lease a read is answered without a round; without answers the lease runs out before an election time-out',
      run(lab) {
        led(lab, 3, { checkQuorum: true, readMode: 'lease' });
        lab.beat(1);
        lab.settle();
        const early = lab.read(1);
        lab.equal([lab.readReady(1, early), lab.sent('heartbeat', 1).length], [1, 0], 'under the lease');
        lab.isolate(1);
        lab.now += 85_000;
        const late = lab.read(1);
        lab.equal(lab.readReady(1, late), null, '85 % of an election time-out after the last answer');
      },
    },
    {
      section: 'thesis 6.4.1',
      claim: 'a lease counts from when a heartbeat was sent, not from when its answer came',
      run(lab) {
        led(lab, 3, { checkQuorum: true, readMode: 'lease' });
        lab.isolate(1);
        lab.now += 5 * T;
        lab.heal();
        lab.beat(1);
        const sent = lab.now;
        lab.deliver('heartbeat', 1);
        lab.now = sent + 60_000;
        lab.deliver('heartbeatResp');
        lab.now = sent + 79_000;
        const early = lab.read(1);
        lab.equal(lab.readReady(1, early), 1, '79 ms after it was sent');
        lab.now = sent + 90_000;
        const late = lab.read(1);
        lab.equal(lab.readReady(1, late), null, '90 ms after it was sent, 30 ms after the answers');
      },
    },
    {
      section: 'thesis 6.4.1',
      claim: 'the lease of a leader needs answers of a quorum',
      run(lab) {
        led(lab, 5, { checkQuorum: true, readMode: 'lease' });
        lab.isolate(1, 2);
        lab.now += 90_000;
        lab.network = [];
        lab.beat(1);
        lab.settle();
        const asked = lab.read(1);
        lab.equal(lab.readReady(1, asked), null, 'with the answer of one of four');
      },
    },
    {
      section: 'thesis 6.4.1, README',
      claim: 'a node that restarts under leases votes for nobody until a lease that it may have promised is over',
      run(lab) {
        led(lab, 3, { checkQuorum: true, readMode: 'lease' });
        lab.host(2).restart();
        lab.tell(3, 2, 'vote', { term: 2, index: 5, logTerm: 1 });
        lab.equal([lab.raft(2).term, lab.sent('voteResp', 2).length], [1, 0], 'at once');
        lab.now += T;
        lab.tell(3, 2, 'vote', { term: 2, index: 5, logTerm: 1 });
        lab.equal(
          lab.sent('voteResp', 2).map((m) => m.reject),
          [false],
          'after an election time-out',
        );
      },
    },
    {
      section: 'thesis 6.4.1, README',
      claim: 'a clock that goes back ends the lease',
      run(lab) {
        led(lab, 3, { checkQuorum: true, readMode: 'lease' });
        lab.beat(1);
        lab.settle();
        lab.isolate(1);
        lab.host(1).skewUs -= 50_000;
        const asked = lab.read(1);
        lab.equal(lab.readReady(1, asked), null, 'a read after the clock went back 50 ms');
      },
    },
    {
      section: 'README',
      claim: 'a node of a lower priority waits longer before it campaigns, and leads where nobody else can',
      run(lab) {
        lab.start(3, { each: { 1: { priority: 0 }, 2: { priority: 0 } } });
        lab.pass(3 * T);
        lab.equal([lab.leaders(), lab.raft(3).term], [[3], 1], 'with all up');
        lab.host(3).crash();
        lab.pass(10 * T);
        lab.equal(lab.leaders().length, 1, 'leaders without the preferred node');
      },
    },
    {
      section: 'README',
      claim: 'nodes of protocol version 1 and 2 elect a leader together, although version 1 answers no pre-votes',
      run(lab) {
        const config = { preVote: true, checkQuorum: true };
        const each = { 2: { version: 1 } } as const;
        // Only node 1 has a log that can win, and the other does not answer pre-votes.
        lab.start(2, { config, each, disks: { 1: { terms: [1], term: 1 }, 2: { term: 1 } } });
        lab.pass(50 * T);
        lab.equal(lab.leaders(), [1], 'leaders');
      },
    },
    {
      section: 'README',
      claim: 'a node whose snapshot is not durable yet does not campaign',
      run(lab) {
        lab.start(3);
        lab.host(3).slow = true;
        lab.tell(1, 3, 'snap', { term: 1, snapshot: snapshotOf(4, 1, [1, 2, 3], 'state') });
        lab.tell(1, 3, 'app', { term: 1, index: 4, logTerm: 1, entries: [entryOf(1, 'x')] });
        lab.expire(3);
        lab.equal(lab.raft(3).role, 'follower', 'before the write');
        lab.host(3).sync();
        lab.host(3).slow = false;
        lab.expire(3);
        lab.equal(lab.raft(3).role, 'candidate', 'after it');
      },
    },
  ],
};
