/**
 * Changing the view: leaving one whose primary does not do its work, choosing what the next one starts with, and
 * believing a new primary only as far as the choice follows from signed view changes (TOCS 2002, 4.5).
 */
import type { NodeId } from '../../core/index.ts';
import { type Digest, NULL_BATCH, NULL_DIGEST } from './batch.ts';
import { messageTypes, type PbftMessage } from './message.ts';
import { PbftCheckpoints } from './pbft-checkpoints.ts';
import { stages } from './slot.ts';
import {
  type Certified,
  type Chosen,
  type Decision,
  lastPrepared,
  type NewView,
  newViewContent,
  type StableProof,
  startOf,
  supported,
  untouched,
  type ViewChange,
  viewChangeContent,
  vouchedFor,
} from './view-change.ts';

export abstract class PbftViews extends PbftCheckpoints {
  /** Something was executed in this view. */
  protected fruitful = true;
  /** As its primary, this replica has decided what the view that it is in begins with. */
  protected hasBegun = false;

  // The decisions.

  /** P: what this replica reports as prepared, above its stable checkpoint. */
  protected reportsPrepared(): readonly Certified[] {
    return this.slotsKnown().flatMap(({ prepared }) => (prepared === null ? [] : [prepared]));
  }

  /** Q: what it reports as pre-prepared. */
  protected reportsPrePrepared(): readonly Certified[] {
    return this.slotsKnown().flatMap(({ prePrepared }) => prePrepared);
  }

  /** Does this replica follow others to the next view: f + 1 of them, so an honest one, have left this one (TOCS 4.5.2)? */
  protected mayJoin(ahead: readonly ViewChange[]): boolean {
    return ahead.length >= this.weak();
  }

  /** The view to follow them to: the smallest of theirs (TOCS 4.5.2). */
  protected joins(ahead: readonly ViewChange[]): number {
    return Math.min(...ahead.map(({ view }) => view));
  }

  /**
   * Have so many come to this view that it must begin within the time-out (TOCS 4.5.2)? Who has gone on to a later one
   * was here: without it, those who come after it could wait for each other for ever.
   */
  protected mayLosePatience(here: readonly ViewChange[]): boolean {
    return here.length >= this.quorum();
  }

  /** Have enough replicas left for this view, so that its primary may begin it? */
  protected mayBegin(changes: readonly ViewChange[]): boolean {
    return changes.length >= this.quorum();
  }

  /**
   * May this primary decide what its view begins with: not when it has done so (TOCS 4.5)? View changes that come while the
   * first decision is on its way to the disk could make for another one, and two would be told.
   */
  protected mayDecide(): boolean {
    return !this.hasBegun;
  }

  /** The checkpoint that a new view starts from. */
  protected startsFrom(changes: readonly ViewChange[]): StableProof {
    return startOf(changes);
  }

  /** A1 (TOCS figure 4). */
  protected isSupported(changes: readonly ViewChange[], candidate: Certified): boolean {
    return supported(changes, candidate, this.quorum());
  }

  /** A2 (TOCS figure 4). */
  protected isVouchedFor(changes: readonly ViewChange[], candidate: Certified): boolean {
    return vouchedFor(changes, candidate, this.weak());
  }

  /** B (TOCS figure 4). */
  protected isUntouched(changes: readonly ViewChange[], seq: number): boolean {
    return untouched(changes, seq, this.quorum());
  }

  /** What the new view has at `seq`; null: not to be said yet. */
  protected choose(changes: readonly ViewChange[], seq: number): Digest | null {
    const candidates = changes.flatMap(({ prepared }) => prepared.filter((each) => each.seq === seq));
    candidates.sort((a, b) => b.view - a.view);
    for (const candidate of candidates) {
      if (this.isSupported(changes, candidate) && this.isVouchedFor(changes, candidate)) return candidate.digest;
    }
    return this.isUntouched(changes, seq) ? NULL_DIGEST : null;
  }

  /** The decision procedure (TOCS figure 4); null: more view changes are needed. */
  protected decide(changes: readonly ViewChange[]): Decision | null {
    const start = this.startsFrom(changes);
    const chosen: Chosen[] = [];
    const last = lastPrepared(changes);
    for (let seq = start.seq + 1; seq <= last; seq++) {
      const digest = this.choose(changes, seq);
      if (digest === null) return null;
      chosen.push({ seq, digest });
    }
    return { start, chosen };
  }

