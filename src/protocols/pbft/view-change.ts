/**
 * What replicas say when they change the view, and the decision procedure of the new view's primary (TOCS 2002, 4.5,
 * figure 4; its conditions A1, A2 and B). It needs no transferable proof of a prepared batch: who lies about P is found
 * out by what f + 1 others say in Q. Everybody computes the decision anew before taking part in the new view.
 */
import { contentHash, type NodeId, type Schema, schema, type Value } from '../../core/index.ts';
import { type Digest, digestSchema, NULL_DIGEST } from './batch.ts';

/** A signature, and whose it is. */
export interface Signature {
  readonly node: NodeId;
  readonly signature: Value;
}

/** A checkpoint with the signatures of a quorum: whoever sees it knows that the state is safe. At 0, with none: the empty state. */
export interface StableProof {
  readonly seq: number;
  readonly digest: Digest;
  readonly signatures: readonly Signature[];
}

/** In P: `digest` was prepared at `seq` in `view`, and nothing there in a later one. In Q: it was pre-prepared there, in `view` last. */
export interface Certified {
  readonly seq: number;
  readonly digest: Digest;
  readonly view: number;
}

export interface ViewChange {
  readonly node: NodeId;
  /** The view that it asks for. */
  readonly view: number;
  readonly stable: StableProof;
  /** P and Q, ascending by seq. */
  readonly prepared: readonly Certified[];
  readonly prePrepared: readonly Certified[];
  readonly signature: Value;
}

export interface Chosen {
  readonly seq: number;
  readonly digest: Digest;
}

export interface NewView {
  readonly view: number;
  /** The view changes of a quorum, ascending by node. */
  readonly viewChanges: readonly ViewChange[];
  /** The checkpoint to start from: the newest of theirs. */
  readonly start: Chosen;
  /** One for each sequence number above it, up to the last one that may matter. */
  readonly chosen: readonly Chosen[];
  readonly signature: Value;
}

export interface Decision {
  readonly start: StableProof;
  readonly chosen: readonly Chosen[];
}

/** Objects are immutable: what they say is hashed once. */
const contents = new WeakMap<ViewChange | NewView, Value>();

function contentOf<T extends ViewChange | NewView>(of: T, make: (of: T) => Value): Value {
  const known = contents.get(of);
  if (known !== undefined) return known;
  const made = make(of);
  contents.set(of, made);
  return made;
}

export const viewChangeContent = (change: ViewChange): Value =>
  contentOf(change, ({ node, view, stable, prepared, prePrepared }) => [
    'view-change',
    view,
    contentHash([node, stable.seq, stable.digest, flat(prepared), flat(prePrepared)]),
  ]);

export const newViewContent = (newView: NewView): Value =>
  contentOf(newView, ({ view, viewChanges, start, chosen }) => [
    'new-view',
    view,
    contentHash([
      viewChanges.map((change) => [change.node, viewChangeContent(change)]),
      start.seq,
      start.digest,
      chosen.map(({ seq, digest }) => [seq, digest]),
    ]),
  ]);

export const checkpointContent = (seq: number, digest: Digest): Value => ['checkpoint', seq, digest];

const flat = (entries: readonly Certified[]): Value => entries.map(({ seq, digest, view }) => [seq, digest, view]);

/** The newest checkpoint that anybody proves. */
export function startOf(changes: readonly ViewChange[]): StableProof {
  let best = (changes[0] as ViewChange).stable;
  for (const { stable } of changes) if (stable.seq > best.seq) best = stable;
  return best;
}

/** A1: a quorum says nothing against (seq, digest, view): no later view, and no other batch in the same. */
export function supported(changes: readonly ViewChange[], of: Certified, quorum: number): boolean {
  let count = 0;
  for (const { stable, prepared } of changes) {
    if (stable.seq >= of.seq) continue;
    const against = prepared.some(
      ({ seq, digest, view }) => seq === of.seq && (view > of.view || (view === of.view && digest !== of.digest)),
    );
    if (!against) count++;
  }
  return count >= quorum;
}

/** A2: f + 1 have pre-prepared it in that view or later, so an honest one has: the batch is there and was asked for. */
export function vouchedFor(changes: readonly ViewChange[], of: Certified, weak: number): boolean {
  let count = 0;
  for (const { prePrepared } of changes) {
    if (prePrepared.some(({ seq, digest, view }) => seq === of.seq && digest === of.digest && view >= of.view)) count++;
  }
  return count >= weak;
}

/** B: a quorum has prepared nothing there. */
export function untouched(changes: readonly ViewChange[], at: number, quorum: number): boolean {
  let count = 0;
  for (const { stable, prepared } of changes) if (stable.seq < at && !prepared.some(({ seq }) => seq === at)) count++;
  return count >= quorum;
}

/** The last sequence number that anybody has prepared something at. */
export function lastPrepared(changes: readonly ViewChange[]): number {
  let last = 0;
  for (const { prepared } of changes) for (const { seq } of prepared) if (seq > last) last = seq;
  return last;
}

const certified: Schema<readonly Certified[]> = schema.list(
  schema.struct<Certified>({ seq: schema.uint, digest: digestSchema, view: schema.uint }),
);

const signatureSchema: Schema<Signature> = schema.struct<Signature>({ node: schema.uint, signature: schema.value });

export const stableProofSchema: Schema<StableProof> = schema.struct<StableProof>({
  seq: schema.uint,
  digest: digestSchema,
  signatures: schema.list(signatureSchema),
});

export const viewChangeSchema: Schema<ViewChange> = schema.struct<ViewChange>({
  node: schema.uint,
  view: schema.uint,
  stable: stableProofSchema,
  prepared: certified,
  prePrepared: certified,
  signature: schema.value,
});

const chosenSchema: Schema<Chosen> = schema.struct<Chosen>({ seq: schema.uint, digest: digestSchema });

export const newViewSchema: Schema<NewView> = schema.struct<NewView>({
  view: schema.uint,
  viewChanges: schema.list(viewChangeSchema),
  start: chosenSchema,
  chosen: schema.list(chosenSchema),
  signature: schema.value,
});

/** Nothing has happened yet, and all know it. */
export const GENESIS: StableProof = Object.freeze({ seq: 0, digest: NULL_DIGEST, signatures: Object.freeze([]) });
