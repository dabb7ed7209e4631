/**
 * What a proof-of-work chain promises, checked as it is said: followed chains are valid, work grows, what is confirmed stays
 * while blocks travel fast, and nodes that hear each other agree on all but their last blocks (Garay et al. 2015). A
 * reversal after slow blocks (partition, pause, private mining) is what the paper allows: it is counted, not accused.
 */
import { InvariantViolation, type NodeId } from '../../../core/index.ts';
import {
  type Block,
  blockId,
  type ChainConfig,
  type ChainIndication,
  type ChainMessage,
  type ChainRecord,
  type Nakamoto,
  type Transaction,
} from '../../../protocols/nakamoto/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { type AnyNode, Invariants, type Reach } from '../../subject.ts';
import { ChainJudge, short } from './chain-judge.ts';
import { Hearing } from './hearing.ts';

function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

interface Confirmed {
  readonly transaction: Transaction;
  readonly block: string;
  readonly height: number;
}

/** Payments of one node that are watched at the same time. */
const WATCHED = 64;
/** Nodes that heard each other for this long have told each other all they had. */
const SETTLE_INTERVALS = 40;

export class ChainWatch extends Invariants {
  readonly #reach: Reach;
  readonly #world: WatchedWorld;
  readonly #own: boolean;
  readonly #base: ChainConfig;
  readonly #judge = new ChainJudge();
  readonly #nodes = new Map<NodeId, Nakamoto>();
  readonly #confirmed = new Map<NodeId, Confirmed[]>();
  readonly #work = new Map<NodeId, number>();
  readonly #minedAt = new Map<string, number>();
  /** When a block first came to a node. */
  readonly #heardAt = new Map<NodeId, Map<string, number>>();
  readonly #onDisk = new Set<string>();
  readonly #hearing: Hearing;
  readonly #settleUs: number;
  #diskLost = false;

  /** `base`: the configuration, up to what differs between nodes. */
  constructor(reach: Reach, world: WatchedWorld, own: boolean, base: ChainConfig) {
    super();
    this.#reach = reach;
    this.#world = world;
    this.#own = own;
    this.#base = base;
    const { announceUs, intervalUs } = base;
    this.#hearing = new Hearing(6 * announceUs);
    this.#settleUs = SETTLE_INTERVALS * intervalUs;
  }

  override stepped(id: NodeId, node: AnyNode): void {
    if (this.#nodes.get(id) !== (node as unknown)) this.#nodes.set(id, node as unknown as Nakamoto);
  }

  #config(id: NodeId): ChainConfig {
    return this.#nodes.get(id)?.config ?? this.#base;
  }

  override restarted(id: NodeId): void {
    this.#nodes.delete(id);
    this.#work.delete(id);
    this.#hearing.forget(id);
  }

  override diskLost(): void {
    this.#diskLost = true;
  }

  override written(id: NodeId, record: unknown): void {
    this.#onDisk.add(`${id}/${blockId((record as ChainRecord).block)}`);
  }

  override received(id: NodeId, from: NodeId, message: unknown): void {
    const { type, ...rest } = message as ChainMessage;
    if (type === 'tip' || type === 'block' || type === 'blocks') this.#hearing.heard(id, from, this.#world.now);
    if (type === 'block') this.#note(id, (rest as { readonly block: Block }).block);
    else if (type === 'blocks') for (const block of (rest as { readonly blocks: readonly Block[] }).blocks) this.#note(id, block);
    else if (type === 'fetch') this.#reach('block-fetched');
  }

  #note(id: NodeId, block: Block): void {
    const heard = this.#heardAt.get(id) ?? new Map<string, number>();
    this.#heardAt.set(id, heard);
    const name = blockId(block);
    if (!heard.has(name)) heard.set(name, this.#world.now);
  }

