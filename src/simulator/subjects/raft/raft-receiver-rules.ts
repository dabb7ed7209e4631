/**
 * What a server must do with a message (Raft figure 2, "Receiver implementation" and "Rules for Servers"; thesis 3.10,
 * 4.2.3, 6.4.1), checked after the step that took it. A wrong decision shows at its first occasion, before it has had
 * time to make two servers differ. Sees everything, changes nothing.
 */
import { InvariantViolation, type NodeId } from '../../../core/index.ts';
import { isChange, messageTypes, type Raft, type RaftMessage } from '../../../protocols/raft/index.ts';
import type { WatchedWorld } from '../../observer.ts';

/** What a server was before the step that is judged. */
export interface BeforeStep {
  readonly term: number;
  readonly vote: NodeId;
  readonly role: string;
  readonly leader: NodeId;
  readonly last: number;
  readonly base: number;
  readonly committed: number;
  readonly applied: number;
}

/** The context of a vote request that a leader ordered. */
const BY_ORDER = 1;

const NEVER = Number.NEGATIVE_INFINITY;

export function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

/** When one server heard of a leader, on its own clock; a jump of that clock makes it forget. */
class Contact {
  heardUs = NEVER;
  heardTerm = 0;
  /** It has a disk with something on it, and began its present life at `startedUs`. */
  wrote = false;
  startedUs = NEVER;
}

export class RaftReceiverRules {
  readonly #world: WatchedWorld;
  readonly #contacts: (Contact | undefined)[] = [];
  /** Who sent the message of the step under way, and what it was sent in this step. */
  #from: NodeId = 0;
  #answered = false;
  #preVoted = false;

  constructor(world: WatchedWorld) {
    this.#world = world;
  }

  received(from: NodeId): void {
    this.#from = from;
    this.#answered = false;
    this.#preVoted = false;
  }

  sent(to: NodeId, { type, reject }: RaftMessage): void {
    if (to !== this.#from) return;
    this.#answered = true;
    if (type === messageTypes.preVoteResp && !reject) this.#preVoted = true;
  }

  written(id: NodeId): void {
    this.#contact(id).wrote = true;
  }

  diskLost(id: NodeId): void {
    this.#contact(id).wrote = false;
  }

  clockJumped(id: NodeId): void {
    const contact = this.#contact(id);
    contact.heardUs = NEVER;
    contact.startedUs = NEVER;
  }

  /** `id` died; it may start again at once. */
  started(id: NodeId): void {
    const contact = this.#contact(id);
    contact.heardUs = NEVER;
    contact.startedUs = contact.wrote ? this.#world.localNow(id) : NEVER;
  }

  /** Did `node` hear from the leader of `term` less than an election time-out ago? */
  hears(node: Raft, term: number): boolean {
    const { heardUs, heardTerm } = this.#contact(node.id);
    return heardTerm === term && this.#isRecent(node, heardUs);
  }

  /** The step that took `m` is over. */
  stepped(node: Raft, before: BeforeStep, from: NodeId, m: RaftMessage): void {
    this.#from = 0;
    if (m.term !== 0 && m.term < before.term) return this.#stale(node, before, from, m);
    switch (m.type) {
      case messageTypes.app:
      case messageTypes.heartbeat:
      case messageTypes.snap:
        return this.#leaderSpoke(node, before, from, m);
      case messageTypes.vote:
        return this.#asked(node, before, from, m);
      case messageTypes.preVote:
        return this.#askedBefore(node, before, from, m);
      case messageTypes.appResp:
      case messageTypes.heartbeatResp:
      case messageTypes.voteResp:
        if (m.term > node.term && node.progress(from) !== null) this.#behind(node, from, m);
        return;
      case messageTypes.timeoutNow:
        if (m.term === before.term && before.role === 'follower') this.#ordered(node, before, from);
    }
  }

  #contact(id: NodeId): Contact {
    let contact = this.#contacts[id];
    if (contact === undefined) {
      contact = new Contact();
      this.#contacts[id] = contact;
    }
    return contact;
  }

