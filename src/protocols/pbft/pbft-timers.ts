/**
 * When a replica loses patience with its primary (TOCS 2002, 4.5.2), and what it says at regular times so that whatever
 * the network lost is said again (TOCS 2002, 5.2): each tells how far it is, and who knows more sends it.
 */
import type { NodeId, Writer } from '../../core/index.ts';
import { messageTypes, type PbftMessage, type Status } from './message.ts';
import { PbftShape } from './pbft-shape.ts';
import { stages } from './slot.ts';
import type { StableProof } from './view-change.ts';

export const timers = { view: 0, status: 1 } as const;
export const timerNames: readonly string[] = Object.keys(timers);

const NEVER = Number.POSITIVE_INFINITY;
/** Whatever was lost of a batch is told again with the next few statuses: before that it is not held against the primary. */
const PATIENCE_WITH_BATCHES = 4;
/** Sequence numbers that are told again in answer to one status. */
const MOST_TOLD_AGAIN = 16;

export abstract class PbftTimers extends PbftShape {
  /** The request that the primary is held to. */
  #watchedClient: NodeId = -1;
  #watchedTimestamp = 0;
  /** Where no request is: the batch that the primary is held to; -1: none. */
  #watchedSeq = -1;
  #deadlineUs = NEVER;
  /** The view that must begin by the deadline. */
  #dueView = -1;
  #statusUs = NEVER;
  /** What others said last that they have executed, by rank. */
  #executedThere: number[] = [];
  #executedHere = -1;
  /** Whom to ask for a state next, by rank. */
  #askNext = 0;

  // The decisions.

  /** How long a view may take to do what it must: twice as long after each that brought nothing (TOCS 4.5.2). */
  protected patienceUs(): number {
    return this.config.viewTimeoutUs * (1 << Math.min(this.doublings, this.config.maxDoublings));
  }

  /** Was the view that ends now in vain, so that the next one gets more time? */
  protected wasInVain(): boolean {
    return !this.active || !this.fruitful;
  }

