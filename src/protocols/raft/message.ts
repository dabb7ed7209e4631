/**
 * What Raft nodes say to each other. All messages have one shape, whatever their type, so that the engine sees one
 * hidden class on the hot path; fields that a type does not use are 0, false, empty or null.
 */
import { type Command, type NodeId, type Random, type Reader, type Schema, schema, type Value, type Writer } from '../../core/index.ts';
import type { Configuration } from './confchange.ts';

/** Numbers on the wire; names for people. */
export const messageTypes = {
  app: 0,
  appResp: 1,
  vote: 2,
  voteResp: 3,
  preVote: 4,
  preVoteResp: 5,
  heartbeat: 6,
  heartbeatResp: 7,
  snap: 8,
  timeoutNow: 9,
  prop: 10,
  readIndex: 11,
  readIndexResp: 12,
  transferLeader: 13,
} as const;
export type MessageType = (typeof messageTypes)[keyof typeof messageTypes];
export const messageNames = Object.keys(messageTypes) as readonly (keyof typeof messageTypes)[];

/** `normal`: a command, or nothing (a new leader's first entry); `change`: membership; `stripped`: a command without its content, for a witness. */
export const entryKinds = { normal: 0, changeV1: 1, changeV2: 2, stripped: 3 } as const;
export type EntryKind = (typeof entryKinds)[keyof typeof entryKinds];

/**
 * One log entry; its index is its place. It is its own Command: entries go to the state machine without a copy.
 * `session` 0 with `op` null is the empty entry.
 */
export interface Entry extends Command {
  readonly term: number;
  readonly kind: EntryKind;
  /** About how many bytes `op` takes: what flow control counts. */
  readonly size: number;
}

/** The state of everything up to `index`. `data` is null on a witness. */
export interface Snapshot {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
  readonly data: Value;
}

export interface RaftMessage {
  readonly type: MessageType;
  /** The sender's term; (pre-)votes: the term campaigned for; 0: outside terms (prop, readIndex). */
  readonly term: number;
  /** app: index before the entries; appResp: last index acknowledged, or rejected; votes: last index of the candidate; readIndexResp: the index. */
  readonly index: number;
  /** The term at `index`; appResp with `reject`: the term at `hint`. */
  readonly logTerm: number;
  /** What the sender knows to be committed. */
  readonly commit: number;
  readonly reject: boolean;
  /** appResp with `reject`: where the logs may meet. Heartbeats and their answers: the leader's clock at sending, for leases. Votes: the term at `commit`. transferLeader: to whom. */
  readonly hint: number;
  /** Heartbeats: the newest read round. Votes: 1 when ordered by a leader (transfer). */
  readonly context: number;
  /** The newest protocol version that the sender speaks; a leader's: that its whole group speaks. */
  readonly version: number;
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | null;
}

export const NO_ENTRIES: readonly Entry[] = Object.freeze([]);

export function makeEntry(term: number, kind: EntryKind, session: number, id: number, op: Value, size: number): Entry {
  return { term, kind, session, id, op, size };
}

/** About how many bytes a value takes when encoded. */
export function valueBytes(value: Value): number {
  if (value === null || typeof value === 'boolean') return 1;
  if (typeof value === 'number') return 8;
  if (typeof value === 'string') return value.length + 2;
  if (value instanceof Uint8Array) return value.length + 2;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value) bytes += valueBytes(item as Value);
    return bytes;
  }
  const object = value as { readonly [key: string]: Value };
  for (const key in object) bytes += key.length + 2 + valueBytes(object[key] as Value);
  return bytes;
}

const nodes: Schema<readonly NodeId[]> = schema.list(schema.uint);

export const configurationSchema: Schema<Configuration> = schema.struct<Configuration>({
  voters: nodes,
  outgoing: nodes,
  learners: nodes,
  learnersNext: nodes,
  witnesses: nodes,
  autoLeave: schema.bool,
});

export const snapshotSchema: Schema<Snapshot> = schema.struct<Snapshot>({
  index: schema.uint,
  term: schema.uint,
  configuration: configurationSchema,
  data: schema.value,
});

const kinds = Object.values(entryKinds);
const kindNames = ['', 'change ', 'change ', 'stripped '];

/** How the operation of an entry is written; in the same byte as its kind. */
const OP_NULL = 0;
const OP_BYTES = 4;
const OP_VALUE = 8;

