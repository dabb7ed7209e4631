/**
 * Judges blocks by the book, without a line of the protocol's own judgement: what a valid chain is (Nakamoto 2008, sections
 * 4 and 5), by the rules of the node that took the block. Blocks come parents first.
 */
import type { NodeId } from '../../../core/index.ts';
import { type Block, blockId, bodyHash, type ChainConfig, GENESIS, meetsTarget, transactionId } from '../../../protocols/nakamoto/index.ts';

interface Judged {
  readonly block: Block | null;
  readonly parent: Judged | null;
  readonly height: number;
  readonly work: number;
  readonly coins: ReadonlySet<string>;
}

const MOST_CHANGE = 4;

export class ChainJudge {
  readonly #judged = new Map<string, Judged>([[GENESIS, { block: null, parent: null, height: 0, work: 0, coins: new Set() }]]);

  /** What is wrong with `block`, taken by `node` under `config`; null when nothing is. */
  judge(block: Block, node: NodeId, config: ChainConfig): string | null {
    const id = blockId(block);
    const broken = brokenRule(block, config);
    if (broken !== null) return `n${node} follows block ${short(id)}, which breaks its rules: ${broken}`;
    if (this.#judged.has(id)) return null;
    const parent = this.#judged.get(block.parent);
    if (parent === undefined) return `n${node} follows block ${short(id)}, whose parent nobody follows`;
    const wrong = this.#wrong(block, parent, config);
    if (wrong !== null) return `n${node} follows block ${short(id)} at height ${parent.height + 1}: ${wrong}`;
    const coins = new Set(block.transactions.map(({ coin }) => coin));
    this.#judged.set(id, { block, parent, height: parent.height + 1, work: parent.work + block.difficulty, coins });
    return null;
  }

  #wrong(block: Block, parent: Judged, config: ChainConfig): string | null {
    if (!meetsTarget(blockId(block), block.difficulty)) return 'its name shows no work';
    if (block.height !== parent.height + 1) return `it says height ${block.height}`;
    if (parent.block !== null && block.timeUs <= parent.block.timeUs) return 'its time is not after its parent';
    const wanted = difficultyAfter(parent, config);
    if (block.difficulty !== wanted) return `it claims difficulty ${block.difficulty}, not ${wanted}`;
    if (block.body !== bodyHash(block.transactions)) return 'its header names other transactions';
    for (const [i, { id, ...rest }] of block.transactions.entries()) {
      if (transactionId(rest) !== id) return `transaction ${short(id)} is not whole`;
      const twice = block.transactions.some((other, j) => j < i && other.coin === rest.coin);
      if (twice || spent(parent, rest.coin)) return `coin ${rest.coin} is spent twice on its branch`;
    }
    return null;
  }

  work(id: string): number {
    return this.#judged.get(id)?.work ?? 0;
  }
}

export const short = (id: string): string => id.slice(0, 8);

function brokenRule(block: Block, { rules }: ChainConfig): string | null {
  const { transactions } = block;
  if (transactions.length > rules.maxTransactions) return `${transactions.length} transactions`;
  const locks = transactions.reduce((sum, each) => sum + each.locks, 0);
  if (locks > rules.maxLocks) return `${locks} locks`;
  const odd = transactions.find(({ format }) => format < rules.oldestFormat || format > rules.newestFormat);
  return odd === undefined ? null : `a transaction of format ${odd.format}`;
}

function spent(from: Judged, coin: string): boolean {
  for (let at: Judged | null = from; at !== null; at = at.parent) if (at.coins.has(coin)) return true;
  return false;
}

function difficultyAfter(parent: Judged, { firstDifficulty, retargetEvery, intervalUs }: ChainConfig): number {
  if (parent.block === null) return firstDifficulty;
  if (parent.height % retargetEvery !== 0) return parent.block.difficulty;
  let first = parent;
  for (let i = 1; i < retargetEvery && first.parent?.block != null; i++) first = first.parent;
  const wanted = intervalUs * Math.max(1, parent.height - first.height);
  const took = parent.block.timeUs - (first.block as Block).timeUs;
  const least = Math.ceil(wanted / MOST_CHANGE);
  const bounded = took < least ? least : took > wanted * MOST_CHANGE ? wanted * MOST_CHANGE : took;
  return Math.max(1, Math.floor((parent.block.difficulty * wanted) / bounded));
}
