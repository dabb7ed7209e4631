/** What clients and operators may ask of a node, and what it says where that is not possible. */
import { describe, expect, test } from 'vitest';
import { type Entry, entryKinds, messageNames, type PaxosMessage } from './message.ts';
import { timers } from './paxos-timers.ts';
import { Bench, messageOf, type Sent } from './testing.ts';

const peers = [1, 2, 3];
const named = (sent: readonly Sent[], name: string): readonly Sent[] => sent.filter(({ message }) => messageNames[message.type] === name);
/** Slots for which values were proposed. */
const slotsTold = (sent: readonly Sent[]): number[] => [
  ...new Set(named(sent, 'accept').flatMap(({ message }) => message.entries.map(({ slot }) => slot))),
];
const entry = (slot: number, ballot: number, op: string): Entry => ({ slot, ballot, kind: 0, session: 7, id: slot, op, size: 3 });

/** Node 1 leads ballot 1.1. */
function leading(config = {}, records: readonly Partial<PaxosMessage>[] = []): Bench {
  const bench = new Bench(1, peers, config);
  bench.ask('admin', { type: 'campaign' });
  bench.sync();
  for (const fields of records) bench.deliver(2, messageOf('promise', { ballot: 1001, slot: 1, ...fields }));
  if (records.length === 0) bench.deliver(2, messageOf('promise', { ballot: 1001, slot: 1 }));
  bench.replies.length = 0;
  return bench;
}

/** Node 1 follows node 3 in ballot 2.3. */
function following(config = {}): Bench {
  const bench = new Bench(1, peers, config);
  bench.deliver(3, messageOf('accept', { ballot: 2003, slot: 1 }));
  bench.sync();
  expect([bench.node.role, bench.node.leader]).toEqual(['follower', 3]);
  return bench;
}

describe('leadership on request', () => {
  test.each<[unknown, string]>([
    ['x', 'LC_USAGE'],
    [9, 'LC_MEMBERSHIP'],
  ])('to %s: %s', (to, code) => {
    const bench = leading();
    bench.ask('admin', { type: 'transfer-leadership', to: to as number });
    expect(bench.replies).toMatchObject([{ outcome: 'fail', code }]);
  });

  test('only the leader hands over; to itself it has done so', () => {
    const other = following();
    other.ask('admin', { type: 'transfer-leadership', to: 2 });
    expect(other.replies).toMatchObject([{ outcome: 'fail', leader: 3 }]);
    const bench = leading();
    bench.ask('admin', { type: 'transfer-leadership', to: 1 });
    expect(bench.replies).toMatchObject([{ outcome: 'ok' }]);
  });

  test('one at a time; whether it worked is not known when time is up', () => {
    const bench = leading({ election: 'time-out' });
    bench.ask('admin', { type: 'transfer-leadership', to: 2 }, 1);
    expect(named(bench.take(), 'takeOver').map(({ to }) => to)).toEqual([2]);
    bench.ask('admin', { type: 'transfer-leadership', to: 3 }, 2);
    expect(bench.replies).toMatchObject([{ id: 2, outcome: 'fail', code: 'LC_OVERLOADED' }]);
    for (let i = 1; i <= 3; i++) {
      expect(bench.replies).toHaveLength(1);
      bench.step({ kind: 'timer', now: 0, timer: timers.round });
    }
    expect(bench.replies[1]).toMatchObject({ id: 1, outcome: 'info', code: 'LC_TIMEOUT' });
  });

  test('it is done once that one leads; where another does, nobody knows', () => {
    for (const [to, outcome] of [
      [2, 'ok'],
      [3, 'info'],
    ] as const) {
      const bench = leading();
      bench.ask('admin', { type: 'transfer-leadership', to }, 1);
      bench.deliver(2, messageOf('accept', { ballot: 5002, slot: 1 }));
      bench.sync();
      expect(bench.replies.at(-1)).toMatchObject({ id: 1, outcome });
    }
  });

  test.each([null, 'x', [1], new Uint8Array(2), { type: 'unknown' }, {}])('an operation on the group that is none: %j', (op) => {
    const bench = leading();
    bench.ask('admin', op as never);
    expect(bench.replies).toMatchObject([{ outcome: 'fail', code: 'LC_USAGE' }]);
  });

  test.each([0, 1, 7, 1.5, 'x'])('a snapshot of what is not applied, or is snapshotted: %s', (index) => {
    const bench = leading();
    for (const id of [1, 2]) bench.ask('write', id, id);
    bench.sync();
    bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, mark: 2 }));
    bench.ask('admin', { type: 'compact', index: 1, snapshot: 'one' });
    expect(bench.replies.at(-1)).toMatchObject({ outcome: 'ok' });
    bench.ask('admin', { type: 'compact', index, snapshot: 'other' });
    expect(bench.replies.at(-1)).toMatchObject({ outcome: 'fail', code: 'LC_USAGE' });
  });
});

