/** What nodes of the chain tell each other, and what they keep on disk. */
import { type Schema, schema } from '../../core/index.ts';
import { type Block, blockSchema, type Transaction, transactionSchema } from './block.ts';

export type ChainMessage =
  /** A block that the sender has taken into its tree. */
  | { readonly type: 'block'; readonly block: Block }
  /** A transaction that waits to be mined. */
  | { readonly type: 'transaction'; readonly transaction: Transaction }
  /** The name of the sender's newest block: now and then, for those who missed it. */
  | { readonly type: 'tip'; readonly id: string }
  /** Please send the block of this name, and some of those before it. */
  | { readonly type: 'fetch'; readonly id: string }
  /** The answer, oldest first. */
  | { readonly type: 'blocks'; readonly blocks: readonly Block[] };

/** A block in the tree. */
export interface ChainRecord {
  readonly block: Block;
}

/** Blocks in one answer at most. */
export const MOST_BLOCKS = 16;

const { text, struct, list, union } = schema;

export const messageSchema: Schema<ChainMessage> = union<ChainMessage>({
  block: struct({ block: blockSchema }),
  transaction: struct({ transaction: transactionSchema }),
  tip: struct({ id: text }),
  fetch: struct({ id: text }),
  blocks: struct({ blocks: list(blockSchema) }),
});

export const recordSchema: Schema<ChainRecord> = struct<ChainRecord>({ block: blockSchema });
