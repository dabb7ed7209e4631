/** The client that opens games: what it tells a deal of those who let it down. */
import { expect, test } from 'vitest';
import type { Effects, Input, NodeId } from '../../core/index.ts';
import { type Deal, GameClient } from './client.ts';

const GIVE_UP_US = 1000;
/** What it wants done is not looked at. */
const nowhere = new Proxy({}, { get: () => () => undefined }) as Effects<never, never, never>;

test('who let the last game time out is silent in the next one, and only in that', () => {
  const silentWere: NodeId[][] = [];
  const deal: Deal = (op, players, _choose, silent) => {
    silentWere.push([...silent]);
    return new Map(players.slice(0, 2).map((player) => [player, op]));
  };
  const client = new GameClient(9, { players: [1, 2, 3], deal, enough: 2, giveUpUs: GIVE_UP_US, incarnation: 1 });
  const step = (input: { readonly kind: string; readonly [name: string]: unknown }) =>
    client.step({ now: 0, ...input } as Input<never, never>, nowhere);
  const open = (id: number) => step({ kind: 'request', from: 0, request: { id, session: 1, op: { f: 'play' }, mode: 'write' } });
  const answer = (from: NodeId, id: number) => step({ kind: 'reply', from, reply: { id, session: 1, outcome: 'ok', value: 7 } });
  open(1);
  answer(2, 1);
  step({ kind: 'timer', timer: 0, now: GIVE_UP_US });
  open(2);
  answer(1, 2);
  answer(2, 2);
  open(3);
  expect(silentWere).toEqual([[], [1], []]);
});
