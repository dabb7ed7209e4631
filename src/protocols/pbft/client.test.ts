import { describe, expect, test } from 'vitest';
import type { NodeId, Reply, Request, Value } from '../../core/index.ts';
import { PbftClient, type PbftClientConfig } from './client.ts';

const SERVERS: readonly NodeId[] = [1, 2, 3, 4];

/** A client, what it asks whom, and what it says. */
class Bench {
  readonly asked: { to: NodeId; request: Request }[] = [];
  readonly said: Reply[] = [];
  readonly timers = new Map<number, number>();
  readonly client: PbftClient;
  signs = 0;

  constructor(config: Partial<PbftClientConfig> = {}) {
    const times = { attemptUs: 100, giveUpUs: 1000, incarnation: 1 };
    this.client = new PbftClient(9, { servers: SERVERS, authentication: 'channel', readOnly: false, ...times, ...config });
  }

  step(input: Parameters<PbftClient['step']>[0]): void {
    this.client.step(input, {
      request: (to: NodeId, request: Request) => this.asked.push({ to, request }),
      reply: (_to: NodeId, reply: Reply) => this.said.push(reply),
      timer: (timer: number, atUs: number) => this.timers.set(timer, atUs),
      sign: () => {
        this.signs++;
      },
    } as never);
  }
  ask(mode: Request['mode'], op: Value = 'x'): void {
    this.step({ kind: 'request', now: 0, from: 0, request: { id: 5, session: 0, op, mode } });
  }
  answer(from: NodeId, value: Value, revision = 1, leader = 1): void {
    const { id, session } = (this.asked.at(-1) as { request: Request }).request;
    this.step({ kind: 'reply', now: 1, from, port: '', reply: { id, session, outcome: 'ok', value, revision, leader } });
  }
  fire(timer: number): void {
    this.step({ kind: 'timer', now: this.timers.get(timer) as number, timer });
  }
}

