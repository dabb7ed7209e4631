import { expect, test } from 'vitest';
import type { Reply, Request } from '../../core/index.ts';
import { Client, type ClientConfig, openSession } from './index.ts';
import { EffectLog } from './testing.ts';

const config: ClientConfig = {
  servers: [1, 2, 3],
  attemptUs: 100,
  giveUpUs: 1000,
  backoffUs: 10,
  incarnation: 1,
  duplicates: false,
};
const TRY = 0;
const GIVE_UP = 1;

function setUp(changes: Partial<ClientConfig> = {}) {
  const out = new EffectLog();
  const client = new Client(9, { ...config, ...changes });
  client.step({ kind: 'start', now: 0, records: [] }, out);
  const asked = (): [number, Request][] => out.log.filter((entry) => entry[0] === 'request').map((entry) => [entry[1], entry[2]]) as never;
  /** The newest request on the wire. */
  const last = (): [number, Request] => asked().at(-1) as [number, Request];
  const answer = (reply: Partial<Reply>, now = 0): void => {
    const [from, { id, session }] = last();
    client.step({ kind: 'reply', now, from, port: '', reply: { id, session, outcome: 'ok', ...reply } }, out);
  };
  const ask = (mode: Request['mode'] = 'write'): void =>
    client.step({ kind: 'request', now: 0, from: 0, request: { id: 77, session: 0, op: { f: 'write', key: 1, value: 2 }, mode } }, out);
  const timer = (number: number, now: number): void => client.step({ kind: 'timer', now, timer: number }, out);
  const outcome = (): Reply | undefined => out.log.filter((entry) => entry[0] === 'reply').map((entry) => entry[2] as Reply)[0];
  return { client, last, answer, ask, timer, outcome };
}

test('the first write opens a session, then asks within it', () => {
  const { ask, last, answer, outcome } = setUp();
  ask();
  expect(last()[1].op).toBe(openSession);
  answer({ value: 42 });
  expect(last()[1]).toMatchObject({ session: 42, op: { f: 'write', key: 1, value: 2 } });
  answer({ value: null, revision: 7 });
  expect(outcome()).toMatchObject({ id: 77, outcome: 'ok', revision: 7 });
});

test('no answer: the next server is asked with the same session and id, and the end is info', () => {
  const { ask, last, answer, timer, outcome } = setUp();
  ask();
  answer({ value: 42 });
  const [server, request] = last();
  timer(TRY, 100);
  expect(last()).toEqual([(server % 3) + 1, request]);
  answer({ outcome: 'fail', code: 'LC_NO_LEADER' });
  timer(GIVE_UP, 1000);
  expect(outcome()).toMatchObject({ outcome: 'info', code: 'LC_TIMEOUT' });
});

test('only refusals: the end is fail with the refusal, where the network cannot duplicate', () => {
  for (const duplicates of [false, true]) {
    const { ask, answer, timer, outcome } = setUp({ duplicates });
    ask();
    answer({ value: 42 });
    answer({ outcome: 'fail', code: 'LC_NO_LEADER' });
    timer(GIVE_UP, 1000);
    expect(outcome()).toMatchObject(duplicates ? { outcome: 'info', code: 'LC_TIMEOUT' } : { outcome: 'fail', code: 'LC_NO_LEADER' });
  }
});

test('a refusal that names the leader sends the client there at once', () => {
  const { ask, last, answer } = setUp();
  ask();
  answer({ outcome: 'fail', code: 'LC_NOT_LEADER', leader: 3 });
  expect(last()[0]).toBe(3);
});

test('a lost session: info when an earlier try may have been applied, a new session otherwise', () => {
  const sure = setUp();
  sure.ask();
  sure.answer({ value: 42 });
  sure.answer({ outcome: 'info', code: 'LC_SESSION_UNKNOWN' });
  expect(sure.last()[1].op).toBe(openSession);

  const unsure = setUp();
  unsure.ask();
  unsure.answer({ value: 42 });
  unsure.timer(TRY, 100);
  unsure.answer({ outcome: 'info', code: 'LC_SESSION_UNKNOWN' });
  expect(unsure.outcome()).toMatchObject({ outcome: 'info', code: 'LC_SESSION_UNKNOWN' });
});

test('a read that is never answered fails: it had no effect', () => {
  const { ask, answer, timer, outcome } = setUp();
  ask('linearizable');
  answer({ value: 42 });
  timer(TRY, 100);
  timer(GIVE_UP, 1000);
  expect(outcome()).toMatchObject({ outcome: 'fail', code: 'LC_TIMEOUT' });
});

test('a server that names a leader of long ago does not keep it from asking the others in turn', () => {
  const { ask, last, answer, timer } = setUp();
  ask();
  answer({ value: 42 });
  const [first] = last();
  const second = (first % 3) + 1;
  const third = (second % 3) + 1;
  answer({ outcome: 'fail', code: 'LC_NOT_LEADER', leader: third });
  expect(last()[0]).toBe(third);
  answer({ outcome: 'fail', code: 'LC_NO_LEADER' });
  timer(TRY, 10);
  expect(last()[0]).toBe(second);
});

test('an insistent client tries the first server several times, each try twice as patient, then the others', () => {
  const { ask, last, answer, timer } = setUp({ triesEach: 3 });
  ask();
  answer({ value: 42 });
  const [server] = last();
  const asked = [100, 300, 700].map((now) => {
    timer(TRY, now);
    return last()[0];
  });
  expect(asked).toEqual([server, server, (server % 3) + 1]);
});