  #isRecent(node: Raft, sinceUs: number): boolean {
    const elapsed = this.#world.localNow(node.id) - sinceUs;
    return elapsed >= 0 && elapsed < node.config.electionTimeoutUs;
  }

  #behind(node: Raft, from: NodeId, m: RaftMessage): never {
    fail('newer-term', `n${node.id} heard of term ${m.term} from n${from} and stays in term ${node.term} (Raft 5.1)`);
  }

  /** A request with a stale term changes nothing, and is answered where silence could last for ever (Raft 5.1; thesis 9.6). */
  #stale(node: Raft, before: BeforeStep, from: NodeId, m: RaftMessage): void {
    if (node.term === before.term && node.role === before.role) {
      const { log, leader } = node;
      // What is committed stays so: votes of any term may tell of it.
      const told = m.type >= messageTypes.vote && m.type <= messageTypes.preVoteResp;
      if (log.last !== before.last || (log.committed !== before.committed && !told) || (leader !== before.leader && leader !== 0))
        fail('stale-term', `n${node.id} in term ${node.term} acted on a message of term ${m.term} from n${from} (Raft 5.1)`);
    }
    const { checkQuorum, preVote } = node.config;
    const mustAnswer =
      m.type === messageTypes.preVote || ((m.type === messageTypes.app || m.type === messageTypes.heartbeat) && (checkQuorum || preVote));
    if (mustAnswer) this.#mustHaveAnswered(node, from, m);
  }

  /** What waits for the disk is answered later. */
  #mustHaveAnswered(node: Raft, from: NodeId, m: RaftMessage): void {
    if (this.#answered || node.writesInFlight > 0 || from === node.id) return;
    fail('requests-answered', `n${node.id} in term ${node.term} says nothing to the request of n${from} in term ${m.term} (Raft 5.1)`);
  }

  #leaderSpoke(node: Raft, before: BeforeStep, from: NodeId, m: RaftMessage): void {
    const { id, log, role, leader, term } = node;
    if (m.term > term) this.#behind(node, from, m);
    if (m.term === term && (role !== 'follower' || leader !== from))
      fail('leader-recognised', `n${id} is ${role} and follows n${leader} after n${from}, leader of term ${term}, spoke (Raft 5.2)`);
    const contact = this.#contact(id);
    contact.heardUs = this.#world.localNow(id);
    contact.heardTerm = m.term;
    let known = m.commit;
    if (m.type === messageTypes.app) known = Math.min(known, m.index + m.entries.length);
    else if (m.type === messageTypes.snap) known = m.snapshot?.index ?? 0;
    if (log.committed > before.committed && log.committed > known)
      fail('commit-as-told', `n${id} takes ${log.committed} for committed, n${from} only vouched for ${known} (Raft 5.3)`);
    if (m.type === messageTypes.app && m.entries.length > 0 && m.index >= before.committed) this.#appended(node, m);
    if (m.type !== messageTypes.snap) this.#mustHaveAnswered(node, from, m);
  }

  /** Where the entry before them matches, the entries of an append are in the log afterwards (Raft 5.3). */
  #appended({ id, log }: Raft, m: RaftMessage): void {
    const last = m.index + m.entries.length;
    const ends = m.entries[m.entries.length - 1]?.term;
    if (last <= log.base || log.term(m.index) !== m.logTerm || log.term(last) === ends) return;
    fail('append-taken', `n${id} has term ${log.term(last)} at ${last} after an append that fits and has term ${ends} there (Raft 5.3)`);
  }

  #asked(node: Raft, before: BeforeStep, from: NodeId, m: RaftMessage): void {
    const { id, term } = node;
    const granted = node.vote === from && term === m.term && (before.vote !== from || before.term !== term);
    if (granted) this.#mustBeUpToDate(node, from, m);
    if (m.context === BY_ORDER || (!granted && term === before.term) || !this.#mustIgnore(node, before)) return;
    fail('campaign-ignored', `n${id} minds the campaign of n${from} in term ${m.term} although its leader lives (thesis 4.2.3, 6.4.1)`);
  }

  /** Pre-votes are given like votes, and change nothing (thesis 9.6). */
  #askedBefore(node: Raft, before: BeforeStep, from: NodeId, m: RaftMessage): void {
    if (node.term !== before.term)
      fail('pre-vote-keeps-term', `n${node.id} goes to term ${node.term} when asked for a pre-vote (thesis 9.6)`);
    if (!this.#preVoted) return;
    this.#mustBeUpToDate(node, from, m);
    if (m.context !== BY_ORDER && m.term > before.term && this.#mustIgnore(node, before))
      fail('campaign-ignored', `n${node.id} gives n${from} its pre-vote although its leader lives (thesis 4.2.3, 9.6)`);
  }

  #mustBeUpToDate({ id, log }: Raft, from: NodeId, m: RaftMessage): void {
    if (m.logTerm > log.lastTerm || (m.logTerm === log.lastTerm && m.index >= log.last)) return;
    fail(
      'vote-up-to-date',
      `n${id} votes for n${from}, whose log ends with entry ${m.index} of term ${m.logTerm}; its own with ${log.last} of ${log.lastTerm} (Raft 5.4.1)`,
    );
  }

  #mustIgnore(node: Raft, before: BeforeStep): boolean {
    const { heardUs, heardTerm, startedUs } = this.#contact(node.id);
    if (before.role !== 'follower') return false;
    if (node.config.readMode === 'lease' && (this.#isRecent(node, heardUs) || this.#isRecent(node, startedUs))) return true;
    return node.config.checkQuorum && before.leader !== 0 && heardTerm === before.term && this.#isRecent(node, heardUs);
  }

  /** Who is ordered to campaign does so at once (thesis 3.10), unless it must not campaign at all. */
  #ordered(node: Raft, before: BeforeStep, from: NodeId): void {
    const { id, log, configuration } = node;
    const votes = configuration.voters.includes(id) || configuration.outgoing.includes(id);
    if (!votes || node.isWitness || log.pendingSnapshot !== 0 || node.term > before.term) return;
    for (let index = log.applied + 1; index <= log.committed; index++) if (isChange(log.entry(index))) return;
    fail('order-obeyed', `n${id} does not campaign although n${from}, leader of term ${before.term}, ordered it to (thesis 3.10)`);
  }
}
