/** The chain by itself: retargeting, orphans, reorganisation, what is dropped, codec, clones. */
import { describe, expect, test } from 'vitest';
import { LightconeError, Random, Reader, type Schema, Writer } from '../../core/index.ts';
import { type Block, blockId, bodyHash, GENESIS, makeTransaction, meetsTarget, Puzzle } from './block.ts';
import { checkChainConfig, defaultChainConfig } from './config.ts';
import { MOST_BLOCKS, messageSchema, recordSchema } from './message.ts';
import type { Nakamoto } from './nakamoto.ts';
import { ChainLab } from './testing.ts';

const base = { firstDifficulty: 8, retargetEvery: 1_000_000, power: 1, confirmations: 3 };

function solved(block: Omit<Block, 'nonce'>): Block {
  const puzzle = new Puzzle(block);
  for (let nonce = 0; ; nonce++) if (meetsTarget(puzzle.try(nonce), block.difficulty)) return { ...block, nonce };
}

const first = (change: Partial<Block> = {}): Block => {
  const transactions = change.transactions ?? [];
  return solved({
    parent: GENESIS,
    height: 1,
    miner: 2,
    timeUs: 5,
    difficulty: 8,
    version: 1,
    body: bodyHash(transactions),
    ...change,
    transactions,
  });
};

const bytesOf = (node: Nakamoto): string => {
  const w = new Writer();
  node.encode(w);
  return w.take().toString();
};

