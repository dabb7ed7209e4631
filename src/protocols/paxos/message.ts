/**
 * What Multi-Paxos nodes say to each other. All messages have one shape, whatever their type, so that the engine sees one
 * hidden class on the hot path; fields that a type does not use are 0, false, empty or null.
 */
import { type Command, type Random, type Reader, type Schema, schema, type Value, type Writer } from '../../core/index.ts';
import { type Ballot, showBallot } from './ballot.ts';
import { type Configuration, configurationSchema } from './configuration.ts';

/** Numbers on the wire; names for people. */
export const messageTypes = {
  heartbeatRequest: 0,
  heartbeat: 1,
  prepare: 2,
  promise: 3,
  accept: 4,
  accepted: 5,
  /** A refusal: a higher ballot is promised. */
  nack: 6,
  /** Asks for what was chosen from `slot` on. */
  learn: 7,
  chosen: 8,
  /** A proposal passed on to the leader. */
  propose: 9,
  readIndex: 10,
  readIndexResp: 11,
  /** The leader hands over: the receiver may take the next ballot. */
  takeOver: 12,
} as const;
export type MessageType = (typeof messageTypes)[keyof typeof messageTypes];
export const messageNames = Object.keys(messageTypes) as readonly (keyof typeof messageTypes)[];

/** `noop`: fills a gap. `stopSign`: ends its configuration; its operation is the next one. `read`: a read that takes a slot. */
export const entryKinds = { command: 0, noop: 1, stopSign: 2, read: 3 } as const;
export type EntryKind = (typeof entryKinds)[keyof typeof entryKinds];

/** A value accepted for a slot. It is its own Command: entries go to the state machine without a copy. */
export interface Entry extends Command {
  readonly slot: number;
  /** The ballot in which it was accepted. */
  readonly ballot: Ballot;
  readonly kind: EntryKind;
  /** About how many bytes `op` takes: what flow control counts. */
  readonly size: number;
}

/** The state of everything up to `index`, and the configuration in force after it. */
export interface Snapshot {
  readonly index: number;
  readonly configuration: Configuration;
  readonly data: Value;
}

export interface PaxosMessage {
  readonly type: MessageType;
  /** The era of the sender's configuration. */
  readonly era: number;
  /** Heartbeats: the sender's own ballot. nack: what is promised. takeOver, readIndexResp: the leader's. Else: of this request or its answer. */
  readonly ballot: Ballot;
  /**
   * prepare: the first slot asked about. accept, accepted: the first slot of this ballot. learn: the first slot wanted.
   * readIndexResp: the index.
   */
  readonly slot: number;
  /** The last slot of the prefix that the sender knows to be chosen. */
  readonly commit: number;
  /** heartbeat: the ballot that the sender takes for elected. accepted: accepted without a gap from `slot` to here. accept: what may be trimmed. */
  readonly mark: number;
  /** Heartbeats: number of the asker's round. accept, accepted: the newest round of reads. */
  readonly round: number;
  /** heartbeat: the sender hears from a quorum. */
  readonly connected: boolean;
  /** heartbeat: the sender hears from the leader that it takes for elected. */
  readonly content: boolean;
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | null;
}

export const NO_ENTRIES: readonly Entry[] = Object.freeze([]);

export function makeEntry(slot: number, ballot: Ballot, kind: EntryKind, session: number, id: number, op: Value, size: number): Entry {
  return { slot, ballot, kind, session, id, op, size };
}

/** Do two entries hold the same value, whatever the ballot? */
export const sameCommand = (a: Entry, b: Entry): boolean => a.session === b.session && a.id === b.id && a.kind === b.kind;

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

const kinds = Object.values(entryKinds);
const kindNames = ['', 'noop', 'stop-sign ', 'read'];

/** Hand-written: entries are most of what is encoded. */
export const entrySchema: Schema<Entry> = {
  write(w, entry) {
    w.u8(entry.kind);
    w.uint(entry.slot);
    w.uint(entry.ballot);
    w.uint(entry.session);
    w.uint(entry.id);
    w.uint(entry.size);
    w.value(entry.op);
  },
  read(r) {
    const kind = r.u8();
    if (kind >= kinds.length) r.fail(`${kind} is not a kind of entry`);
    const slot = r.uint();
    const ballot = r.uint();
    const session = r.uint();
    const id = r.uint();
    const size = r.uint();
    return makeEntry(slot, ballot, kind as EntryKind, session, id, r.value(), size);
  },
  sample: (random) =>
    makeEntry(
      random.below(8),
      sampleBallot(random),
      random.pick(kinds),
      random.below(8),
      random.below(8),
      schema.value.sample(random),
      random.below(300),
    ),
  mutate(random, entry) {
    switch (random.below(5)) {
      case 0:
        return { ...entry, slot: schema.uint.mutate(random, entry.slot) };
      case 1:
        return { ...entry, ballot: schema.uint.mutate(random, entry.ballot) };
      case 2:
        return { ...entry, id: schema.uint.mutate(random, entry.id) };
      case 3:
        return { ...entry, session: schema.uint.mutate(random, entry.session) };
      default:
        return { ...entry, op: schema.value.mutate(random, entry.op) };
    }
  },
  render: (entry) =>
    `${entry.slot}@${showBallot(entry.ballot)}:${kindNames[entry.kind]}${entry.op === null ? '' : schema.renderValue(entry.op)}`,
};

