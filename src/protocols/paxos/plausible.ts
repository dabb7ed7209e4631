/**
 * Messages that no correct node sends, told apart by their shape alone: from strangers, with ballots of somebody else, slots
 * that do not follow one another, impossible quorums. They are dropped and counted by code, and touch no state.
 */
import type { NodeId } from '../../core/index.ts';
import { nodeOf, roundOf } from './ballot.ts';
import { type Configuration, parseReconfiguration, quorumProblem } from './configuration.ts';
import { type Entry, entryKinds, messageTypes, type PaxosMessage, type Snapshot } from './message.ts';

/** Slots beyond what is chosen that anybody may speak of: no leader has so many under way. */
export const SLOT_WINDOW = 1 << 20;

const isMine = (ballot: number, from: NodeId): boolean => ballot > 0 && nodeOf(ballot) === from;

/** A code, or null when the message makes sense. */
export function problemOf(
  from: NodeId,
  m: PaxosMessage,
  peers: readonly NodeId[],
  { era, members }: Configuration,
  committed: number,
): 'LC_MEMBERSHIP' | 'LC_CODEC' | 'LC_OVERLOADED' | null {
  if (!peers.includes(from)) return 'LC_MEMBERSHIP';
  // Whoever is not in its own configuration has no part in it.
  if (m.era === era && takesPart(m) && !members.includes(from)) return 'LC_MEMBERSHIP';
  if (!ballotFits(from, m) || !entriesFit(m)) return 'LC_CODEC';
  if (m.snapshot !== null && !snapshotFits(m.snapshot)) return 'LC_CODEC';
  return beyondWindow(m, committed) ? 'LC_OVERLOADED' : null;
}

/** What is known to be chosen follows without a gap; anything else may not lie too far behind that. */
function beyondWindow({ type, slot, entries, commit }: PaxosMessage, committed: number): boolean {
  const last = entries.at(-1)?.slot ?? 0;
  if (type === messageTypes.promise) return last > commit + SLOT_WINDOW;
  return type === messageTypes.accept && Math.max(last, slot) > committed + SLOT_WINDOW && last > 0;
}

function takesPart(m: PaxosMessage): boolean {
  switch (m.type) {
    case messageTypes.learn:
    case messageTypes.chosen:
    case messageTypes.propose:
    case messageTypes.readIndex:
    case messageTypes.readIndexResp:
      return false;
    default:
      return true;
  }
}

function ballotFits(from: NodeId, m: PaxosMessage): boolean {
  switch (m.type) {
    case messageTypes.prepare:
    case messageTypes.accept:
    case messageTypes.takeOver:
      return isMine(m.ballot, from) && roundOf(m.ballot) > 0;
    case messageTypes.heartbeatRequest:
    case messageTypes.heartbeat:
      return nodeOf(m.ballot) === from;
    case messageTypes.chosen:
      return m.slot === 0 || (isMine(m.ballot, from) && roundOf(m.ballot) > 0);
    case messageTypes.promise:
    case messageTypes.accepted:
    case messageTypes.nack:
      return nodeOf(m.ballot) > 0;
    default:
      return true;
  }
}

function entriesFit(m: PaxosMessage): boolean {
  const { entries } = m;
  switch (m.type) {
    case messageTypes.propose:
    case messageTypes.readIndex:
    case messageTypes.readIndexResp:
      return entries.length > 0;
    case messageTypes.accept:
      return m.slot > 0 && ascend(entries, true) && entries.every(({ ballot, slot }) => ballot === m.ballot && slot >= m.slot);
    case messageTypes.promise:
      return m.slot > 0 && ascend(entries, false) && entries.every(({ ballot, slot }) => ballot <= m.ballot || slot <= m.commit);
    case messageTypes.chosen:
      return ascend(entries, true) && (entries.at(-1)?.slot ?? 0) <= m.commit;
    default:
      return entries.length === 0;
  }
}

/** Slots go up; `close`: without gaps. */
function ascend(entries: readonly Entry[], close: boolean): boolean {
  for (let i = 0; i < entries.length; i++) {
    const { slot, ballot, kind, op } = entries[i] as Entry;
    if (slot < 1 || nodeOf(ballot) === 0) return false;
    if (kind === entryKinds.stopSign && !isStopSign(op)) return false;
    if (i === 0) continue;
    const before = (entries[i - 1] as Entry).slot;
    if (close ? slot !== before + 1 : slot <= before) return false;
  }
  return true;
}

function isStopSign(op: Entry['op']): boolean {
  if (op === null || typeof op !== 'object' || Array.isArray(op) || op instanceof Uint8Array) return false;
  const next = parseReconfiguration(op as { readonly [key: string]: Entry['op'] });
  return next !== null && quorumProblem(next) === null;
}

const snapshotFits = ({ index, configuration }: Snapshot): boolean =>
  configuration.era <= index + 1 && quorumProblem(configuration) === null;
