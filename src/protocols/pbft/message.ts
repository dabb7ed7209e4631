/**
 * What replicas say to each other. One shape for all messages: the hot path (pre-prepare, prepare, commit) is
 * monomorphic, and one object goes to all. `view`, `seq` and `digest` mean what they mean in the paper; whatever else a
 * message carries is its `body`.
 */
import { type NodeId, type Random, type Reader, type Schema, schema, type Value, type Writer } from '../../core/index.ts';
import { type Batch, batchSchema, type Digest, digestSchema } from './batch.ts';
import { type NewView, newViewSchema, type StableProof, stableProofSchema, type ViewChange, viewChangeSchema } from './view-change.ts';

export const messageTypes = {
  /** A client's request, relayed: `batch` holds it alone. */
  request: 0,
  prePrepare: 1,
  prepare: 2,
  commit: 3,
  /** The state after `seq` has this digest; signed. */
  checkpoint: 4,
  viewChange: 5,
  newView: 6,
  /** `view`, stable `seq`, and in the body what has been executed: who knows more sends it. */
  status: 7,
  /** Whoever says this has committed `digest` at `seq`; with the batch. f + 1 of them are as good as a certificate. */
  committed: 8,
  /** The batch of this digest is wanted. */
  fetchBatch: 9,
  batch: 10,
  /** A proof that the checkpoint at `seq` is stable. */
  stable: 11,
  /** A stable state after `seq` is wanted. */
  fetchState: 12,
  state: 13,
  /** A new public key of a node, signed by it with the one that it had so far. */
  newKey: 14,
} as const;

export type MessageType = (typeof messageTypes)[keyof typeof messageTypes];
export const messageNames: readonly string[] = Object.keys(messageTypes);
const types = Object.values(messageTypes);

export interface Status {
  readonly type: 'status';
  /** Not in the middle of a view change. */
  readonly active: boolean;
  readonly executed: number;
  /** By rank: the number of the newest key that it knows of each; 0, or none at all: the one that it began with. */
  readonly keys: readonly number[];
}
export type Body =
  | Status
  | { readonly type: 'viewChange'; readonly change: ViewChange }
  | { readonly type: 'newView'; readonly newView: NewView }
  | { readonly type: 'stable'; readonly proof: StableProof }
  | { readonly type: 'state'; readonly proof: StableProof; readonly snapshot: Value }
  /** Of `node`, which the sender need not be. */
  | { readonly type: 'key'; readonly node: NodeId; readonly number: number; readonly key: Value };

export interface PbftMessage {
  readonly type: MessageType;
  readonly view: number;
  readonly seq: number;
  readonly digest: Digest;
  readonly batch: Batch | null;
  /** Over `messageContent`; null where the channel says who speaks, or the body has signatures of its own. */
  readonly proof: Value;
  readonly body: Body | null;
}

/** What is proved of a message of the normal case. */
export const messageContent = ({ type, view, seq, digest }: PbftMessage): Value => [messageNames[type] as string, view, seq, digest];

export const keyContent = (number: number, key: Value): Value => ['new-key', number, key];

const bodySchema: Schema<Body | null> = schema.optional(
  schema.union<Body>({
    status: schema.struct({ active: schema.bool, executed: schema.uint, keys: schema.list(schema.uint) }),
    viewChange: schema.struct({ change: viewChangeSchema }),
    newView: schema.struct({ newView: newViewSchema }),
    stable: schema.struct({ proof: stableProofSchema }),
    state: schema.struct({ proof: stableProofSchema, snapshot: schema.value }),
    key: schema.struct({ node: schema.uint, number: schema.uint, key: schema.value }),
  }),
);

const batchOrNull = schema.optional(batchSchema);

function write(w: Writer, m: PbftMessage): void {
  w.u8(m.type);
  w.uint(m.view);
  w.uint(m.seq);
  digestSchema.write(w, m.digest);
  batchOrNull.write(w, m.batch);
  w.value(m.proof);
  bodySchema.write(w, m.body);
}

function read(r: Reader): PbftMessage {
  const type = r.u8();
  if (type >= types.length) r.fail(`${type} is not a message type`);
  const view = r.uint();
  const seq = r.uint();
  const digest = digestSchema.read(r);
  const batch = batchOrNull.read(r);
  const proof = r.value();
  return { type: type as MessageType, view, seq, digest, batch, proof, body: bodySchema.read(r) };
}

function sample(random: Random): PbftMessage {
  return {
    type: random.pick(types),
    view: schema.uint.sample(random),
    seq: schema.uint.sample(random),
    digest: digestSchema.sample(random),
    batch: batchOrNull.sample(random),
    proof: random.below(2) === 0 ? null : schema.value.sample(random),
    body: bodySchema.sample(random),
  };
}

function mutate(random: Random, m: PbftMessage): PbftMessage {
  switch (random.below(7)) {
    case 0:
      return { ...m, type: random.pick(types.filter((type) => type !== m.type)) };
    case 1:
      return { ...m, view: schema.uint.mutate(random, m.view) };
    case 2:
      return { ...m, seq: schema.uint.mutate(random, m.seq) };
    case 3:
      return { ...m, digest: digestSchema.mutate(random, m.digest) };
    case 4:
      return { ...m, batch: batchOrNull.mutate(random, m.batch) };
    case 5:
      return { ...m, proof: schema.value.mutate(random, m.proof) };
    default:
      return { ...m, body: bodySchema.mutate(random, m.body) };
  }
}

/** `prepare v0 n3 a1b2c3`, and whatever else is not empty. */
export function renderMessage(m: PbftMessage): string {
  const parts = [`${messageNames[m.type]} v${m.view} n${m.seq} ${digestSchema.render(m.digest)}`];
  if (m.batch !== null) parts.push(batchSchema.render(m.batch));
  if (m.proof !== null) parts.push(`proof ${schema.renderValue(m.proof)}`);
  if (m.body !== null) parts.push(bodySchema.render(m.body));
  return parts.join(' ');
}

export const messageSchema: Schema<PbftMessage> = { write, read, sample, mutate, render: renderMessage };
