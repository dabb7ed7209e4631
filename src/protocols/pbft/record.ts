/** What a PBFT replica keeps on disk: a journal of what it must not forget once it has said it. */
import { type NodeId, type Schema, schema, type Value } from '../../core/index.ts';
import { type Batch, batchSchema, type Digest, digestSchema } from './batch.ts';
import {
  type Certified,
  type NewView,
  newViewSchema,
  type StableProof,
  stableProofSchema,
  type ViewChange,
  viewChangeSchema,
} from './view-change.ts';

/** A state, on the way to become stable. */
export interface TakenCheckpoint {
  readonly seq: number;
  readonly digest: Digest;
  readonly snapshot: Value;
}

/** A new key of `node`, and what vouches for it: its proof, a signature with the key before. */
export interface KeyAnnouncement {
  readonly node: NodeId;
  readonly number: number;
  readonly key: Value;
  readonly proof: Value;
}

/** What a replica knows about one sequence number. */
export interface SlotRecord {
  readonly seq: number;
  /** What it accepted last, in which view; view + 1, 0: nothing. */
  readonly accepted: number;
  readonly digest: Digest;
  /** Prepared in that view, too. */
  readonly isPrepared: boolean;
  readonly prepared: Certified | null;
  readonly prePrepared: readonly Certified[];
  readonly committed: Digest | null;
  readonly batches: readonly Batch[];
}

export type PbftRecord =
  /** A pre-prepare was accepted: before the prepare (or, by the primary, the pre-prepare itself) goes out. */
  | { readonly type: 'accepted'; readonly view: number; readonly seq: number; readonly digest: Digest; readonly batch: Batch }
  /** A batch is prepared: before the commit goes out. */
  | { readonly type: 'prepared'; readonly view: number; readonly seq: number; readonly digest: Digest }
  /** Others have committed it, as f + 1 of them say: before it is executed. */
  | { readonly type: 'committed'; readonly seq: number; readonly digest: Digest; readonly batch: Batch }
  /** The state after `seq`: before the checkpoint message goes out. */
  | { readonly type: 'taken'; readonly checkpoint: TakenCheckpoint }
  /** The old view is left for good: before anybody is told. Unsigned. */
  | { readonly type: 'viewChange'; readonly change: ViewChange }
  | { readonly type: 'newView'; readonly newView: NewView }
  /** A key was announced: before others, or the host, are told of it. */
  | { readonly type: 'key'; readonly announcement: KeyAnnouncement }
  /** A checkpoint is stable: this stands for all older records. */
  | {
      readonly type: 'stable';
      readonly proof: StableProof;
      readonly snapshot: Value;
      readonly view: number;
      readonly active: boolean;
      readonly viewChange: ViewChange | null;
      readonly newView: NewView | null;
      readonly taken: readonly TakenCheckpoint[];
      readonly slots: readonly SlotRecord[];
      /** Of each replica the newest few, ascending by node and number. */
      readonly keys: readonly KeyAnnouncement[];
    };

const certified: Schema<Certified> = schema.struct<Certified>({ seq: schema.uint, digest: digestSchema, view: schema.uint });

const takenSchema: Schema<TakenCheckpoint> = schema.struct<TakenCheckpoint>({
  seq: schema.uint,
  digest: digestSchema,
  snapshot: schema.value,
});

const keySchema: Schema<KeyAnnouncement> = schema.struct<KeyAnnouncement>({
  node: schema.uint,
  number: schema.uint,
  key: schema.value,
  proof: schema.value,
});

const slotSchema: Schema<SlotRecord> = schema.struct<SlotRecord>({
  seq: schema.uint,
  accepted: schema.uint,
  digest: digestSchema,
  isPrepared: schema.bool,
  prepared: schema.optional(certified),
  prePrepared: schema.list(certified),
  committed: schema.optional(digestSchema),
  batches: schema.list(batchSchema),
});

export const recordSchema: Schema<PbftRecord> = schema.union<PbftRecord>({
  accepted: schema.struct({ view: schema.uint, seq: schema.uint, digest: digestSchema, batch: batchSchema }),
  prepared: schema.struct({ view: schema.uint, seq: schema.uint, digest: digestSchema }),
  committed: schema.struct({ seq: schema.uint, digest: digestSchema, batch: batchSchema }),
  taken: schema.struct({ checkpoint: takenSchema }),
  viewChange: schema.struct({ change: viewChangeSchema }),
  newView: schema.struct({ newView: newViewSchema }),
  key: schema.struct({ announcement: keySchema }),
  stable: schema.struct({
    proof: stableProofSchema,
    snapshot: schema.value,
    view: schema.uint,
    active: schema.bool,
    viewChange: schema.optional(viewChangeSchema),
    newView: schema.optional(newViewSchema),
    taken: schema.list(takenSchema),
    slots: schema.list(slotSchema),
    keys: schema.list(keySchema),
  }),
});