test('a snapshot has the configuration that was in force where it was taken', () => {
  const bench = leading();
  bench.ask('write', 'x', 1);
  bench.ask('admin', { type: 'reconfigure', members: [1, 2] }, 2);
  bench.sync();
  bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, mark: 2 }));
  bench.sync();
  expect(bench.node.configuration).toMatchObject({ era: 3, members: [1, 2] });
  const taken = (index: number): unknown => {
    bench.ask('admin', { type: 'compact', index, snapshot: `at ${index}` });
    bench.sync();
    return bench.records.findLast(({ snapshot }) => snapshot !== null)?.snapshot;
  };
  expect(taken(1)).toMatchObject({ index: 1, configuration: { era: 1, members: [1, 2, 3] } });
  expect(taken(2)).toMatchObject({ index: 2, configuration: { era: 3, members: [1, 2] } });
});

describe('writes', () => {
  test('more than may be under way is refused; what is empty or comes alone is taken', () => {
    const bench = leading({ maxUncommittedBytes: 100 });
    bench.ask('write', 'x'.repeat(500), 1);
    bench.ask('write', 'y', 2);
    expect(bench.replies).toMatchObject([{ id: 2, outcome: 'fail', code: 'LC_OVERLOADED' }]);
    bench.sync();
    bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, mark: 1 }));
    bench.ask('write', 'y', 3);
    expect(bench.replies).toHaveLength(1);
    expect(slotsTold(bench.take())).toEqual([2]);
  });

  test('what a follower passes on is taken by the leader alone, and as far as there is room', () => {
    const bench = leading({ maxUncommittedBytes: 10 });
    bench.take();
    const entries = [entry(0, 0, 'long enough'), entry(0, 0, 'one too many')].map((each) => ({ ...each, slot: 0, ballot: 0 }));
    expect(slotsTold(bench.deliver(2, messageOf('propose', { entries })))).toEqual([1]);
    const other = following();
    expect(slotsTold([...other.deliver(2, messageOf('propose', { entries })), ...other.sync()])).toEqual([]);
  });
});

describe('reads', () => {
  test('so many wait, and one more is refused here, and not heard from elsewhere', () => {
    const bench = leading({ maxPendingReads: 2 });
    for (const id of [1, 2, 3]) bench.ask('linearizable', 'key', id);
    expect(bench.replies).toMatchObject([{ id: 3, outcome: 'fail', code: 'LC_OVERLOADED' }]);
    const round = named(bench.take(), 'accept').at(-1)?.message.round ?? 0;
    bench.deliver(3, messageOf('readIndex', { entries: [{ ...entry(0, 0, 'k'), kind: entryKinds.read, id: 9 }] }));
    const told = bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, round: round + 5 }));
    expect(bench.indications.filter(({ kind }) => kind === 'readReady')).toHaveLength(2);
    expect(named(told, 'readIndexResp')).toEqual([]);
  });

  test('a read that was passed on is answered to who passed it on', () => {
    const bench = leading();
    bench.take();
    bench.deliver(3, messageOf('readIndex', { entries: [{ ...entry(0, 0, 'k'), kind: entryKinds.read, id: 9 }] }));
    const told = bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, round: 1 }));
    expect(named(told, 'readIndexResp').map(({ to, message }) => [to, message.entries[0]?.id])).toEqual([[3, 9]]);
  });

  test('who does not lead answers no read of others, and gives up its own when it stops leading', () => {
    const other = following();
    other.deliver(2, messageOf('readIndex', { entries: [{ ...entry(0, 0, 'k'), kind: entryKinds.read, id: 9 }] }));
    expect(named(other.sync(), 'readIndexResp')).toEqual([]);
    const bench = leading();
    bench.ask('linearizable', 'key', 4);
    bench.deliver(3, messageOf('nack', { ballot: 9003 }));
    expect(bench.replies).toMatchObject([{ id: 4, outcome: 'fail' }]);
  });

  test('before what phase 1 found is chosen no read is answered', () => {
    const bench = leading({}, [{ entries: [entry(1, 3, 'a')] }]);
    const ready = (): number => bench.indications.filter(({ kind }) => kind === 'readReady').length;
    bench.ask('linearizable', 'key', 5);
    bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, round: 9 }));
    expect(ready()).toBe(0);
    bench.sync();
    bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, mark: 1, round: 9 }));
    bench.deliver(2, messageOf('accepted', { ballot: 1001, slot: 1, mark: 1, round: 9 }));
    expect(ready()).toBe(1);
  });
});
