/** The papers' claims, one by one, on a node by itself ("Paxos made simple", 2001; Flexible Paxos, 2016; Omni-Paxos, 2023). */
import { describe, expect, test } from 'vitest';
import { type Entry, messageNames, type PaxosMessage } from './message.ts';
import { timers } from './paxos-timers.ts';
import { Bench, messageOf, type Sent } from './testing.ts';

const peers = [1, 2, 3];
const entry = (slot: number, ballot: number, op: string): Entry => ({ slot, ballot, kind: 0, session: 7, id: slot, op, size: 3 });
const types = (sent: readonly Sent[]): string[] => sent.map(({ to, message }) => `${messageNames[message.type]} ${to}`);
const ofType = (sent: readonly Sent[], name: string): PaxosMessage =>
  sent.find(({ message }) => messageNames[message.type] === name)?.message as PaxosMessage;

/** Node 1 leads ballot 1.1: node 2 promised with what it had accepted, and knows `commit` to be chosen. */
function leading(entries: readonly Entry[] = [], commit = 0, config = {}): { bench: Bench; sent: Sent[] } {
  const bench = new Bench(1, peers, config);
  bench.take();
  bench.ask('admin', { type: 'campaign' });
  bench.sync();
  const sent = bench.deliver(2, messageOf('promise', { ballot: 1001, slot: 1, entries, commit }));
  return { bench, sent };
}

describe('acceptors', () => {
  test('a promise goes out once it is durable, and says what was accepted (2.2, 2.5)', () => {
    const bench = new Bench(1, peers);
    bench.take();
    expect(bench.deliver(2, messageOf('accept', { ballot: 1002, slot: 1, entries: [entry(1, 1002, 'x')] }))).toEqual([]);
    expect(types(bench.sync())).toEqual(['accepted 2']);
    expect(bench.deliver(3, messageOf('prepare', { ballot: 2003, slot: 1 }))).toEqual([]);
    const promise = ofType(bench.sync(), 'promise');
    expect(promise.entries.map(({ slot, ballot, op }) => [slot, ballot, op])).toEqual([[1, 1002, 'x']]);
    expect(bench.records.at(-1)).toMatchObject({ promised: 2003 });
  });

  test('a lower ballot is refused, with the one that is promised; so are its values (P1a)', () => {
    const bench = new Bench(1, peers);
    bench.deliver(3, messageOf('prepare', { ballot: 2003, slot: 1 }));
    bench.sync();
    const before = bench.node.slots.last;
    for (const message of [
      messageOf('prepare', { ballot: 1002, slot: 1 }),
      messageOf('accept', { ballot: 1002, slot: 1, entries: [entry(1, 1002, 'x')] }),
    ])
      expect(bench.deliver(2, message).map(({ message: { type, ballot } }) => [messageNames[type], ballot])).toEqual([['nack', 2003]]);
    expect([bench.node.slots.last, bench.node.promised]).toEqual([before, 2003]);
  });

  test('promises and acceptances outlive a crash', () => {
    const bench = new Bench(1, peers);
    bench.deliver(2, messageOf('accept', { ballot: 1002, slot: 1, entries: [entry(1, 1002, 'x')] }));
    bench.sync();
    bench.deliver(3, messageOf('prepare', { ballot: 2003, slot: 1 }));
    const again = new Bench(1, peers, {}, bench.records);
    expect([again.node.promised, again.node.slots.at(1)?.op]).toEqual([2003, 'x']);
    again.ask('admin', { type: 'campaign' });
    // A ballot that it has not used, higher than all that it knows.
    expect(again.node.ballot).toBe(3001);
  });

  test('slots are accepted in any order; what is acknowledged has no gap', () => {
    const bench = new Bench(1, peers);
    bench.deliver(2, messageOf('accept', { ballot: 1002, slot: 1, entries: [entry(2, 1002, 'b'), entry(3, 1002, 'c')] }));
    expect(ofType(bench.sync(), 'accepted').mark).toBe(0);
    bench.deliver(2, messageOf('accept', { ballot: 1002, slot: 1, entries: [entry(1, 1002, 'a')] }));
    expect(ofType(bench.sync(), 'accepted').mark).toBe(3);
  });
});

