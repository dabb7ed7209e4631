/** Answers that come late, twice, or from a ballot that is over: none of them may count. */
import { describe, expect, test } from 'vitest';
import { type Entry, entryKinds, messageNames, type PaxosMessage } from './message.ts';
import { timers } from './paxos-timers.ts';
import { Bench, messageOf, type Sent } from './testing.ts';

const five = [1, 2, 3, 4, 5];
const entry = (slot: number, ballot: number, op: string): Entry => ({ slot, ballot, kind: 0, session: 7, id: slot, op, size: 3 });
const entriesOf = (sent: readonly Sent[], to: number): readonly Entry[] =>
  sent.flatMap(({ to: receiver, message }) => (receiver === to && messageNames[message.type] === 'accept' ? message.entries : []));

/** Node 1 of five asks for promises in ballot 1.1, which is on its disk. */
function standing(): Bench {
  const bench = new Bench(1, five);
  bench.ask('admin', { type: 'campaign' });
  bench.sync();
  return bench;
}

const promise = (fields: Partial<PaxosMessage> = {}): PaxosMessage => messageOf('promise', { ballot: 1001, slot: 1, ...fields });

describe('promises', () => {
  test('an acceptor promises once', () => {
    const bench = standing();
    for (let i = 0; i < 3; i++) bench.deliver(2, promise());
    expect(bench.node.role).toBe('candidate');
    bench.deliver(3, promise());
    expect(bench.node.role).toBe('leader');
  });

  test('those of an earlier ballot are not for this one', () => {
    const bench = standing();
    bench.ask('admin', { type: 'campaign' });
    bench.sync();
    expect(bench.node.ballot).toBe(2001);
    for (const from of [2, 3, 4]) bench.deliver(from, promise());
    expect(bench.node.role).toBe('candidate');
  });

  test('those that come once it leads, or has given up, change nothing', () => {
    const bench = standing();
    for (const from of [2, 3]) bench.deliver(from, promise());
    bench.ask('write', 'mine');
    const sent = [...bench.take(), ...bench.deliver(4, promise({ entries: [entry(1, 900, 'late')] }))];
    expect(entriesOf(sent, 2).map(({ op }) => op)).toEqual(['mine']);
    const lost = standing();
    lost.deliver(5, messageOf('nack', { ballot: 5005 }));
    for (const from of [2, 3, 4]) lost.deliver(from, promise());
    expect(lost.node.role).toBe('follower');
  });

  test('the own one counts once it is durable, for the ballot that it was made for', () => {
    const bench = new Bench(1, five);
    bench.ask('admin', { type: 'campaign' });
    bench.deliver(5, messageOf('nack', { ballot: 5005 }));
    bench.sync();
    expect(bench.node.role).toBe('follower');
  });

  test('behind a stop-sign that it finds a new leader proposes nothing', () => {
    const bench = standing();
    const stop: Entry = { ...entry(2, 3, ''), kind: entryKinds.stopSign, op: { members: [1, 2, 3], phase1: 2, phase2: 2 } };
    bench.deliver(2, promise({ entries: [entry(1, 3, 'a'), stop, entry(3, 2, 'behind')] }));
    const sent = bench.deliver(3, promise());
    expect(bench.node.role).toBe('leader');
    expect(entriesOf(sent, 2).map(({ slot }) => slot)).toEqual([1, 2]);
  });
});

describe('acceptances', () => {
  /** Node 1 leads, and has proposed two slots. */
  function proposing(): Bench {
    const bench = standing();
    for (const from of [2, 3]) bench.deliver(from, promise());
    for (const id of [1, 2]) bench.ask('write', id, id);
    bench.sync();
    return bench;
  }
  const accepted = (fields: Partial<PaxosMessage> = {}): PaxosMessage =>
    messageOf('accepted', { ballot: 1001, slot: 1, mark: 2, ...fields });

  test('one acceptor counts once, those of another ballot and of strangers never', () => {
    const bench = proposing();
    for (let i = 0; i < 3; i++) bench.deliver(2, accepted());
    bench.deliver(3, accepted({ ballot: 2001 }));
    bench.deliver(9, accepted());
    expect(bench.node.commit).toBe(0);
    bench.deliver(3, accepted());
    expect(bench.node.commit).toBe(2);
  });

  test('what is chosen stays chosen, whoever says less', () => {
    const bench = proposing();
    for (const from of [2, 3]) bench.deliver(from, accepted());
    for (const from of [2, 3, 4, 5]) bench.deliver(from, accepted({ mark: 0 }));
    expect(bench.node.commit).toBe(2);
  });

  test('those for a leader that is none any more choose nothing', () => {
    const bench = proposing();
    bench.deliver(5, messageOf('nack', { ballot: 5005 }));
    for (const from of [2, 3, 4]) bench.deliver(from, accepted());
    expect([bench.node.role, bench.node.commit]).toEqual(['follower', 0]);
  });

  test('an own write that becomes durable after the ballot is over chooses nothing', () => {
    const bench = standing();
    for (const from of [2, 3]) bench.deliver(from, promise());
    bench.ask('write', 'x');
    for (const from of [2, 3]) bench.deliver(from, accepted({ mark: 1 }));
    expect(bench.node.commit).toBe(0);
    bench.deliver(5, messageOf('nack', { ballot: 5005 }));
    bench.sync();
    expect([bench.node.role, bench.node.commit]).toEqual(['follower', 0]);
  });
});

