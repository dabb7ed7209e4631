/**
 * What a server may do by itself: when it campaigns, how it begins and ends a leadership, what it sends, how much and to
 * whom (Raft figure 2, "Rules for Servers"; thesis 3.10, 4.2.2, 4.3, 6.4, 9.6, 10.2; limits: src/protocols/raft/README.md).
 */
import type { NodeId } from '../../../core/index.ts';
import { type Entry, entryKinds, isChange, isJoint, messageTypes, type Raft, type RaftMessage } from '../../../protocols/raft/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { type BeforeStep, fail, type RaftReceiverRules } from './raft-receiver-rules.ts';

/** What the settings allow: a server's own configuration is its own. */
export interface RaftLimits {
  readonly maxMessageBytes: number;
  readonly maxInflightMessages: number;
  readonly maxInflightPersists: number;
  readonly maxUncommittedBytes: number;
}

/** A transfer of leadership that goes on for too long. */
interface Handover {
  readonly to: NodeId;
  readonly term: number;
  readonly sinceUs: number;
  /** When it was first seen to be overdue: its timer may be about to fire. */
  overdueUs: number;
}

/** Election time-outs that a transfer may take. It has one; clocks and timers may be late. */
const PATIENCE = 3;

const OUT_OF_REACH = 1_000_000;

export class RaftConduct {
  readonly #world: WatchedWorld;
  readonly #receiver: RaftReceiverRules;
  readonly #limits: RaftLimits;
  /** Whom each server knew as witnesses after its last change. */
  readonly #witnesses: (readonly NodeId[] | undefined)[] = [];
  readonly #handovers = new Map<NodeId, Handover>();

  constructor(world: WatchedWorld, receiver: RaftReceiverRules, limits: RaftLimits) {
    this.#world = world;
    this.#limits = limits;
    this.#receiver = receiver;
  }

  /** Time passes: a transfer has to end. */
  passed(node: Raft): void {
    if (node.transferee === 0 && this.#handovers.size === 0) return;
    const { id, transferee, term } = node;
    if (transferee === 0) {
      this.#handovers.delete(id);
      return;
    }
    const known = this.#handovers.get(id);
    if (known === undefined || known.to !== transferee || known.term !== term) {
      this.#handovers.set(id, { to: transferee, term, sinceUs: this.#world.localNow(id), overdueUs: Number.POSITIVE_INFINITY });
      return;
    }
    const now = this.#world.localNow(id);
    const { electionTimeoutUs } = node.config;
    if (now - known.sinceUs > PATIENCE * electionTimeoutUs) {
      if (known.overdueUs > now) known.overdueUs = now;
      if (now - known.overdueUs > electionTimeoutUs)
        fail('transfer-ends', `n${id} still waits for n${transferee} to take over, and refuses proposals meanwhile (thesis 3.10)`);
    }
  }

  /** A new life, or a clock that jumped: what was measured means nothing. */
  restarted(id: NodeId): void {
    this.#handovers.delete(id);
  }

  /** Something of `node` changed in its last step. `alone`: no message caused it. */
  stepped(node: Raft, before: BeforeStep, alone: boolean): void {
    const { role } = node;
    this.#witnesses[node.id] = node.configuration.witnesses;
    if (role !== before.role) {
      if (role === 'leader') this.#elected(node);
      else if (role !== 'follower') this.#campaigns(node, before, alone);
    }
    if (role !== 'leader' || before.role !== 'leader' || node.term !== before.term) return;
    if (node.log.committed > before.committed) this.#committed(node);
    if (node.log.last > before.last) this.#appended(node, before);
    if (node.log.applied > before.applied && node.log.applied === node.log.last) this.#allApplied(node);
  }

  /** Raft 8, thesis 6.4: a leader begins with an entry of its own, or it may never learn what is committed. */
  #elected({ id, term, log, configuration, isWitness }: Raft): void {
    if (log.lastTerm !== term) fail('leader-begins-with-entry', `n${id} leads term ${term} without an entry of its own (Raft 8)`);
    if (isWitness || configuration.learners.includes(id)) fail('voters-lead', `n${id} leads term ${term}, but may not stand for election`);
  }

  #campaigns(node: Raft, before: BeforeStep, alone: boolean): void {
    const { id, log, role, term } = node;
    for (let index = Math.max(log.applied, log.base) + 1; index <= log.committed; index++) {
      if (isChange(log.entry(index))) fail('campaign-in-force', `n${id} campaigns, but the committed change ${index} is not applied`);
    }
    if (role === 'pre-candidate' && node.members.some(({ version }) => version === 1))
      fail('pre-vote-understood', `n${id} asks for pre-votes, and knows of members of version 1, which give none`);
    if (!alone) return;
    if (role === 'pre-candidate' && term !== before.term)
      fail('pre-vote-keeps-term', `n${id} asks for pre-votes and goes from term ${before.term} to ${term} (thesis 9.6)`);
    if (before.role === 'follower' && before.leader !== 0 && this.#receiver.hears(node, before.term))
      fail('campaign-after-time-out', `n${id} campaigns within an election time-out of hearing from n${before.leader} (Raft 5.2)`);
  }

