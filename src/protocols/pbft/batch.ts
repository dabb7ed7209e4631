/**
 * What is ordered: requests of clients, many in a batch, each batch under its digest. A digest is computed once for
 * each object: objects are immutable, and one that came from elsewhere is another object.
 */
import { contentHash, equalValues, hashBytes, type NodeId, type Schema, schema, type Value, Writer } from '../../core/index.ts';

/** SHA-256, 64 hexadecimal digits; '' for the null request, which does nothing (OSDI 1999, 4.4). */
export type Digest = string;

export interface PbftRequest {
  readonly client: NodeId;
  /** Increases from one request of a client to its next, also across the client's lives. */
  readonly timestamp: number;
  /** What the state machine is asked; a list of operations where `bundle`: they are executed one after the other. */
  readonly op: Value;
  readonly bundle: boolean;
  /** The client's, over `requestContent`; null where the channel says who asks. */
  readonly proof: Value;
}

/** Empty: the null request. */
export type Batch = readonly PbftRequest[];

export const NULL_BATCH: Batch = Object.freeze([]);
export const NULL_DIGEST: Digest = '';

const operations = new WeakMap<PbftRequest, Digest>();
const digests = new WeakMap<Batch, Digest>();
const writer = new Writer(1024);

/** A request that remembers its digest: a copy of it with something changed has none of this, and is digested anew. */
export class KnownRequest implements PbftRequest {
  readonly client: NodeId;
  readonly timestamp: number;
  readonly op: Value;
  readonly bundle: boolean;
  readonly proof: Value;
  #digest: Digest = '';

  constructor(client: NodeId, timestamp: number, op: Value, bundle: boolean, proof: Value) {
    this.client = client;
    this.timestamp = timestamp;
    this.op = op;
    this.bundle = bundle;
    this.proof = proof;
  }

  get digest(): Digest {
    if (this.#digest === '') this.#digest = digested(this);
    return this.#digest;
  }
}

function digested(request: PbftRequest): Digest {
  const w = writer;
  w.reset();
  // No list of digests begins like this: the digest of one request is the digest of the batch of it alone.
  w.u8(0xff);
  w.uint(request.client);
  w.uint(request.timestamp);
  w.bool(request.bundle);
  w.value(request.op);
  return hashBytes(w.bytes, w.length);
}

/** Of all that a request says, its proof aside. */
export function requestDigest(request: PbftRequest): Digest {
  if (request instanceof KnownRequest) return request.digest;
  let found = operations.get(request);
  if (found === undefined) {
    found = digested(request);
    operations.set(request, found);
  }
  return found;
}

/** What a client proves. */
export const requestContent = (request: PbftRequest): Value => ['request', requestDigest(request)];

export function batchDigest(batch: Batch): Digest {
  if (batch.length === 0) return NULL_DIGEST;
  if (batch.length === 1) return requestDigest(batch[0] as PbftRequest);
  let found = digests.get(batch);
  if (found === undefined) {
    found = contentHash(batch.map(requestDigest));
    digests.set(batch, found);
  }
  return found;
}

/** About as many as its operation takes when it is encoded. */
export function valueBytes(op: Value): number {
  if (op === null || typeof op === 'boolean') return 1;
  if (typeof op === 'number') return 5;
  if (typeof op === 'string') return op.length + 2;
  if (op instanceof Uint8Array) return op.length + 3;
  let bytes = 2;
  if (Array.isArray(op)) for (const item of op as readonly Value[]) bytes += valueBytes(item);
  else for (const [key, item] of Object.entries(op)) bytes += key.length + 2 + valueBytes(item as Value);
  return bytes;
}

/** The same request, whatever object it is. Proofs may differ: who has checked one needs no other. */
export const sameRequest = (a: PbftRequest, b: PbftRequest): boolean =>
  a === b || (a.timestamp === b.timestamp && a.client === b.client && a.bundle === b.bundle && equalValues(a.op, b.op));

const requestFields: Schema<PbftRequest> = schema.struct<PbftRequest>({
  client: schema.uint,
  timestamp: schema.uint,
  op: schema.value,
  bundle: schema.bool,
  proof: schema.value,
});

export const requestSchema: Schema<PbftRequest> = {
  ...requestFields,
  write(w, { client, timestamp, op, bundle, proof }) {
    w.uint(client);
    w.uint(timestamp);
    w.value(op);
    w.bool(bundle);
    w.value(proof);
  },
  read: (r) => new KnownRequest(r.uint(), r.uint(), r.value(), r.bool(), r.value()),
};

export const batchSchema: Schema<Batch> = schema.list(requestSchema);

/** The two hexadecimal digits of each byte. */
const pairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** 32 bytes behind their length, 0 for the null request's. */
export const digestSchema: Schema<Digest> = {
  write(w, digest) {
    w.u8(digest.length >> 1);
    w.reserve(32);
    const { bytes } = w;
    for (let i = 0; i < digest.length; i += 2) bytes[w.length++] = (nibble(digest.charCodeAt(i)) << 4) | nibble(digest.charCodeAt(i + 1));
  },
  read(r) {
    const length = r.u8();
    if (length !== 0 && length !== 32) r.fail(`a digest of ${length} bytes`);
    let text = '';
    for (let i = 0; i < length; i++) text += pairs[r.u8()] as string;
    return text;
  },
  sample: (random) => (random.below(8) === 0 ? NULL_DIGEST : contentHash(random.below(4))),
  mutate: (random, digest) => (digest === NULL_DIGEST || random.below(2) === 0 ? contentHash(random.below(1000)) : NULL_DIGEST),
  render: (digest) => (digest === NULL_DIGEST ? 'null' : digest.slice(0, 6)),
};

const nibble = (code: number): number => (code < 58 ? code - 48 : code - 87);