  override indicated(id: NodeId, told: unknown): void {
    const indication = told as ChainIndication;
    if (indication.kind === 'mined') this.#mined(id, indication.block);
    else if (indication.kind === 'chain') this.#moved(id, indication);
    else this.#confirms(id, indication.transaction, indication.block);
  }

  #mined(id: NodeId, block: Block): void {
    const name = blockId(block);
    if (!this.#minedAt.has(name)) this.#minedAt.set(name, this.#world.now);
    this.#note(id, block);
    const node = this.#nodes.get(id);
    if (this.#own && node !== undefined && node.tree.tip.id !== block.parent)
      fail('mines-on-tip', `n${id} mined on ${short(block.parent)} and follows ${short(node.tree.tip.id)}`);
  }

  #moved(id: NodeId, { connected, disconnected, tip, height, work }: Extract<ChainIndication, { readonly kind: 'chain' }>): void {
    const node = this.#nodes.get(id);
    if (disconnected.length > 0) this.#reach('reorganised');
    if (disconnected.length > 2) this.#reach('deep-reorganisation');
    if (node === undefined) return;
    if (this.#own) {
      for (const block of connected) {
        if (block.timeUs > this.#world.localNow(id) + this.#config(id).futureUs)
          fail('chain-valid', `n${id} follows block ${short(blockId(block))}, which is from the future`);
        const wrong = this.#judge.judge(block, id, this.#config(id));
        if (wrong !== null) fail('chain-valid', wrong);
      }
      const before = this.#work.get(id) ?? 0;
      const now = this.#judge.work(tip);
      if (now !== work) fail('chain-valid', `n${id} counts work ${work} on its branch, which has ${now}`);
      if (now <= before) fail('work-grows', `n${id} left a branch of work ${before} for one of work ${now}`);
      this.#work.set(id, now);
      this.#waiting(id, node, disconnected);
      this.#prefix(id, node);
    }
    this.#kept(id, node, height, disconnected);
  }

  /** What a node's mempool must and must not hold once its branch changed. */
  #waiting(id: NodeId, { mempool, tree }: Nakamoto, disconnected: readonly Block[]): void {
    const coins = new Set<string>();
    for (const { id: name, coin } of mempool.values()) {
      const spender = tree.spenderOf(coin);
      if (spender !== undefined) fail('mempool-sound', `n${id} still waits to mine ${short(name)}, though its branch spends coin ${coin}`);
      if (coins.has(coin)) fail('mempool-sound', `n${id} waits to mine two payments of coin ${coin}`);
      coins.add(coin);
    }
    for (const { transactions } of disconnected)
      for (const { id: name, coin } of transactions) {
        if (tree.spenderOf(coin) !== undefined) {
          if (tree.spenderOf(coin) !== name) this.#reach('transaction-lost-to-conflict');
        } else if (!coins.has(coin)) fail('transaction-lost', `n${id} took back the block of ${short(name)} and forgot the transaction`);
        else this.#reach('transaction-returned');
      }
  }

