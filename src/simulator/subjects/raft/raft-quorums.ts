/**
 * What Raft's promises rest on, checked at the moment they are made: a leader has the durable votes of a quorum; what
 * it commits is on the disks of a quorum, and no one without it could be elected (Raft 5.4, figure 8); members agree on
 * their configuration, one change at a time (thesis 4). A bug shows here long before two nodes are seen to differ.
 */
import { InvariantViolation, type NodeId, type OrderingIndication } from '../../../core/index.ts';
import {
  type Configuration,
  type ConfigurationAt,
  isChange,
  messageTypes,
  type Raft,
  type RaftMessage,
  type RaftRecord,
} from '../../../protocols/raft/index.ts';

/** The log on one disk, as terms by index. */
export class DiskLog {
  term = 0;
  vote: NodeId = 0;
  base = 0;
  baseTerm = 0;
  terms: number[] = [];

  get last(): number {
    return this.base + this.terms.length;
  }

  get lastTerm(): number {
    return this.terms.at(-1) ?? this.baseTerm;
  }

  /** What a snapshot stands for was committed: it is what was agreed. */
  holds(index: number, term: number): boolean {
    return index <= this.base || this.terms[index - this.base - 1] === term;
  }

  write(record: RaftRecord): void {
    const { first, entries } = record;
    this.term = record.term;
    this.vote = record.vote;
    if (record.snapshot !== null) {
      this.base = first - 1;
      this.baseTerm = record.baseTerm;
      this.terms = [];
    }
    if (entries.length === 0 || first <= this.base || first > this.last + 1) return;
    const keep = first - this.base - 1;
    if (keep < this.terms.length) this.terms.length = keep;
    for (const { term } of entries) this.terms.push(term);
  }
}

class Seen {
  term = 0;
  leads = false;
  commit = 0;
  last = 0;
  configuration: Configuration | null = null;
}

function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

/** Do so many of each half agree that these are two majorities? */
export function isQuorum({ voters, outgoing }: Configuration, agrees: (id: NodeId) => boolean): boolean {
  return isMajority(voters, agrees) && (outgoing.length === 0 || isMajority(outgoing, agrees));
}

/** Allocates nothing: it runs for every commit. */
function isMajority(ids: readonly NodeId[], agrees: (id: NodeId) => boolean): boolean {
  let count = 0;
  for (let i = 0; i < ids.length; i++) if (agrees(ids[i] as NodeId)) count++;
  return count * 2 > ids.length;
}

export class RaftQuorums {
  /** By node. */
  readonly #seen: (Seen | undefined)[] = [];
  readonly #disks: (DiskLog | undefined)[] = [];
  /** Who announced a vote, by term and candidate. */
  readonly #votes = new Map<string, Set<NodeId>>();
  /** Configurations by the index from which they hold, ascending: as the first node had them. */
  readonly #configurations: ConfigurationAt[] = [];
  readonly #looked = new WeakSet<ConfigurationAt>();
  /** Those who took a snapshot in the step under way, and its index. */
  readonly #restored = new Map<NodeId, number>();
  #diskLost = false;
  /** The highest index that a leader has committed. */
  committed = 0;

  stepped(node: Raft): void {
    let seen = this.#seen[node.id];
    if (seen === undefined) {
      seen = new Seen();
      this.#seen[node.id] = seen;
    }
    const { log, configuration } = node;
    const leads = node.role === 'leader';
    if (leads && (!seen.leads || seen.term !== node.term)) this.#elected(node, seen);
    else if (leads && log.last > seen.last) this.#appended(node, seen);
    if (log.committed > seen.commit) this.#committedMore(node, seen);
    if (configuration !== seen.configuration) this.#configured(node);
    seen.term = node.term;
    seen.leads = leads;
    seen.commit = log.committed;
    seen.last = log.last;
    seen.configuration = configuration;
  }

  written(id: NodeId, record: RaftRecord): void {
    this.#disk(id).write(record);
  }

  sent(from: NodeId, to: NodeId, m: RaftMessage): void {
    if (m.type !== messageTypes.voteResp || m.reject) return;
    const key = `${m.term}/${to}`;
    const votes = this.#votes.get(key);
    if (votes === undefined) this.#votes.set(key, new Set([from]));
    else votes.add(from);
  }

  indicated(id: NodeId, indication: OrderingIndication): void {
    if (indication.kind === 'restore') this.#restored.set(id, indication.index);
  }

  restarted(id: NodeId): void {
    this.#seen[id] = undefined;
    this.#restored.delete(id);
  }

  /** Quorums of what was durable mean nothing any more. */
  diskLost(id: NodeId): void {
    this.#disks[id] = undefined;
    this.#diskLost = true;
  }

  /** What the disk of `id` has. */
  disk(id: NodeId): DiskLog {
    return this.#disk(id);
  }

