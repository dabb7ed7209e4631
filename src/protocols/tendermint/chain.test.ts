/** From block to block: what proves one, who is a validator when, what is kept, and how those who are behind come along. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../core/index.ts';
import { type Block, contextOf, snapshotHash } from './block.ts';
import type { SnapshotMessage, TendermintMessage } from './message.ts';
import type { Statement } from './statement.ts';
import { blockOf, certificateOf, commandOf, Group, stated } from './testing.ts';

/** Every operation that node `id` was told to apply. */
const applied = (group: Group, id: NodeId): unknown[] =>
  group.told.flatMap(({ node, indication }) =>
    node === id && indication.kind === 'apply' ? indication.commands.map((command) => command?.op ?? null) : [],
  );

/** Four nodes that have decided `blocks` blocks of one command each; 4 hears nothing. */
function decidedWithout4(blocks: number, config = {}): Group {
  const group = new Group(4, config);
  group.passes = (_from, to) => to !== 4;
  for (let i = 1; i <= blocks; i++) {
    group.ask(1, commandOf(9, i, `op ${i}`));
    group.run(2_000_000);
  }
  expect(group.node(1).height).toBe(blocks + 1);
  expect(group.node(4).height).toBe(1);
  return group;
}

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

describe('who is behind', () => {
  test('takes decided blocks (value sync)', () => {
    const group = decidedWithout4(5, { syncBlocks: 2 });
    group.passes = () => true;
    group.run(1_000_000);
    expect(group.node(4).height).toBe(6);
    expect(applied(group, 4)).toEqual(['op 1', 'op 2', 'op 3', 'op 4', 'op 5']);
    expect(group.sent.some(({ message }) => message.type === 'snapshot')).toBe(false);
  });

  /** Blocks go behind a snapshot that the chain vouches for. */
  function forgotten(): Group {
    const group = decidedWithout4(3, { retainedBlocks: 1 });
    for (const id of [1, 2, 3]) expect(group.compact(id, 3, ['state after 3'])?.outcome).toBe('ok');
    for (let i = 4; i <= 5; i++) {
      group.ask(1, commandOf(9, i, `op ${i}`));
      group.run(1_000_000);
    }
    return group;
  }

  test('or, where those are gone, a snapshot that the chain vouches for (state sync)', () => {
    const group = forgotten();
    expect(group.node(1).blocks.map(({ block }) => block.height)).not.toContain(1);
    group.passes = () => true;
    group.run(1_000_000);
    const restored = group.told.find(({ node, indication }) => node === 4 && indication.kind === 'restore');
    expect(restored?.indication).toMatchObject({ index: 3, snapshot: ['state after 3'] });
    expect(group.node(4).height).toBe(group.node(1).height);
    expect(contextOf(group.node(4).chain)).toBe(contextOf(group.node(1).chain));
  });

  const tampered: readonly (readonly [string, string, (good: SnapshotMessage) => SnapshotMessage])[] = [
    ['another state', 'bad-certificate', (good) => ({ ...good, snapshot: { ...good.snapshot, data: ['lie'] } })],
    [
      'another state under its own hash',
      'bad-certificate',
      (good) => {
        const { app, chain } = good.snapshot;
        return { ...good, snapshot: { data: ['lie'], chain, app: { ...app, hash: snapshotHash(['lie'], chain) } } };
      },
    ],
    [
      'another position',
      'bad-certificate',
      (good) => ({ ...good, snapshot: { ...good.snapshot, app: { ...good.snapshot.app, position: 9 } } }),
    ],
    [
      'another height',
      'bad-certificate',
      (good) => ({ ...good, snapshot: { ...good.snapshot, app: { ...good.snapshot.app, height: 9 } } }),
    ],
    [
      'another chain at the snapshot',
      'bad-certificate',
      (good) => ({ ...good, snapshot: { ...good.snapshot, chain: { ...good.snapshot.chain, position: 9 } } }),
    ],
    ['another chain now', 'bad-certificate', (good) => ({ ...good, chain: { ...good.chain, position: good.chain.position + 1 } })],
    ['a chain without a snapshot', 'bad-certificate', (good) => ({ ...good, chain: { ...good.chain, app: null } })],
    ['a block of another height', 'bad-certificate', (good) => ({ ...good, block: { ...good.block, height: good.block.height + 1 } })],
    ['too few', 'bad-certificate', (good) => ({ ...good, certificate: good.certificate.slice(0, 2) })],
    ['too many', 'other-height', (good) => ({ ...good, certificate: new Array(10_001).fill(good.certificate[0]) })],
    [
      'signatures that are not theirs',
      'bad-signature',
      (good) => ({ ...good, certificate: good.certificate.map((vote) => ({ ...vote, signature: 'invented' })) }),
    ],
  ];

  function served(group: Group): SnapshotMessage {
    const { served: proved } = group.node(1);
    if (proved === null) throw new Error('nothing is served');
    return { type: 'snapshot', ...proved };
  }

  test.each(tampered)('not %s', (_name, code, tamper) => {
    const group = forgotten();
    group.passes = () => false;
    group.hears(4, 1, tamper(served(group)));
    expect([group.node(4).height, Object.fromEntries(group.node(4).drops)]).toEqual([1, { [code]: 1 }]);
    group.hears(4, 1, served(group));
    expect(group.node(4).height).toBe(4);
  });

  test('not one of what it has passed', () => {
    const group = forgotten();
    const old = served(group);
    group.passes = () => true;
    group.run(1_000_000);
    group.passes = () => false;
    const now = (): unknown[] => [contextOf(group.node(4).chain), group.node(4).drops.get('other-height') ?? 0];
    const [context, drops] = now();
    group.hears(4, 1, old);
    expect(now()).toEqual([context, (drops as number) + 1]);
  });

  test('not one whose own chain is of another height, though its hash is what the chain vouches for', () => {
    // More than two thirds of liars could make it; one that follows them is not to be left in a state that is none.
    const group = forgotten();
    group.passes = () => false;
    const good = served(group);
    const chain = { ...good.snapshot.chain, height: 9 };
    const app = { ...good.snapshot.app, hash: snapshotHash(good.snapshot.data, chain) };
    const now = { ...good.chain, app };
    const block = { ...good.block, context: contextOf(now) };
    const lie: SnapshotMessage = {
      ...good,
      snapshot: { ...good.snapshot, app, chain },
      chain: now,
      block,
      certificate: certificateOf(block, [1, 2, 3]),
    };
    group.hears(4, 1, lie);
    expect([group.node(4).height, Object.fromEntries(group.node(4).drops)]).toEqual([1, { 'bad-certificate': 1 }]);
  });

  test('not of validators of whom it knows no third (a chain that strangers made up)', () => {
    // The same, but by validators that node 4 never heard of: all it knows of 5 to 8 is that they are nodes.
    const others = new Group(8, { powers: [5, 6, 7, 8].map((id) => ({ id, power: 1 })), retainedBlocks: 1 });
    others.ask(5, commandOf(9, 1, 'x'));
    others.run(1_000_000);
    for (const id of [5, 6, 7, 8]) others.compact(id, 1, ['lie']);
    others.ask(5, commandOf(9, 2, 'y'));
    others.run(1_000_000);
    const proved = others.node(5).served;
    const group = new Group(8, { powers: [1, 2, 3, 4].map((id) => ({ id, power: 1 })) });
    group.passes = () => false;
    group.hears(4, 5, { type: 'snapshot', ...(proved as NonNullable<typeof proved>) });
    expect([group.node(4).height, Object.fromEntries(group.node(4).drops)]).toEqual([1, { 'bad-certificate': 1 }]);
  });

  test('a snapshot of another position than the newest is not taken from the layer above', () => {
    const group = decidedWithout4(2);
    expect(group.compact(1, 1, ['old'])).toMatchObject({ outcome: 'fail', code: 'LC_USAGE' });
    expect(group.compact(1, 3, ['new'])).toMatchObject({ outcome: 'fail', code: 'LC_USAGE' });
    expect(group.compact(4, 0, ['nothing'])).toMatchObject({ outcome: 'fail', code: 'LC_USAGE' });
    expect(group.compact(1, 2, ['right'])?.outcome).toBe('ok');
  });

  test('as many blocks are kept as is asked for, also behind a snapshot', () => {
    const group = decidedWithout4(3, { retainedBlocks: 2 });
    for (const id of [1, 2, 3]) group.compact(id, 3, ['state']);
    for (let i = 4; i <= 6; i++) {
      group.ask(1, commandOf(9, i, i));
      group.run(1_000_000);
    }
    // Those above the snapshot stay in any case: without them nobody gets from it to here.
    expect(group.node(1).blocks.map(({ block }) => block.height)[0]).toBe(4);
  });
});