  /** Does `from` stand still, so that it needs to be told again what it may have missed? */
  protected standsStill(from: NodeId, executed: number): boolean {
    return (this.#executedThere[this.rankOf(from)] ?? executed) === executed;
  }

  /** Must a state be fetched: one that is stable is newer than what was executed here, and executing does not get there? */
  protected mustFetchState(): boolean {
    return this.isAhead(this.heard) && this.executed === this.#executedHere;
  }

  /**
   * The first batch that was accepted here and is not executed; -1: none. Its client may have gone, and others may have
   * executed it: those would else be followed by nobody.
   */
  protected acceptedAndWaiting(): number {
    const waiting = this.slotsKnown().find((slot) => slot.seq > this.executed && slot.stage >= stages.accepted && slot.view === this.view);
    return waiting?.seq ?? -1;
  }

  /** Of those that it has a proof of; it may lack the state, which others may have without the proof. */
  protected newestStable(): StableProof {
    return this.heard.seq > this.low ? this.heard : this.stable;
  }

  // Patience.

  #arm(atUs: number): void {
    if (atUs === this.#deadlineUs) return;
    this.#deadlineUs = atUs;
    this.out.timer(timers.view, atUs);
  }

  /** Hold the primary to what waits longest. */
  protected watch(): void {
    if (!this.active) return;
    if (this.received.size === 0) return this.#watchNoRequest();
    const watched = this.received.get(this.#watchedClient);
    if (watched !== undefined && watched.request.timestamp === this.#watchedTimestamp) return;
    const next = this.longestWaiting();
    if (next === null) return this.#watchNoRequest();
    this.#watchedClient = next.request.client;
    this.#watchedTimestamp = next.request.timestamp;
    this.#watchedSeq = -1;
    this.#arm(this.now + this.patienceUs());
  }

  #watchNoRequest(): void {
    this.#watchedClient = -1;
    this.#watchedTimestamp = 0;
    if (this.#watchedSeq > this.executed) return;
    this.#watchedSeq = -1;
    this.#arm(NEVER);
  }

  /** Looked at now and then: most batches are executed long before. */
  #watchBatches(): void {
    if (!this.active || this.#watchedClient !== -1 || this.#watchedSeq !== -1) return;
    this.#watchedSeq = this.acceptedAndWaiting();
    if (this.#watchedSeq !== -1) this.#arm(this.now + PATIENCE_WITH_BATCHES * this.patienceUs());
  }

  protected viewLeft(): void {
    this.#watchedClient = -1;
    this.#watchedSeq = -1;
    this.#dueView = -1;
    this.#arm(NEVER);
    this.viewBelieved();
  }

  protected newViewDue(): void {
    if (this.#dueView === this.view) return;
    this.#dueView = this.view;
    this.#arm(this.now + this.patienceUs());
  }

  protected viewEntered(): void {
    this.#watchedClient = -1;
    this.#watchedSeq = -1;
    this.#dueView = -1;
    this.#arm(NEVER);
    this.viewBelieved();
    this.watch();
  }

  protected requestsChanged(): void {
    this.somethingWaits();
    this.watch();
  }

  protected timerFired(timer: number): void {
    if (timer === timers.status) return this.#tick();
    if (this.#deadlineUs === NEVER) return;
    this.#deadlineUs = NEVER;
    if (this.wasInVain()) this.doublings++;
    this.startViewChange(this.view + 1);
  }

  /** The clock was set: what was measured with it means nothing. */
  protected clockSet(): void {
    if (this.#deadlineUs !== NEVER) {
      this.#deadlineUs = NEVER;
      this.#arm(this.now + this.patienceUs());
    }
    this.armStatus();
  }

  protected armStatus(): void {
    this.#statusUs = this.now + this.config.statusUs;
    this.out.timer(timers.status, this.#statusUs);
  }

  // Status.

  #tick(): void {
    this.armStatus();
    this.broadcast(this.#status());
    this.relayWaiting();
    if (!this.active && this.leaving !== null && this.leaving.signature !== null) this.broadcast(this.viewChangeMessage(this.leaving));
    this.fetchBatches();
    if (this.mustFetchState()) this.fetchState(this.#nextPeer());
    this.#executedHere = this.executed;
    this.keysTick();
    this.#watchBatches();
  }

  #nextPeer(): NodeId {
    const { peers } = this;
    this.#askNext = (this.#askNext + 1) % peers.length;
    if (this.#askNext === this.rank) this.#askNext = (this.#askNext + 1) % peers.length;
    return peers[this.#askNext] as NodeId;
  }

  #status(): PbftMessage {
    const { active, executed, view } = this;
    const body: Status = { type: 'status', active, executed, keys: this.keyNumbers };
    return { type: messageTypes.status, view, seq: this.low, digest: '', batch: null, proof: null, body };
  }

  protected statusReceived(from: NodeId, { view, seq }: PbftMessage, { active, executed, keys }: Status): void {
    this.tellNextKeys(from, keys);
    if (view < this.view || (view === this.view && !active)) this.#tellView(from);
    const newest = this.newestStable();
    if (seq < newest.seq) {
      const body = { type: 'stable' as const, proof: newest };
      this.out.send(
        from,
        { type: messageTypes.stable, view: this.view, seq: newest.seq, digest: newest.digest, batch: null, proof: null, body },
        0,
      );
    }
    const rank = this.rankOf(from);
    const still = this.standsStill(from, executed);
    while (this.#executedThere.length <= rank) this.#executedThere.push(-1);
    this.#executedThere[rank] = executed;
    if (!still) return;
    const first = seq === this.low ? seq : seq + 1;
    for (const message of this.ownCheckpoints()) if (message.seq >= first) this.out.send(from, message, 0);
    this.#tellSlots(from, view, Math.max(executed, this.low));
  }

  #tellView(to: NodeId): void {
    const { newView, leaving } = this;
    if (this.active && newView !== null && newView.signature !== null) this.out.send(to, this.newViewMessage(newView), 0);
    else if (!this.active && leaving !== null && leaving.signature !== null) this.out.send(to, this.viewChangeMessage(leaving), 0);
  }

  #tellSlots(to: NodeId, view: number, executed: number): void {
    // Whatever number it says: what is known ends with the window.
    const last = Math.min(executed + MOST_TOLD_AGAIN, this.low + this.config.window);
    for (let seq = executed + 1; seq <= last; seq++) {
      const slot = this.slotAt(seq);
      if (slot === null) continue;
      const claim = seq <= this.executed ? this.claim(slot) : null;
      if (claim !== null) this.sayTo(to, claim);
      if (view === this.view) this.sendAgain(to, slot);
    }
  }

  protected copyTimers(from: PbftTimers): void {
    this.#watchedClient = from.#watchedClient;
    this.#watchedTimestamp = from.#watchedTimestamp;
    this.#watchedSeq = from.#watchedSeq;
    this.#deadlineUs = from.#deadlineUs;
    this.#dueView = from.#dueView;
    this.#statusUs = from.#statusUs;
    this.#executedThere = from.#executedThere.slice();
    this.#executedHere = from.#executedHere;
    this.#askNext = from.#askNext;
  }

  protected encodeTimers(w: Writer): void {
    w.int(this.#watchedClient);
    w.uint(this.#watchedTimestamp);
    w.int(this.#watchedSeq);
    w.int(this.#dueView);
    for (const atUs of [this.#deadlineUs, this.#statusUs]) w.int(Number.isFinite(atUs) ? atUs - this.now : -1);
    w.uint(this.#executedThere.length);
    for (const executed of this.#executedThere) w.int(executed);
    w.int(this.#executedHere);
    w.uint(this.#askNext);
  }

  protected abstract readonly keyNumbers: readonly number[];
  protected abstract tellNextKeys(to: NodeId, known: readonly number[]): void;
  protected abstract keysTick(): void;
  protected abstract viewBelieved(): void;
}