/** An unsigned varint where `bytes` has room; the place after it. The hot path: entries are most of what is sent. */
function putUint(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x8000_0000) {
    bytes[at++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 128) {
    bytes[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

function writeEntry(w: Writer, entry: Entry): void {
  const { op } = entry;
  const isBytes = op instanceof Uint8Array;
  const length = isBytes ? op.length : 0;
  // A kind, and five varints of at most eight bytes.
  w.reserve(41 + length);
  const { bytes } = w;
  let at = w.length;
  bytes[at++] = entry.kind + (isBytes ? OP_BYTES : op === null ? OP_NULL : OP_VALUE);
  at = putUint(bytes, at, entry.term);
  at = putUint(bytes, at, entry.session);
  at = putUint(bytes, at, entry.id);
  at = putUint(bytes, at, entry.size);
  if (isBytes) {
    at = putUint(bytes, at, length);
    bytes.set(op, at);
    at += length;
  }
  w.length = at;
  if (!isBytes && op !== null) w.value(op);
}

/** An operation of bytes is a view, like all bytes that are read: what a message arrived in is not written to again. */
function readEntryView(r: Reader): Entry {
  const head = r.u8();
  if (head >= OP_VALUE + kinds.length) r.fail(`${head} is not an entry`);
  const term = r.uint();
  const session = r.uint();
  const id = r.uint();
  const size = r.uint();
  let op: Value = null;
  if (head >= OP_VALUE) {
    op = r.value();
    if (op === null || op instanceof Uint8Array) r.fail('an operation is not in its shortest form');
  } else if (head >= OP_BYTES) {
    const length = r.count(1);
    op = new Uint8Array(r.bytes.buffer, r.bytes.byteOffset + r.at, length);
    r.at += length;
  }
  return makeEntry(term, (head & 3) as EntryKind, session, id, op, size);
}

/** Hand-written: entries are most of what is encoded. */
export const entrySchema: Schema<Entry> = {
  write: writeEntry,
  read(r) {
    const entry = readEntryView(r);
    return entry.op instanceof Uint8Array ? { ...entry, op: entry.op.slice() } : entry;
  },
  sample: (random) =>
    makeEntry(random.below(8), random.pick(kinds), random.below(8), random.below(8), schema.value.sample(random), random.below(300)),
  mutate(random, entry) {
    switch (random.below(4)) {
      case 0:
        return { ...entry, term: schema.uint.mutate(random, entry.term) };
      case 1:
        return { ...entry, id: schema.uint.mutate(random, entry.id) };
      case 2:
        return { ...entry, session: schema.uint.mutate(random, entry.session) };
      default:
        return { ...entry, op: schema.value.mutate(random, entry.op) };
    }
  },
  render: (entry) => `${entry.term}:${kindNames[entry.kind] as string}${schema.renderValue(entry.op)}`,
};

export const entriesSchema: Schema<readonly Entry[]> = schema.list(entrySchema);
const snapshotOrNull = schema.optional(snapshotSchema);
const types = Object.values(messageTypes);

function writeMessage(w: Writer, m: RaftMessage): void {
  w.u8(m.type);
  w.bool(m.reject);
  w.u8(m.version);
  w.uint(m.term);
  w.uint(m.index);
  w.uint(m.logTerm);
  w.uint(m.commit);
  w.uint(m.hint);
  w.uint(m.context);
  w.uint(m.entries.length);
  for (let i = 0; i < m.entries.length; i++) writeEntry(w, m.entries[i] as Entry);
  snapshotOrNull.write(w, m.snapshot);
}

function readMessage(r: Reader): RaftMessage {
  const type = r.u8();
  if (type >= types.length) r.fail(`${type} is not a message type`);
  const reject = r.bool();
  const version = r.u8();
  const term = r.uint();
  const index = r.uint();
  const logTerm = r.uint();
  const commit = r.uint();
  const hint = r.uint();
  const context = r.uint();
  let left = r.count(5);
  let entries = NO_ENTRIES;
  if (left > 0) {
    const list: Entry[] = [];
    for (; left > 0; left--) list.push(readEntryView(r));
    entries = list;
  }
  const snapshot = snapshotOrNull.read(r);
  return { type: type as MessageType, term, index, logTerm, commit, reject, hint, context, version, entries, snapshot };
}

function sampleMessage(random: Random): RaftMessage {
  return {
    type: random.pick(types),
    term: schema.uint.sample(random),
    index: schema.uint.sample(random),
    logTerm: schema.uint.sample(random),
    commit: schema.uint.sample(random),
    reject: random.below(4) === 0,
    hint: schema.uint.sample(random),
    context: schema.uint.sample(random),
    version: 1 + random.below(2),
    entries: entriesSchema.sample(random),
    snapshot: snapshotOrNull.sample(random),
  };
}

const numberFields = ['term', 'index', 'logTerm', 'commit', 'hint', 'context'] as const;

export const messageSchema: Schema<RaftMessage> = {
  write: writeMessage,
  read: readMessage,
  sample: sampleMessage,
  mutate(random, message) {
    const at = random.below(numberFields.length + 3);
    const field = numberFields[at];
    if (field !== undefined) return { ...message, [field]: schema.uint.mutate(random, message[field]) };
    if (at === numberFields.length) return { ...message, reject: !message.reject };
    if (at === numberFields.length + 1) return { ...message, type: random.pick(types.filter((type) => type !== message.type)) };
    return { ...message, entries: entriesSchema.mutate(random, message.entries) };
  },
  render: renderMessage,
};

/** `app t3 log 2/7 commit 6 [3:"x"]`: term, log position as term/index, and whatever else is not empty. */
export function renderMessage(m: RaftMessage): string {
  const parts: string[] = [`${messageNames[m.type]} t${m.term}`];
  if (m.index !== 0 || m.logTerm !== 0) parts.push(`log ${m.logTerm}/${m.index}`);
  if (m.reject) parts.push(`rejected, hint ${m.hint}`);
  if (m.commit !== 0) parts.push(`commit ${m.commit}`);
  if (m.context !== 0) parts.push(`context ${m.context}`);
  if (m.entries.length > 0) parts.push(entriesSchema.render(m.entries));
  if (m.snapshot !== null) parts.push(`snapshot ${m.snapshot.term}/${m.snapshot.index}`);
  return parts.join(' ');
}
