/**
 * The acceptor (Lamport, "Paxos made simple", 2.2): it promises ballots, and accepts values unless it has promised a higher
 * one. Slots are accepted one by one, in any order; what it answers is how far there is no gap.
 */
import type { NodeId } from '../../core/index.ts';
import type { Ballot } from './ballot.ts';
import { type Entry, messageTypes, type PaxosMessage, type Snapshot } from './message.ts';
import { PaxosStorage } from './paxos-storage.ts';

export abstract class PaxosAcceptor extends PaxosStorage {
  /** Where the last look for gaps ended: derived, and not state. */
  #through = { ballot: 0, first: 0, to: 0 };
  /** Up to where the leader says that slots may be trimmed. */
  protected trimFloor = 0;
  /** A leader, or who is about to be one, was heard of in this round. */
  protected heardLeader = false;

  protected handlePrepare(from: NodeId, m: PaxosMessage): void {
    if (!this.mayPromise(m.ballot)) {
      this.#nack(from);
      return;
    }
    this.promise(from, m.ballot);
    const { slots } = this;
    const snapshot = m.slot <= slots.base ? slots.snapshot : null;
    this.sendDurable(from, this.message(messageTypes.promise, m.ballot, m.slot, 0, 0, this.acceptedFrom(m.slot), snapshot));
  }

  /** No lower ballot gets anything from here on. */
  protected promise(to: NodeId, ballot: Ballot): void {
    if (ballot > this.promised) this.promised = ballot;
    this.follow(to, ballot);
  }

  /** `leader` is heard of in `ballot`. */
  protected follow(leader: NodeId, ballot: Ballot): void {
    if (ballot > this.elected) this.elected = ballot;
    if (this.role !== 'follower' && ballot > this.ballot) this.resign();
    if (ballot < this.elected) return;
    this.leader = leader;
    this.heardLeader = true;
  }

  protected handleAccept(from: NodeId, m: PaxosMessage): void {
    if (!this.mayAccept(m.ballot)) {
      this.#nack(from);
      return;
    }
    if (this.promisesByAccepting()) this.promise(from, m.ballot);
    else this.follow(from, m.ballot);
    for (let i = 0; i < m.entries.length; i++) this.accept(m.entries[i] as Entry);
    this.trimFloor = m.mark;
    this.learnCommit(from, m);
    this.acknowledge(from, m.ballot, m.slot, m.round);
  }

  /** Take `entry`, unless it is there already, or its slot is known to be chosen. */
  protected accept(entry: Entry): void {
    const { slots } = this;
    if (entry.slot > slots.committed && slots.at(entry.slot)?.ballot !== entry.ballot) this.store(entry);
  }

  /** Say how far there is no gap from `first`, the first slot of `ballot`. */
  protected acknowledge(to: NodeId, ballot: Ballot, first: number, round: number): void {
    this.sendDurable(to, this.message(messageTypes.accepted, ballot, first, this.acceptedThrough(first, ballot), round));
  }

  /** Is `slot` accepted in `ballot`, or chosen? */
  protected isAcceptedIn(slot: number, ballot: Ballot): boolean {
    return slot <= this.slots.committed || this.slots.at(slot)?.ballot === ballot;
  }

  /** The end of the run of slots from `first` on that are accepted in `ballot`, or chosen. */
  protected acceptedThrough(first: number, ballot: Ballot): number {
    const known = this.#through;
    if (known.ballot !== ballot || known.first !== first) this.#through = { ballot, first, to: first - 1 };
    const through = this.#through;
    while (this.isAcceptedIn(through.to + 1, ballot)) through.to++;
    return through.to;
  }

  protected override trimPoint(snapshot: Snapshot): number {
    const point = super.trimPoint(snapshot);
    return this.config.trim === 'any' ? point : Math.min(point, this.trimFloor);
  }

  #nack(to: NodeId): void {
    this.send(to, this.message(messageTypes.nack, this.promised, 0, 0, 0));
  }

  protected abstract learnCommit(from: NodeId, m: PaxosMessage): void;
}