export const entriesSchema: Schema<readonly Entry[]> = schema.list(entrySchema);
export const snapshotSchema: Schema<Snapshot> = schema.struct<Snapshot>({
  index: schema.uint,
  configuration: configurationSchema,
  data: schema.value,
});
const snapshotOrNull = schema.optional(snapshotSchema);
const types = Object.values(messageTypes);

const sampleBallot = (random: Random): Ballot =>
  random.below(8) === 0 ? schema.uint.sample(random) : random.below(4) * 1000 + random.below(4);

function writeMessage(w: Writer, m: PaxosMessage): void {
  w.u8(m.type);
  w.u8((m.connected ? 1 : 0) + (m.content ? 2 : 0));
  w.uint(m.era);
  w.uint(m.ballot);
  w.uint(m.slot);
  w.uint(m.commit);
  w.uint(m.mark);
  w.uint(m.round);
  entriesSchema.write(w, m.entries);
  snapshotOrNull.write(w, m.snapshot);
}

function readMessage(r: Reader): PaxosMessage {
  const type = r.u8();
  if (type >= types.length) r.fail(`${type} is not a message type`);
  const flags = r.u8();
  if (flags > 3) r.fail(`${flags} are not flags`);
  const era = r.uint();
  const ballot = r.uint();
  const slot = r.uint();
  const commit = r.uint();
  const mark = r.uint();
  const round = r.uint();
  const entries = entriesSchema.read(r);
  const snapshot = snapshotOrNull.read(r);
  const connected = (flags & 1) !== 0;
  const content = (flags & 2) !== 0;
  return { type: type as MessageType, era, ballot, slot, commit, mark, round, connected, content, entries, snapshot };
}

const numberFields = ['era', 'ballot', 'slot', 'commit', 'mark', 'round'] as const;

export const messageSchema: Schema<PaxosMessage> = {
  write: writeMessage,
  read: readMessage,
  sample: (random) => ({
    type: random.pick(types),
    era: schema.uint.sample(random),
    ballot: sampleBallot(random),
    slot: schema.uint.sample(random),
    commit: schema.uint.sample(random),
    mark: schema.uint.sample(random),
    round: schema.uint.sample(random),
    connected: random.below(2) === 0,
    content: random.below(2) === 0,
    entries: entriesSchema.sample(random),
    snapshot: snapshotOrNull.sample(random),
  }),
  mutate(random, message) {
    const at = random.below(numberFields.length + 3);
    const field = numberFields[at];
    if (field !== undefined) return { ...message, [field]: schema.uint.mutate(random, message[field]) };
    if (at === numberFields.length) return { ...message, connected: !message.connected };
    if (at === numberFields.length + 1) return { ...message, type: random.pick(types.filter((type) => type !== message.type)) };
    return { ...message, entries: entriesSchema.mutate(random, message.entries) };
  },
  render: renderMessage,
};

/** `accept 1.2 from 3, commit 2 [3@1.2:"x"]`: the ballot, and whatever else is not empty. */
export function renderMessage(m: PaxosMessage): string {
  const parts: string[] = [`${messageNames[m.type]} ${showBallot(m.ballot)}`];
  if (m.slot !== 0) parts.push(`from ${m.slot}`);
  if (m.type === messageTypes.heartbeat) {
    parts.push(`leader ${showBallot(m.mark)}${m.connected ? '' : ', unconnected'}${m.content ? ', content' : ''}`);
  } else if (m.mark !== 0) parts.push(`to ${m.mark}`);
  if (m.commit !== 0) parts.push(`commit ${m.commit}`);
  if (m.round !== 0) parts.push(`round ${m.round}`);
  if (m.era > 1) parts.push(`era ${m.era}`);
  if (m.entries.length > 0) parts.push(entriesSchema.render(m.entries));
  if (m.snapshot !== null) parts.push(`snapshot ${m.snapshot.index}`);
  return parts.join(' ');
}
