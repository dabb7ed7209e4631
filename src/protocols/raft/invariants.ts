/**
 * Raft's invariants (Raft figure 3, thesis 3.2-3.8) over a whole cluster, checked after every step. Each node's view is
 * compared with what was seen of it before, so the work is proportional to what changed. Sees everything, changes nothing.
 */
import { equalValues, InvariantViolation, type NodeId } from '../../core/index.ts';
import { type Configuration, isJoint } from './confchange.ts';
import type { ConfigurationAt } from './log.ts';
import { type Entry, entryKinds, messageTypes, type RaftMessage } from './message.ts';
import type { Raft } from './raft.ts';
import type { RaftRecord } from './record.ts';

function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

/** What was last seen of one node, in one life. */
class Seen {
  term = 0;
  vote: NodeId = 0;
  leads = false;
  commit = 0;
  applied = 0;
  last = 0;
  lastTerm = 0;
  base = 0;
  configuration: Configuration | null = null;
  configuredAt = 0;
}

/** What is on one node's disk; survives its lives. */
class Disk {
  term = 0;
  vote: NodeId = 0;
  last = 0;
}

/** An entry seen in some log, and the others seen at its index: of other terms. */
interface Logged {
  readonly entry: Entry;
  readonly previousTerm: number;
  readonly next: Logged | null;
}

const PRUNE_AFTER = 8192;

export class RaftInvariants {
  /** By node: what was seen of its present life, what is on its disk. */
  readonly #seen: (Seen | undefined)[] = [];
  readonly #disks: (Disk | undefined)[] = [];
  /** Who led each term. */
  readonly #leaders = new Map<number, NodeId>();
  /** For whom each node announced its vote, by term. */
  readonly #announced = new Map<NodeId, Map<number, NodeId>>();
  /** Entries ever seen in a log, by index - #floor - 1: nearly always one. */
  #entries: (Logged | null)[] = [];
  /** Terms of committed entries, and the terms in which they were first known to be committed, in the same places. */
  #committed: number[] = [];
  #committedIn: number[] = [];
  #floor = 0;

  /** The highest index known to be committed. */
  get committed(): number {
    return this.#floor + this.#committed.length;
  }

  /** A node has made a step. */
  stepped(node: Raft): void {
    let seen = this.#seen[node.id];
    if (seen === undefined) {
      seen = new Seen();
      this.#seen[node.id] = seen;
      // A new life: all of its log is new to us.
      node.log.changedFrom = 0;
      seen.base = node.log.base;
      seen.commit = node.log.base;
      seen.applied = node.log.base;
    }
    const { log } = node;
    if (node.term !== seen.term || node.vote !== seen.vote) this.#termOrVote(node, seen);
    if (log.last !== seen.last || log.changedFrom !== Number.POSITIVE_INFINITY) this.#logChanged(node, seen);
    if ((node.role === 'leader') !== seen.leads) this.#leadership(node, seen);
    if (log.committed !== seen.commit || log.base > seen.base) this.#commitMoved(node, seen);
    if (log.applied !== seen.applied) this.#appliedMoved(node, seen);
    if (node.configuration !== seen.configuration) this.#configurationChanged(node, seen);
  }

  /** A node died: its memory is gone, its disk is not. */
  restarted(id: NodeId): void {
    this.#seen[id] = undefined;
  }

  /** Its disk is gone, too: it may not come back as the same member, unless the protocol says that it may. */
  diskLost(id: NodeId): void {
    this.#disks[id] = undefined;
  }

  /** A record of `id` is durable. */
  written(id: NodeId, record: RaftRecord): void {
    let disk = this.#disks[id];
    if (disk === undefined) {
      disk = new Disk();
      this.#disks[id] = disk;
    }
    disk.term = record.term;
    disk.vote = record.vote;
    if (record.snapshot !== null || record.entries.length > 0) disk.last = record.first + record.entries.length - 1;
  }

