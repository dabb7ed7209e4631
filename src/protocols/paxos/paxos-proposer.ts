/**
 * The proposer (Lamport, "Paxos made simple", 2.2, 3): one phase 1 for all slots that it does not know to be chosen; then it
 * leads, proposes what it found there, fills gaps with no-ops, and needs phase 2 alone for everything that follows.
 */
import type { NodeId, Value } from '../../core/index.ts';
import type { Ballot } from './ballot.ts';
import { makeBallot } from './ballot.ts';
import { quorumValue } from './configuration.ts';
import { type Entry, type EntryKind, entryKinds, makeEntry, messageTypes, NO_ENTRIES, type PaxosMessage, valueBytes } from './message.ts';
import { PaxosLearner } from './paxos-learner.ts';
import { Progress } from './progress.ts';

export abstract class PaxosProposer extends PaxosLearner {
  /** By acceptor: what it had accepted beyond what it knew to be chosen. */
  protected promises = new Map<NodeId, readonly Entry[]>();
  /** Up to where members are known to have decided: what may be trimmed. */
  protected decidedFloor = 0;

  // Phase 1.

  /** Stand for election with a new ballot. */
  protected stand(): void {
    if (!this.isMember) return;
    this.resign();
    this.ballot = this.nextBallot();
    this.promised = this.ballot;
    this.elected = this.ballot;
    this.role = 'candidate';
    this.leader = 0;
    this.awaitOwnPromise(this.ballot);
    this.askForPromises();
  }

  /** Must the own promise be durable before others are asked? A proposer that forgets its ballot could use it again. */
  protected asksDurably(): boolean {
    return true;
  }

  /** Ask every acceptor that has not answered. */
  protected askForPromises(): void {
    const request = this.message(messageTypes.prepare, this.ballot, this.slots.committed + 1, 0, 0);
    for (const id of this.configuration.members) {
      if (id === this.id || this.promises.has(id)) continue;
      if (this.asksDurably()) this.sendDurable(id, request);
      else this.send(id, request);
    }
  }

  protected override ownPromiseDurable(ballot: Ballot): void {
    if (this.role !== 'candidate' || ballot !== this.ballot) return;
    this.promises.set(this.id, NO_ENTRIES);
    this.maybePrepared();
  }

  protected handlePromise(from: NodeId, m: PaxosMessage): void {
    if (this.role !== 'candidate' || !this.answersThisBallot(m) || this.promises.has(from)) return;
    const { era } = this.configuration;
    this.learn(m);
    if (this.configuration.era !== era || this.role !== 'candidate' || !this.knowsAllChosen(m)) return;
    this.promises.set(
      from,
      m.entries.filter(({ slot }) => slot > m.commit),
    );
    this.maybePrepared();
  }

  /** A promise counts only once all that its acceptor knows to be chosen is known here, too: it says no more of those slots. */
  protected knowsAllChosen(m: PaxosMessage): boolean {
    return this.slots.committed >= m.commit;
  }

  /** Does an answer belong to the ballot that is asked about now? */
  protected answersThisBallot(m: PaxosMessage): boolean {
    return m.ballot === this.ballot;
  }

  protected maybePrepared(): void {
    if (this.promises.size >= this.phase1Quorum()) this.lead();
  }