describe('proposers', () => {
  test('nobody is asked before the own ballot is durable', () => {
    const bench = new Bench(1, peers);
    bench.take();
    bench.ask('admin', { type: 'campaign' });
    expect(bench.take()).toEqual([]);
    expect(types(bench.sync())).toEqual(['prepare 2', 'prepare 3']);
  });

  test('a new leader proposes the value of the highest ballot for each slot, and nothing for gaps (P2c, 3)', () => {
    const { bench, sent } = leading([entry(1, 3, 'a'), entry(3, 2, 'c')]);
    expect(bench.node.role).toBe('leader');
    const accept = ofType(sent, 'accept');
    expect(accept.entries.map(({ slot, ballot, kind, op }) => [slot, ballot, kind, op])).toEqual([
      [1, 1001, 0, 'a'],
      [2, 1001, 1, null],
      [3, 1001, 0, 'c'],
    ]);
  });

  test('a promise counts only once all that its acceptor knows to be chosen is known here', () => {
    const { bench } = leading([], 4);
    expect(bench.node.role).toBe('candidate');
    const told = leading([entry(1, 3, 'a')], 1);
    expect([told.bench.node.role, told.bench.node.commit, told.bench.node.start]).toEqual(['leader', 1, 2]);
  });

  test('what a quorum has durably accepted is chosen; its own disk counts as anybody', () => {
    const { bench } = leading();
    bench.ask('write', 'x');
    bench.take();
    bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, mark: 1 }));
    expect(bench.node.commit).toBe(0);
    bench.sync();
    expect(bench.node.commit).toBe(1);
    const flexible = leading([], 0, { initial: { era: 1, members: peers, phase1: 3, phase2: 1, floor: 0 } });
    expect(flexible.bench.node.role).toBe('candidate');
    flexible.bench.deliver(3, messageOf('promise', { ballot: 1001, slot: 1 }));
    flexible.bench.ask('write', 'x');
    flexible.bench.sync();
    expect(flexible.bench.node.commit, 'one acceptance is a quorum of phase 2').toBe(1);
  });

  test('a refusal ends a ballot, and the next one is higher', () => {
    const { bench } = leading();
    bench.deliver(3, messageOf('nack', { ballot: 5002 }));
    expect(bench.node.role).toBe('follower');
    bench.ask('admin', { type: 'campaign' });
    expect(bench.node.ballot).toBe(6001);
  });

  test('the pipeline is bounded, and what is not answered is sent again', () => {
    const { bench } = leading([], 0, { maxInflightMessages: 2 });
    for (let id = 1; id <= 4; id++) bench.ask('write', `w${id}`, id);
    const accepts = bench.take().filter(({ to, message }) => to === 2 && message.entries.length > 0);
    expect(accepts.map(({ message }) => message.entries.map(({ slot }) => slot))).toEqual([[1], [2]]);
    bench.step({ kind: 'timer', now: 0, timer: timers.heartbeat });
    const again = bench.take().filter(({ to, message }) => to === 2 && message.entries.length > 0);
    expect(again[0]?.message.entries.map(({ slot }) => slot)).toEqual([1, 2, 3, 4]);
  });
});

describe('learners', () => {
  test('a leader that has chosen a slot tells its value only to who accepted it in that ballot; others ask', () => {
    const bench = new Bench(1, peers);
    bench.deliver(2, messageOf('accept', { ballot: 1002, slot: 1, entries: [entry(1, 1002, 'x')] }));
    bench.sync();
    const sent = bench.deliver(3, messageOf('accept', { ballot: 2003, slot: 2, commit: 1 }));
    expect([bench.node.commit, types(sent)]).toEqual([0, ['learn 3']]);
    bench.deliver(3, messageOf('chosen', { commit: 1, entries: [entry(1, 2003, 'y')] }));
    expect([bench.node.commit, bench.node.slots.at(1)?.op]).toEqual([1, 'y']);
  });

  test('where slots are trimmed a snapshot stands for them', () => {
    const { bench } = leading();
    for (let id = 1; id <= 3; id++) bench.ask('write', `w${id}`, id);
    bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, mark: 3 }));
    bench.sync();
    bench.ask('admin', { type: 'compact', index: 2, snapshot: 'state' });
    expect(bench.node.slots.base).toBe(2);
    const [told] = bench.deliver(3, messageOf('learn', { slot: 1 })).filter(({ message }) => message.snapshot !== null);
    expect([told?.message.snapshot?.data, told?.message.entries.map(({ slot }) => slot)]).toEqual(['state', [3]]);
    const late = new Bench(3, peers);
    late.deliver(1, told?.message as PaxosMessage);
    expect([late.node.applied, late.indications.slice(0, 2).map(({ kind }) => kind)]).toEqual([3, ['restore', 'apply']]);
  });

  test('trimming waits for all members where it is told to', () => {
    const { bench } = leading([], 0, { trim: 'all' });
    bench.ask('write', 'x');
    bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, mark: 1, commit: 1 }));
    bench.sync();
    bench.ask('admin', { type: 'compact', index: 1, snapshot: 'state' });
    expect(bench.node.slots.base).toBe(0);
  });
});

