/** What a Multi-Paxos node keeps on disk: a journal of records, each saying what has changed since the one before. */
import { type Schema, schema } from '../../core/index.ts';
import type { Ballot } from './ballot.ts';
import { type Entry, entriesSchema, type Snapshot, snapshotSchema } from './message.ts';

export interface PaxosRecord {
  /** The highest ballot promised. */
  readonly promised: Ballot;
  /** Known to be chosen up to here when written; it may have grown since. */
  readonly commit: number;
  /** Accepted or learned; each replaces what was at its slot. */
  readonly entries: readonly Entry[];
  /** When given (a checkpoint), the record is complete: older records are void. */
  readonly snapshot: Snapshot | null;
  /** Checkpoints: slots up to here are trimmed. */
  readonly base: number;
}

export const recordSchema: Schema<PaxosRecord> = schema.struct<PaxosRecord>({
  promised: schema.uint,
  commit: schema.uint,
  entries: entriesSchema,
  snapshot: schema.optional(snapshotSchema),
  base: schema.uint,
});
