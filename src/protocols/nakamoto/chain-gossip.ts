/**
 * How blocks and transactions spread: passed on when new, fetched when missing, announced now and then. Nothing waits for
 * the disk: a block proves itself, whoever sends it promises nothing.
 */
import type { NodeId } from '../../core/index.ts';
import type { Block, Transaction } from './block.ts';
import { ChainAcceptance } from './chain-acceptance.ts';
import type { Out } from './chain-base.ts';
import { type ChainMessage, MOST_BLOCKS } from './message.ts';

/** Waiting transactions told again in one announcement. */
const RETOLD = 8;

export abstract class ChainGossip extends ChainAcceptance {
  /** Whose message is being looked at; 0: none. */
  protected sender: NodeId = 0;
  /** What was fetched since the last announcement, as `node id`. */
  protected fetched = new Set<string>();
  /** Transactions already told again in this round. */
  protected retold = 0;

  protected heard(from: NodeId, message: ChainMessage, out: Out): void {
    if (!this.peers.includes(from) || from === this.id) return this.drop('stranger');
    this.sender = from;
    switch (message.type) {
      case 'block':
        this.receive(message.block, out);
        break;
      case 'blocks':
        this.heardMany(message.blocks, out);
        break;
      case 'transaction':
        this.offer(message.transaction, out);
        break;
      case 'tip':
        if (this.tree.entry(message.id) === undefined && !this.orphans.has(message.id)) this.parentMissing(message.id, out);
        break;
      case 'fetch':
        this.answer(from, message.id, out);
    }
    this.sender = 0;
  }

  private heardMany(blocks: readonly Block[], out: Out): void {
    if (blocks.length > MOST_BLOCKS) return this.drop('oversized');
    for (const block of blocks) this.receive(block, out);
  }

  private answer(from: NodeId, id: string, out: Out): void {
    const blocks = this.tree.upTo(id, MOST_BLOCKS);
    if (blocks.length === 0) return this.drop('not-asked-for');
    out.send(from, { type: 'blocks', blocks }, 0);
  }

  protected parentMissing(id: string, out: Out): void {
    if (this.sender === 0 || !this.fetchesParents()) return;
    // Every block of an answer can miss the same ones: if each asked, an answer would bring about more than one more, without end.
    const fetch = `${this.sender} ${id}`;
    if (this.fetched.has(fetch)) return;
    this.fetched.add(fetch);
    out.send(this.sender, { type: 'fetch', id }, 0);
  }

  protected blockTaken(block: Block, out: Out): void {
    if (!this.passesOn(block)) return;
    for (const peer of this.peers) if (peer !== this.id && peer !== this.sender) out.send(peer, { type: 'block', block }, 0);
  }

  /** A transaction came from somewhere. */
  protected offer(transaction: Transaction, out: Out): void {
    if (!this.takesTransaction(transaction)) return this.drop('wrong-transaction');
    if (!this.admits(transaction)) return;
    this.mempool.set(transaction.id, transaction);
    this.outdated = true;
    for (const peer of this.peers) if (peer !== this.id && peer !== this.sender) out.send(peer, { type: 'transaction', transaction }, 0);
  }

  /** For those who missed something. */
  protected announce(out: Out): void {
    this.fetched.clear();
    const { tip } = this.tree;
    const waiting = [...this.mempool.values()];
    if (this.retold >= waiting.length) this.retold = 0;
    const again = waiting.slice(this.retold, this.retold + RETOLD);
    this.retold += RETOLD;
    for (const peer of this.peers) {
      if (peer === this.id) continue;
      if (tip.block !== null) out.send(peer, { type: 'tip', id: tip.id }, 0);
      for (const transaction of again) out.send(peer, { type: 'transaction', transaction }, 0);
    }
  }
}
