/**
 * What is written, what waits for it, and how a node comes back from what it wrote. Writing is always asynchronous: a
 * step hands records to storage and goes on; messages that promise something (promises, acceptances) name the record that
 * must be durable first. A proposer promises and accepts as its own acceptor in the same way.
 */
import type { NodeId, Token, Writer } from '../../core/index.ts';
import type { Ballot } from './ballot.ts';
import { type Entry, entriesSchema, messageSchema, messageTypes, type PaxosMessage, type Snapshot } from './message.ts';
import { PaxosBase } from './paxos-base.ts';
import type { PaxosRecord } from './record.ts';

/** A record on its way to the disk, and what its own proposer learns when it is there. */
interface PendingWrite {
  readonly token: Token;
  /** 0: no promise of its own waits. */
  readonly ownPromise: Ballot;
  readonly ownBallot: Ballot;
  /** 0: nothing of its own was accepted. */
  readonly ownSlot: number;
}

export abstract class PaxosStorage extends PaxosBase {
  /** What storage was last given. */
  protected storedPromise: Ballot = 0;
  #lastToken: Token = 0;
  #pending: PendingWrite[] = [];
  #waitingTo: NodeId[] = [];
  #waiting: PaxosMessage[] = [];
  /** Accepted or learned and not handed to storage, in that order. */
  #unsaved: Entry[] = [];
  #ownPromise: Ballot = 0;
  #ownSlot = 0;
  protected checkpointDue = false;

  /** Writes handed over and not durable. */
  get writesInFlight(): number {
    return this.#pending.length;
  }

  /** Accept or learn `entry`. */
  protected store(entry: Entry): void {
    this.slots.put(entry);
    if (this.mustPersistEntry(entry)) this.#unsaved.push(entry);
  }