describe('gossip', () => {
  const status = (parts = {}): TendermintMessage => ({ type: 'status', height: 1, round: 0, proposals: [], votes: [], ...parts });

  test('a status of endless lists is not read', () => {
    const group = new Group(4);
    const sets = new Array(10_001).fill({ round: 0, type: 'prevote', value: null, voters: [] });
    group.hears(1, 2, status({ votes: sets }));
    group.hears(1, 2, status({ proposals: new Array(10_001).fill(0) }));
    expect(Object.fromEntries(group.node(1).drops)).toEqual({ oversized: 2 });
  });

  test('a peer is told what it lacks: not what it has, nor what it said itself', () => {
    const group = new Group(4);
    group.passes = () => false;
    for (const signer of [2, 3]) group.hears(1, signer, { type: 'vote', statement: stated(signer, {}) });
    const tells = (message: TendermintMessage): number[] => {
      const before = group.sent.length;
      group.hears(1, 2, message);
      return group.sent
        .slice(before)
        .flatMap((sent) => (sent.message.type === 'vote' ? [sent.message.statement.signer] : []))
        .filter((signer) => signer !== 1);
    };
    expect(tells(status())).toEqual([3]);
    expect(tells(status({ votes: [{ round: 0, type: 'prevote', value: null, voters: [3] }] }))).toEqual([]);
    expect(tells(status({ votes: [{ round: 0, type: 'precommit', value: null, voters: [3] }] }))).toEqual([3]);
  });
});
