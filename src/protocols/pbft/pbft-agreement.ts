/**
 * The normal case: pre-prepare, prepare, commit (OSDI 1999, 4.2). The pre-prepare is the primary's prepare; a slot goes
 * from proposed to accepted (on disk, told), to prepared (on disk, told), to committed, as far as votes carry it.
 */
import type { NodeId } from '../../core/index.ts';
import { type Batch, batchDigest, type Digest, type PbftRequest, valueBytes } from './batch.ts';
import { type MessageType, messageTypes, type PbftMessage } from './message.ts';
import { PbftRequests } from './pbft-requests.ts';
import { type Slot, stages } from './slot.ts';

export abstract class PbftAgreement extends PbftRequests {
  // The decisions.

  /** Only the primary of its view proposes (OSDI 4.2). */
  protected mayPropose(from: NodeId, message: PbftMessage): boolean {
    return from === this.primaryOf(message.view);
  }

  /** Is this message of the view that this replica is in, and is the view in order (OSDI 4.2)? */
  protected inView(message: PbftMessage): boolean {
    return this.active && message.view === this.view;
  }

  /** May a vote for a view be kept: of this view, or of one that this replica is yet to reach? */
  protected mayKeepVote(message: PbftMessage): boolean {
    return message.view >= this.view;
  }

  /** Has nothing else been proposed at this number in this view (OSDI 4.2)? */
  protected isFirstProposal(slot: Slot, message: PbftMessage): boolean {
    return slot.view !== message.view || slot.digest === message.digest;
  }

  /** Is this the batch that the digest names? */
  protected isBatchOf(batch: Batch, digest: Digest): boolean {
    return batchDigest(batch) === digest;
  }

  /** Did clients ask for all that is proposed: as this replica knows, or as f + 1 replicas vouch by voting for it? */
  protected isAuthentic(slot: Slot): boolean {
    if (slot.authentic || slot.prepares.count(slot.view, slot.digest) >= this.weak()) return true;
    return this.voteProof() === null && (slot.batch as Batch).every((request) => this.isKnownAuthentic(request));
  }

  /** Prepared: accepted here, and voted for by a quorum with the primary and this replica in it (OSDI 4.2). */
  protected isPrepared(slot: Slot): boolean {
    return slot.prepares.count(slot.view, slot.digest) >= this.quorum();
  }

  /** Committed: prepared here, and a quorum says that it is prepared there (OSDI 4.2). */
  protected isCommitted(slot: Slot): boolean {
    return slot.commits.count(slot.view, slot.digest) >= this.quorum();
  }

  /** A vote counts once: what a replica says first in a view. False: it has voted already. */
  protected countPrepare(slot: Slot, from: NodeId, view: number, digest: Digest): boolean {
    return slot.prepares.record(this.rankOf(from), view, digest);
  }

  protected countCommit(slot: Slot, from: NodeId, view: number, digest: Digest): boolean {
    return slot.commits.record(this.rankOf(from), view, digest);
  }

  /** May the primary use one more sequence number now: inside the window, and not too many under way (OSDI 4.2)? */
  protected mayUse(seq: number): boolean {
    return this.inWindow(seq) && seq - this.executed <= this.config.maxInFlight;
  }

  /** What the primary proposes next: those that wait longest first, each once a view; none: nothing waits. */
  protected nextBatch(): Batch {
    const batch: PbftRequest[] = [];
    let bytes = 0;
    for (const known of this.received.values()) {
      const { request } = known;
      if (known.proposedIn === this.view || !this.isFresh(request)) continue;
      bytes += valueBytes(request.op);
      if (batch.length > 0 && bytes > this.config.maxBatchBytes) break;
      known.proposedIn = this.view;
      batch.push(request);
      if (batch.length === this.config.maxBatchRequests) break;
    }
    return batch;
  }

  // The primary.

  protected propose(): void {
    if (this.#unproposed === 0 || !this.isPrimary) return;
    for (;;) {
      const seq = this.lastProposed + 1;
      if (!this.mayUse(seq)) return;
      const batch = this.nextBatch();
      if (batch.length === 0) {
        this.#unproposed = 0;
        return;
      }
      this.lastProposed = seq;
      const slot = this.slot(seq);
      slot.propose(this.view, batchDigest(batch), batch);
      slot.authentic = true;
      this.#accept(slot);
    }
  }

  /** Something may wait to be proposed. */
  #unproposed = 0;

  protected somethingWaits(): void {
    this.#unproposed = 1;
    if (this.isPrimary) this.propose();
    else if (this.voteProof() === null) this.#retryAuthentic();
  }

  /** A client was heard after the proposal of what it asks for. */
  #retryAuthentic(): void {
    for (let seq = this.executed + 1; seq <= this.executed + this.config.maxInFlight; seq++) {
      const slot = this.slotAt(seq);
      if (slot !== null && slot.stage === stages.proposed) this.advance(slot);
    }
  }

  // Votes.