  /** A message really leaves its node: what it promises must be durable (thesis 3.8). */
  sent(from: NodeId, to: NodeId, m: RaftMessage): void {
    if (m.reject) return;
    if (m.type === messageTypes.voteResp) this.#voteAnnounced(from, to, m.term);
    else if (m.type === messageTypes.appResp && m.index > 0 && m.index > (this.#disks[from]?.last ?? 0)) {
      // A group commit may hold an older term's answer back until a newer term has replaced what it speaks of: then it
      // is a late answer, as from a slow link, of a node that had it all before it moved on.
      if ((this.#disks[from]?.term ?? 0) > m.term) return;
      fail('durable-before-acknowledged', `n${from} acknowledged index ${m.index}, its disk ends at ${this.#disks[from]?.last ?? 0}`);
    }
  }

  #voteAnnounced(from: NodeId, to: NodeId, term: number): void {
    let announced = this.#announced.get(from);
    if (announced === undefined) {
      announced = new Map();
      this.#announced.set(from, announced);
    }
    const before = announced.get(term);
    if (before !== undefined && before !== to) fail('vote-once', `n${from} voted for n${before} and for n${to} in term ${term}`);
    announced.set(term, to);
    const disk = this.#disks[from];
    if (disk === undefined || disk.term < term || (disk.term === term && disk.vote !== to)) {
      fail(
        'durable-vote',
        `n${from} announced its vote for n${to} in term ${term}, its disk has term ${disk?.term ?? 0}, vote ${disk?.vote ?? 0}`,
      );
    }
  }

  #termOrVote(node: Raft, seen: Seen): void {
    if (node.term < seen.term) fail('term-monotonic', `n${node.id} went from term ${seen.term} back to ${node.term}`);
    if (node.term === seen.term && seen.vote !== 0 && node.vote !== seen.vote) {
      fail('vote-once', `n${node.id} changed its vote in term ${node.term} from n${seen.vote} to n${node.vote}`);
    }
    // A new term ends a leadership even when the same node wins it within one step.
    if (node.term !== seen.term) seen.leads = false;
    seen.term = node.term;
    seen.vote = node.vote;
  }

  #leadership(node: Raft, seen: Seen): void {
    seen.leads = node.role === 'leader';
    if (!seen.leads) return;
    const { id, term, log } = node;
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== id) fail('election-safety', `n${other} and n${id} both lead term ${term}`);
    this.#leaders.set(term, id);
    // Leader completeness: everything committed in earlier terms is there.
    let at = this.#committed.length;
    while (at > 0 && (this.#committedIn[at - 1] as number) >= term) at--;
    const index = this.#floor + at;
    if (at === 0 || index <= log.base) return;
    const found = log.term(index);
    if (found !== this.#committed[at - 1]) {
      fail(
        'leader-completeness',
        `n${id} leads term ${term} without entry ${index} of term ${this.#committed[at - 1]} (has ${described(found)})`,
      );
    }
  }

  #logChanged(node: Raft, seen: Seen): void {
    const { log, id } = node;
    const from = Math.max(Math.min(log.changedFrom, seen.last + 1), log.base + 1);
    log.changedFrom = Number.POSITIVE_INFINITY;
    if (seen.leads && node.role === 'leader' && from <= seen.last) {
      fail('leader-append-only', `n${id}, leader of term ${node.term}, replaced entry ${from} of its log of ${seen.last}`);
    }
    if (from <= seen.commit && from <= log.last)
      fail('committed-is-final', `n${id} replaced entry ${from}, committed up to ${seen.commit}`);
    for (let index = from; index <= log.last; index++) this.#entrySeen(id, index, log.entry(index), log.term(index - 1));
    seen.last = log.last;
    seen.lastTerm = log.lastTerm;
  }

  /** Log matching: an index and a term name one entry and one history before it. */
  #entrySeen(id: NodeId, index: number, entry: Entry, previousTerm: number): void {
    const at = index - this.#floor - 1;
    if (at < 0) return;
    if (previousTerm > entry.term)
      fail('terms-ascend', `n${id} has an entry of term ${entry.term} at ${index} after one of term ${previousTerm}`);
    while (this.#entries.length <= at) this.#entries.push(null);
    const first = this.#entries[at] as Logged | null;
    for (let other = first; other !== null; other = other.next) {
      if (other.entry.term !== entry.term) continue;
      if (previousTerm >= 0 && other.previousTerm >= 0 && other.previousTerm !== previousTerm) {
        fail('log-matching', `entries ${index} of term ${entry.term} follow terms ${other.previousTerm} and ${previousTerm} (n${id})`);
      }
      if (other.entry !== entry && !sameContent(other.entry, entry))
        fail('log-matching', `n${id} has another entry ${index} of term ${entry.term}`);
      return;
    }
    this.#entries[at] = { entry, previousTerm, next: first };
  }

