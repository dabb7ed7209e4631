/**
 * Is a message what its type says, before anything is computed for it: the right parts, none too large, voters that
 * exist and are named once, quorums that are possible. What is not is dropped and counted; it touches no state.
 */
import type { NodeId } from '../../core/index.ts';
import { type Batch, NULL_DIGEST, valueBytes } from './batch.ts';
import { messageTypes, type PbftMessage } from './message.ts';
import type { Drop } from './pbft-base.ts';
import { PbftViews } from './pbft-views.ts';
import type { Certified, NewView, StableProof, ViewChange } from './view-change.ts';

/** A batch may be so much larger than the primary's limit: one request always goes. */
const BATCH_SLACK = 2;
const MOST_REPORTS_EACH = 8;

export abstract class PbftShape extends PbftViews {
  // The decisions.

  /** Are these all replicas, each named once and in ascending order? */
  protected areDistinct(nodes: readonly NodeId[]): boolean {
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i] as NodeId;
      if (this.rankOf(node) < 0 || (i > 0 && node <= (nodes[i - 1] as NodeId))) return false;
    }
    return true;
  }

  /** Could this prove a stable checkpoint, if its signatures are good? The empty state at 0 needs none. */
  protected provesStable(proof: StableProof): Drop | null {
    const { seq, digest, signatures } = proof;
    if (seq === 0) return digest === NULL_DIGEST && signatures.length === 0 ? null : 'malformed';
    if (signatures.length > this.peers.length) return 'oversized';
    if (!this.areDistinct(signatures.map(({ node }) => node))) return 'duplicate-voter';
    return this.isStable(signatures) ? null : 'no-quorum';
  }

  /** Does a view change report possible things only: inside its window, of earlier views, each number prepared once? */
  protected reportsPossible({ view, stable, prepared, prePrepared }: ViewChange): Drop | null {
    const { window } = this.config;
    if (prepared.length > window || prePrepared.length > window * MOST_REPORTS_EACH) return 'oversized';
    const possible = (each: Certified): boolean => each.seq > stable.seq && each.seq <= stable.seq + window && each.view < view;
    if (!prepared.every(possible) || !prePrepared.every(possible)) return 'malformed';
    for (let i = 1; i < prepared.length; i++) if ((prepared[i] as Certified).seq <= (prepared[i - 1] as Certified).seq) return 'malformed';
    return null;
  }

  /** Is a batch no larger than a primary may make it? */
  protected fits(batch: Batch): boolean {
    const { maxBatchRequests, maxBatchBytes } = this.config;
    if (batch.length > maxBatchRequests) return false;
    if (batch.length < 2) return true;
    let bytes = 0;
    for (let i = 0; i < batch.length; i++) bytes += valueBytes((batch[i] as Batch[number]).op);
    return bytes <= maxBatchBytes * BATCH_SLACK;
  }

  /** What is wrong with a message, before its proofs are looked at; null: nothing. */
  protected fault(from: NodeId, message: PbftMessage): Drop | null {
    if (from === this.id || this.rankOf(from) < 0) return 'stranger';
    const { type, batch, body } = message;
    switch (type) {
      case messageTypes.prepare:
      case messageTypes.commit:
      case messageTypes.checkpoint:
      case messageTypes.fetchBatch:
      case messageTypes.fetchState:
        return batch === null && body === null ? null : 'malformed';
      case messageTypes.prePrepare:
      case messageTypes.committed:
      case messageTypes.batch:
        return batch === null || body !== null ? 'malformed' : this.fits(batch) ? null : 'oversized';
      case messageTypes.request:
        return batch !== null && batch.length === 1 && body === null ? null : 'malformed';
    }
    return batch === null ? this.#bodyFault(from, message) : 'malformed';
  }

  #bodyFault(from: NodeId, { type, view, body }: PbftMessage): Drop | null {
    switch (body?.type) {
      case 'status':
        return type === messageTypes.status && body.keys.length <= this.peers.length ? null : 'malformed';
      case 'viewChange':
        if (type !== messageTypes.viewChange || body.change.view !== view || body.change.node !== from) return 'malformed';
        return this.#changeFault(body.change);
      case 'newView':
        return type === messageTypes.newView && body.newView.view === view ? this.#newViewFault(body.newView) : 'malformed';
      case 'stable':
        return type === messageTypes.stable ? this.provesStable(body.proof) : 'malformed';
      case 'state':
        if (type !== messageTypes.state) return 'malformed';
        return valueBytes(body.snapshot) > this.config.maxSnapshotBytes ? 'oversized' : this.provesStable(body.proof);
      case 'key':
        return type === messageTypes.newKey && this.rankOf(body.node) >= 0 ? null : 'malformed';
    }
    return 'malformed';
  }

  #changeFault(change: ViewChange): Drop | null {
    return this.provesStable(change.stable) ?? this.reportsPossible(change);
  }

  #newViewFault({ view, viewChanges, chosen }: NewView): Drop | null {
    if (viewChanges.length > this.peers.length || chosen.length > this.config.window) return 'oversized';
    if (!this.areDistinct(viewChanges.map(({ node }) => node))) return 'duplicate-voter';
    if (!this.mayBegin(viewChanges)) return 'no-quorum';
    for (const change of viewChanges) {
      if (change.view !== view) return 'other-view';
      const fault = this.#changeFault(change);
      if (fault !== null) return fault;
    }
    return null;
  }
}
