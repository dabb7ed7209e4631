/** What a Raft node keeps on disk: a journal of records, each saying what has changed since the one before. */
import { type Schema, schema } from '../../core/index.ts';
import { type Entry, entriesSchema, type Snapshot, snapshotSchema } from './message.ts';

export interface RaftRecord {
  readonly term: number;
  /** 0: none in `term`. */
  readonly vote: number;
  /** Known to be committed when written; it may have grown since. */
  readonly commit: number;
  /** The index of the first of `entries`. They replace everything from there on. */
  readonly first: number;
  readonly entries: readonly Entry[];
  /** When given (a checkpoint), the record is complete: older records are void. */
  readonly snapshot: Snapshot | null;
  /** The term at `first - 1`; only checkpoints need it. */
  readonly baseTerm: number;
}

export const recordSchema: Schema<RaftRecord> = schema.struct<RaftRecord>({
  term: schema.uint,
  vote: schema.uint,
  commit: schema.uint,
  first: schema.uint,
  entries: entriesSchema,
  snapshot: schema.optional(snapshotSchema),
  baseTerm: schema.uint,
});
