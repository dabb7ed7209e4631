/**
 * Blocks and transactions, their names and their schemas. A block is named by the hash of its header, and that hash is
 * its proof of work: below a target it shows that about `difficulty` headers were tried (Nakamoto 2008, section 4).
 */
import { contentHash, hashBytes, type NodeId, type Schema, schema, type Value, Writer } from '../../core/index.ts';

/** Spends one coin, whole. Two transactions that spend the same coin conflict: a chain holds at most one of them. */
export interface Transaction {
  /** Hash of the rest (`transactionId`). */
  readonly id: string;
  readonly coin: string;
  /** What the payer says that it is for. */
  readonly memo: string;
  /** Locks that a node takes to store it: what version 0.7 of Bitcoin could run out of in March 2013 (BIP 50). */
  readonly locks: number;
  /** The format it is written in: rules say up to which one they know, and from which one on they take it. */
  readonly format: number;
}

export interface Header {
  /** Name of the block that this one extends. */
  readonly parent: string;
  readonly height: number;
  readonly miner: NodeId;
  /** The miner's clock, and more than the parent's. */
  readonly timeUs: number;
  /** Headers that had to be tried, on average. */
  readonly difficulty: number;
  /** Version of the rules that its miner follows. */
  readonly version: number;
  /** Hash of the transactions. */
  readonly body: string;
  readonly nonce: number;
}

export interface Block extends Header {
  readonly transactions: readonly Transaction[];
}

/** What every chain begins with. */
export const GENESIS = contentHash('In the beginning there was one chain.');

/** Bits of a hash that are held against the target: as many as an integer holds exactly. */
const TARGET_RANGE = 281_474_976_710_656; // 2^48
const TARGET_DIGITS = 12;
const ID_DIGITS = 24;

/** Does this name show the work? */
export function meetsTarget(id: string, difficulty: number): boolean {
  return Number.parseInt(id.slice(0, TARGET_DIGITS), 16) < Math.floor(TARGET_RANGE / difficulty);
}

export const bodyHash = (transactions: readonly Transaction[]): string => contentHash(transactions as unknown as Value);

/** A header without its nonce, ready to be tried with many. */
export class Puzzle {
  readonly #writer = new Writer();
  readonly #prefix: number;

  constructor(header: Omit<Header, 'nonce'>) {
    const w = this.#writer;
    w.text(header.parent);
    w.uint(header.height);
    w.uint(header.miner);
    w.uint(header.timeUs);
    w.uint(header.difficulty);
    w.uint(header.version);
    w.text(header.body);
    this.#prefix = w.length;
  }

  /** The name of the header with this nonce. */
  try(nonce: number): string {
    this.#writer.length = this.#prefix;
    this.#writer.uint(nonce);
    return hashBytes(this.#writer.bytes.subarray(0, this.#writer.length));
  }
}

/** Blocks never change, so neither do their names. */
const names = new WeakMap<Block, string>();

export function blockId(block: Block): string {
  let id = names.get(block);
  if (id === undefined) {
    id = new Puzzle(block).try(block.nonce);
    names.set(block, id);
  }
  return id;
}

export const transactionId = ({ coin, memo, locks, format }: Omit<Transaction, 'id'>): string =>
  contentHash([coin, memo, locks, format]).slice(0, ID_DIGITS);

export const makeTransaction = (rest: Omit<Transaction, 'id'>): Transaction => ({ id: transactionId(rest), ...rest });

const { uint, text, struct, list } = schema;

export const transactionSchema: Schema<Transaction> = {
  ...struct<Transaction>({ id: text, coin: text, memo: text, locks: uint, format: uint }),
  render: ({ id, coin, memo }) => `${id.slice(0, 8)} spends ${coin} for ${memo}`,
};

const fields = struct<Block>({
  parent: text,
  height: uint,
  miner: uint,
  timeUs: uint,
  difficulty: uint,
  version: uint,
  body: text,
  nonce: uint,
  transactions: list(transactionSchema),
});

export const blockSchema: Schema<Block> = {
  ...fields,
  render: (block) =>
    `#${block.height} ${blockId(block).slice(0, 12)} on ${block.parent.slice(0, 12)} by n${block.miner} [${block.transactions.map(({ id }) => id.slice(0, 8)).join(' ')}]`,
};

/** `{ coin, memo, locks, format }` as a transaction, or null when it is none. */
export function transactionOf(value: Value | undefined): Transaction | null {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array)
    return null;
  const { coin, memo, locks, format } = value as { readonly [name: string]: Value };
  if (typeof coin !== 'string' || typeof memo !== 'string' || !isCount(locks) || !isCount(format)) return null;
  return makeTransaction({ coin, memo, locks, format });
}

const isCount = (value: Value | undefined): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
