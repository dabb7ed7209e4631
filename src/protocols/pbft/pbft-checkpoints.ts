/**
 * Executing what is committed, in order; checkpoints of the state, which become stable with a quorum's signatures and let
 * the log go (OSDI 1999, 4.3); and taking a state, or single batches, from others when one is behind (TOCS 2002, 5.3).
 */
import { contentHash, type NodeId, type Value } from '../../core/index.ts';
import { type Batch, type Digest, NULL_BATCH, NULL_DIGEST, type PbftRequest } from './batch.ts';
import { messageTypes, type PbftMessage } from './message.ts';
import { PbftAgreement } from './pbft-agreement.ts';
import type { TakenCheckpoint } from './record.ts';
import { type Slot, stages } from './slot.ts';
import { checkpointContent, type Signature, type StableProof } from './view-change.ts';

interface Vouched extends Signature {
  readonly seq: number;
  readonly digest: Digest;
}

export abstract class PbftCheckpoints extends PbftAgreement {
  /** By rank: the newest checkpoints that this replica signed, ascending. */
  #vouched: (readonly Vouched[])[] = [];

  // The decisions.

  /** What is executed next: the number after the last one, once it is committed (OSDI 4.2: in order); null: wait. */
  protected nextToExecute(): Slot | null {
    const next = this.slotAt(this.executed + 1);
    return next !== null && next.committed !== null ? next : null;
  }

  /** Is a checkpoint due after `seq` (OSDI 4.3)? */
  protected checkpointDue(seq: number): boolean {
    return seq % this.config.checkpointEvery === 0;
  }

  /** Do these signatures, of distinct replicas, make a checkpoint stable (OSDI 4.3)? */
  protected isStable(signatures: readonly Signature[]): boolean {
    return signatures.length >= this.quorum();
  }

  /** Is this the state that the proof is about? */
  protected isStateOf(snapshot: Value, digest: Digest): boolean {
    return contentHash(snapshot) === digest;
  }

  /** Have so many replicas committed it that an honest one has? */
  protected isClaimed(slot: Slot, digest: Digest): boolean {
    return slot.claims.count(0, digest) >= this.weak();
  }

  /** Is this state newer than what this replica has executed? */
  protected isAhead(proof: StableProof): boolean {
    return proof.seq > this.executed;
  }

  // Executing.

  protected execute(): void {
    for (;;) {
      const slot = this.nextToExecute();
      if (slot === null || slot.committed === null) break;
      const batch = slot.committed === NULL_DIGEST ? NULL_BATCH : slot.batches.get(slot.committed);
      if (batch === undefined) break;
      this.executed = slot.seq;
      this.#executeBatch(slot, batch);
      if (this.checkpointDue(slot.seq)) this.#take(slot.seq);
    }
    this.propose();
  }

  #executeBatch({ seq, committed }: Slot, batch: Batch): void {
    const first = this.service.position + 1;
    const commands = batch.length === 0 ? [this.#executeRequest(null)] : batch.map((request) => this.#executeRequest(request));
    this.out.indicate({ kind: 'apply', first, commands, seq, digest: committed as Digest });
    this.batchExecuted();
  }

