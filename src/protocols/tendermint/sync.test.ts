/** How those who are behind come along: decided blocks, a snapshot that the chain vouches for, and what peers tell each other. */
import { describe, expect, test } from 'vitest';
import { contextOf, snapshotHash } from './block.ts';
import type { SnapshotMessage, TendermintMessage } from './message.ts';
import { applied, certificateOf, commandOf, Group, stated } from './testing.ts';

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
