/**
 * What is written, and what waits for it. A replica must remember across crashes what it has told others: what it
 * accepted and prepared, which views it left, which states it vouched for. So each of these is durable before the
 * message that tells it goes out, and before this replica counts its own vote.
 */
import type { Token } from '../../core/index.ts';
import { type Batch, batchDigest, type Digest } from './batch.ts';
import { PbftBase } from './pbft-base.ts';
import type { KeyAnnouncement, PbftRecord, SlotRecord, TakenCheckpoint } from './record.ts';
import { type Slot, stages } from './slot.ts';
import type { NewView, ViewChange } from './view-change.ts';

/** What was written last. */
interface Writing {
  readonly token: Token;
  readonly record: PbftRecord;
}

export abstract class PbftStorage extends PbftBase {
  #token: Token = 0;
  #writing: Writing[] = [];
  /** The stable checkpoint is on disk, with its state. */
  protected stableIsStored = true;

  /** Is this record written at all? */
  protected mustPersist(_record: PbftRecord): boolean {
    return true;
  }

  /** Must what it announces wait until it is durable? */
  protected mustWaitForStorage(_record: PbftRecord): boolean {
    return true;
  }

  /** Does a restart take this record into account? */
  protected recovers(_record: PbftRecord): boolean {
    return true;
  }

  protected nextToken(): Token {
    this.#token++;
    return this.#token;
  }

  protected write(record: PbftRecord): void {
    if (!this.mustPersist(record)) {
      this.durable(record);
      return;
    }
    const token = this.nextToken();
    if (record.type === 'stable') this.stableIsStored = false;
    if (record.type === 'stable') this.out.checkpoint(token, record);
    else this.out.persist(token, record);
    if (this.mustWaitForStorage(record)) this.#writing.push({ token, record });
    else this.durable(record);
  }

  protected persisted(token: Token): void {
    let done = 0;
    const writing = this.#writing;
    while (done < writing.length && (writing[done] as Writing).token <= token) done++;
    if (done === 0) return;
    if (done === 1) return this.durable((writing.shift() as Writing).record);
    this.#writing = writing.slice(done);
    for (let i = 0; i < done; i++) this.durable((writing[i] as Writing).record);
  }

  /** `record` is on disk: what waited for it may happen. */
  protected durable(record: PbftRecord): void {
    switch (record.type) {
      case 'accepted':
        return this.acceptedDurable(record.view, record.seq, record.digest);
      case 'prepared':
        return this.preparedDurable(record.view, record.seq, record.digest);
      case 'committed':
        return this.committedDurable(record.seq, record.digest, record.batch);
      case 'taken':
        return this.takenDurable(record.checkpoint);
      case 'viewChange':
        return this.viewChangeDurable(record.change);
      case 'newView':
        return this.newViewDurable(record.newView);
      case 'key':
        return this.keyDurable(record.announcement);
      case 'stable':
        this.stableIsStored = record.proof.seq === this.stable.seq;
    }
  }

  /** All that must survive, at a stable checkpoint. */
  protected everything(): PbftRecord {
    const { stable: proof, stableSnapshot: snapshot, view, active, leaving: viewChange, newView, taken } = this;
    const slots = this.slotsKnown().map((slot) => slot.record());
    return { type: 'stable', proof, snapshot, view, active, viewChange, newView, taken, slots, keys: this.keysKnown() };
  }

  /**
   * The checkpoint just written swallows what was written before it. It holds most of that itself; what it does not hold
   * is written again, and counts only then.
   */
  protected writeAgain(): void {
    const again = this.#writing.filter(({ record }) => record.type === 'newView' || record.type === 'committed' || record.type === 'key');
    if (again.length === 0) return;
    this.#writing = this.#writing.filter((each) => !again.includes(each));
    for (const { record } of again) this.write(record);
  }

  /** The state after a crash, from what the disk kept. */
  protected recover(records: readonly PbftRecord[]): void {
    for (const record of records) if (this.recovers(record)) this.#recoverRecord(record);
    if (this.service.position > 0) {
      const { seq, digest } = this.stable;
      this.out.indicate({ kind: 'restore', index: this.service.position, snapshot: this.stableSnapshot, seq, digest });
    }
    for (const slot of this.slotsKnown()) {
      if (slot.view === this.view && this.active) this.#rejoin(slot);
      else if (slot.stage !== stages.none) slot.stage = stages.none;
    }
    // What was executed before the crash was prepared here, or committed by others: until it is executed again, no read is answered.
    this.readsFrom = Math.max(
      this.low,
      ...this.slotsKnown().map(({ seq, prepared, committed }) => ((prepared ?? committed) === null ? 0 : seq)),
    );
    const { newView } = this;
    const began = newView === null ? 0 : Math.max(newView.start.seq, newView.chosen.at(-1)?.seq ?? 0);
    this.lastProposed = Math.max(this.low, began, ...this.slotsKnown().map((slot) => (slot.view === this.view ? slot.seq : 0)));
  }

