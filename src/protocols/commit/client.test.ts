import { expect, test } from 'vitest';
import type { Effects, Reply, Request, Value } from '../../core/index.ts';
import { CommitClient, type CommitClientConfig, sitesOf } from './index.ts';

const TRY = 0;
const GIVE_UP = 1;

function setUp(changes: Partial<CommitClientConfig> = {}) {
  const asked: [to: number, request: Request][] = [];
  const replies: Reply[] = [];
  const out = {
    request: (to: number, request: Request) => void asked.push([to, request]),
    reply: (_to: number, reply: Reply) => void replies.push(reply),
    timer: () => undefined,
    choose: () => 0,
  } as unknown as Effects<never, never, never>;
  const config = { servers: [1, 2, 3], copies: 2, readers: 0, attemptUs: 100, giveUpUs: 1000, backoffUs: 10, incarnation: 1, ...changes };
  const client = new CommitClient(9, config);
  const last = (): [number, Request] => asked.at(-1) as [number, Request];
  return {
    asked,
    last,
    ask: (op: Value, mode: Request['mode'] = 'write') =>
      client.step({ kind: 'request', now: 0, from: 0, request: { id: 77, session: 0, op, mode } }, out),
    answer: (reply: Partial<Reply>) => {
      const [from, { id, session }] = last();
      client.step({ kind: 'reply', now: 0, from, port: '', reply: { id, session, outcome: 'ok', ...reply } }, out);
    },
    timer: (timer: number, now: number) => client.step({ kind: 'timer', now, timer }, out),
    outcome: (): Reply | undefined => replies[0],
  };
}

const write: Value = { f: 'write', key: 2, value: 5 };

test('a write is one transaction of all sites that hold a copy, within a session of its coordinator', () => {
  const { ask, last, answer, outcome } = setUp();
  ask(write);
  expect(last()).toMatchObject([1, { session: 0, op: { f: 'open-session' } }]);
  answer({ value: 42 });
  const writes = [{ key: 'k2', value: 5 }];
  const parts = [1, 3].map((site) => ({ site, writes }));
  expect(last()).toMatchObject([1, { session: 42, op: { f: 'transaction', parts }, mode: 'write' }]);
  answer({ value: 'commit' });
  expect(outcome()).toMatchObject({ id: 77, outcome: 'ok' });
});

test('no answer: the same coordinator is asked the same again, and the end is info', () => {
  const { ask, asked, answer, timer, outcome } = setUp();
  ask(write);
  answer({ value: 42 });
  timer(TRY, 100);
  expect(asked[2]).toEqual(asked[1]);
  timer(GIVE_UP, 1000);
  expect(outcome()).toMatchObject({ outcome: 'info', code: 'LC_TIMEOUT' });
});

test('a coordinator that never answered is not asked by the next write; one that did may be', () => {
  const { ask, last, answer, timer } = setUp();
  ask(write);
  timer(GIVE_UP, 1000);
  ask(write);
  expect(last()[0]).toBe(2);
  answer({ value: 42 });
  timer(GIVE_UP, 1000);
  ask(write);
  expect(last()[0]).toBe(1);
  const alone = setUp({ servers: [1], copies: 1 });
  alone.ask(write);
  alone.timer(GIVE_UP, 1000);
  alone.ask(write);
  expect(alone.last()[0]).toBe(1);
});

test('after an abort it is a new transaction, and fails if it ends so: an aborted one has no effect', () => {
  const { ask, asked, last, answer, timer, outcome } = setUp();
  ask(write);
  answer({ value: 42 });
  const [, first] = last();
  answer({ value: 'abort' });
  timer(TRY, 50);
  expect(last()[1]).toMatchObject({ session: 42, op: first.op });
  expect(last()[1].id).toBeGreaterThan(first.id);
  answer({ value: 'abort' });
  expect(asked).toHaveLength(3);
  timer(GIVE_UP, 1000);
  expect(outcome()).toMatchObject({ outcome: 'fail', code: 'LC_ABORTED' });
});

test('a coordinator that does not know the session any more leaves the outcome open, and the next write opens another', () => {
  const { ask, last, answer, outcome } = setUp();
  ask(write);
  answer({ value: 42 });
  answer({ outcome: 'info', code: 'LC_SESSION_UNKNOWN' });
  expect(outcome()).toMatchObject({ outcome: 'info' });
  ask(write);
  expect(last()[1].op).toEqual({ f: 'open-session' });
});

test('a read asks a copy, and another one while the key is locked', () => {
  const { ask, asked, answer, timer, outcome } = setUp();
  ask({ f: 'read', key: 2 }, 'linearizable');
  answer({ outcome: 'fail', code: 'LC_LOCKED' });
  timer(TRY, 10);
  expect(asked.every(([to]) => to === 1 || to === 3)).toBe(true);
  answer({ value: 5 });
  expect(outcome()).toMatchObject({ outcome: 'ok', value: 5 });
});

test.each([[{ f: 'cas', key: 1, value: 2, expected: 3 }], [null], [{ f: 'write', key: 'x', value: 1 }]] as [Value][])(
  'what is no transaction is refused: %j',
  (op) => {
    const { ask, outcome } = setUp();
    ask(op);
    expect(outcome()).toMatchObject({ outcome: 'fail', code: 'LC_HISTORY_OPERATION' });
  },
);

test('copies go round the sites', () => {
  expect([0, 1, 2].map((key) => sitesOf(key, [1, 2, 3], 2))).toEqual([
    [1, 2],
    [2, 3],
    [1, 3],
  ]);
  expect(sitesOf(7, [1, 2, 3], 0)).toEqual([1, 2, 3].sort());
});
