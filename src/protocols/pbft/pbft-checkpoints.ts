/**
 * Executing what is committed, in order; checkpoints of the state, which become stable with a quorum's signatures and let
 * the log go (OSDI 1999, 4.3); and taking a state, or single batches, from others when one is behind (TOCS 2002, 5.3).
 */
import { contentHash, equalValues, type NodeId, type Value } from '../../core/index.ts';
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
  /** The stable checkpoint was signed with a newer key: others may have older signatures of it, or none. */
  protected hasVouchedAgain = false;

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
    if (this.isNoNews(this.id, seq, digest, signature.signature)) return;
    if (seq > this.low) this.#vouch({ ...signature, seq, digest });
    else this.#strengthen(signature);
    this.broadcast(this.#checkpointMessage(seq, digest, signature.signature));
    if (seq > this.low) this.#mayBecomeStable(seq, digest);
  }

  #checkpointMessage(seq: number, digest: Digest, proof: Value): PbftMessage {
    return { type: messageTypes.checkpoint, view: 0, seq, digest, batch: null, proof, body: null };
  }

  protected checkpointReceived(from: NodeId, { seq, digest, proof }: PbftMessage): void {
    if (this.isNoNews(from, seq, digest, proof)) return this.drop('known');
    if (seq === this.low) return this.#strengthen({ node: from, signature: proof });
    if (!this.#vouch({ node: from, signature: proof, seq, digest })) return this.drop('second-vote');
    this.#mayBecomeStable(seq, digest);
  }

  /** Does nothing come of it that `from` vouches for this checkpoint? */
  protected isNoNews(from: NodeId, seq: number, digest: Digest, signature: Value): boolean {
    if (seq !== this.low) return seq < this.low;
    return seq === 0 || digest !== this.stable.digest || equalValues(this.#signatureIn(this.stable, from), signature);
  }

  #signatureIn({ signatures }: StableProof, node: NodeId): Value {
    return signatures.find((one) => one.node === node)?.signature ?? null;
  }

  /**
   * A signature that came late, or was made with a newer key. A proof that has those of all honest replicas is good
   * wherever it is checked, whoever changes its key, and whomever a liar tells of its own.
   */
  #strengthen(signature: Signature): void {
    const others = this.stable.signatures.filter(({ node }) => node !== signature.node);
    this.stable = { ...this.stable, signatures: [...others, signature].sort((a, b) => a.node - b.node) };
  }

  /**
   * Each replica vouches for one state at each number, again where its key is another one by now; the newest few count, as
   * many as fit between the watermarks.
   */
  #vouch(vouched: Vouched): boolean {
    const rank = this.rankOf(vouched.node);
    while (this.#vouched.length <= rank) this.#vouched.push([]);
    const before = (this.#vouched[rank] as readonly Vouched[]).filter(({ seq }) => seq > this.low);
    const same = before.find(({ seq }) => seq === vouched.seq);
    if (same !== undefined && (same.digest !== vouched.digest || equalValues(same.signature, vouched.signature))) return false;
    const kept = this.config.window / this.config.checkpointEvery + 1;
    this.#vouched[rank] = [...before.filter((each) => each !== same), vouched].sort((a, b) => a.seq - b.seq).slice(-kept);
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
    this.hasVouchedAgain = false;
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

  /**
   * Ask `to` for a state that is newer than what was executed here: this replica heard of one and cannot reach it by executing.
   * Nobody who is there may have that one; any that is newer helps.
   */
  protected fetchState(to: NodeId): void {
    const { executed: seq, view } = this;
    this.out.send(to, { type: messageTypes.fetchState, view, seq, digest: NULL_DIGEST, batch: null, proof: null, body: null }, 0);
  }

  protected stateWanted(from: NodeId, { seq }: PbftMessage): void {
    if (this.low <= seq) return this.drop('not-asked-for');
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

  /** Checkpoints of this replica that are on their way to become stable, as it signed them; the stable one where it signed it again. */
  protected ownCheckpoints(): PbftMessage[] {
    const { seq: low, digest } = this.stable;
    const signature = this.hasVouchedAgain ? this.#signatureIn(this.stable, this.id) : null;
    const own = (this.#vouched[this.rank] ?? []).filter(({ seq }) => seq > low);
    const all = signature === null ? own : [{ seq: low, digest, signature }, ...own];
    return all.map((each) => this.#checkpointMessage(each.seq, each.digest, each.signature));
  }

  /** Is this replica's signature among those of the stable checkpoint? */
  protected vouchesForStable(): boolean {
    return this.low === 0 || this.#signatureIn(this.stable, this.id) !== null;
  }

  /** Signs once more, with the key that it has by now, what it vouches for. */
  protected vouchAgain(): void {
    this.hasVouchedAgain = this.low > 0;
    const onTheirWay = (this.#vouched[this.rank] ?? []).filter(({ seq }) => seq > this.low);
    for (const { seq, digest } of this.low > 0 ? [this.stable, ...onTheirWay] : onTheirWay)
      this.sign({ kind: 'checkpoint', seq, digest }, checkpointContent(seq, digest), 'signature');
  }

  protected copyCheckpoints(from: PbftCheckpoints): void {
    this.#vouched = from.#vouched.slice();
    this.hasVouchedAgain = from.hasVouchedAgain;
  }

  protected vouchedKnown(): string[] {
    return this.#vouched.map((each) => JSON.stringify(each.filter(({ seq }) => seq > this.low)));
  }

  /** Something was executed, or a state was taken over. */
  protected abstract batchExecuted(): void;
}