  /** Does what the new primary chose follow from the view changes that it shows (TOCS 4.5)? */
  protected isRightChoice({ viewChanges, start, chosen }: NewView): boolean {
    const decision = this.decide(viewChanges);
    if (decision === null || decision.start.seq !== start.seq || decision.start.digest !== start.digest) return false;
    if (decision.chosen.length !== chosen.length) return false;
    return decision.chosen.every(({ seq, digest }, i) => seq === chosen[i]?.seq && digest === chosen[i]?.digest);
  }

  /** Does a new view of this number bring this replica on? */
  protected mayEnter(view: number): boolean {
    return view > this.view || (view === this.view && !this.active);
  }

  /** Is a view change for `view` still of use here? */
  protected mayCountViewChange(view: number): boolean {
    return view > this.view || (view === this.view && !this.active);
  }

  // Leaving a view.

  protected startViewChange(view: number): void {
    this.view = view;
    this.active = false;
    this.newView = null;
    this.fruitful = false;
    this.hasBegun = false;
    this.leaving = {
      node: this.id,
      view,
      stable: this.stable,
      prepared: this.reportsPrepared(),
      prePrepared: this.reportsPrePrepared(),
      signature: null,
    };
    this.viewLeft();
    this.write({ type: 'viewChange', change: this.leaving });
  }

  protected viewChangeDurable(change: ViewChange): void {
    if (change.view !== this.view || this.active) return;
    this.sign({ kind: 'viewChange', change }, viewChangeContent(change), 'signature');
  }

  protected viewChangeSigned(change: ViewChange): void {
    if (change.view !== this.view || this.active) return;
    this.leaving = change;
    this.#store(change);
    this.broadcast(this.viewChangeMessage(change));
    this.viewChanged(change);
  }

  /** With the signatures of its checkpoint as they are now: others may have signed it again with new keys. */
  protected viewChangeMessage(change: ViewChange): PbftMessage {
    const { stable } = change.stable.seq === this.low ? this : change;
    const body = { type: 'viewChange' as const, change: { ...change, stable } };
    return { type: messageTypes.viewChange, view: change.view, seq: 0, digest: '', batch: null, proof: null, body };
  }

  protected viewChangeReceived(change: ViewChange): void {
    this.stableHeard(change.stable);
    if (!this.mayCountViewChange(change.view)) return this.drop('other-view');
    if (!this.#store(change)) return this.drop('second-vote');
    this.viewChanged(change);
  }

  /** Of each replica the newest; what it says first for a view counts. This one may have signed its own again. */
  #store(change: ViewChange): boolean {
    const rank = this.rankOf(change.node);
    while (this.viewChanges.length <= rank) this.viewChanges.push(null);
    const before = this.viewChanges[rank];
    const again = change.node === this.id ? 1 : 0;
    if (before !== null && before !== undefined && before.view >= change.view + again) return false;
    this.viewChanges[rank] = change;
    return true;
  }

