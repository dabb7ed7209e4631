import { expect, test } from 'vitest';
import { type Reply, type Request, Writer } from '../../core/index.ts';
import { openSession, QuorumClient, type QuorumClientConfig } from './index.ts';
import { EffectLog } from './testing.ts';

const config: QuorumClientConfig = {
  servers: [1, 2, 3, 4],
  believe: 2,
  attemptUs: 100,
  giveUpUs: 1000,
  incarnation: 1,
  content: (session, id, op, admin) => ({ session, id, op, admin }),
};

const TRY = 0;
const GIVE_UP = 1;

function setUp(changes: Partial<QuorumClientConfig> = {}) {
  const out = new EffectLog();
  const client = new QuorumClient(9, { ...config, ...changes });
  client.step({ kind: 'start', now: 0, records: [] }, out);
  const of = (name: string): unknown[][] => out.log.filter((entry) => entry[0] === name);
  const asked = (): [number, Request][] => of('request').map((entry) => [entry[1], entry[2]]) as never;
  const last = (): Request => (asked().at(-1) as [number, Request])[1];
  const sign = (): void => {
    const [, token] = of('sign').at(-1) as [string, number];
    client.step({ kind: 'signed', now: 0, token, signature: `sig${token}` }, out);
  };
  const answer = (from: number, reply: Partial<Reply>): void => {
    const { id, session } = last();
    client.step({ kind: 'reply', now: 0, from, port: '', reply: { id, session, outcome: 'ok', ...reply } }, out);
  };
  const ask = (mode: Request['mode'] = 'write'): void =>
    client.step({ kind: 'request', now: 0, from: 0, request: { id: 77, session: 0, op: { f: 'write', key: 1, value: 2 }, mode } }, out);
  const open = (): void => {
    ask();
    sign();
    answer(1, { value: 42, revision: 1 });
    answer(2, { value: 42, revision: 1 });
    sign();
  };
  const outcome = (): Reply | undefined => of('reply').map((entry) => entry[2] as Reply)[0];
  return { client, out, of, asked, last, sign, answer, ask, open, outcome };
}

test('it signs what it asks, and asks all servers, first for a session', () => {
  const { ask, sign, asked, of, last } = setUp();
  ask();
  expect(of('sign').map((entry) => entry[2])).toEqual([{ session: 0, id: (9 * 1024 + 1) * 1048576 + 1, op: openSession, admin: false }]);
  expect(asked()).toEqual([]);
  sign();
  expect(asked().map(([server]) => server)).toEqual([1, 2, 3, 4]);
  expect(last().op).toEqual({ client: 9, op: openSession, signature: 'sig1' });
});

test('one answer is none; f+1 equal ones are believed, whatever liars say in between, and one server counts once', () => {
  const { open, answer, outcome } = setUp();
  open();
  answer(3, { value: 'lie', revision: 5 });
  answer(3, { value: 'lie', revision: 5 });
  answer(9, { value: 'lie', revision: 5 });
  answer(1, { value: null, revision: 7 });
  expect(outcome()).toBeUndefined();
  answer(2, { value: null, revision: 8 });
  expect(outcome()).toBeUndefined();
  answer(4, { value: null, revision: 7 });
  expect(outcome()).toMatchObject({ id: 77, outcome: 'ok', value: null, revision: 7 });
});

test('answers of one kind only count together: the same value at another position is another answer', () => {
  const { open, answer, outcome } = setUp();
  open();
  answer(1, { value: 1, revision: 1 });
  answer(2, { value: 1, revision: 2 });
  answer(3, { outcome: 'fail', code: 'LC_OVERLOADED' });
  answer(4, { outcome: 'fail', code: 'LC_OVERLOADED' });
  expect(outcome()).toBeUndefined();
});

test('without enough answers all are asked again, later and later, and a write ends unknown, a read as failed', () => {
  for (const [mode, end] of [
    ['write', 'info'],
    ['linearizable', 'fail'],
  ] as const) {
    const { client, out, asked, ask, sign, answer, of, outcome } = setUp();
    ask(mode);
    sign();
    answer(1, { value: 42, revision: 1 });
    answer(2, { value: 42, revision: 1 });
    sign();
    const before = asked().length;
    client.step({ kind: 'timer', now: 100, timer: TRY }, out);
    expect(asked().length).toBe(before + 4);
    expect(of('timer').at(-1)).toEqual(['timer', TRY, 300]);
    client.step({ kind: 'timer', now: 1000, timer: GIVE_UP }, out);
    expect(outcome()).toMatchObject({ outcome: end, code: 'LC_TIMEOUT' });
  }
});

test('a lost session is told by f+1, and a new one opened for the next request', () => {
  const { open, answer, outcome, ask, of } = setUp();
  open();
  answer(1, { outcome: 'info', code: 'LC_SESSION_UNKNOWN' });
  answer(2, { outcome: 'info', code: 'LC_SESSION_UNKNOWN' });
  expect(outcome()).toMatchObject({ outcome: 'info', code: 'LC_SESSION_UNKNOWN' });
  ask();
  expect(of('sign').map((entry) => (entry[2] as { readonly op: unknown }).op)).toEqual([
    openSession,
    { f: 'write', key: 1, value: 2 },
    openSession,
  ]);
});

test('a copy behaves as its original, and moves alone', () => {
  const { client, open, answer, out } = setUp();
  open();
  answer(1, { value: 1, revision: 3 });
  const bytes = (node: QuorumClient): string => {
    const w = new Writer();
    node.encode(w);
    return w.take().toString();
  };
  const copy = client.clone();
  const before = bytes(copy);
  expect(before).toBe(bytes(client));
  answer(2, { value: 1, revision: 3 });
  expect(bytes(copy)).toBe(before);
  expect(bytes(client)).not.toBe(before);
  const mine: unknown[] = out.log.filter(([name]) => name === 'reply');
  const other = new EffectLog();
  copy.step({ kind: 'reply', now: 0, from: 2, port: '', reply: { id: 2, session: 42, outcome: 'ok', value: 1, revision: 3 } }, other);
  expect(other.log.filter(([name]) => name === 'reply')).toEqual(mine);
});