  #disk(id: NodeId): DiskLog {
    let disk = this.#disks[id];
    if (disk === undefined) {
      disk = new DiskLog();
      this.#disks[id] = disk;
    }
    return disk;
  }

  /** What may have been in force during the step: a step may apply changes before or after it counts. */
  #inForce(node: Raft, seen: Seen): readonly Configuration[] {
    const { configuration } = node;
    if (seen.configuration === null || seen.configuration === configuration) return [configuration];
    return [seen.configuration, ...node.configurationHistory.map((at) => at.configuration)];
  }

  #elected(node: Raft, seen: Seen): void {
    const { id, term } = node;
    const votes = this.#votes.get(`${term}/${id}`);
    const own = this.#disk(id);
    const ownVote = own.term > term || (own.term === term && own.vote === id);
    const voted = (voter: NodeId): boolean => (voter === id ? ownVote : votes?.has(voter) === true);
    if (this.#diskLost || this.#inForce(node, seen).some((configuration) => isQuorum(configuration, voted))) return;
    const names = node.configuration.voters.filter(voted).map((voter) => `n${voter}`);
    fail('elected-by-quorum', `n${id} leads term ${term} with the votes of ${names.join(', ') || 'nobody'} only`);
  }

  /** A change is proposed only when those before it are applied (thesis 4.1). */
  #appended(node: Raft, seen: Seen): void {
    const { log } = node;
    for (let index = Math.max(seen.last, log.base) + 1; index <= log.last; index++) {
      if (!isChange(log.entry(index))) continue;
      for (let earlier = Math.max(log.applied, log.base) + 1; earlier < index; earlier++) {
        if (isChange(log.entry(earlier)))
          fail('one-change-at-a-time', `n${node.id} proposed change ${index}, change ${earlier} is not applied (applied ${log.applied})`);
      }
    }
  }

  #committedMore(node: Raft, seen: Seen): void {
    const { id, log, role } = node;
    const index = log.committed;
    if (role !== 'leader' && !seen.leads) {
      if (index > this.committed) fail('committed-by-leader', `n${id} takes ${index} for committed, leaders committed ${this.committed}`);
      return;
    }
    this.committed = Math.max(this.committed, index);
    if (this.#diskLost) return;
    const term = log.term(index);
    const configurations = this.#inForce(node, seen);
    const holds = (voter: NodeId): boolean => this.#disk(voter).holds(index, term);
    if (!configurations.some((configuration) => isQuorum(configuration, holds))) {
      const names = node.configuration.voters.filter(holds).map((voter) => `n${voter}`);
      fail('committed-by-quorum', `n${id} committed entry ${index} of term ${term}, on disk of ${names.join(', ') || 'nobody'} only`);
    }
    const [only] = configurations;
    if (configurations.length === 1 && only !== undefined) this.#noRival(only, id, index, term);
  }

  /** Nobody who lacks a committed entry could still be elected, by what disks hold. */
  #noRival(configuration: Configuration, leader: NodeId, index: number, term: number): void {
    for (const id of configuration.voters) {
      const log = this.#disk(id);
      if (log.holds(index, term) || configuration.witnesses.includes(id)) continue;
      const wouldVote = (voter: NodeId): boolean => {
        const other = this.#disk(voter);
        return log.lastTerm > other.lastTerm || (log.lastTerm === other.lastTerm && log.last >= other.last);
      };
      if (!isQuorum(configuration, wouldVote)) continue;
      const end = `its log ends with entry ${log.last} of term ${log.lastTerm}`;
      fail('no-rival', `n${leader} committed entry ${index} of term ${term}, but n${id} could be elected without it: ${end}`);
    }
  }

  /** The configuration at an index is the same for all, also where it came in a snapshot. */
  #configured(node: Raft): void {
    const history = node.configurationHistory;
    const restored = this.#restored.get(node.id);
    this.#restored.delete(node.id);
    // A history grows, or is cut and grows: what was looked at comes first.
    let at = history.length;
    while (at > 0 && !this.#looked.has(history[at - 1] as ConfigurationAt)) at--;
    for (; at < history.length; at++) {
      const found = history[at] as ConfigurationAt;
      this.#looked.add(found);
      // The first one is a change of its own, or what was in force at a snapshot.
      this.#configuredAt(node, found, at > 0 || restored !== found.index);
    }
  }

  #configuredAt(node: Raft, { index, configuration }: ConfigurationAt, mayChange: boolean): void {
    const known = this.#configurations;
    let at = known.length - 1;
    while (at >= 0 && (known[at] as ConfigurationAt).index > index) at--;
    const before = known[at];
    if (before === undefined || (mayChange && before.index < index)) known.splice(at + 1, 0, { index, configuration });
    else if (!sameConfiguration(before.configuration, configuration)) {
      const [ours, theirs] = [configuration, before.configuration].map((one) => JSON.stringify(one));
      fail('configuration-agreed', `n${node.id} has configuration ${ours} at index ${index}, others ${theirs} since ${before.index}`);
    }
  }
}

const sameNodes = (a: readonly NodeId[], b: readonly NodeId[]): boolean => a.length === b.length && a.every((id, i) => id === b[i]);

function sameConfiguration(a: Configuration, b: Configuration): boolean {
  if (a === b) return true;
  if (a.autoLeave !== b.autoLeave || !sameNodes(a.voters, b.voters) || !sameNodes(a.outgoing, b.outgoing)) return false;
  return sameNodes(a.learners, b.learners) && sameNodes(a.learnersNext, b.learnersNext) && sameNodes(a.witnesses, b.witnesses);
}
