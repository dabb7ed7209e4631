/**
 * The state of a node of the chain and the decisions that its promises rest on: each is one method, and a mutant
 * overrides one of them. Behaviour is layered above, a file each: acceptance of blocks, gossip, mining, payments.
 */
import type { Effects, NodeId, Token } from '../../core/index.ts';
import { type Block, bodyHash, meetsTarget, type Transaction, transactionId } from './block.ts';
import { BlockTree, type TreeEntry } from './block-tree.ts';
import { type ChainConfig, checkChainConfig } from './config.ts';
import type { ChainMessage, ChainRecord } from './message.ts';
import { knowsFormat } from './rules.ts';

/** Told to the host: for those who watch. */
export type ChainIndication =
  /** This node found `block`. */
  | { readonly kind: 'mined'; readonly block: Block }
  /** It follows another branch, or its branch grew. */
  | {
      readonly kind: 'chain';
      readonly disconnected: readonly Block[];
      readonly connected: readonly Block[];
      /** It returned to the mempool, taken back with its block. */
      readonly returned: readonly Transaction[];
      readonly tip: string;
      readonly height: number;
      readonly work: number;
    }
  /** It told a client that `transaction` is confirmed: in the block of this name. */
  | { readonly kind: 'confirmed'; readonly transaction: Transaction; readonly block: string };

export type Out = Effects<ChainMessage, ChainRecord, ChainIndication>;

/** Why something that was received was not taken. */
export type Refusal =
  | 'stranger'
  | 'oversized'
  | 'no-work'
  | 'wrong-difficulty'
  | 'wrong-height'
  | 'wrong-time'
  | 'wrong-body'
  | 'wrong-transaction'
  | 'against-rules'
  | 'double-spend'
  | 'not-asked-for';

/** Who waits for a payment to be confirmed. */
export interface Waiting {
  readonly from: NodeId;
  readonly session: number;
  readonly id: number;
  readonly transaction: Transaction;
}

/** Bitcoin's bound: one change of the difficulty is at most by this factor. */
const MOST_CHANGE = 4;
export const MOST_DIFFICULTY = 1_000_000_000_000;

export abstract class ChainBase {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  readonly config: ChainConfig;
  tree = new BlockTree();
  /** Transactions that wait to be mined, in order of arrival. */
  mempool = new Map<string, Transaction>();
  /** Blocks whose parent is not there, or whose time has not come; by name, in order of arrival. */
  orphans = new Map<string, Block>();
  /** By client and request. */
  waiting = new Map<string, Waiting>();
  /** Blocks that the disk does not hold yet, with what `persisted` will say of them. */
  unwritten = new Map<string, Token>();
  /** What was received and not taken, by reason. No behaviour depends on it. */
  readonly dropped = new Map<Refusal, number>();
  /** The next block is to be made anew: there are other transactions, or another tip. */
  protected outdated = true;
  protected now = 0;
  protected token: Token = 0;

  constructor(id: NodeId, peers: readonly NodeId[], config: ChainConfig) {
    checkChainConfig(config);
    this.id = id;
    this.peers = peers;
    this.config = config;
  }

  // Decisions: is a block valid? (Nakamoto 2008, sections 4 and 5)

  /** Decision: its name shows the work that it claims. */
  hasWork(id: string, block: Block): boolean {
    return meetsTarget(id, block.difficulty);
  }

  /** Decision: its height is one more than its parent's. */
  followsParent(block: Block, parent: TreeEntry): boolean {
    return block.height === parent.height + 1;
  }

  /** Decision: time goes forward along a branch. */
  goesForward(block: Block, parent: TreeEntry): boolean {
    return parent.block === null || block.timeUs > parent.block.timeUs;
  }

  /** Decision: it is from the future by this node's clock, and has to wait. */
  isEarly(block: Block): boolean {
    return block.timeUs > this.now + this.config.futureUs;
  }

  /** Decision: it claims as much work as the branch below it asks for. */
  claimsEnough(block: Block, parent: TreeEntry): boolean {
    return block.difficulty === this.difficultyAfter(parent);
  }

  /** Decision: its header names its transactions. */
  namesBody(block: Block): boolean {
    return block.body === bodyHash(block.transactions);
  }

  /** Decision: a transaction is whole, and of a format that this node's rules take. */
  takesTransaction(transaction: Transaction): boolean {
    return transaction.id === transactionId(transaction) && knowsFormat(this.config.rules, transaction);
  }

