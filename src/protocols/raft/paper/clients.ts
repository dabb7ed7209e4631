/** Clients: finding the leader, linearizable reads, exactly-once sessions (Raft 8; thesis 6). */
import type { Theme } from './case.ts';
import type { Lab } from './lab.ts';

function led(lab: Lab, size: number, config = {}): void {
  lab.start(size, { config });
  lab.elect(1);
  lab.beat(1);
  lab.settle();
}

/** Three replicas with sessions, node 1 leads; the session that a client opened at node 1. */
function session(lab: Lab, snapshotEvery = 0): number {
  lab.start(3, { replicas: true, snapshotEvery });
  lab.elect(1);
  const asked = lab.propose(1, { f: 'open-session' });
  lab.settle();
  const opened = lab.reply(1, asked)?.value;
  if (typeof opened !== 'number') throw new Error('no session was opened');
  return opened;
}

const add = (value: number) => ({ f: 'add', key: 'x', value });

/** Answers to the request `id` of `session` at `node`, oldest first. */
const answers = (lab: Lab, node: number, id: number): readonly unknown[] =>
  lab
    .host(node)
    .replies.filter((reply) => reply.id === id && reply.session !== 0)
    .map((reply) => reply.value);

export const clients: Theme = {
  name: 'Clients and reads',
  file: 'clients.ts',
  cases: [
    {
      section: 'Raft 8, thesis 6.2',
      claim: 'a node that does not lead refuses a request and names the leader that it knows',
      run(lab) {
        lab.start(3);
        const early = lab.propose(2, 'x');
        lab.equal([lab.reply(2, early)?.code, lab.reply(2, early)?.outcome], ['LC_NO_LEADER', 'fail'], 'before an election');
        lab.elect(1);
        const late = lab.propose(2, 'x');
        lab.equal([lab.reply(2, late)?.code, lab.reply(2, late)?.leader], ['LC_NOT_LEADER', 1], 'after it');
        lab.equal([lab.raft(2).log.last, lab.network.length], [1, 0], 'what it does besides');
      },
    },
    {
      section: 'README',
      claim: 'a follower passes proposals on where it is told to',
      run(lab) {
        led(lab, 3, { forwardProposals: true });
        lab.propose(3, 'x');
        lab.settle();
        lab.beat(1);
        lab.settle();
        lab.equal(lab.applied(3), [null, 'x'], 'what the follower applied');
      },
    },
    {
      section: 'Raft 8, thesis 6.4',
      claim: 'a leader answers a read only after a quorum has confirmed that it still leads',
      run(lab) {
        led(lab, 5);
        const asked = lab.read(1);
        lab.equal([lab.readReady(1, asked), lab.sent('heartbeat', 1).length], [null, 4], 'before the round');
        lab.deliver('heartbeat', 1, 2);
        lab.deliver('heartbeatResp', 2);
        lab.equal(lab.readReady(1, asked), null, 'after one answer of four');
        lab.deliver('heartbeat', 1, 3);
        lab.deliver('heartbeatResp', 3);
        lab.equal(lab.readReady(1, asked), 1, 'after two');
      },
    },
    {
      section: 'Raft 8, thesis 6.4',
      claim: 'a leader that was replaced does not answer reads',
      run(lab) {
        led(lab, 3);
        lab.isolate(1);
        lab.elect(2);
        lab.propose(2, 'new');
        lab.settle();
        const asked = lab.read(1);
        lab.pass(90_000);
        lab.equal([lab.raft(1).role, lab.readReady(1, asked)], ['leader', null], 'while it is cut off');
        lab.heal();
        lab.pass(50_000);
        lab.equal([lab.readReady(1, asked), lab.reply(1, asked)?.outcome], [null, 'fail'], 'once it knows');
      },
    },
    {
      section: 'Raft 8, thesis 6.4',
      claim: 'a read waits until the leader has committed an entry of its own term',
      run(lab) {
        led(lab, 3);
        lab.propose(1, 'x');
        lab.deliver('app');
        lab.deliver('appResp');
        lab.equal([lab.raft(1).commit, lab.raft(2).commit], [2, 1], 'x is committed, and only node 1 knows');
        lab.isolate(1);
        lab.network = [];
        lab.expire(2);
        lab.deliver('vote', 2, 3);
        lab.deliver('voteResp', 3);
        lab.hold(2, 3);
        const asked = lab.read(2);
        lab.deliver('heartbeat', 2);
        lab.deliver('heartbeatResp', 3);
        lab.equal([lab.raft(2).role, lab.readReady(2, asked)], ['leader', null], 'before its first commit');
        lab.release();
        lab.pass(50_000);
        lab.equal(lab.readReady(2, asked), 3, 'the index after it');
      },
    },
    {
      section: 'thesis 6.4',
      claim: 'a group of one that restarted answers no read before it knows again what it had committed',
      run(lab) {
        lab.start(1);
        lab.expire(1);
        lab.propose(1, 'x');
        lab.equal([lab.raft(1).commit, lab.host(1).records.at(-1)?.commit], [2, 1], 'commit index, and the one on disk');
        lab.host(1).restart();
        lab.host(1).slow = true;
        lab.expire(1);
        lab.host(1).sync(1);
        const asked = lab.read(1);
        lab.equal([lab.raft(1).role, lab.readReady(1, asked)], ['leader', null], 'before its first commit');
        lab.host(1).sync();
        lab.equal(lab.readReady(1, asked), 3, 'the index after it');
      },
    },
    {
      section: 'thesis 6.4',
      claim: 'an answer to a heartbeat that was sent before the read confirms nothing',
      run(lab) {
        led(lab, 3);
        lab.beat(1);
        lab.deliver('heartbeat', 1);
        const asked = lab.read(1);
        lab.deliver('heartbeatResp');
        lab.equal(lab.readReady(1, asked), null, 'after answers to the earlier heartbeat');
        lab.settle();
        lab.equal(lab.readReady(1, asked), 1, 'after its own round');
      },
    },
    {
      section: 'thesis 6.4',
      claim: 'a follower asks the leader from which index on it may answer, and does not answer by itself',
      run(lab) {
        led(lab, 3);
        lab.isolate(2);
        lab.propose(1, 'x');
        lab.settle();
        lab.heal();
        const asked = lab.read(2);
        lab.equal([lab.readReady(2, asked), lab.sent('readIndex', 2, 1).length], [null, 1], 'at once');
        lab.settle();
        lab.equal(lab.readReady(2, asked), 2, 'the index that the leader names');
      },
    },
    {
      section: 'thesis 6.4',
      claim: 'reads that arrive during a round share the next one',
      run(lab) {
        led(lab, 3);
        const reads = [lab.read(1), lab.read(1), lab.read(1)];
        lab.equal(lab.sent('heartbeat', 1, 2).length, 1, 'rounds after three reads');
        lab.settle();
        lab.equal(
          reads.map((id) => lab.readReady(1, id)),
          [1, 1, 1],
          'answers',
        );
      },
    },
    {
      section: 'thesis 6.4',
      claim: 'a read that was asked before leadership was lost is not answered when it is won again',
      run(lab) {
        led(lab, 3);
        lab.isolate(1);
        lab.elect(2);
        lab.propose(2, 'x');
        lab.settle();
        const asked = lab.read(1);
        lab.network = [];
        lab.heal();
        lab.beat(2);
        lab.settle();
        lab.elect(1);
        lab.read(1);
        lab.pass(50_000);
        lab.equal([lab.leaders(), lab.readReady(1, asked), lab.reply(1, asked)?.outcome], [[1], null, 'fail'], 'the old read');
      },
    },
    {
      section: 'Raft 8, thesis 6.3',
      claim: 'a command that a client sends again, at any server, is applied once and answered as before',
      run(lab) {
        const opened = session(lab);
        lab.ask(1, { id: 100, session: opened, op: add(5) });
        lab.settle();
        lab.ask(1, { id: 100, session: opened, op: add(5) });
        lab.elect(2);
        lab.ask(2, { id: 100, session: opened, op: add(5) });
        lab.settle();
        lab.ask(2, { id: 101, session: opened, op: add(1) });
        lab.settle();
        lab.equal([answers(lab, 1, 100), answers(lab, 2, 100), answers(lab, 2, 101)], [[5, 5], [5], [6]], 'answers');
      },
    },
    {
      section: 'thesis 6.3',
      claim: 'a command that is in the log twice changes the state once',
      run(lab) {
        const opened = session(lab);
        lab.ask(1, { id: 100, session: opened, op: add(5) });
        lab.ask(1, { id: 100, session: opened, op: add(5) });
        lab.settle();
        lab.ask(1, { id: 101, session: opened, op: add(1) });
        lab.settle();
        lab.equal([lab.raft(1).log.last, answers(lab, 1, 101)], [5, [6]], 'length of the log, sum');
      },
    },
    {
      section: 'thesis 6.3',
      claim: 'sessions are part of a snapshot: a command is applied once also by those that restored one',
      run(lab) {
        const opened = session(lab, 3);
        lab.isolate(3);
        lab.ask(1, { id: 100, session: opened, op: add(5) });
        lab.settle();
        lab.heal();
        lab.pass(50_000);
        lab.equal(lab.raft(3).log.base, 3, 'the snapshot that node 3 restored');
        lab.elect(3);
        lab.ask(3, { id: 100, session: opened, op: add(5) });
        lab.settle();
        lab.ask(3, { id: 101, session: opened, op: add(1) });
        lab.settle();
        lab.equal([answers(lab, 3, 100), answers(lab, 3, 101)], [[5], [6]], 'answers of node 3');
      },
    },
  ],
};
