/** Single-decree Paxos, role by role ("Paxos made simple", 2.2 to 2.4): what counts, and what comes too late to count. */
import { describe, expect, test } from 'vitest';
import type { NodeId, Reply, Value } from '../../core/index.ts';
import { Synod } from './synod.ts';
import { type SynodMessage, type SynodRecord, synodTypes } from './synod-message.ts';

const acceptors = [1, 2, 3];

/** Node 1 of three acceptors; 1 and 2 propose. */
class Bench {
  readonly sent: { readonly to: NodeId; readonly message: SynodMessage; readonly after: number }[] = [];
  readonly replies: Reply[] = [];
  readonly records: SynodRecord[] = [];
  readonly node: Synod;

  constructor(id = 1, records: readonly SynodRecord[] = []) {
    this.node = new Synod(id, acceptors, { acceptors, proposers: [1, 2], ballots: 3, retryUs: 100 });
    this.step({ kind: 'start', now: 0, records });
  }

  step(input: Parameters<Synod['step']>[0]): void {
    this.node.step(input, {
      send: (to: NodeId, message: SynodMessage, after: number) => this.sent.push({ to, message, after }),
      checkpoint: (_token: number, record: SynodRecord) => this.records.push(record),
      reply: (_to: NodeId, reply: Reply) => this.replies.push(reply),
      timer: () => undefined,
      belief: () => undefined,
    } as never);
  }

  propose(op: Value): void {
    this.step({ kind: 'request', now: 0, from: 9, request: { id: 1, session: 1, op, mode: 'write' } });
  }

  /** What it sends in answer: type, to, ballot, value. */
  hears(from: NodeId, type: keyof typeof synodTypes, ballot: number, accepted = 0, value: Value = null): unknown[] {
    const before = this.sent.length;
    this.step({ kind: 'message', now: 0, from, message: { type: synodTypes[type], ballot, accepted, value } });
    return this.sent.slice(before).map(({ to, message }) => [message.type, to, message.ballot, message.value]);
  }

  again(): void {
    this.step({ kind: 'timer', now: 100, timer: 0 });
  }
}

const toAll = (type: number, ballot: number, value: Value = null): unknown[] => acceptors.map((to) => [type, to, ballot, value]);

describe('acceptors', () => {
  test('promise no ballot below one that they promised, and accept none either (P1a)', () => {
    const bench = new Bench(3);
    expect(bench.hears(2, 'prepare', 2002)).toEqual([[synodTypes.promise, 2, 2002, null]]);
    expect(bench.hears(1, 'prepare', 1001)).toEqual([]);
    expect(bench.hears(2, 'prepare', 2002)).toEqual([]);
    expect(bench.hears(1, 'accept', 1001, 0, 'x')).toEqual([]);
    expect(bench.hears(2, 'accept', 2002, 0, 'y')).toEqual([[synodTypes.accepted, 2, 2002, null]]);
    expect(bench.hears(1, 'prepare', 3001)).toEqual([[synodTypes.promise, 1, 3001, 'y']]);
    expect(bench.sent.at(-1)?.message.accepted).toBe(2002);
  });

  test('accepting promises', () => {
    const bench = new Bench(3);
    bench.hears(2, 'accept', 2002, 0, 'y');
    expect(bench.hears(1, 'prepare', 1001)).toEqual([]);
    expect(bench.hears(1, 'accept', 1001, 0, 'x')).toEqual([]);
  });

  test('say nothing that is not written before, and know it again after a crash', () => {
    const bench = new Bench(3);
    bench.hears(2, 'prepare', 2002);
    bench.hears(2, 'accept', 2002, 0, 'y');
    expect(bench.sent.map(({ after }) => after)).toEqual([1, 2]);
    expect(bench.records).toMatchObject([
      { promised: 2002, accepted: 0 },
      { promised: 2002, accepted: 2002, value: 'y' },
    ]);
    const back = new Bench(3, bench.records);
    expect(back.hears(1, 'prepare', 1001)).toEqual([]);
    expect(back.hears(1, 'prepare', 3001)).toEqual([[synodTypes.promise, 1, 3001, 'y']]);
  });

  test('hear only proposers, each in ballots of its own', () => {
    const bench = new Bench(3);
    expect(bench.hears(2, 'prepare', 5001)).toEqual([]);
    expect(bench.hears(2, 'accept', 5001, 0, 'x')).toEqual([]);
    expect(bench.hears(3, 'prepare', 5003)).toEqual([]);
    expect([bench.node.promised, bench.node.dropped]).toEqual([0, 3]);
  });
});

