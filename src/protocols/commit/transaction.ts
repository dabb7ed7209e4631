/** What a transaction is, and the schemas of its messages and records. */
import { type Schema, schema, type Value } from '../../core/index.ts';

/**
 * A place that takes part in transactions: a node, or a group of nodes with one replicated log. Groups bear a number
 * of their own.
 */
export type Site = number;

/** Unique for ever: numbers of one coordinator ascend, across its crashes too. */
export interface TransactionId {
  readonly coordinator: Site;
  readonly number: number;
}

/** One write of a transaction at one participant. */
export interface Write {
  readonly key: string;
  readonly value: Value;
  /** The participant refuses unless the key's value is one of these; empty: whatever it is. */
  readonly expected: readonly Value[];
}

/** What one participant is to do. Without writes it is a read-only participant: it votes, and nothing else concerns it. */
export interface Part {
  readonly site: Site;
  readonly writes: readonly Write[];
}

/** The client's operation: `{ f: 'transaction', parts: [{ site, writes: [{ key, value, expected? }] }] }`; answered `commit` or `abort`. */
export interface TransactionOp {
  readonly f: 'transaction';
  readonly parts: readonly Part[];
}

/** `read-only`: yes, and the decision is nothing to me (Mohan, Lindsay, Obermarck 1986, 3.1). */
export type Vote = 'yes' | 'no' | 'read-only';

export type CommitMessage =
  /** Coordinator to participants: can you? `sites`: those that write, for asking each other later. */
  | { readonly type: 'prepare'; readonly tx: TransactionId; readonly sites: readonly Site[]; readonly writes: readonly Write[] }
  | { readonly type: 'vote'; readonly tx: TransactionId; readonly vote: Vote }
  /** From the coordinator, or from a participant that knows. */
  | { readonly type: 'decision'; readonly tx: TransactionId; readonly commit: boolean }
  /** Participant to coordinator: it has the decision on its disk, and will not ask again. */
  | { readonly type: 'ack'; readonly tx: TransactionId }
  /** What became of it? To the coordinator and the other participants. */
  | { readonly type: 'inquire'; readonly tx: TransactionId };

export type CommitRecord =
  /** A new life: transaction numbers of earlier ones are not used again. */
  | { readonly type: 'life' }
  /** Coordinator of a group: a transaction of a client begins. */
  | { readonly type: 'begin'; readonly session: number; readonly id: number; readonly parts: readonly Part[] }
  /** Coordinator of a group: a client opens a session. */
  | { readonly type: 'session'; readonly id: number }
  /** Coordinator, presumed commit: before anyone is asked, who will be. */
  | {
      readonly type: 'collecting';
      readonly tx: TransactionId;
      readonly sites: readonly Site[];
      readonly session: number;
      readonly id: number;
    }
  /** Coordinator: the decision, and whom it concerns: those that write. */
  | {
      readonly type: 'decided';
      readonly tx: TransactionId;
      readonly commit: boolean;
      readonly sites: readonly Site[];
      readonly session: number;
      readonly id: number;
    }
  /** Coordinator: everyone has acknowledged the decision. */
  | { readonly type: 'ended'; readonly tx: TransactionId }
  /** Participant: it can, and will if told so. */
  | { readonly type: 'prepared'; readonly tx: TransactionId; readonly sites: readonly Site[]; readonly writes: readonly Write[] }
  /** Participant: the decision, or its own refusal. */
  | { readonly type: 'finished'; readonly tx: TransactionId; readonly commit: boolean }
  /** All that the records before it say. */
  | { readonly type: 'snapshot'; readonly ledger: Value };

export function keyOf(id: TransactionId): string {
  return `${id.coordinator}.${id.number}`;
}

const { uint, bool, text, value, struct, union } = schema;
export const transactionId: Schema<TransactionId> = { ...struct<TransactionId>({ coordinator: uint, number: uint }), render: keyOf };
const tx = transactionId;
export const siteList: Schema<readonly Site[]> = schema.list(uint);
export const writeList: Schema<readonly Write[]> = schema.list(struct<Write>({ key: text, value, expected: schema.list(value) }));
const sites = siteList;
const writes = writeList;
const parts = schema.list(struct<Part>({ site: uint, writes }));

/** The records that any protocol of this room keeps, as variants of a union. */
export const recordVariants = {
  life: struct({}),
  begin: struct({ session: uint, id: uint, parts }),
  session: struct({ id: uint }),
  collecting: struct({ tx, sites, session: uint, id: uint }),
  decided: struct({ tx, commit: bool, sites, session: uint, id: uint }),
  ended: struct({ tx }),
  prepared: struct({ tx, sites, writes }),
  finished: struct({ tx, commit: bool }),
  snapshot: struct({ ledger: value }),
};

export const messageSchema: Schema<CommitMessage> = union<CommitMessage>({
  prepare: struct({ tx, sites, writes }),
  vote: struct({ tx, vote: schema.oneOf('yes', 'no', 'read-only') }),
  decision: struct({ tx, commit: bool }),
  ack: struct({ tx }),
  inquire: struct({ tx }),
});

export const recordSchema: Schema<CommitRecord> = union<CommitRecord>(recordVariants);

/** The operation as a transaction, or null when it is none that can be carried out. */
export function transactionOf(op: Value): TransactionOp | null {
  if (op === null || typeof op !== 'object' || op instanceof Uint8Array || Array.isArray(op)) return null;
  const { f, parts: asked } = op as { readonly f?: Value; readonly parts?: Value };
  if (f !== 'transaction' || !Array.isArray(asked) || asked.length === 0) return null;
  const seen = new Set<number>();
  for (const part of asked as readonly { readonly site?: unknown; readonly writes?: unknown }[]) {
    const { site, writes: wanted } = part ?? {};
    if (typeof site !== 'number' || !Number.isSafeInteger(site) || site < 1 || seen.has(site) || !Array.isArray(wanted)) return null;
    if (!wanted.every(isWrite)) return null;
    seen.add(site);
  }
  const full = (part: Part): Part => ({ site: part.site, writes: part.writes.map((w) => ({ ...w, expected: w.expected ?? [] })) });
  return { f, parts: (asked as unknown as readonly Part[]).map(full) };
}

const isWrite = (write: Partial<Write> | null): boolean =>
  typeof write?.key === 'string' && write.value !== undefined && (write.expected === undefined || Array.isArray(write.expected));

/** Sites that write: the others are out once they have voted. */
export const writersOf = (parts: readonly Part[]): readonly Site[] =>
  parts.filter(({ writes }) => writes.length > 0).map(({ site }) => site);
