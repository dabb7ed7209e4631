/** What a node says, and never says again otherwise: across rounds, restarts and changes of who is a validator. */
import { expect, test } from 'vitest';
import type { NodeId } from '../../core/index.ts';
import { type Block, blockId } from './block.ts';
import type { Statement } from './statement.ts';
import { blockOf, commandOf, Group, stated } from './testing.ts';

const votesOf = (group: Group, id: NodeId): Statement[] =>
  group.sent.flatMap(({ from, to, message }) =>
    from === id && to !== id && message.type === 'vote' && message.statement.signer === id ? [message.statement] : [],
  );

/** Node 4 of four hears a proposal of `round`, and then a polka for it from 1 to 3. */
function polka(group: Group, round: number, parts: Partial<Block> = {}): string {
  const proposer = group.node(4).proposer(round);
  const block = blockOf(group.node(4), parts);
  const value = blockId(block);
  group.hears(4, proposer, { type: 'proposal', statement: stated(proposer, { type: 'proposal', round, value }), block });
  for (const signer of [1, 2, 3]) group.hears(4, signer, { type: 'vote', statement: stated(signer, { round, value }) });
  return value;
}

const silent = (): Group => {
  const group = new Group(4);
  group.passes = () => false;
  return group;
};

test('a restarted node is locked on what it last precommitted, whatever nil it precommitted since (line 38)', () => {
  const group = silent();
  const value = polka(group, 0);
  expect([group.node(4).lockedValue, group.node(4).lockedRound]).toEqual([value, 0]);
  for (const signer of [1, 2, 3]) group.hears(4, signer, { type: 'vote', statement: stated(signer, { round: 1, value: null }) });
  group.run(1_000_000);
  expect(votesOf(group, 4).some(({ type, round, value: of }) => type === 'precommit' && round > 0 && of === null)).toBe(true);
  group.start(4);
  group.drain();
  expect([group.node(4).lockedValue, group.node(4).lockedRound]).toEqual([value, 0]);
});

test('a restarted node says again what it said, and nothing else of that round', () => {
  const group = silent();
  const value = polka(group, 0);
  const said = new Set(votesOf(group, 4).map(({ type, round, value: of }) => `${type} ${round} ${of}`));
  expect(said).toEqual(new Set([`prevote 0 ${value}`, `precommit 0 ${value}`]));
  group.start(4);
  polka(group, 0, { author: 3 });
  expect(new Set(votesOf(group, 4).map(({ type, round, value: of }) => `${type} ${round} ${of}`))).toEqual(said);
});

test('who is no validator any more casts no vote, and follows all the same', () => {
  const group = new Group(4);
  group.ask(1, commandOf(9, 1, { type: 'change-validators', changes: [{ id: 4, power: 0 }] }, true));
  for (let i = 2; i <= 4; i++) {
    group.run(1_000_000);
    group.ask(1, commandOf(9, i, i));
  }
  group.run(1_000_000);
  expect(group.node(4).height).toBe(5);
  expect(Math.max(...votesOf(group, 4).map(({ height }) => height))).toBe(2);
  expect(group.journals.get(4)?.some((record) => record.type === 'round' && record.height > 2)).toBe(false);
});

test('a decided block comes once', () => {
  const group = new Group(4);
  group.ask(1, commandOf(9, 1, 'x'));
  group.run(1_000_000);
  const [decided] = group.node(1).blocks;
  if (decided === undefined) throw new Error('nothing was decided');
  group.hears(4, 1, { type: 'decided', ...decided });
  expect(Object.fromEntries(group.node(4).drops)).toMatchObject({ 'other-height': 1 });
});
