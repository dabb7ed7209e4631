/**
 * How a node of a proof-of-work chain lies. Nothing in it is signed: a lie costs work, or is found out by its name. So the
 * lies that count are blocks with real work that break one rule each.
 */
import type { Random } from '../../../core/index.ts';
import {
  type Block,
  bodyHash,
  type ChainMessage,
  makeTransaction,
  meetsTarget,
  Puzzle,
  type Transaction,
} from '../../../protocols/nakamoto/index.ts';
import type { LyingSpeech } from '../../subject.ts';

/** More than enough for the difficulties of a simulated network, mostly. */
const TRIES = 300;
const HOUR_US = 3_600_000_000;

/** The same block with a nonce that shows its work; with some luck. */
function mined(block: Block): Block {
  const puzzle = new Puzzle(block);
  for (let nonce = 0; nonce < TRIES; nonce++) if (meetsTarget(puzzle.try(nonce), block.difficulty)) return { ...block, nonce };
  return block;
}

const holding = (block: Block, transactions: readonly Transaction[]): Block =>
  mined({ ...block, transactions, body: bodyHash(transactions) });

const made = (random: Random, count: number): readonly Transaction[] =>
  Array.from({ length: count }, () => makeTransaction({ coin: `forged${random.u32()}`, memo: 'forged', locks: 1, format: 1 }));

/** One rule broken each. */
const lies: readonly ((random: Random, block: Block) => Block)[] = [
  (random, block) => ({ ...block, nonce: block.nonce + 1 + random.below(1000) }),
  (_random, block) => ({ ...block, difficulty: 1 }),
  (_random, block) => mined({ ...block, difficulty: block.difficulty * 2 }),
  (random, block) => ({ ...block, transactions: made(random, 1) }),
  (random, block) => holding(block, made(random, 20)),
  (random, block) => holding(block, [...made(random, 1), { ...(made(random, 1)[0] as Transaction), id: 'forged' }]),
  (_random, block) => holding(block, [makeTransaction({ coin: 'odd', memo: 'odd', locks: 1, format: 99 })]),
  (_random, block) =>
    holding(
      block,
      ['one', 'other'].map((memo) => makeTransaction({ coin: 'twice', memo, locks: 1, format: 1 })),
    ),
  (_random, block) => mined({ ...block, timeUs: 0 }),
  (_random, block) => mined({ ...block, timeUs: block.timeUs + HOUR_US }),
  (_random, block) => mined({ ...block, height: block.height + 1 }),
  (random, block) => mined({ ...block, parent: `${random.u32()}` }),
];

const otherBlock = (random: Random, block: Block): Block => random.pick(lies)(random, block);

export const chainSpeech: LyingSpeech<ChainMessage> = {
  proved: () => null,
  withProof: (message) => message,
  lie(random, message) {
    switch (message.type) {
      case 'block':
        return { ...message, block: otherBlock(random, message.block) };
      case 'blocks':
        return { ...message, blocks: message.blocks.map((block) => (random.below(2) === 0 ? otherBlock(random, block) : block)) };
      case 'transaction': {
        const { id, ...rest } = message.transaction;
        // The same coin for somebody else: a double spend.
        const transaction = makeTransaction({ ...rest, memo: `${rest.memo}, no: mine` });
        return { ...message, transaction: random.below(3) === 0 ? { ...transaction, id } : transaction };
      }
      default:
        return { ...message, id: `${random.u32()}` };
    }
  },
};
