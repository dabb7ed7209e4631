/** How the interaction scripts show configurations, progress, entries and messages. */
import {
  type Configuration,
  changeOf,
  type Entry,
  entryKinds,
  isChange,
  type MemberChange,
  messageNames,
  type Progress,
  type RaftMessage,
  type Snapshot,
} from '../../src/protocols/raft/index.ts';

export const APPEND_THREAD = -1;
export const APPLY_THREAD = -2;

/** A message as the scripts know it: peers' messages, and those between a node and its own storage. */
export interface Wire {
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly term: number;
  readonly logTerm: number;
  readonly index: number;
  readonly reject: boolean;
  readonly hint: number;
  readonly commit: number;
  readonly vote: number;
  readonly entries: readonly Entry[];
  /** Index of the first entry. */
  readonly first: number;
  readonly snapshot: Snapshot | null;
  readonly responses: readonly Wire[];
  /** The real message, where it is one between peers. */
  readonly message: RaftMessage | null;
}

const noWire: Wire = {
  from: 0,
  to: 0,
  name: '',
  term: 0,
  logTerm: 0,
  index: 0,
  reject: false,
  hint: 0,
  commit: 0,
  vote: 0,
  entries: [],
  first: 0,
  snapshot: null,
  responses: [],
  message: null,
};

export const wire = (parts: Partial<Wire>): Wire => ({ ...noWire, ...parts });

const wireNames: Readonly<Record<string, string>> = { transferLeader: 'MsgTransferLeader' };

export function peerWire(from: number, to: number, message: RaftMessage): Wire {
  const name = messageNames[message.type] as string;
  const forwarded = name === 'prop' || name === 'readIndex';
  return wire({
    from: name === 'transferLeader' ? message.hint : from,
    to,
    name: wireNames[name] ?? `Msg${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    term: message.term,
    logTerm: message.logTerm,
    index: message.index,
    reject: message.reject,
    hint: message.hint,
    commit: message.commit,
    entries: message.entries,
    first: forwarded || name === 'readIndexResp' ? 0 : message.index + 1,
    snapshot: message.snapshot,
    message,
  });
}

function target(id: number): string {
  if (id === APPEND_THREAD) return 'AppendThread';
  if (id === APPLY_THREAD) return 'ApplyThread';
  return id === 0 ? 'None' : id.toString(16);
}

export function describeWire(m: Wire, indent = ''): string {
  let text = `${indent}${target(m.from)}->${target(m.to)} ${m.name} Term:${m.term} Log:${m.logTerm}/${m.index}`;
  if (m.reject) text += ` Rejected (Hint: ${m.hint})`;
  if (m.commit !== 0) text += ` Commit:${m.commit}`;
  if (m.vote !== 0) text += ` Vote:${m.vote}`;
  const entries = m.entries.map((entry, i) => describeEntry(entry, m.first === 0 ? 0 : m.first + i));
  if (entries.length === 1) text += ` Entries:[${entries[0]}]`;
  else if (entries.length > 1) text += ` Entries:[${entries.map((entry) => `\n${indent}  ${entry}`).join('')}\n${indent}]`;
  if (m.snapshot !== null) text += `\n${indent}  Snapshot: ${describeSnapshot(m.snapshot)}`;
  if (m.responses.length > 0) text += ` Responses:[${m.responses.map((r) => `\n${describeWire(r, `${indent}  `)}`).join('')}\n${indent}]`;
  return text;
}

const letters = { 'add-voter': 'v', 'add-learner': 'l', 'add-witness': 'w', remove: 'r', update: 'u' } as const;
const byLetter = new Map(Object.entries(letters).map(([type, letter]) => [letter as string, type as MemberChange['type']]));

/** `v1 l2 r3 u4`; a text when it is something else. */
export function parseChanges(input: string): MemberChange[] | string {
  const changes: MemberChange[] = [];
  for (const token of input.trim().split(' ')) {
    if (token === '') continue;
    if (token.length < 2) return `unknown token ${token}`;
    const type = byLetter.get(token.charAt(0));
    if (type === undefined) return `unknown input: ${token}`;
    changes.push({ type, node: Number(token.slice(1)) });
  }
  return changes;
}

export function describeEntry(entry: Entry, index: number): string {
  const head = `${index === 0 ? 0 : entry.term}/${index}`;
  if (!isChange(entry)) return `${head} EntryNormal ${JSON.stringify(entry.op ?? '')}`;
  const name = entry.kind === entryKinds.changeV1 ? 'EntryConfChange' : 'EntryConfChangeV2';
  const changes = changeOf(entry).changes.map(({ type, node }) => `${letters[type]}${node}`);
  return [head, name, ...changes].join(' ');
}

const list = (ids: readonly number[]): string => `[${ids.join(' ')}]`;

export function describeSnapshot({ index, term, configuration: c }: Snapshot): string {
  const members = `Voters:${list(c.voters)} VotersOutgoing:${list(c.outgoing)} Learners:${list(c.learners)} LearnersNext:${list(c.learnersNext)}`;
  return `Index:${index} Term:${term} ConfState:${members} AutoLeave:${c.autoLeave}`;
}

const set = (ids: readonly number[]): string => `(${ids.map((id) => id.toString(16)).join(' ')})`;

export function describeConfiguration(c: Configuration): string {
  let text = `voters=${set(c.voters)}`;
  if (c.outgoing.length > 0) text += `&&${set(c.outgoing)}`;
  if (c.learners.length > 0) text += ` learners=${set(c.learners)}`;
  if (c.learnersNext.length > 0) text += ` learners_next=${set(c.learnersNext)}`;
  return c.autoLeave ? `${text} autoleave` : text;
}

const stateNames = { probe: 'StateProbe', replicate: 'StateReplicate', snapshot: 'StateSnapshot' } as const;

export function describeProgress(member: Progress): string {
  let text = `${stateNames[member.state]} match=${member.match} next=${member.next}`;
  if (member.learner) text += ' learner';
  if (member.paused) text += ' paused';
  if (member.pendingSnapshot > 0) text += ` pendingSnap=${member.pendingSnapshot}`;
  if (!member.active) text += ' inactive';
  if (member.inflights.count > 0) text += ` inflight=${member.inflights.count}${member.inflights.full ? '[full]' : ''}`;
  return text;
}