  protected prePrepared(from: NodeId, message: PbftMessage): void {
    const { view, seq, digest, batch } = message;
    if (!this.inView(message)) return this.drop('other-view');
    if (!this.mayPropose(from, message)) return this.drop('not-primary');
    if (!this.inWindow(seq)) return this.drop('outside-window');
    if (!this.isBatchOf(batch as Batch, digest)) return this.drop('wrong-digest');
    const slot = this.slot(seq);
    if (!this.isFirstProposal(slot, message)) return this.drop('second-proposal');
    if (slot.view === view && slot.digest === digest && slot.batch !== null) return this.drop('known');
    const chosen = slot.view === view && slot.digest === digest;
    slot.propose(view, digest, batch);
    slot.authentic = chosen;
    this.countPrepare(slot, from, view, digest);
    if (!chosen) this.#checkClients(from, slot, batch as Batch);
    this.advance(slot);
  }

  #checkClients(from: NodeId, slot: Slot, batch: Batch): void {
    if (this.voteProof() === null) return;
    const unknown = batch.filter((request) => !this.isKnownAuthentic(request));
    if (unknown.length === 0) slot.authentic = true;
    else this.checkBatch(from, slot.seq, slot.digest, unknown);
  }

  protected batchProven(seq: number, digest: Digest): void {
    const slot = this.slotAt(seq);
    if (slot === null || slot.digest !== digest || slot.stage !== stages.proposed) return;
    slot.authentic = true;
    this.advance(slot);
  }

  protected prepareReceived(from: NodeId, message: PbftMessage): void {
    const { view, seq, digest } = message;
    if (!this.mayKeepVote(message)) return this.drop('other-view');
    if (!this.inWindow(seq)) return this.drop('outside-window');
    // The primary's vote is its pre-prepare.
    if (from === this.primaryOf(view)) return this.drop('not-asked-for');
    const slot = this.slot(seq);
    if (!this.countPrepare(slot, from, view, digest)) return this.drop('second-vote');
    this.advance(slot);
  }

  protected commitReceived(from: NodeId, message: PbftMessage): void {
    const { view, seq, digest } = message;
    if (!this.mayKeepVote(message)) return this.drop('other-view');
    if (!this.inWindow(seq)) return this.drop('outside-window');
    const slot = this.slot(seq);
    if (!this.countCommit(slot, from, view, digest)) return this.drop('second-vote');
    this.advance(slot);
  }

  protected advance(slot: Slot): void {
    if (!this.active || slot.view !== this.view) return;
    // By the word of f + 1 others something else may be committed here: then this is nobody's to accept.
    const open = slot.committed === null || slot.committed === slot.digest;
    if (slot.stage === stages.proposed && slot.batch !== null && open && this.isAuthentic(slot)) this.#accept(slot);
    if (slot.stage === stages.accepted && this.isPrepared(slot)) this.#prepare(slot);
    if (slot.stage === stages.prepared && slot.committed === null && this.isCommitted(slot)) {
      slot.committed = slot.digest;
      this.execute();
    }
  }

  #accept(slot: Slot): void {
    const { view, seq, digest } = slot;
    slot.stage = stages.accepting;
    slot.batches.set(digest, slot.batch as Batch);
    // From here on it belongs to what a view change reports: that is written later, so it is durable later.
    slot.notePrePrepared(digest, view);
    this.write({ type: 'accepted', view, seq, digest, batch: slot.batch as Batch });
  }

  protected acceptedDurable(view: number, seq: number, digest: Digest): void {
    const slot = this.slotAt(seq);
    if (slot === null || slot.view !== view || slot.stage !== stages.accepting) return;
    slot.stage = stages.accepted;
    this.countPrepare(slot, this.id, view, digest);
    if (!this.active || view !== this.view) return;
    this.say(this.acceptance(slot));
    this.advance(slot);
  }

  #prepare(slot: Slot): void {
    const { view, seq, digest } = slot;
    slot.stage = stages.preparing;
    slot.prepared = { seq, digest, view };
    this.write({ type: 'prepared', view, seq, digest });
  }

  protected preparedDurable(view: number, seq: number, digest: Digest): void {
    const slot = this.slotAt(seq);
    if (slot === null || slot.view !== view || slot.stage !== stages.preparing) return;
    slot.stage = stages.prepared;
    this.countCommit(slot, this.id, view, digest);
    if (!this.active || view !== this.view) return;
    this.say(this.vote(messageTypes.commit, view, seq, digest));
    this.advance(slot);
  }

  protected vote(type: MessageType, view: number, seq: number, digest: Digest): PbftMessage {
    return { type, view, seq, digest, batch: null, proof: null, body: null };
  }

  /** How this replica says that it has accepted. */
  protected acceptance({ view, seq, digest, batch }: Slot): PbftMessage {
    if (this.primaryOf(view) !== this.id) return this.vote(messageTypes.prepare, view, seq, digest);
    return { type: messageTypes.prePrepare, view, seq, digest, batch, proof: null, body: null };
  }

  /** Say again to `to` what this replica has said about a slot in this view. */
  protected sendAgain(to: NodeId, slot: Slot): void {
    if (!this.active || slot.view !== this.view || slot.stage < stages.accepted) return;
    this.sayTo(to, this.acceptance(slot));
    if (slot.stage === stages.prepared) this.sayTo(to, this.vote(messageTypes.commit, slot.view, slot.seq, slot.digest));
  }

  protected copyAgreement(from: PbftAgreement): void {
    this.#unproposed = from.#unproposed;
  }
}