describe('the client of PBFT', () => {
  test('believes f + 1 equal replies, of distinct replicas (OSDI 1999, 4.1)', () => {
    const bench = new Bench();
    bench.ask('write');
    bench.answer(1, 'lie');
    bench.answer(1, 'lie');
    bench.answer(7, 'lie');
    bench.answer(2, 'true');
    expect(bench.said).toEqual([]);
    bench.answer(3, 'true');
    expect(bench.said.map(({ value, id }) => [id, value])).toEqual([[5, 'true']]);
  });

  test('equal values of different positions are different replies', () => {
    const bench = new Bench();
    bench.ask('write');
    bench.answer(1, 'x', 1);
    bench.answer(2, 'x', 2);
    expect(bench.said).toEqual([]);
  });

  test('with unordered reads, writes and reads alike need a quorum (Berger, Reiser, Bessani 2021)', () => {
    for (const mode of ['write', 'linearizable'] as const) {
      const bench = new Bench({ readOnly: true });
      bench.ask(mode);
      bench.answer(1, 'x');
      bench.answer(2, 'x');
      expect(bench.said).toEqual([]);
      bench.answer(3, 'x');
      expect(bench.said.length).toBe(1);
    }
  });

  test('a read that all answer differently is ordered instead (TOCS 2002, 5.1.3)', () => {
    const bench = new Bench({ readOnly: true });
    bench.ask('linearizable');
    expect(bench.asked.map(({ request }) => request.mode)).toEqual(new Array(4).fill('linearizable'));
    for (const id of SERVERS) bench.answer(id, id % 2);
    expect(bench.asked.at(-1)?.request.mode).toBe('write');
  });

  test('asks the primary first and all when no answer comes, and learns who leads from what f + 1 say', () => {
    const bench = new Bench({ authentication: 'mac' });
    bench.ask('write');
    expect(bench.signs).toBe(1);
    bench.step({ kind: 'signed', now: 0, token: 1, signature: 's' });
    expect(bench.asked.map(({ to }) => to)).toEqual([1]);
    bench.fire(0);
    expect(bench.asked.map(({ to }) => to)).toEqual([1, 1, 2, 3, 4]);
    bench.answer(2, 'x', 1, 3);
    bench.answer(3, 'x', 1, 3);
    bench.ask('write');
    bench.step({ kind: 'signed', now: 0, token: 2, signature: 's' });
    expect(bench.asked.at(-1)?.to).toBe(3);
  });

  test('gives up with info for a write, with fail for a read', () => {
    for (const [mode, outcome] of [
      ['write', 'info'],
      ['linearizable', 'fail'],
    ] as const) {
      const bench = new Bench();
      bench.ask(mode);
      bench.fire(1);
      expect(bench.said.map((reply) => [reply.outcome, reply.code])).toEqual([[outcome, 'LC_TIMEOUT']]);
    }
  });

  test('one request at a time', () => {
    const bench = new Bench();
    bench.ask('write');
    bench.ask('write');
    expect(bench.said).toMatchObject([{ id: 5, outcome: 'fail', code: 'LC_OVERLOADED' }]);
  });

  test('of a stale read f + 1 equal answers are enough, of an operation on one replica its own is', () => {
    const stale = new Bench({ readOnly: true });
    stale.ask('stale');
    stale.answer(1, 'x', 4);
    expect(stale.said).toEqual([]);
    stale.answer(2, 'x', 9);
    expect(stale.said).toEqual([{ id: 5, session: 0, outcome: 'ok', value: 'x', mode: 'stale' }]);
    const admin = new Bench();
    admin.ask('admin');
    expect(admin.asked.map(({ to }) => to)).toEqual([1]);
    admin.fire(0);
    expect(admin.asked.at(-1)?.to).toBe(2);
    admin.answer(2, 'done');
    expect(admin.said).toMatchObject([{ id: 5, outcome: 'ok', value: 'done' }]);
  });

  test('refusals, answers to something else, and answers of nobody count for nothing', () => {
    const bench = new Bench();
    bench.ask('write');
    const { id, session } = (bench.asked.at(-1) as { request: Request }).request;
    const says = (from: NodeId, parts: Partial<Reply>): void =>
      bench.step({ kind: 'reply', now: 1, from, port: '', reply: { id, session, outcome: 'ok', value: 'x', revision: 1, ...parts } });
    says(1, { outcome: 'fail', code: 'LC_OVERLOADED' });
    says(2, { outcome: 'fail', code: 'LC_OVERLOADED' });
    says(1, { id: id - 1 });
    says(2, { id: id - 1 });
    says(3, { session: 8 });
    says(4, { session: 8 });
    says(9, {});
    says(1, {});
    expect(bench.said).toEqual([]);
    says(2, {});
    expect(bench.said).toMatchObject([{ id: 5, outcome: 'ok', value: 'x' }]);
    says(3, {});
    says(4, {});
    expect(bench.said).toHaveLength(1);
  });

  test('timers and signatures that come late mean nothing', () => {
    const bench = new Bench({ authentication: 'mac' });
    bench.ask('write');
    bench.step({ kind: 'timer', now: 50, timer: 0 });
    expect(bench.asked).toEqual([]);
    bench.step({ kind: 'signed', now: 0, token: 7, signature: 's' });
    expect(bench.asked).toEqual([]);
    bench.step({ kind: 'signed', now: 0, token: 1, signature: 's' });
    bench.step({ kind: 'signed', now: 0, token: 1, signature: 'again' });
    expect(bench.asked).toHaveLength(1);
    bench.step({ kind: 'timer', now: 999, timer: 1 });
    expect(bench.said).toEqual([]);
    bench.fire(1);
    expect(bench.said).toMatchObject([{ outcome: 'info' }]);
    bench.step({ kind: 'timer', now: 2000, timer: 1 });
    bench.step({ kind: 'timer', now: 2000, timer: 0 });
    bench.step({ kind: 'signed', now: 2000, token: 1, signature: 's' });
    expect([bench.said.length, bench.asked.length]).toEqual([1, 1]);
  });

  test('whoever is named as the primary by less than f + 1 of those believed is not asked first', () => {
    const bench = new Bench({ authentication: 'mac' });
    bench.ask('write');
    bench.step({ kind: 'signed', now: 0, token: 1, signature: 's' });
    bench.answer(2, 'x', 1, 3);
    bench.answer(3, 'x', 1, 4);
    bench.ask('write');
    bench.step({ kind: 'signed', now: 0, token: 2, signature: 's' });
    expect(bench.asked.at(-1)?.to).toBe(1);
  });
});