describe('what is received', () => {
  const coin = (memo: string) => makeTransaction({ coin: 'c', memo, locks: 1, format: 1 });
  const cases: readonly (readonly [string, Block])[] = [
    ['no-work', { ...first(), nonce: 1_000_003 }],
    ['wrong-height', first({ height: 2 })],
    ['wrong-difficulty', first({ difficulty: 4 })],
    ['wrong-body', first({ body: 'other' })],
    ['wrong-transaction', first({ transactions: [{ ...coin('a'), id: 'forged' }] })],
    ['wrong-transaction', first({ transactions: [makeTransaction({ coin: 'c', memo: '', locks: 1, format: 2 })] })],
    [
      'against-rules',
      first({ transactions: Array.from({ length: 9 }, (_, i) => makeTransaction({ coin: `${i}`, memo: '', locks: 1, format: 1 })) }),
    ],
    ['against-rules', first({ transactions: [makeTransaction({ coin: 'c', memo: '', locks: 1001, format: 1 })] })],
    ['double-spend', first({ transactions: [coin('a'), coin('b')] })],
  ];
  test.each(cases)('%s is dropped and counted, and changes nothing', (reason, block) => {
    const lab = new ChainLab(1, [{ ...base, power: 0 }, base]);
    const before = bytesOf(lab.node(1));
    if (reason === 'no-work') expect(meetsTarget(blockId(block), block.difficulty)).toBe(false);
    lab.step(1, { kind: 'message', from: 2, message: { type: 'block', block } });
    expect([...lab.node(1).dropped]).toEqual([[reason, 1]]);
    expect(bytesOf(lab.node(1))).toBe(before);
  });

  test('a valid block is taken; strangers, oversized answers, and questions for what is not there are not', () => {
    const lab = new ChainLab(1, [{ ...base, power: 0 }, base]);
    lab.step(1, { kind: 'message', from: 7, message: { type: 'block', block: first() } });
    lab.step(1, { kind: 'message', from: 2, message: { type: 'blocks', blocks: new Array(MOST_BLOCKS + 1).fill(first()) } });
    lab.step(1, { kind: 'message', from: 2, message: { type: 'fetch', id: 'nothing' } });
    expect([...lab.node(1).dropped]).toEqual([
      ['stranger', 1],
      ['oversized', 1],
      ['not-asked-for', 1],
    ]);
    lab.step(1, { kind: 'message', from: 2, message: { type: 'block', block: first() } });
    expect(lab.node(1).tree.tip.height).toBe(1);
  });

  test('blocks older than their parents, or spending what their branch spent, are not valid on it', () => {
    const lab = new ChainLab(1, [{ ...base, power: 0 }, base]);
    const one = first({ transactions: [coin('a')] });
    const next = (change: Partial<Block>): Block => {
      const transactions = change.transactions ?? [];
      return solved({ ...one, parent: blockId(one), height: 2, timeUs: 6, ...change, transactions, body: bodyHash(transactions) });
    };
    for (const block of [one, next({ timeUs: 5 }), next({ transactions: [coin('b')] })])
      lab.step(1, { kind: 'message', from: 2, message: { type: 'block', block } });
    expect([...lab.node(1).dropped]).toEqual([
      ['wrong-time', 1],
      ['double-spend', 1],
    ]);
  });

  test('orphans wait, a bounded number of them, and are connected when their parents come', () => {
    const lab = new ChainLab(3, [{ ...base, power: 0, maxOrphans: 10 }, base]);
    while (lab.node(2).tree.tip.height < 6) lab.mine([2]);
    const blocks = lab.node(2).tree.upTo(lab.node(2).tree.tip.id, 6);
    for (const block of [...blocks].reverse()) lab.step(1, { kind: 'message', from: 2, message: { type: 'block', block } });
    expect([lab.node(1).tree.tip.height, lab.node(1).orphans.size]).toEqual([6, 0]);
    for (let i = 0; i < 50; i++)
      lab.step(1, { kind: 'message', from: 2, message: { type: 'block', block: first({ parent: `${i}`, difficulty: 1 }) } });
    expect(lab.node(1).orphans.size).toBe(10);
  });

  test('an answer full of orphans makes one question of each who sent it, not one of each block, until the next announcement', () => {
    const lab = new ChainLab(3, [{ ...base, power: 0 }, { ...base, power: 0 }, base]);
    while (lab.node(3).tree.tip.height < 6) lab.mine([3]);
    const blocks = lab.node(3).tree.upTo(lab.node(3).tree.tip.id, 6).slice(2);
    const fetches = (): number[] => lab.net.filter(({ message }) => message.type === 'fetch').map(({ to }) => to);
    lab.net.length = 0;
    for (const from of [3, 3, 2]) lab.step(1, { kind: 'message', from, message: { type: 'blocks', blocks } });
    expect(fetches()).toEqual([3, 2]);
    lab.step(1, { kind: 'timer', timer: 1 });
    lab.step(1, { kind: 'message', from: 3, message: { type: 'blocks', blocks } });
    expect(fetches()).toEqual([3, 2, 3]);
  });

  test('a block from the future waits until its time has come', () => {
    const lab = new ChainLab(3, [{ ...base, power: 0 }, base]);
    const block = first({ timeUs: 30_000_000 });
    lab.step(1, { kind: 'message', from: 2, message: { type: 'block', block } });
    expect([lab.node(1).tree.tip.height, lab.node(1).orphans.size]).toEqual([0, 1]);
    lab.nowUs = 25_000_000;
    lab.step(1, { kind: 'timer', timer: 0 });
    expect(lab.node(1).tree.tip.height).toBe(1);
  });
});