  #confirms(id: NodeId, transaction: Transaction, block: string): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    const height = node.tree.heightOf(transaction.id) ?? 0;
    const { confirmations } = this.#config(id);
    const depth = node.tree.tip.height - height + 1;
    if (this.#own && (height === 0 || node.tree.mainAt(height) !== block))
      fail('confirmed-early', `n${id} calls ${short(transaction.id)} confirmed, and its branch does not hold it`);
    if (this.#own && depth < confirmations)
      fail('confirmed-early', `n${id} calls ${short(transaction.id)} confirmed at depth ${depth}, not ${confirmations}`);
    if (this.#own && !this.#diskLost && !this.#onDisk.has(`${id}/${block}`))
      fail('confirmed-durable', `n${id} calls ${short(transaction.id)} confirmed, and its disk does not hold the block`);
    this.#reach('confirmed');
    const list = this.#confirmed.get(id) ?? [];
    this.#confirmed.set(id, list);
    list.push({ transaction, block, height });
    if (list.length > WATCHED) list.shift();
  }

  /** What this node called confirmed and its branch does not hold any more. */
  #kept(id: NodeId, { tree }: Nakamoto, height: number, disconnected: readonly Block[]): void {
    const list = this.#confirmed.get(id);
    if (list === undefined || this.#diskLost) return;
    for (const [i, { transaction, block, height: at }] of list.entries()) {
      if (at > height || tree.mainAt(at) === block || tree.heightOf(transaction.id) !== undefined) continue;
      list.splice(i, 1);
      const doubleSpent = tree.spenderOf(transaction.coin) !== undefined;
      if (doubleSpent) this.#reach('double-spend-succeeded');
      if (!this.#allFast(id, tree, at, disconnected)) return this.#reach('confirmed-reversed');
      const why = doubleSpent ? 'another payment of its coin took its place' : 'nothing took its place';
      fail('confirmed-reversed', `n${id} called ${short(transaction.id)} confirmed at height ${at} and took it back: ${why}`);
    }
  }

  /** Did the blocks of the branch from `height` on come to the node soon, and those taken back to all others that are up? */
  #allFast(id: NodeId, tree: Nakamoto['tree'], height: number, disconnected: readonly Block[]): boolean {
    for (let at = height; at <= tree.tip.height; at++) if (!this.#wasFast(id, tree.mainAt(at) as string)) return false;
    return disconnected.every(
      (block) =>
        block.height < height || [...this.#nodes.keys()].every((other) => !this.lies(other) && this.#wasFast(other, blockId(block))),
    );
  }

  #wasFast(id: NodeId, block: string): boolean {
    const mined = this.#minedAt.get(block);
    const came = this.#heardAt.get(id)?.get(block);
    return mined !== undefined && came !== undefined && came - mined <= this.#config(id).intervalUs / 2;
  }

  /** Common prefix: of nodes that have heard each other for long, both have a block that is as old on their branches, or neither. */
  #prefix(id: NodeId, node: Nakamoto): void {
    const now = this.#world.now;
    for (const [other, peer] of this.#nodes) {
      if (other === id || this.lies(other) || !this.#hearing.both(id, other, now, this.#settleUs)) continue;
      const height = Math.min(node.tree.tip.height, peer.tree.tip.height);
      let fork = height;
      while (fork > 0 && node.tree.mainAt(fork) !== peer.tree.mainAt(fork)) fork--;
      if (fork === height) continue;
      const [mine, its] = [node.tree.mainAt(fork + 1) as string, peer.tree.mainAt(fork + 1) as string];
      // Since when each could have told the other.
      const youngest = Math.max(this.#heardAt.get(id)?.get(mine) ?? now, this.#heardAt.get(other)?.get(its) ?? now);
      if (now - youngest > this.#settleUs && Math.min(node.tree.tip.height, peer.tree.tip.height) - fork > this.#config(id).confirmations)
        fail('common-prefix', `n${id} and n${other} have heard each other for long, and since height ${fork} follow different branches`);
    }
  }

  /** At the end of a run nodes that hear each other know each other's blocks, but for the last ones. */
  override finished(): void {
    if (!this.#own) return;
    const now = this.#world.now;
    for (const [id, { tree }] of this.#nodes) {
      let height = tree.tip.height;
      while (height > 0 && (this.#heardAt.get(id)?.get(tree.mainAt(height) as string) ?? now) > now - this.#settleUs) height--;
      for (const [other, peer] of this.#nodes) {
        if (other === id || this.lies(id) || this.lies(other) || !this.#hearing.both(id, other, now, this.#settleUs)) continue;
        if (height > 0 && peer.tree.entry(tree.mainAt(height) as string) === undefined)
          fail(
            'chain-spreads',
            `n${id} and n${other} have heard each other for long, and n${other} does not know block ${height} of n${id}`,
          );
      }
    }
  }
}