describe('proposers', () => {
  test('ask before they propose, and propose what the highest ballot accepted (P2c)', () => {
    const bench = new Bench();
    bench.propose('mine');
    expect(bench.sent.map(({ to, message }) => [message.type, to, message.ballot, message.value])).toEqual(toAll(synodTypes.prepare, 1001));
    expect(bench.sent.every(({ after }) => after === 1)).toBe(true);
    expect(bench.hears(2, 'promise', 1001, 7, 'older')).toEqual([]);
    expect(bench.hears(3, 'promise', 1001, 12, 'newer')).toEqual(toAll(synodTypes.accept, 1001, 'newer'));
  });

  test('propose their own where nobody has accepted anything, once', () => {
    const bench = new Bench();
    bench.propose('mine');
    bench.propose('another');
    expect(bench.hears(1, 'promise', 1001)).toEqual([]);
    expect(bench.hears(1, 'promise', 1001)).toEqual([]);
    expect(bench.hears(2, 'promise', 1001)).toEqual(toAll(synodTypes.accept, 1001, 'mine'));
    expect(bench.hears(3, 'promise', 1001, 500, 'late')).toEqual([]);
    expect(bench.hears(1, 'promise', 1001, 500, 'late')).toEqual([]);
  });

  test('count no answer to an earlier ballot, and none of who is no acceptor', () => {
    const bench = new Bench();
    bench.propose('mine');
    bench.again();
    expect(bench.node.ballot).toBe(2001);
    for (const from of acceptors) expect(bench.hears(from, 'promise', 1001)).toEqual([]);
    for (const from of [8, 9]) expect(bench.hears(from, 'promise', 2001)).toEqual([]);
    expect(bench.hears(2, 'promise', 2001)).toEqual([]);
    expect(bench.hears(3, 'promise', 2001)).toEqual(toAll(synodTypes.accept, 2001, 'mine'));
    for (const from of acceptors) bench.hears(from, 'accepted', 1001);
    for (const from of [8, 9]) bench.hears(from, 'accepted', 2001);
    bench.hears(2, 'accepted', 2001);
    bench.hears(2, 'accepted', 2001);
    expect([bench.node.chosen, bench.replies]).toEqual([null, []]);
    bench.hears(3, 'accepted', 2001);
    bench.hears(1, 'accepted', 2001);
    expect(bench.node.chosen).toBe('mine');
    expect(bench.replies).toMatchObject([{ id: 1, outcome: 'ok', value: 'mine' }]);
  });

  test('know of nothing chosen that they did not propose', () => {
    const bench = new Bench();
    bench.propose('mine');
    for (const from of acceptors) bench.hears(from, 'accepted', 1001);
    expect(bench.node.chosen).toBeNull();
  });

  test('use no ballot twice, also after a crash, and stop once the value is chosen', () => {
    const bench = new Bench();
    bench.propose('mine');
    const back = new Bench(1, bench.records);
    back.propose('other');
    expect(back.node.ballot).toBe(2001);
    for (const from of [2, 3]) back.hears(from, 'promise', 2001);
    for (const from of [2, 3]) back.hears(from, 'accepted', 2001);
    back.again();
    expect([back.node.ballot, back.node.chosen]).toEqual([2001, 'other']);
  });

  test('are those that were named', () => {
    const bench = new Bench(3);
    bench.propose('mine');
    expect(bench.sent).toEqual([]);
  });
});