  #ahead(): readonly ViewChange[] {
    return this.viewChanges.filter((change): change is ViewChange => change !== null && change.view > this.view);
  }

  /** The newest view change of each replica, as far as they were heard. */
  changesKnown(): readonly ViewChange[] {
    return this.viewChanges.filter((change): change is ViewChange => change !== null);
  }

  protected viewChangesFor(view: number): readonly ViewChange[] {
    return this.viewChanges.filter((change): change is ViewChange => change !== null && change.view === view);
  }

  protected viewChanged(_change: ViewChange): void {
    for (let ahead = this.#ahead(); ahead.length > 0 && this.mayJoin(ahead); ahead = this.#ahead()) this.startViewChange(this.joins(ahead));
    if (this.active) return;
    const here = this.viewChanges.filter((change): change is ViewChange => change !== null && change.view >= this.view);
    if (this.mayLosePatience(here)) this.newViewDue();
    const changes = this.viewChangesFor(this.view);
    if (this.primaryOf(this.view) === this.id && this.mayBegin(changes) && this.mayDecide()) this.#begin(changes);
  }

  // Beginning one.

  #begin(changes: readonly ViewChange[]): void {
    const decision = this.decide(changes);
    if (decision === null) return;
    this.hasBegun = true;
    const { seq, digest } = decision.start;
    const newView: NewView = {
      view: this.view,
      viewChanges: changes,
      start: { seq, digest },
      chosen: decision.chosen,
      signature: null,
    };
    this.write({ type: 'newView', newView });
  }

  protected newViewDurable(newView: NewView): void {
    if (!this.mayEnter(newView.view)) return;
    if (newView.signature === null) this.sign({ kind: 'newView', newView }, newViewContent(newView), 'signature');
    else this.enterNewView(newView);
  }

  /** Also after a restart, in a view that has begun. */
  protected newViewSigned(newView: NewView): void {
    const again = this.active && this.view === newView.view;
    if (!again && !this.mayEnter(newView.view)) return;
    this.broadcast(this.newViewMessage(newView));
    if (again) this.newView = newView;
    else this.enterNewView(newView);
  }

  protected newViewMessage(newView: NewView): PbftMessage {
    const body = { type: 'newView' as const, newView };
    return { type: messageTypes.newView, view: newView.view, seq: 0, digest: '', batch: null, proof: null, body };
  }

  protected newViewReceived(newView: NewView): void {
    if (!this.mayEnter(newView.view)) return this.drop('other-view');
    if (!this.mayBegin(newView.viewChanges)) return this.drop('no-quorum');
    if (!this.isRightChoice(newView)) return this.drop('wrong-choice');
    this.write({ type: 'newView', newView });
  }

  protected enterNewView(newView: NewView): void {
    this.#adopt(newView);
    this.fruitful = false;
    this.stableHeard(startOf(newView.viewChanges));
    this.viewEntered();
    for (const { seq } of newView.chosen) {
      const slot = this.slotAt(seq);
      if (slot !== null) this.advance(slot);
    }
    this.fetchBatches();
    this.somethingWaits();
  }

  #adopt(newView: NewView): void {
    this.view = newView.view;
    this.active = true;
    this.leaving = null;
    this.newView = newView;
    this.lastProposed = Math.max(this.low, newView.start.seq, newView.chosen.at(-1)?.seq ?? 0);
    this.installChosen(newView);
  }

  /**
   * A lying primary may have made others write two for one view: the first was entered. And one that was written again
   * behind a checkpoint may be of a view that was left before that: a view is not left twice.
   */
  protected recoverNewView(newView: NewView): void {
    if (this.mayEnter(newView.view)) this.#adopt(newView);
  }

  /** What the view starts with is as if its primary had pre-prepared it. Outside the window: once that has moved. */
  protected installChosen({ view, chosen }: NewView): void {
    for (const { seq, digest } of chosen) {
      if (!this.inWindow(seq)) continue;
      const slot = this.slot(seq);
      if (slot.view === view && slot.stage !== stages.none) continue;
      slot.propose(view, digest, digest === NULL_DIGEST ? NULL_BATCH : (slot.batches.get(digest) ?? null));
      slot.authentic = true;
      if (slot.batch === null) this.lacksBatches = true;
      this.countPrepare(slot, this.primaryOf(view), view, digest);
      if (this.primaryOf(view) === this.id) slot.notePrePrepared(digest, view);
    }
  }

  protected windowMoved(): void {
    if (!this.active || this.newView === null) return;
    this.installChosen(this.newView);
    for (const { seq } of this.newView.chosen) {
      const slot = this.slotAt(seq);
      if (slot !== null) this.advance(slot);
    }
  }

  /** Also when this replica comes back in the middle of a view change, or as a primary that has just begun a view. */
  protected resume(): void {
    if (!this.active && this.leaving !== null) this.viewChangeDurable(this.leaving);
    const { newView } = this;
    if (this.active && newView !== null && newView.signature === null)
      this.sign({ kind: 'newView', newView }, newViewContent(newView), 'signature');
  }

  /** Whether a message may be looked at closer; null: yes. */
  protected objection(from: NodeId, message: PbftMessage): 'other-view' | 'known' | null {
    const { body } = message;
    if (body === null) {
      const { type, seq, digest, proof } = message;
      return type === messageTypes.checkpoint && this.isNoNews(from, seq, digest, proof) ? 'known' : null;
    }
    if (body.type === 'newView' && !this.mayEnter(body.newView.view)) return 'other-view';
    if (body.type === 'viewChange') {
      const before = this.viewChanges[this.rankOf(from)];
      if (before !== null && before !== undefined && before.view >= body.change.view) return 'known';
    }
    if (body.type === 'state' && !this.isAhead(body.proof)) return 'known';
    if (body.type === 'stable' && body.proof.seq <= this.heard.seq) return 'known';
    return null;
  }

  protected copyViews(from: PbftViews): void {
    this.fruitful = from.fruitful;
    this.hasBegun = from.hasBegun;
  }

  /** The view was left, for one that is yet to begin. */
  protected abstract viewLeft(): void;
  /** Enough have left for this view: it must begin within the time-out. */
  protected abstract newViewDue(): void;
  protected abstract viewEntered(): void;
}