describe('reads and reconfiguration', () => {
  test('a read waits for a quorum that confirms the ballot after it was asked', () => {
    const { bench } = leading();
    bench.ask('linearizable', 'key', 5);
    const { round } = ofType(bench.take(), 'accept');
    expect(round).toBe(1);
    const ready = (): number => bench.indications.filter(({ kind }) => kind === 'readReady').length;
    bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, round: 0 }));
    expect(ready()).toBe(0);
    bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, round }));
    expect(ready()).toBe(1);
  });

  test('nothing is proposed behind a stop-sign, and the next configuration begins with a phase 1 of its own', () => {
    const { bench } = leading();
    bench.ask('admin', { type: 'reconfigure', members: [1, 2] }, 1);
    bench.ask('write', 'x', 2);
    expect(bench.replies.at(-1)).toMatchObject({ id: 2, outcome: 'fail' });
    bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, mark: 1 }));
    bench.sync();
    expect(bench.replies.at(-1)).toMatchObject({ id: 1, outcome: 'ok' });
    expect(bench.node.configuration).toMatchObject({ era: 2, members: [1, 2], phase1: 2, phase2: 2, floor: 1001 });
    expect([bench.node.role, bench.node.ballot]).toEqual(['candidate', 2001]);
  });

  test('a node of an older configuration is told what was chosen', () => {
    const { bench } = leading();
    bench.ask('admin', { type: 'reconfigure', members: [1, 2] }, 1);
    bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, mark: 1 }));
    bench.sync();
    const told = bench.deliver(3, messageOf('heartbeatRequest', { ballot: 3, era: 1 }));
    expect(told.map(({ to, message }) => [to, messageNames[message.type], message.commit])).toEqual([[3, 'chosen', 1]]);
  });

  test('quorums that do not meet, and members whom nobody can reach, are refused', () => {
    const { bench } = leading();
    bench.ask('admin', { type: 'reconfigure', members: [1, 2, 3], phase1: 1, phase2: 2 });
    expect(bench.replies.at(-1)).toMatchObject({ code: 'LC_MEMBERSHIP', value: expect.stringContaining('more than 3') });
    bench.ask('admin', { type: 'reconfigure', members: [1, 9] });
    expect(bench.replies.at(-1)).toMatchObject({ code: 'LC_MEMBERSHIP', value: 'member 9, whom nobody can reach' });
    bench.ask('admin', { type: 'reconfigure' });
    expect(bench.replies.at(-1)).toMatchObject({ code: 'LC_USAGE' });
  });
});

describe('ballot leader election (Omni-Paxos, 5)', () => {
  const round = (bench: Bench): Sent[] => {
    bench.step({ kind: 'timer', now: 0, timer: timers.round });
    return bench.sync();
  };
  const heartbeat = (from: number, fields: Partial<PaxosMessage>) => messageOf('heartbeat', { ballot: from, connected: true, ...fields });

  test('only who hears from a quorum stands', () => {
    const bench = new Bench(1, peers);
    round(bench);
    expect(bench.node.role).toBe('follower');
    bench.deliver(2, heartbeat(2, { round: 1 }));
    expect(types(round(bench))).toContain('prepare 2');
  });

  test('answers of an older round do not count', () => {
    const bench = new Bench(1, peers);
    round(bench);
    bench.deliver(2, heartbeat(2, { round: 0 }));
    round(bench);
    expect(bench.node.role).toBe('follower');
  });

  test('who hears from somebody that hears the leader stays quiet', () => {
    const bench = new Bench(1, peers);
    bench.deliver(2, heartbeat(2, { round: 0, mark: 4003, content: true }));
    round(bench);
    expect([bench.node.role, bench.node.elected]).toEqual(['follower', 4003]);
  });

  test('a leader that no quorum hears stops leading', () => {
    const { bench } = leading();
    round(bench);
    expect(bench.node.role).toBe('follower');
  });
});
