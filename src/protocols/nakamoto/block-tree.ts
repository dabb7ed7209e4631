/**
 * All valid blocks that a node knows, as a tree on the genesis block, and the one branch of it that the node follows, with
 * what that branch spends. It judges nothing: validity and choice stand above it.
 */
import type { Writer } from '../../core/index.ts';
import { type Block, blockId, blockSchema, GENESIS, type Transaction } from './block.ts';

export interface TreeEntry {
  readonly id: string;
  /** Null for the genesis block. */
  readonly block: Block | null;
  readonly height: number;
  /** Of the branch that ends here. */
  readonly work: number;
}

/** From one branch to another: what is taken back, newest first, then what is added, oldest first. */
export interface Reorganisation {
  readonly disconnected: readonly Block[];
  readonly connected: readonly Block[];
}

const genesis: TreeEntry = { id: GENESIS, block: null, height: 0, work: 0 };

export class BlockTree {
  #entries = new Map<string, TreeEntry>([[GENESIS, genesis]]);
  /** The branch that is followed, by height. */
  #main: string[] = [GENESIS];
  /** Who spends a coin on that branch. */
  #spender = new Map<string, string>();
  /** At what height a transaction stands on that branch. */
  #heightOf = new Map<string, number>();

  get tip(): TreeEntry {
    return this.#entries.get(this.#main[this.#main.length - 1] as string) as TreeEntry;
  }

  get size(): number {
    return this.#entries.size;
  }

  entry(id: string): TreeEntry | undefined {
    return this.#entries.get(id);
  }

  /** Name of the block at `height` of the followed branch. */
  mainAt(height: number): string | undefined {
    return this.#main[height];
  }

  /** Height of a transaction on the followed branch. */
  heightOf(transaction: string): number | undefined {
    return this.#heightOf.get(transaction);
  }

  /** The transaction that spends `coin` on the followed branch. */
  spenderOf(coin: string): string | undefined {
    return this.#spender.get(coin);
  }

  /** The parent must be there. */
  add(block: Block): TreeEntry {
    const id = blockId(block);
    const parent = this.#entries.get(block.parent) as TreeEntry;
    const entry = { id, block, height: parent.height + 1, work: parent.work + block.difficulty };
    this.#entries.set(id, entry);
    return entry;
  }

  /** Does the branch that ends at `id` spend `coin`? */
  spends(id: string, coin: string): boolean {
    let at = this.#entries.get(id) as TreeEntry;
    for (; at.block !== null && this.#main[at.height] !== at.id; at = this.#entries.get(at.block.parent) as TreeEntry)
      if (at.block.transactions.some((transaction) => transaction.coin === coin)) return true;
    const spender = this.#spender.get(coin);
    return spender !== undefined && (this.#heightOf.get(spender) as number) <= at.height;
  }

  /** `count` blocks that end with `id`, oldest first; fewer where the genesis block is nearer. */
  upTo(id: string, count: number): readonly Block[] {
    const blocks: Block[] = [];
    for (
      let at = this.#entries.get(id);
      at !== undefined && at.block !== null && blocks.length < count;
      at = this.#entries.get(at.block.parent)
    )
      blocks.push(at.block);
    return blocks.reverse();
  }

  /** Follow the branch that ends with `id`. */
  follow(id: string): Reorganisation {
    const connected: Block[] = [];
    let at = this.#entries.get(id) as TreeEntry;
    for (; this.#main[at.height] !== at.id; at = this.#entries.get((at.block as Block).parent) as TreeEntry)
      connected.push(at.block as Block);
    connected.reverse();
    const disconnected: Block[] = [];
    while (this.#main.length - 1 > at.height) disconnected.push(this.#disconnect());
    for (const block of connected) this.#connect(block);
    return { disconnected, connected };
  }

  #disconnect(): Block {
    const { block } = this.#entries.get(this.#main.pop() as string) as { readonly block: Block };
    for (const { id, coin } of block.transactions) {
      this.#heightOf.delete(id);
      this.#spender.delete(coin);
    }
    return block;
  }

  #connect(block: Block): void {
    this.#main.push(blockId(block));
    for (const { id, coin } of block.transactions) {
      this.#heightOf.set(id, this.#main.length - 1);
      this.#spender.set(coin, id);
    }
  }

  /** The transaction of that name on the followed branch. */
  transaction(id: string): Transaction | undefined {
    const height = this.#heightOf.get(id);
    const block = height === undefined ? undefined : this.#entries.get(this.#main[height] as string)?.block;
    return block?.transactions.find((transaction) => transaction.id === id);
  }

  clone(): BlockTree {
    const copy = new BlockTree();
    copy.#entries = new Map(this.#entries);
    copy.#main = [...this.#main];
    copy.#spender = new Map(this.#spender);
    copy.#heightOf = new Map(this.#heightOf);
    return copy;
  }

  /** By name: in what order blocks came matters no more once one branch is followed. */
  encode(w: Writer): void {
    w.text(this.tip.id);
    const ids = [...this.#entries.keys()].sort();
    w.uint(ids.length);
    for (const id of ids) {
      const { block } = this.#entries.get(id) as TreeEntry;
      if (block !== null) blockSchema.write(w, block);
    }
  }
}
