/** How blocks come into the tree: judged, kept while their parents are missing, and followed where they have most work. */
import { type Block, blockId, GENESIS, type Transaction } from './block.ts';
import type { TreeEntry } from './block-tree.ts';
import { ChainBase, type Out, type Refusal } from './chain-base.ts';

export abstract class ChainAcceptance extends ChainBase {
  /** The followed branch changed: payments, mining, and beliefs want to know. */
  protected abstract chainChanged(out: Out): void;
  /** A block is in the tree now. */
  protected abstract blockTaken(block: Block, out: Out): void;
  /** The parent of a block is not there. */
  protected abstract parentMissing(id: string, out: Out): void;

  /** A block came from somewhere; it may be anything. True when it is new in the tree. */
  protected receive(block: Block, out: Out): boolean {
    const id = blockId(block);
    if (id === GENESIS || this.tree.entry(id) !== undefined) return false;
    if (!this.hasWork(id, block)) {
      this.drop('no-work');
      return false;
    }
    if (this.tree.entry(block.parent) === undefined || this.isEarly(block)) {
      if (!this.orphans.has(id) && this.keepsOrphan(block)) this.orphans.set(id, block);
      if (this.tree.entry(block.parent) === undefined) this.parentMissing(this.missingBelow(block), out);
      return false;
    }
    if (!this.take(block, out)) return false;
    this.adopt(out);
    return true;
  }

  /** The nearest block below an orphan that is not here in any form. */
  protected missingBelow(block: Block): string {
    let { parent } = block;
    for (let left = this.config.maxOrphans; left > 0; left--) {
      const orphan = this.orphans.get(parent);
      if (orphan === undefined) break;
      parent = orphan.parent;
    }
    return parent;
  }

  /** Why the block is not valid on its parent; null when it is. */
  protected fault(block: Block, parent: TreeEntry): Refusal | null {
    if (!this.followsParent(block, parent)) return 'wrong-height';
    if (!this.goesForward(block, parent)) return 'wrong-time';
    if (!this.claimsEnough(block, parent)) return 'wrong-difficulty';
    if (!this.namesBody(block)) return 'wrong-body';
    if (!block.transactions.every((transaction) => this.takesTransaction(transaction))) return 'wrong-transaction';
    if (!this.keepsLimits(block)) return 'against-rules';
    return this.spendsOnce(block) ? null : 'double-spend';
  }

  /** Its parent is in the tree. */
  protected take(block: Block, out: Out): boolean {
    const wrong = this.fault(block, this.tree.entry(block.parent) as TreeEntry);
    if (wrong !== null) {
      this.drop(wrong);
      return false;
    }
    const entry = this.tree.add(block);
    if (this.mustPersist(block)) {
      this.token += 1;
      this.unwritten.set(entry.id, this.token);
      out.persist(this.token, { block });
    }
    this.blockTaken(block, out);
    if (this.prefers(entry, this.tree.tip)) this.reorganise(entry, out);
    return true;
  }

  /** Orphans whose parents are there now, and whose time has come. */
  protected adopt(out: Out): void {
    for (let found = true; found; ) {
      found = false;
      for (const [id, block] of this.orphans) {
        if (this.tree.entry(block.parent) === undefined || this.isEarly(block)) continue;
        this.orphans.delete(id);
        if (this.tree.entry(id) === undefined) this.take(block, out);
        found = true;
      }
    }
  }

  /** Follow the branch that ends with `entry` (section 5): what the old one held and the new one does not waits again. */
  protected reorganise(entry: TreeEntry, out: Out): void {
    const { disconnected, connected } = this.tree.follow(entry.id);
    for (const [id, transaction] of this.mempool) if (this.leavesMempool(transaction)) this.mempool.delete(id);
    const returned: Transaction[] = [];
    for (const block of disconnected)
      for (const transaction of block.transactions) {
        if (!this.returnsToMempool(transaction)) continue;
        this.mempool.set(transaction.id, transaction);
        returned.push(transaction);
      }
    out.indicate({ kind: 'chain', disconnected, connected, returned, tip: entry.id, height: entry.height, work: entry.work });
    this.chainChanged(out);
  }

  /** The tree as the disk kept it, but for blocks that this node's rules refuse: it may have run by others. */
  protected recover(blocks: readonly Block[]): void {
    for (const block of blocks) {
      const parent = this.tree.entry(block.parent);
      if (parent === undefined || this.tree.entry(blockId(block)) !== undefined || this.fault(block, parent) !== null) continue;
      const entry = this.tree.add(block);
      if (this.prefers(entry, this.tree.tip)) this.tree.follow(entry.id);
    }
  }
}