  /** The command that was executed; null: none, the position moved. */
  #executeRequest(request: PbftRequest | null): { session: number; id: number; op: Value } | null {
    if (request === null || !this.isFresh(request)) {
      this.service.execute(null);
      return null;
    }
    const { client, timestamp, op } = request;
    const value = this.service.execute(request);
    const known = this.received.get(client);
    if (known !== undefined && known.request.timestamp <= timestamp) this.received.delete(client);
    this.answer(client, timestamp, value, this.service.position);
    return { session: client, id: timestamp, op };
  }

  // Checkpoints.

  #take(seq: number): void {
    const snapshot = this.service.snapshot();
    const checkpoint: TakenCheckpoint = { seq, digest: contentHash(snapshot), snapshot };
    this.taken = [...this.taken, checkpoint];
    this.write({ type: 'taken', checkpoint });
  }

  protected takenDurable({ seq, digest }: TakenCheckpoint): void {
    if (seq > this.low) this.sign({ kind: 'checkpoint', seq, digest }, checkpointContent(seq, digest), 'signature');
  }

  protected checkpointSigned(seq: number, digest: Digest, signature: Signature): void {
    if (seq <= this.low) return;
    this.#vouch({ ...signature, seq, digest });
    this.broadcast(this.#checkpointMessage(seq, digest, signature.signature));
    this.#mayBecomeStable(seq, digest);
  }

  #checkpointMessage(seq: number, digest: Digest, proof: Value): PbftMessage {
    return { type: messageTypes.checkpoint, view: 0, seq, digest, batch: null, proof, body: null };
  }

  protected checkpointReceived(from: NodeId, { seq, digest, proof }: PbftMessage): void {
    if (seq <= this.low) return this.drop('known');
    if (!this.#vouch({ node: from, signature: proof, seq, digest })) return this.drop('second-vote');
    this.#mayBecomeStable(seq, digest);
  }

  /** Each replica vouches once for each number; the newest few count, as many as fit between the watermarks. */
  #vouch(vouched: Vouched): boolean {
    const rank = this.rankOf(vouched.node);
    while (this.#vouched.length <= rank) this.#vouched.push([]);
    const before = (this.#vouched[rank] as readonly Vouched[]).filter(({ seq }) => seq > this.low);
    if (before.some(({ seq }) => seq === vouched.seq)) return false;
    const kept = this.config.window / this.config.checkpointEvery + 1;
    this.#vouched[rank] = [...before, vouched].sort((a, b) => a.seq - b.seq).slice(-kept);
    return true;
  }

  /** Who signed this checkpoint, ascending. */
  protected signaturesOf(seq: number, digest: Digest): readonly Signature[] {
    const signatures: Signature[] = [];
    for (const each of this.#vouched) {
      for (const one of each) if (one.seq === seq && one.digest === digest) signatures.push({ node: one.node, signature: one.signature });
    }
    return signatures;
  }

  #mayBecomeStable(seq: number, digest: Digest): void {
    const signatures = this.signaturesOf(seq, digest);
    if (this.isStable(signatures)) this.stableHeard({ seq, digest, signatures });
  }

  /** A checked proof that a checkpoint is stable. */
  protected stableHeard(proof: StableProof): void {
    if (proof.seq > this.heard.seq) this.heard = proof;
    if (proof.seq <= this.low) return;
    const own = this.taken.find(({ seq, digest }) => seq === proof.seq && digest === proof.digest);
    if (own === undefined) return;
    // After a restart the disk may hold a state that is yet to be executed again.
    const behind = proof.seq > this.executed;
    if (behind) this.#takeOver(proof, own.snapshot);
    this.#becomeStable(proof, own.snapshot);
    if (behind) this.batchExecuted();
  }

  /** The state after `seq`, in place of executing up to there. */
  #takeOver({ seq, digest }: StableProof, snapshot: Value): void {
    this.service.restore(snapshot);
    this.executed = seq;
    this.out.indicate({ kind: 'restore', index: this.service.position, snapshot, seq, digest });
  }

  #becomeStable(proof: StableProof, snapshot: Value): void {
    this.stable = proof;
    this.stableSnapshot = snapshot;
    this.taken = this.taken.filter(({ seq }) => seq > proof.seq);
    this.lastProposed = Math.max(this.lastProposed, proof.seq);
    this.write(this.everything());
    this.writeAgain();
    this.windowMoved();
    this.execute();
  }

  // Catching up.

  /** Somebody who knows that `digest` is committed at `seq` says so, and has the batch. */
  protected claimReceived(from: NodeId, { seq, digest, batch }: PbftMessage): void {
    if (!this.inWindow(seq)) return this.drop('outside-window');
    if (!this.isBatchOf(batch as Batch, digest)) return this.drop('wrong-digest');
    const slot = this.slot(seq);
    if (slot.committed !== null && slot.batches.has(slot.committed)) return this.drop('known');
    if (!slot.claims.record(this.rankOf(from), 0, digest)) return this.drop('second-vote');
    if (!this.isClaimed(slot, digest)) return;
    this.write({ type: 'committed', seq, digest, batch: batch as Batch });
  }

  protected committedDurable(seq: number, digest: Digest, batch: Batch): void {
    const slot = this.slotAt(seq);
    if (slot === null) return;
    slot.committed ??= digest;
    slot.batches.set(digest, batch);
    this.execute();
  }

  protected claim({ seq, committed, batches }: Slot): PbftMessage | null {
    const batch = committed === NULL_DIGEST ? NULL_BATCH : batches.get(committed as Digest);
    if (committed === null || batch === undefined) return null;
    return { type: messageTypes.committed, view: 0, seq, digest: committed, batch, proof: null, body: null };
  }

  /** Ask for batches that were chosen in a view change, or committed, and are not here. */
  protected fetchBatches(): void {
    if (!this.lacksBatches) return;
    this.lacksBatches = false;
    for (let seq = this.executed + 1; seq <= this.low + this.config.window; seq++) {
      const slot = this.slotAt(seq);
      if (slot === null || slot.stage !== stages.proposed || slot.batch !== null) continue;
      this.lacksBatches = true;
      const { digest } = slot;
      this.broadcast({ type: messageTypes.fetchBatch, view: this.view, seq, digest, batch: null, proof: null, body: null });
    }
  }

  protected batchWanted(from: NodeId, { seq, digest }: PbftMessage): void {
    const batch = this.slotAt(seq)?.batches.get(digest);
    if (batch === undefined) return this.drop('not-asked-for');
    this.out.send(from, { type: messageTypes.batch, view: this.view, seq, digest, batch, proof: null, body: null }, 0);
  }

  protected batchReceived({ seq, digest, batch }: PbftMessage): void {
    const slot = this.slotAt(seq);
    if (slot === null || slot.batch !== null || slot.stage !== stages.proposed || slot.digest !== digest) return this.drop('not-asked-for');
    if (!this.isBatchOf(batch as Batch, digest)) return this.drop('wrong-digest');
    slot.batch = batch;
    this.advance(slot);
  }

  /** Ask `to` for the state that this replica heard of and cannot reach by executing. */
  protected fetchState(to: NodeId): void {
    const { seq, digest } = this.heard;
    this.out.send(to, { type: messageTypes.fetchState, view: this.view, seq, digest, batch: null, proof: null, body: null }, 0);
  }

  protected stateWanted(from: NodeId, { seq }: PbftMessage): void {
    if (this.low < seq || this.low === 0) return this.drop('not-asked-for');
    const { stable: proof, stableSnapshot: snapshot } = this;
    const body = { type: 'state' as const, proof, snapshot };
    this.out.send(
      from,
      { type: messageTypes.state, view: this.view, seq: this.low, digest: proof.digest, batch: null, proof: null, body },
      0,
    );
  }

  protected stateReceived(proof: StableProof, snapshot: Value): void {
    if (!this.isAhead(proof)) return this.drop('known');
    if (!this.isStateOf(snapshot, proof.digest)) return this.drop('wrong-digest');
    this.taken = [];
    if (proof.seq > this.heard.seq) this.heard = proof;
    this.#takeOver(proof, snapshot);
    this.#becomeStable(proof, snapshot);
    this.batchExecuted();
  }

  /** Checkpoints of this replica that are on their way to become stable, as it signed them. */
  protected ownCheckpoints(): PbftMessage[] {
    const own = this.#vouched[this.rank] ?? [];
    return own.filter(({ seq }) => seq > this.low).map(({ seq, digest, signature }) => this.#checkpointMessage(seq, digest, signature));
  }

  protected copyCheckpoints(from: PbftCheckpoints): void {
    this.#vouched = from.#vouched.slice();
  }

  protected vouchedKnown(): string[] {
    return this.#vouched.map((each) => JSON.stringify(each.filter(({ seq }) => seq > this.low)));
  }

  /** Something was executed, or a state was taken over. */
  protected abstract batchExecuted(): void;
}