  protected override sendDurable(to: NodeId, message: PaxosMessage): void {
    if (!this.mustWaitForStorage(message)) {
      this.send(to, message);
      return;
    }
    const last = this.#waiting.length - 1;
    const before = last < 0 ? null : (this.#waiting[last] as PaxosMessage);
    if (
      before !== null &&
      message.type === messageTypes.accepted &&
      before.type === messageTypes.accepted &&
      before.ballot === message.ballot &&
      before.era === message.era &&
      this.#waitingTo[last] === to
    ) {
      // The later acceptance says all that the earlier one says.
      this.#waiting[last] = message.round >= before.round ? message : { ...message, round: before.round };
      return;
    }
    this.#waitingTo.push(to);
    this.#waiting.push(message);
  }

  /** The own promise counts once it is durable, like anybody's. */
  protected awaitOwnPromise(ballot: Ballot): void {
    this.#ownPromise = ballot;
  }

  /** What a leader accepts of its own proposals counts once it is durable, like anybody's. */
  protected awaitOwnAccept(slot: number): void {
    this.#ownSlot = slot;
  }

  /** Another ballot: what was awaited in the old one no longer counts. */
  protected forgetOwn(): void {
    this.#ownPromise = 0;
    this.#ownSlot = 0;
  }

  /** Hand what changed to storage, and messages that wait for it to the network. */
  protected flush(): void {
    const promised = this.mustPersistPromise() ? this.promised : this.storedPromise;
    if (
      this.#unsaved.length > 0 ||
      promised !== this.storedPromise ||
      this.checkpointDue ||
      this.#ownPromise !== 0 ||
      this.#ownSlot !== 0
    ) {
      // Group commit: what comes now goes with the next write. What waits for it waits longer.
      if (this.#pending.length >= this.config.maxInflightPersists) return;
      this.#write(promised);
    }
    if (this.#waiting.length > 0) this.#release();
  }

  #release(): void {
    const after = this.#pending.length === 0 ? 0 : this.#lastToken;
    for (let i = 0; i < this.#waiting.length; i++) this.out.send(this.#waitingTo[i] as NodeId, this.#waiting[i] as PaxosMessage, after);
    this.#waiting = [];
    this.#waitingTo = [];
  }

  #write(promised: Ballot): void {
    const { slots } = this;
    const token = ++this.#lastToken;
    const complete = this.checkpointDue;
    const entries = complete ? this.#kept() : this.#unsaved;
    const record: PaxosRecord = {
      promised,
      commit: slots.committed,
      entries,
      snapshot: complete ? slots.snapshot : null,
      base: complete ? slots.base : 0,
    };
    if (complete) this.out.checkpoint(token, record);
    else this.out.persist(token, record);
    this.#pending.push({ token, ownPromise: this.#ownPromise, ownBallot: this.ballot, ownSlot: this.#ownSlot });
    this.#unsaved = [];
    this.#ownPromise = 0;
    this.#ownSlot = 0;
    this.storedPromise = promised;
    this.checkpointDue = false;
  }

  #kept(): readonly Entry[] {
    return this.slots
      .between(this.slots.base + 1, this.slots.last, Number.POSITIVE_INFINITY)
      .filter((entry) => this.mustPersistEntry(entry));
  }

  /** Everything up to `token` is durable. */
  protected persisted(token: Token): void {
    while (this.#pending.length > 0 && (this.#pending[0] as PendingWrite).token <= token) {
      const { ownPromise, ownBallot, ownSlot } = this.#pending.shift() as PendingWrite;
      if (ownPromise !== 0) this.ownPromiseDurable(ownPromise);
      if (ownSlot !== 0) this.ownAcceptDurable(ownBallot, ownSlot);
    }
  }

  /** Take up life again with what the disk kept. */
  protected recover(records: readonly PaxosRecord[]): void {
    const { slots } = this;
    let commit = 0;
    for (const record of records) {
      if (record.snapshot !== null) slots.reset(record.base, record.snapshot);
      this.promised = record.promised;
      for (const entry of record.entries) if (entry.slot > slots.base) slots.put(entry);
      commit = Math.max(commit, record.commit);
    }
    this.storedPromise = this.promised;
    slots.commitTo(this.recoveredCommit(commit));
    this.elected = this.promised;
  }

  /** How far what the disk kept is known to be chosen. */
  protected recoveredCommit(commit: number): number {
    return commit;
  }

  /** `snapshot` stands for everything up to `index` from now on. */
  protected compact(snapshot: Snapshot): void {
    this.slots.snapshot = snapshot;
    this.slots.trimTo(Math.max(this.slots.base, this.trimPoint(snapshot)));
    this.checkpointDue = true;
  }

  /** Up to where slots may go once `snapshot` stands for them. */
  protected trimPoint(snapshot: Snapshot): number {
    return Math.min(snapshot.index, snapshot.index - this.config.retainedEntries);
  }

  protected copyStorage(from: PaxosStorage): void {
    this.storedPromise = from.storedPromise;
    this.#lastToken = from.#lastToken;
    this.#pending = from.#pending.slice();
    this.#waitingTo = from.#waitingTo.slice();
    this.#waiting = from.#waiting.slice();
    this.#unsaved = from.#unsaved.slice();
    this.#ownPromise = from.#ownPromise;
    this.#ownSlot = from.#ownSlot;
    this.checkpointDue = from.checkpointDue;
  }

  /** Tokens are written relative to the newest one: how many there ever were changes nothing. */
  protected encodeStorage(w: Writer): void {
    w.uint(this.storedPromise);
    w.uint(this.#pending.length);
    for (const write of this.#pending) {
      w.uint(this.#lastToken - write.token);
      w.uint(write.ownPromise);
      w.uint(write.ownBallot);
      w.uint(write.ownSlot);
    }
    w.uint(this.#waiting.length);
    for (let i = 0; i < this.#waiting.length; i++) {
      w.uint(this.#waitingTo[i] as NodeId);
      messageSchema.write(w, this.#waiting[i] as PaxosMessage);
    }
    entriesSchema.write(w, this.#unsaved);
    w.uint(this.#ownPromise);
    w.uint(this.#ownSlot);
    w.bool(this.checkpointDue);
  }
}
