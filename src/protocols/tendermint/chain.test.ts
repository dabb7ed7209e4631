/** From block to block: what proves one, and who is a validator when. */
import { describe, expect, test } from 'vitest';
import type { Block } from './block.ts';
import type { Statement } from './statement.ts';
import { applied, blockOf, certificateOf, commandOf, Group } from './testing.ts';

test('four nodes apply what clients ask, once, in one order', () => {
  const group = new Group(4);
  for (let i = 1; i <= 3; i++) for (const id of [1, 3]) group.ask(id, commandOf(9, i, `op ${i}`));
  group.run(3_000_000);
  for (const id of [1, 2, 3, 4]) expect(applied(group, id)).toEqual(['op 1', 'op 2', 'op 3']);
  // Their answers are for the machine above to give.
  expect(group.replies).toEqual([]);
});

test('a block has no more commands than it may, the others wait for the next', () => {
  const group = new Group(4, { maxBlockCommands: 2, emptyBlocks: false });
  group.passes = () => false;
  for (let i = 1; i <= 5; i++) group.ask(1, commandOf(9, i, i));
  group.passes = () => true;
  group.run(5_000_000);
  const sizes = group.told.flatMap(({ node, indication }) =>
    node === 2 && indication.kind === 'apply' ? [indication.commands.length] : [],
  );
  expect([Math.max(...sizes), sizes.reduce((a, b) => a + b)]).toEqual([2, 5]);
});

describe('what decides a block', () => {
  const verdict = (make: (block: Block) => readonly Statement[], parts: Partial<Block> = {}): [number, Record<string, number>] => {
    const group = new Group(4);
    group.passes = () => false;
    const block = blockOf(group.node(4), parts);
    group.hears(4, 2, { type: 'decided', block, certificate: make(block) });
    return [group.node(4).height, Object.fromEntries(group.node(4).drops)];
  };
  const signers = [1, 2, 3];

  test('precommits of more than two thirds, distinct, of one round', () => {
    expect(verdict((block) => certificateOf(block, signers))).toEqual([2, {}]);
    expect(verdict((block) => certificateOf(block, signers, { round: 7 }))).toEqual([2, {}]);
  });

  test.each<[string, (block: Block) => readonly Statement[]]>([
    ['prevotes', (block) => certificateOf(block, signers, { type: 'prevote' })],
    ['another height', (block) => certificateOf(block, signers, { height: 2 })],
    ['another block', (block) => certificateOf(block, signers, { value: 'ab'.repeat(32) })],
    ['nil', (block) => certificateOf(block, signers, { value: null })],
    ['two rounds', (block) => [...certificateOf(block, [1, 2]), ...certificateOf(block, [3], { round: 1 })]],
    ['one of them twice', (block) => [...certificateOf(block, [1, 2]), ...certificateOf(block, [2])]],
    ['one of them not good', (block) => [...certificateOf(block, [1, 2, 3]), ...certificateOf(block, [4], { type: 'prevote' })]],
    ['two', (block) => certificateOf(block, [1, 2])],
    ['a stranger', (block) => certificateOf(block, [1, 2, 9])],
  ])('not %s', (_name, make) => {
    expect(verdict(make)).toEqual([1, { 'bad-certificate': 1 }]);
  });

  test('not a block of another history', () => {
    expect(verdict((block) => certificateOf(block, signers), { context: 'ab'.repeat(32) })).toEqual([1, { 'bad-certificate': 1 }]);
  });

  test('not signatures that are not theirs', () => {
    const forged = (block: Block): Statement[] => certificateOf(block, signers).map((vote) => ({ ...vote, signature: 'invented' }));
    expect(verdict(forged)).toEqual([1, { 'bad-signature': 1 }]);
  });
});

describe('changes of power', () => {
  const change = (id: number, changes: readonly { readonly id: number; readonly power: number }[]) =>
    commandOf(9, id, { type: 'change-validators', changes }, true);
  const powers = (group: Group): [number, number][] => group.node(2).chain.validators.members.map(({ id, power }) => [id, power]);

  test('a change decided at height h is in force at h + 2', () => {
    const group = new Group(4);
    const at: Record<number, [number, number][]> = {};
    group.ask(1, change(1, [{ id: 4, power: 0 }]));
    group.run(1_000_000);
    for (let i = 2; i <= 3; i++) {
      at[group.node(2).height] = powers(group);
      group.ask(1, commandOf(9, i, i));
      group.run(1_000_000);
    }
    expect(at[2]).toHaveLength(4);
    expect(at[3]?.map(([id]) => id)).toEqual([1, 2, 3]);
    expect(group.replies.filter(({ node }) => node === 1).map(({ reply }) => reply.outcome)).toContain('ok');
    // It takes a place in the order, and is nothing for the machine above.
    expect(applied(group, 2)).toEqual([null, 2, 3]);
  });

  test.each([
    ['somebody who is no node', [{ id: 77, power: 1 }]],
    [
      'somebody twice',
      [
        { id: 4, power: 1 },
        { id: 4, power: 2 },
      ],
    ],
    ['a leaving of all', [1, 2, 3, 4].map((id) => ({ id, power: 0 }))],
    ['no change', []],
    ['half a power', [{ id: 4, power: 0.5 }]],
  ])('not %s', (_name, changes) => {
    const group = new Group(4);
    group.ask(1, change(1, changes));
    group.run(1_000_000);
    expect(powers(group).map(([id]) => id)).toEqual([1, 2, 3, 4]);
    expect(group.replies.find(({ node }) => node === 1)?.reply).toMatchObject({ outcome: 'fail', code: 'LC_MEMBERSHIP' });
  });

  test.each([null, 'x', 7, [1], { type: 'other' }, { type: 'change-validators' }])('not what is no change at all: %j', (op) => {
    const group = new Group(4);
    group.ask(1, commandOf(9, 1, op, true));
    group.run(1_000_000);
    expect(powers(group)).toHaveLength(4);
    expect(group.replies.find(({ node }) => node === 1)?.reply).toMatchObject({ outcome: 'fail', code: 'LC_MEMBERSHIP' });
  });

  test('the same words from a client without the right to them change nothing', () => {
    const group = new Group(4);
    group.ask(1, commandOf(9, 1, { type: 'change-validators', changes: [{ id: 4, power: 0 }] }));
    group.run(1_000_000);
    group.ask(1, commandOf(9, 2, 'x'));
    group.run(1_000_000);
    expect(powers(group)).toHaveLength(4);
  });
});