  #recoverRecord(record: PbftRecord): void {
    switch (record.type) {
      case 'accepted':
        if (this.inWindow(record.seq)) this.#recoverAccepted(this.slot(record.seq), record);
        return;
      case 'prepared':
        if (this.inWindow(record.seq)) this.#recoverPrepared(this.slot(record.seq), record.view, record.digest);
        return;
      case 'committed':
        if (this.inWindow(record.seq)) this.#recoverCommitted(this.slot(record.seq), record.digest, record.batch);
        return;
      case 'taken':
        if (record.checkpoint.seq > this.low) this.taken = [...this.taken, record.checkpoint];
        return;
      case 'viewChange':
        // A later view may have been on its way to the disk when this one was left, and was entered then.
        if (record.change.view <= this.view) return;
        this.view = record.change.view;
        this.active = false;
        this.leaving = record.change;
        return;
      case 'newView':
        return this.recoverNewView(record.newView);
      case 'key':
        return this.rememberKey(record.announcement);
      case 'stable':
        this.#recoverAll(record);
    }
  }

  #recoverAccepted(slot: Slot, { view, digest, batch }: Extract<PbftRecord, { readonly type: 'accepted' }>): void {
    slot.batches.set(digest, batch);
    slot.notePrePrepared(digest, view);
    if (view < slot.view) return;
    slot.propose(view, digest, batch);
    slot.authentic = true;
    slot.stage = stages.accepted;
  }

  #recoverPrepared(slot: Slot, view: number, digest: Digest): void {
    if (slot.prepared === null || slot.prepared.view < view) slot.prepared = { seq: slot.seq, digest, view };
    if (slot.view === view && slot.digest === digest) slot.stage = stages.prepared;
  }

  #recoverCommitted(slot: Slot, digest: Digest, batch: Batch): void {
    slot.committed = digest;
    slot.batches.set(digest, batch);
  }

  #recoverAll(record: Extract<PbftRecord, { readonly type: 'stable' }>): void {
    this.stable = record.proof;
    this.heard = record.proof;
    this.stableSnapshot = record.snapshot;
    this.service.restore(record.snapshot);
    this.executed = record.proof.seq;
    this.view = record.view;
    this.active = record.active;
    this.leaving = record.viewChange;
    this.newView = record.newView;
    this.taken = record.taken;
    for (const known of record.slots) this.#recoverSlot(this.slot(known.seq), known);
    for (const known of record.keys) this.rememberKey(known);
    // What the view began with may have come into the window with this very checkpoint.
    if (record.active && record.newView !== null) this.installChosen(record.newView);
  }

  #recoverSlot(slot: Slot, { accepted, digest, isPrepared, prepared, prePrepared, committed, batches }: SlotRecord): void {
    for (const batch of batches) slot.batches.set(batchDigest(batch), batch);
    slot.prepared = prepared;
    slot.prePrepared = prePrepared;
    slot.committed = committed;
    if (accepted === 0) return;
    slot.propose(accepted - 1, digest, slot.batches.get(digest) ?? null);
    if (slot.batch === null) this.lacksBatches = true;
    slot.authentic = true;
    slot.stage = isPrepared ? stages.prepared : stages.accepted;
  }

  /** In the view in which it voted, a replica votes again as it did. */
  #rejoin(slot: Slot): void {
    if (slot.stage < stages.accepted) return;
    slot.prepares.record(this.rank, slot.view, slot.digest);
    slot.prepares.record(this.rankOf(this.primaryOf(slot.view)), slot.view, slot.digest);
    if (slot.stage === stages.prepared) slot.commits.record(this.rank, slot.view, slot.digest);
  }

  protected copyStorage(from: PbftStorage): void {
    this.#token = from.#token;
    this.#writing = from.#writing.slice();
    this.stableIsStored = from.stableIsStored;
  }

  protected get writing(): readonly PbftRecord[] {
    return this.#writing.map(({ record }) => record);
  }

  protected abstract acceptedDurable(view: number, seq: number, digest: Digest): void;
  protected abstract preparedDurable(view: number, seq: number, digest: Digest): void;
  protected abstract committedDurable(seq: number, digest: Digest, batch: Batch): void;
  protected abstract takenDurable(checkpoint: TakenCheckpoint): void;
  protected abstract viewChangeDurable(change: ViewChange): void;
  protected abstract newViewDurable(newView: NewView): void;
  protected abstract installChosen(newView: NewView): void;
  protected abstract recoverNewView(newView: NewView): void;
  protected abstract keyDurable(announcement: KeyAnnouncement): void;
  protected abstract rememberKey(announcement: KeyAnnouncement): void;
  protected abstract keysKnown(): readonly KeyAnnouncement[];
}