describe('a beat of the leader', () => {
  const beat = (bench: Bench): Sent[] => {
    bench.take();
    bench.step({ kind: 'timer', now: 0, timer: timers.heartbeat });
    return bench.take().filter(({ message }) => messageNames[message.type] === 'accept');
  };
  const accepted = (fields: Partial<PaxosMessage> = {}): PaxosMessage => messageOf('accepted', { ballot: 1001, slot: 1, ...fields });
  const leading = (): Bench => {
    const bench = standing();
    for (const from of [2, 3]) bench.deliver(from, promise());
    return bench;
  };

  test('tells nobody anything where all is chosen and known, and never itself', () => {
    const bench = leading();
    bench.ask('write', 'x');
    bench.sync();
    for (const from of [2, 3, 4, 5]) bench.deliver(from, accepted({ mark: 1 }));
    for (const from of [2, 3, 4]) bench.deliver(from, accepted({ mark: 1, commit: 1 }));
    beat(bench);
    expect(beat(bench).map(({ to, message }) => [to, message.commit])).toEqual([[5, 1]]);
  });

  test('sends again to who was silent since the last one, not to who is answering', () => {
    const bench = leading();
    for (const id of [1, 2]) bench.ask('write', id, id);
    bench.sync();
    beat(bench);
    bench.deliver(2, accepted({ mark: 1 }));
    const again = beat(bench).filter(({ message }) => message.entries.length > 0);
    expect(again.map(({ to }) => to)).toEqual([3, 4, 5]);
  });
});

describe('who is elected', () => {
  const round = (bench: Bench): void => {
    bench.step({ kind: 'timer', now: 0, timer: timers.round });
    bench.sync();
  };
  const heartbeat = (from: number, fields: Partial<PaxosMessage>): PaxosMessage =>
    messageOf('heartbeat', { ballot: from, connected: true, ...fields });

  test('not who is heard by no quorum, however high its ballot (BLE: only quorum-connected servers are candidates)', () => {
    const bench = new Bench(1, five);
    bench.deliver(2, heartbeat(2, { ballot: 9002, connected: false }));
    bench.deliver(3, heartbeat(3, { ballot: 4003 }));
    round(bench);
    expect([bench.node.elected, bench.node.leader]).toEqual([4003, 3]);
  });

  test('not who is no member, though it is told to stand', () => {
    const bench = new Bench(1, five, { initial: { era: 1, members: [2, 3, 4], phase1: 2, phase2: 2, floor: 0 } });
    bench.take();
    bench.ask('admin', { type: 'campaign' });
    round(bench);
    expect([bench.node.role, bench.sync()]).toEqual(['follower', []]);
  });

  test('not who never stood', () => {
    const bench = new Bench(1, five);
    for (const from of [2, 3]) bench.deliver(from, heartbeat(from, {}));
    round(bench);
    // It stands itself.
    expect([bench.node.role, bench.node.ballot]).toEqual(['candidate', 1001]);
  });

  test('a leader that a quorum hears stays, also where it hears of nobody who follows it yet', () => {
    const bench = standing();
    for (const from of [2, 3]) bench.deliver(from, promise());
    for (const from of [2, 3, 4]) bench.deliver(from, heartbeat(from, {}));
    round(bench);
    expect([bench.node.role, bench.node.ballot]).toEqual(['leader', 1001]);
  });

  test('who was heard of as a proposer in this round counts as heard', () => {
    const bench = new Bench(1, five);
    for (const from of [2, 3]) bench.deliver(from, heartbeat(from, {}));
    bench.deliver(4, messageOf('accept', { ballot: 1004, slot: 1 }));
    round(bench);
    expect([bench.node.role, bench.node.leader]).toEqual(['follower', 4]);
  });

  test('an older leader is still answered, and not taken for the leader', () => {
    const bench = new Bench(1, five);
    bench.deliver(2, heartbeat(2, { ballot: 4002 }));
    bench.deliver(3, heartbeat(3, {}));
    round(bench);
    expect([bench.node.elected, bench.node.leader]).toEqual([4002, 2]);
    bench.take();
    bench.deliver(5, messageOf('accept', { ballot: 3005, slot: 1 }));
    expect(bench.sync().map(({ to, message }) => [to, messageNames[message.type]])).toContainEqual([5, 'accepted']);
    expect([bench.node.elected, bench.node.leader]).toEqual([4002, 2]);
  });

  test('where elections go by time-out nobody asks for heartbeats, and who hears of no leader stands', () => {
    const bench = new Bench(1, five, { election: 'time-out' });
    bench.take();
    bench.deliver(4, messageOf('accept', { ballot: 1004, slot: 1 }));
    bench.step({ kind: 'timer', now: 0, timer: timers.round });
    expect(bench.sync().filter(({ message }) => messageNames[message.type] === 'heartbeatRequest')).toEqual([]);
    expect(bench.node.role).toBe('follower');
    round(bench);
    expect(bench.node.role).toBe('candidate');
  });
});
