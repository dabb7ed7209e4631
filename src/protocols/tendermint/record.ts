/**
 * What a Tendermint node keeps on disk: the write-ahead log of what it is about to sign (a restarted node never signs
 * two different votes), the polkas that it locked on, why it is in its round, the blocks that were decided, and snapshots.
 */
import { type Schema, schema } from '../../core/index.ts';
import { type Block, blockSchema, type Snapshot, snapshotSchema } from './block.ts';
import { type Decided, decidedSchema, type ProvedSnapshot, provedSnapshotSchema } from './message.ts';
import type { Proposed } from './round-log.ts';
import { type Statement, statementSchema, statementsSchema } from './statement.ts';

/** It is about to sign this. `block`: of its own proposals. */
export interface SignsRecord {
  readonly type: 'signs';
  readonly statement: Statement;
  readonly block: Block | null;
}
/** The first polka for this block in this round: `votes` prove it to others, also when those who cast them are gone. */
export interface PolkaRecord {
  readonly type: 'polka';
  readonly height: number;
  readonly round: number;
  readonly block: Block;
  readonly votes: readonly Statement[];
}
/**
 * It enters a later round: `votes` (2f+1 precommits of the round before) or f+1 who are there, its proposer perhaps, are why. A restarted node shows
 * them to the others: those who cast them may be gone, and without them nobody could follow it.
 */
export interface RoundRecord {
  readonly type: 'round';
  readonly height: number;
  readonly round: number;
  readonly proposal: Proposed | null;
  readonly votes: readonly Statement[];
}
export interface DecidedRecord extends Decided {
  readonly type: 'decided';
}
/**
 * A checkpoint: older records are void. Nothing proves its newest snapshot yet; so what others may need to come this far
 * is in it, too: the newest snapshot that can be proved, and the blocks since.
 */
export interface SnapshotRecord {
  readonly type: 'snapshot';
  readonly snapshot: Snapshot;
  readonly served: ProvedSnapshot | null;
  readonly blocks: readonly Decided[];
}

export type TendermintRecord = SignsRecord | PolkaRecord | RoundRecord | DecidedRecord | SnapshotRecord;

export const recordSchema: Schema<TendermintRecord> = schema.union<TendermintRecord>({
  signs: schema.struct({ statement: statementSchema, block: schema.optional(blockSchema) }),
  polka: schema.struct({ height: schema.uint, round: schema.uint, block: blockSchema, votes: statementsSchema }),
  round: schema.struct({
    height: schema.uint,
    round: schema.uint,
    proposal: schema.optional(schema.struct<Proposed>({ statement: statementSchema, block: blockSchema })),
    votes: statementsSchema,
  }),
  decided: decidedSchema,
  snapshot: schema.struct({
    snapshot: snapshotSchema,
    served: schema.optional(provedSnapshotSchema),
    blocks: schema.list(decidedSchema),
  }),
});