  /** By slot, what promises speak of; its own acceptor counts as well. */
  #reported(): Map<number, Entry[]> {
    const { slots } = this;
    const reported = new Map<number, Entry[]>();
    const lists = [...this.promises.values(), slots.between(slots.committed + 1, slots.last, Number.POSITIVE_INFINITY)];
    for (const entries of lists) {
      for (const entry of entries) {
        if (entry.slot <= slots.committed) continue;
        const known = reported.get(entry.slot);
        if (known === undefined) reported.set(entry.slot, [entry]);
        else known.push(entry);
      }
    }
    return reported;
  }

  protected lead(): void {
    const { slots } = this;
    const reported = this.#reported();
    this.role = 'leader';
    this.leader = this.id;
    this.start = slots.committed + 1;
    this.stopSign = 0;
    this.recovered = slots.committed;
    this.proposedTo = slots.committed;
    this.uncommittedBytes = 0;
    this.members = this.configuration.members.map((id) => new Progress(id, this.start));
    const last = Math.max(slots.committed, ...reported.keys());
    for (let slot = this.start; slot <= last; slot++) {
      const some = reported.get(slot);
      if (some === undefined && !this.fillsGaps()) continue;
      const { kind, session, id, op, size } = some === undefined ? noop : this.selectValue(some);
      const entry = makeEntry(slot, this.ballot, kind, session, id, op, size);
      this.propose(entry);
      this.recovered = slot;
      if (this.endsAtStopSign(entry)) break;
    }
    this.promises = new Map();
    this.broadcastAccept();
  }

  // Phase 2.

  /** Propose a value for the next slot; false when too much is under way already. */
  protected proposeNext(kind: EntryKind, session: number, id: number, op: Value): boolean {
    const size = op === null ? 0 : valueBytes(op);
    if (!this.mayTakeOn(size)) return false;
    this.propose(makeEntry(this.nextSlot(), this.ballot, kind, session, id, op, size));
    return true;
  }

  /** May a proposal of so many bytes join those that are not chosen? Empty ones always may. */
  protected mayTakeOn(size: number): boolean {
    return this.uncommittedBytes === 0 || size === 0 || this.uncommittedBytes + size <= this.config.maxUncommittedBytes;
  }

  /** May one more message be under way to `member`? */
  protected hasRoom(member: Progress): boolean {
    return member.inflight.length < this.config.maxInflightMessages;
  }

  /** The first slot for which nothing was proposed. */
  protected nextSlot(): number {
    return Math.max(this.slots.last, this.slots.committed, this.recovered) + 1;
  }

  protected propose(entry: Entry): void {
    if (entry.kind === entryKinds.stopSign) this.stopSign = entry.slot;
    this.uncommittedBytes += entry.size;
    this.proposedTo = entry.slot;
    this.store(entry);
    this.awaitOwnAccept(entry.slot);
  }

  protected broadcastAccept(): void {
    const { members } = this;
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as Progress;
      if (member.id !== this.id) this.sendAccept(member, true);
    }
  }

  /** Send what `member` lacks, as far as its pipeline allows; `evenEmpty` to tell it how far is chosen. */
  protected sendAccept(member: Progress, evenEmpty: boolean): void {
    const { slots, config } = this;
    if (member.next <= slots.base) {
      // Also ask it to follow, so that it answers.
      if (!member.snapshotSent) this.sendChosen(member.id, member.next);
      member.snapshotSent = true;
      return;
    }
    let quiet = evenEmpty;
    const proposed = this.proposedTo;
    while (member.next <= proposed && this.hasRoom(member)) {
      const entries = slots.between(member.next, proposed, config.maxMessageBytes);
      const last = (entries.at(-1) as Entry | undefined)?.slot;
      if (last === undefined) break;
      this.#send(member, entries);
      member.sent(last);
      quiet = false;
    }
    if (quiet) this.#send(member, NO_ENTRIES);
  }

  #send(member: Progress, entries: readonly Entry[]): void {
    this.send(member.id, this.message(messageTypes.accept, this.ballot, this.start, this.decidedFloor, this.readContext(), entries));
  }

  protected override ownAcceptDurable(ballot: Ballot, slot: number): void {
    if (this.role !== 'leader' || ballot !== this.ballot) return;
    const self = this.progress(this.id);
    if (self?.update(this.ownAccepted(slot))) this.maybeChoose();
  }

  /** Of its own proposals up to `slot`, those that follow one another without a gap. */
  protected ownAccepted(slot: number): number {
    return Math.min(slot, this.acceptedThrough(this.start, this.ballot));
  }

  protected handleAccepted(from: NodeId, m: PaxosMessage): void {
    const member = this.progress(from);
    if (this.role !== 'leader' || member === null || !this.answersThisBallot(m)) return;
    member.decided = m.commit;
    member.heard();
    if (m.round > member.readAck) member.readAck = m.round;
    const moved = member.update(m.mark);
    this.confirmReads();
    if (moved && this.maybeChoose()) return;
    if (member.next <= this.proposedTo) this.sendAccept(member, false);
  }

  /** Choose what a quorum has accepted; true when that is more than before. */
  protected maybeChoose(): boolean {
    const { slots } = this;
    const chosen = Math.min(this.quorumAccepted(), slots.last);
    if (chosen <= slots.committed) return false;
    for (let slot = slots.committed + 1; slot <= chosen; slot++) this.uncommittedBytes -= slots.at(slot)?.size ?? 0;
    slots.commitTo(chosen);
    this.broadcastAccept();
    this.releaseReads();
    return true;
  }

  protected handleNack(m: PaxosMessage): void {
    if (m.ballot > this.elected) {
      this.elected = m.ballot;
      // Promised is not elected: who leads is not known.
      this.leader = 0;
      this.heardLeader = false;
    }
    if (this.role !== 'follower' && m.ballot > this.ballot) this.resign();
  }

  /** A heartbeat has passed: what was not answered is sent again. */
  protected beat(): void {
    if (this.role === 'candidate') {
      if (this.promises.has(this.id)) this.askForPromises();
      return;
    }
    if (this.role !== 'leader') return;
    this.decidedFloor = this.#decided();
    this.trimFloor = this.decidedFloor;
    for (const member of this.members) {
      if (member.id === this.id) continue;
      const outstanding = member.next > member.match + 1 || member.snapshotSent;
      if (!outstanding && member.decided >= this.slots.committed && this.readContext() === 0 && !this.keepsAlive()) continue;
      if (!this.sendsAgain(member)) continue;
      if (outstanding) member.rewind();
      this.sendAccept(member, true);
    }
  }

  /** Without heartbeats of their own, followers must hear from the leader although nothing happens. */
  protected keepsAlive(): boolean {
    return this.config.election === 'time-out';
  }

  /** Is it time to send again what `member` has not answered? */
  protected sendsAgain(member: Progress): boolean {
    return member.stalled();
  }

  /** Up to where as many members as `trim` asks for have decided. */
  #decided(): number {
    const { trim } = this.config;
    if (trim === 'any') return 0;
    const decided = this.members.map((member) => (member.id === this.id ? this.slots.committed : member.decided));
    return quorumValue(decided, decided.length, trim === 'all' ? decided.length : this.phase2Quorum());
  }

  protected override resign(): void {
    this.role = 'follower';
    this.ballot = makeBallot(0, this.id);
    if (this.leader === this.id) this.leader = 0;
    this.promises = new Map();
    this.members = [];
    this.stopSign = 0;
    this.start = 0;
    this.recovered = 0;
    this.proposedTo = 0;
    this.uncommittedBytes = 0;
    this.decidedFloor = 0;
    this.forgetOwn();
  }

  protected abstract readContext(): number;
  protected abstract confirmReads(): void;
  protected abstract releaseReads(): void;
}

const noop = { kind: entryKinds.noop, session: 0, id: 0, op: null, size: 0 };