  /** Raft 5.4.2, figure 8. */
  #committed({ id, term, log }: Raft): void {
    const of = log.term(log.committed);
    if (of !== term)
      fail('commit-own-term', `n${id}, leader of term ${term}, commits up to entry ${log.committed} of term ${of} (Raft 5.4.2)`);
  }

  /** Thesis 3.10: a leader that hands over takes no requests; and it takes no more than it may while nothing commits. */
  #appended({ id, log, term, transferee }: Raft, before: BeforeStep): void {
    const { maxUncommittedBytes } = this.#limits;
    let bytes = 0;
    // Where the limit is out of reach nothing needs to be counted.
    for (let index = log.last; index > log.applied && maxUncommittedBytes < OUT_OF_REACH; index--) {
      const { size, term: of } = log.entry(index);
      if (of !== term || size === 0) continue;
      if (bytes > 0 && bytes + size > maxUncommittedBytes)
        fail('uncommitted-bytes', `n${id} takes more proposals with over ${maxUncommittedBytes} bytes uncommitted`);
      bytes += size;
    }
    if (transferee === 0) return;
    for (let index = Math.max(before.last, log.base) + 1; index <= log.last; index++) {
      if (log.entry(index).session !== 0)
        fail('no-proposals-in-transfer', `n${id} takes proposal ${index} while it hands over to n${transferee} (thesis 3.10)`);
    }
  }

  /** Nothing is under way any more: what had to follow a membership change has followed it (thesis 4.2.2, 4.3). */
  #allApplied({ id, configuration, transferee, log, config }: Raft): void {
    const { voters, outgoing, autoLeave } = configuration;
    if (!voters.includes(id) && !outgoing.includes(id) && config.stepDownOnRemoval)
      fail('removed-leader-leaves', `n${id} leads on at ${log.last} a group of which it is no voter (thesis 4.2.2)`);
    if (isJoint(configuration) && autoLeave && transferee === 0)
      fail('joint-is-left', `n${id} does not leave the joint configuration at ${log.last} (thesis 4.3)`);
  }

  // What is sent.

  sent(node: Raft, to: NodeId, m: RaftMessage): void {
    if (m.type === messageTypes.timeoutNow) this.#ordered(node, to);
    else if (m.type === messageTypes.app && m.entries.length > 0) this.#appends(node, to, m.entries);
  }

  /** Thesis 3.10: the target votes, has data and the whole log. */
  #ordered(node: Raft, to: NodeId): void {
    const { id, log, configuration } = node;
    const { voters, outgoing, witnesses } = configuration;
    if ((!voters.includes(to) && !outgoing.includes(to)) || witnesses.includes(to))
      fail('transfer-to-voter', `n${id} orders n${to} to campaign, which may not stand for election (thesis 3.10)`);
    const match = node.progress(to)?.match ?? 0;
    if (match < log.last) fail('transfer-caught-up', `n${id} orders n${to} to campaign, which has ${match} of ${log.last} (thesis 3.10)`);
  }

  acknowledged({ id, log }: Raft, leader: Raft, index: number): void {
    const own = log.term(index);
    const theirs = leader.log.term(index);
    // What either has compacted away was committed.
    if (index <= log.base || index <= leader.log.base || own === theirs) return;
    fail(
      'acknowledged-matches',
      `n${id} acknowledges entry ${index} to n${leader.id}, whose entry there is of term ${theirs}, not ${own} (Raft 5.3)`,
    );
  }

  #appends(node: Raft, to: NodeId, entries: readonly Entry[]): void {
    const { id } = node;
    const { maxInflightMessages, maxMessageBytes } = this.#limits;
    const member = node.progress(to);
    if (member !== null && member.inflights.count > maxInflightMessages)
      fail('flow-window', `n${id} has ${member.inflights.count} messages to n${to} under way, ${maxInflightMessages} are allowed`);
    if (entries.length > 1) {
      let bytes = 0;
      for (let i = 0; i < entries.length; i++) bytes += (entries[i] as Entry).size;
      if (bytes > maxMessageBytes) fail('message-size', `n${id} sends ${bytes} bytes in one message, not ${maxMessageBytes}`);
    }
    const witnesses = this.#witnesses[id];
    if (witnesses === undefined || witnesses.length === 0 || !witnesses.includes(to)) return;
    if (entries.some(({ kind, op }) => kind === entryKinds.normal && op !== null))
      fail('witness-keeps-no-data', `n${id} sends client data to n${to}, a witness`);
  }
}