describe('branches', () => {
  test('a reorganisation returns what only the old branch held, loses what conflicts, and keeps what both hold', () => {
    const lab = new ChainLab(11, [base, base]);
    lab.pay(1, 9, 1, 'both', 'x');
    lab.deliver();
    lab.pay(1, 9, 2, 'only-one', 'x');
    lab.pay(1, 9, 3, 'conflict', 'mine');
    lab.net = [];
    lab.pay(2, 9, 4, 'conflict', 'its');
    lab.net = [];
    while (lab.node(1).tree.tip.height < 2) lab.mine([1]);
    while (lab.node(2).tree.tip.height < 4) lab.mine([2]);
    lab.net = [];
    const lost = lab.node(1).tree.spenderOf('conflict');
    for (let i = 0; i < 4; i++) {
      lab.announce();
      lab.deliver(({ message }) => message.type !== 'transaction');
      lab.net = [];
    }
    const { tree, mempool } = lab.node(1);
    expect(tree.tip.id).toBe(lab.node(2).tree.tip.id);
    expect([...mempool.values()].map(({ coin }) => coin)).toEqual(['only-one']);
    expect(tree.spenderOf('conflict')).not.toBe(lost);
    expect(tree.spenderOf('both')).toBeDefined();
  });

  test('of two branches with as much work the one seen first is kept; more work beats more blocks', () => {
    const lab = new ChainLab(1, [{ ...base, power: 0 }, base]);
    const [one, other] = [first(), first({ miner: 3 })];
    for (const block of [one, other]) lab.step(1, { kind: 'message', from: 2, message: { type: 'block', block } });
    expect(lab.node(1).tree.tip.id).toBe(blockId(one));
    expect(lab.node(1).prefers({ id: '', block: null, height: 9, work: 8 }, { id: '', block: null, height: 1, work: 9 })).toBe(false);
  });

  test('the difficulty follows the time that blocks took, by a factor of four at most', () => {
    const lab = new ChainLab(5, [{ ...base, firstDifficulty: 4, retargetEvery: 20, power: 4, intervalUs: 100_000 }]);
    while (lab.node(1).tree.tip.height < 400) lab.mine();
    // Four headers in 10 ms: forty in 100 ms.
    const { tree } = lab.node(1);
    const of = (height: number): number => tree.entry(tree.mainAt(height) as string)?.block?.difficulty ?? 0;
    expect(of(20)).toBe(4);
    expect(of(21)).toBe(16);
    const late = Array.from({ length: 200 }, (_, i) => of(200 + i));
    expect(late.reduce((sum, each) => sum + each, 0) / late.length).toBeGreaterThan(30);
    expect(late.reduce((sum, each) => sum + each, 0) / late.length).toBeLessThan(56);
  });

  test('the disk brings the branch back', () => {
    const lab = new ChainLab(5, [base]);
    while (lab.node(1).tree.tip.height < 12) lab.mine();
    const { tip } = lab.node(1).tree;
    lab.restart(1);
    expect(lab.node(1).tree.tip).toEqual(tip);
  });
});

test('a config that cannot be is refused by name', () => {
  expect(() => checkChainConfig({ ...defaultChainConfig, confirmations: 0 })).toThrow(
    /nakamoto's confirmations is a whole number of at least 1, not 0/,
  );
});

test.each([
  ['messages', messageSchema as Schema<unknown>],
  ['records', recordSchema as Schema<unknown>],
])('%s survive their codec; damaged bytes throw LC_CODEC or decode to what encodes alike', (name, schema) => {
  const random = new Random(3, name);
  const write = (value: unknown): Uint8Array => {
    const w = new Writer();
    schema.write(w, value);
    return w.take();
  };
  let refused = 0;
  for (let i = 0; i < 1200; i++) {
    const bytes = write(schema.sample(random));
    const damaged =
      i % 3 === 0
        ? bytes
        : i % 3 === 1
          ? bytes.slice(0, random.below(bytes.length))
          : bytes.map((byte) => (random.below(6) === 0 ? random.below(256) : byte));
    try {
      const reader = new Reader(damaged);
      const value = schema.read(reader);
      reader.done();
      expect(write(value)).toEqual(damaged);
    } catch (error) {
      if (!(error instanceof LightconeError)) throw error;
      expect(error.code).toBe('LC_CODEC');
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(200);
});

test('a clone does what its original does, and moves alone, also under sampled nonsense', () => {
  const lab = new ChainLab(21, [base, base, base]);
  const random = new Random(21, 'clone');
  for (let i = 0; i < 400; i++) {
    const id = 1 + random.below(3);
    const node = lab.node(id);
    const copy = node.clone();
    const before = bytesOf(node);
    expect(bytesOf(copy)).toBe(before);
    const order = random.below(6);
    if (order < 3) lab.mine([id]);
    else if (order === 3) lab.pay(id, 9, i, `coin${random.below(9)}`, `${i}`);
    else if (order === 4) lab.step(id, { kind: 'message', from: 1 + (id % 3), message: messageSchema.sample(random) });
    else lab.step(id, { kind: 'timer', timer: 1 });
    expect(bytesOf(copy)).toBe(before);
    lab.nodes.set(id, copy);
    lab.step(id, { kind: 'timer', timer: 1 });
    lab.nodes.set(id, node);
    if (random.below(3) === 0) lab.deliver(() => random.below(3) > 0);
  }
  expect(Math.max(...[1, 2, 3].map((id) => lab.node(id).tree.tip.height))).toBeGreaterThan(10);
});