  #commitMoved(node: Raft, seen: Seen): void {
    const { log, id } = node;
    if (log.committed < seen.commit) fail('commit-monotonic', `n${id} went from commit ${seen.commit} back to ${log.committed}`);
    if (log.committed > log.last) fail('commit-bounds', `n${id} has commit ${log.committed} beyond its last entry ${log.last}`);
    if (log.base > log.committed) fail('commit-bounds', `n${id} has dropped ${log.base}, committed is ${log.committed}`);
    for (let index = Math.max(seen.commit, log.base) + 1; index <= log.committed; index++) this.#committedAt(node, index, log.term(index));
    // The entry at the base is committed, too; nothing before it is there to be looked at.
    if (log.base > seen.base) this.#committedAt(node, log.base, log.baseTerm);
    seen.commit = log.committed;
    seen.base = log.base;
    if (log.base > this.#floor + PRUNE_AFTER) this.#prune();
  }

  /** State machine safety: one entry for each committed index, whoever says so. */
  #committedAt(node: Raft, index: number, term: number): void {
    const at = index - this.#floor - 1;
    if (at < 0) return;
    const known = this.#committed[at];
    if (known === undefined) {
      // Skipped ones came in a snapshot that nobody was seen to commit: nothing is known about them.
      while (this.#committed.length < at) {
        this.#committed.push(-1);
        this.#committedIn.push(node.term);
      }
      this.#committed.push(term);
      this.#committedIn.push(node.term);
    } else if (known === -1) {
      this.#committed[at] = term;
    } else if (known !== term) {
      fail('state-machine-safety', `n${node.id} committed entry ${index} of term ${term}, another node one of term ${known}`);
    }
  }

  #appliedMoved(node: Raft, seen: Seen): void {
    const { log, id } = node;
    if (log.applied < seen.applied) fail('applied-monotonic', `n${id} went from applied ${seen.applied} back to ${log.applied}`);
    if (log.applied > log.committed) fail('applied-bounds', `n${id} applied ${log.applied}, committed is ${log.committed}`);
    seen.applied = log.applied;
  }

  /** Neighbouring configurations must have overlapping majorities (thesis 4.1, 4.3). One step may apply several. */
  #configurationChanged(node: Raft, seen: Seen): void {
    seen.configuration = node.configuration;
    const history = node.configurationHistory;
    let at = history.length - 1;
    while (at > 0 && (history[at] as ConfigurationAt).index > seen.configuredAt) at--;
    for (at++; at < history.length; at++) {
      const before = (history[at - 1] as ConfigurationAt).configuration;
      const after = (history[at] as ConfigurationAt).configuration;
      if (isJoint(before) || isJoint(after) || before.voters.length === 0) continue;
      const moved = missing(before.voters, after.voters) + missing(after.voters, before.voters);
      if (moved <= 1) continue;
      fail(
        'one-change-at-a-time',
        `n${node.id} went from voters ${before.voters.join(' ')} to ${after.voters.join(' ')}, not by way of both`,
      );
    }
    seen.configuredAt = history.at(-1)?.index ?? 0;
  }

  /** What every live node has dropped needs no watching any more. */
  #prune(): void {
    let lowest = Number.POSITIVE_INFINITY;
    for (const seen of this.#seen) if (seen !== undefined) lowest = Math.min(lowest, seen.base);
    const drop = Math.min(lowest - this.#floor - 1, this.#committed.length - 1);
    if (drop < PRUNE_AFTER / 2) return;
    this.#entries = this.#entries.slice(drop);
    this.#committed = this.#committed.slice(drop);
    this.#committedIn = this.#committedIn.slice(drop);
    this.#floor += drop;
  }
}

const missing = (from: readonly NodeId[], those: readonly NodeId[]): number => those.filter((id) => !from.includes(id)).length;

const described = (term: number): string => (term < 0 ? 'none' : `one of term ${term}`);

function sameContent(a: Entry, b: Entry): boolean {
  // A witness keeps no content.
  if (a.kind === entryKinds.stripped || b.kind === entryKinds.stripped) return true;
  return a.kind === b.kind && a.session === b.session && a.id === b.id && equalValues(a.op, b.op);
}