  /** Decision: it is within the limits of this node's rules. */
  keepsLimits(block: Block): boolean {
    const { maxTransactions, maxLocks } = this.config.rules;
    if (block.transactions.length > maxTransactions) return false;
    return block.transactions.reduce((sum, { locks }) => sum + locks, 0) <= maxLocks;
  }

  /** Decision: no coin is spent twice on its branch, itself included. */
  spendsOnce(block: Block): boolean {
    const coins = block.transactions.map(({ coin }) => coin);
    return new Set(coins).size === coins.length && !coins.some((coin) => this.tree.spends(block.parent, coin));
  }

  /** Decision: the difficulty of the block after `parent`: every few blocks it follows the time that they took. */
  difficultyAfter(parent: TreeEntry): number {
    const { firstDifficulty, retargetEvery, intervalUs } = this.config;
    if (parent.block === null) return firstDifficulty;
    const old = parent.block.difficulty;
    if (parent.height % retargetEvery !== 0) return old;
    const blocks = this.tree.upTo(parent.id, retargetEvery);
    const first = blocks[0] as Block;
    const took = parent.block.timeUs - first.timeUs;
    const wanted = intervalUs * Math.max(1, blocks.length - 1);
    const bounded = Math.min(Math.max(took, Math.ceil(wanted / MOST_CHANGE)), wanted * MOST_CHANGE);
    return Math.min(MOST_DIFFICULTY, Math.max(1, Math.floor((old * wanted) / bounded)));
  }

  // Decisions: which branch, and what of it is final?

  /** Decision: most work; of two with as much the one seen first (section 5). */
  prefers(candidate: TreeEntry, current: TreeEntry): boolean {
    return candidate.work > current.work;
  }

  /** Decision: deep enough in the followed branch to tell the payee (section 11). */
  isConfirmed(height: number): boolean {
    return this.tree.tip.height - height + 1 >= this.config.confirmations;
  }

  /** Decision: nobody is told of a payment whose block this node would forget in a crash. */
  isWritten(block: string): boolean {
    return !this.unwritten.has(block);
  }

  // Decisions: blocks and transactions on their way

  /** Decision: keep a block whose parent is not there. */
  keepsOrphan(_block: Block): boolean {
    return this.orphans.size < this.config.maxOrphans || this.orphans.delete(this.orphans.keys().next().value as string);
  }

  /** Decision: ask for what is missing below a block. */
  fetchesParents(): boolean {
    return true;
  }

  /** Decision: pass on a block that was taken. */
  passesOn(_block: Block): boolean {
    return true;
  }

  /** Decision: take a transaction among those that wait. */
  admits(transaction: Transaction): boolean {
    if (this.mempool.size >= this.config.maxMempool || this.mempool.has(transaction.id)) return false;
    return this.tree.spenderOf(transaction.coin) === undefined && !this.waitsToSpend(transaction.coin);
  }

  protected waitsToSpend(wanted: string): boolean {
    for (const { coin } of this.mempool.values()) if (coin === wanted) return true;
    return false;
  }

  /** Decision: a waiting transaction that the followed branch now holds, or that conflicts with it, waits no more. */
  leavesMempool(transaction: Transaction): boolean {
    return this.tree.spenderOf(transaction.coin) !== undefined;
  }

  /** Decision: a transaction whose block was taken back waits again, unless its coin is spent now. */
  returnsToMempool(transaction: Transaction): boolean {
    return this.tree.spenderOf(transaction.coin) === undefined && !this.waitsToSpend(transaction.coin);
  }

  /** Decision: what goes into the next block: oldest first, within the limits. */
  chooses(): readonly Transaction[] {
    const { maxTransactions, maxLocks } = this.config.rules;
    const chosen: Transaction[] = [];
    let locks = 0;
    for (const transaction of this.mempool.values()) {
      if (chosen.length === maxTransactions) break;
      if (!this.takesTransaction(transaction) || locks + transaction.locks > maxLocks) continue;
      chosen.push(transaction);
      locks += transaction.locks;
    }
    return chosen;
  }

  // Decisions: the disk

  /** Decision: a block of the tree outlives a crash. */
  mustPersist(_block: Block): boolean {
    return true;
  }

  /** Decision: a block that the disk kept is in the tree again. */
  replays(_record: ChainRecord): boolean {
    return true;
  }

  protected drop(reason: Refusal): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
  }
}
