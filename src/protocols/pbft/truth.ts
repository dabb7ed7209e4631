/** What is on the disks of a group, by sequence number: who accepted, prepared and took what. For the invariants. */
import type { NodeId } from '../../core/index.ts';
import type { Digest } from './batch.ts';
import type { Certified, NewView, ViewChange } from './view-change.ts';

/** Something about one number, and on whose disks it is. */
export interface Known extends Certified {
  readonly by: NodeId[];
  /** Primaries that began a view with it where they had no room for it yet: they vouch for it, and need not report it. */
  readonly beyond: NodeId[];
}

class AtNumber {
  readonly accepted: Known[] = [];
  readonly prepared: Known[] = [];
  executed: Digest | null = null;
}

const find = (all: readonly Known[], view: number, digest: Digest): Known | null => {
  for (let i = 0; i < all.length; i++) {
    const known = all[i] as Known;
    if (known.view === view && known.digest === digest) return known;
  }
  return null;
};

const NOTHING: readonly Known[] = [];

/** A group is small: a list is less work than a set. */
function include(ids: NodeId[], id: NodeId): void {
  if (!ids.includes(id)) ids.push(id);
}

function add(all: Known[], id: NodeId, seq: number, view: number, digest: Digest): void {
  const known = find(all, view, digest);
  if (known === null) all.push({ seq, view, digest, by: [id], beyond: [] });
  else include(known.by, id);
}

export class Truth {
  readonly #peers: readonly NodeId[];
  readonly #numbers = new Map<number, AtNumber>();
  readonly #taken = new Map<number, Known[]>();
  readonly #leaving = new Map<NodeId, ViewChange[]>();
  readonly #views = new Map<NodeId, number>();
  readonly #left = new Map<NodeId, number>();
  readonly #stable = new Map<NodeId, number>();
  /** By view. */
  readonly #beginnings = new Map<number, NewView>();

  constructor(peers: readonly NodeId[]) {
    this.#peers = peers;
  }

  /** Up to here nothing is known any more. */
  floor = 0;

  #at(seq: number): AtNumber {
    let at = this.#numbers.get(seq);
    if (at === undefined) {
      at = new AtNumber();
      this.#numbers.set(seq, at);
    }
    return at;
  }

  accepts(id: NodeId, view: number, seq: number, digest: Digest): void {
    add(this.#at(seq).accepted, id, seq, view, digest);
  }

  accepted(view: number, seq: number, digest: Digest): Known | null {
    return find(this.#numbers.get(seq)?.accepted ?? NOTHING, view, digest);
  }

  /** What `id` accepted at `seq` in `view`; null: nothing. */
  acceptedIn(id: NodeId, view: number, seq: number): Digest | null {
    const all = this.#numbers.get(seq)?.accepted ?? NOTHING;
    for (let i = 0; i < all.length; i++) {
      const known = all[i] as Known;
      if (known.view === view && known.by.includes(id)) return known.digest;
    }
    return null;
  }

  acceptedBy(id: NodeId, above: number, upTo: number): Known[] {
    return this.#by(id, above, ({ accepted }) => accepted).filter(({ seq }) => seq <= upTo);
  }

  prepares(id: NodeId, view: number, seq: number, digest: Digest): void {
    add(this.#at(seq).prepared, id, seq, view, digest);
  }

  prepared(view: number, seq: number, digest: Digest): Known | null {
    return find(this.#numbers.get(seq)?.prepared ?? NOTHING, view, digest);
  }

  /** Another batch that is prepared at that number in that view; null: none. */
  preparedOther(view: number, seq: number, digest: Digest): Digest | null {
    const all = this.#numbers.get(seq)?.prepared ?? NOTHING;
    for (let i = 0; i < all.length; i++) {
      const known = all[i] as Known;
      if (known.view === view && known.digest !== digest) return known.digest;
    }
    return null;
  }

  preparedBy(id: NodeId, above: number): Known[] {
    return this.#by(id, above, ({ prepared }) => prepared);
  }

  #by(id: NodeId, above: number, of: (at: AtNumber) => readonly Known[]): Known[] {
    const found: Known[] = [];
    for (const [seq, at] of this.#numbers) if (seq > above) for (const known of of(at)) if (known.by.includes(id)) found.push(known);
    return found;
  }

  /** The view in which most have prepared `digest` at `seq`. */
  bestPrepared(seq: number, digest: Digest, lies: (id: NodeId) => boolean): Known | null {
    let best: Known | null = null;
    let most = -1;
    for (const known of this.#numbers.get(seq)?.prepared ?? NOTHING) {
      if (known.digest !== digest) continue;
      let count = 0;
      for (const id of known.by) if (!lies(id)) count++;
      if (count > most) {
        most = count;
        best = known;
      }
    }
    return best;
  }

  /** What was executed first at `seq`. */
  executes(seq: number, digest: Digest): Digest {
    const at = this.#at(seq);
    at.executed ??= digest;
    return at.executed;
  }

  takes(id: NodeId, seq: number, digest: Digest): void {
    const all = this.#taken.get(seq) ?? [];
    add(all, id, seq, 0, digest);
    this.#taken.set(seq, all);
  }

  taken(seq: number, digest: Digest): Known | null {
    return find(this.#taken.get(seq) ?? [], 0, digest);
  }

  /** Who has another state after `seq`; null: nobody. */
  takenOther(seq: number, digest: Digest): NodeId | null {
    const other = this.#taken.get(seq)?.find((known) => known.digest !== digest);
    return other === undefined ? null : (other.by[0] as NodeId);
  }

  leaves(id: NodeId, change: ViewChange): void {
    const all = this.#leaving.get(id) ?? [];
    all.push(change);
    this.#leaving.set(id, all);
    this.#views.set(id, Math.max(change.view, this.viewOf(id)));
    this.#left.set(id, Math.max(change.view, this.leftFor(id)));
  }

  /** The view for which `id` has left all earlier ones. Who is shown a new view may vote in its old one until it enters. */
  leftFor(id: NodeId): number {
    return this.#left.get(id) ?? 0;
  }

  /** The newest view that the disk of `id` knows of. */
  viewOf(id: NodeId): number {
    return this.#views.get(id) ?? 0;
  }

  leaving(id: NodeId, view: number): ViewChange | null {
    return this.#leaving.get(id)?.find((change) => change.view === view) ?? null;
  }

  enters(id: NodeId, view: number): void {
    this.#views.set(id, Math.max(view, this.viewOf(id)));
  }

  /**
   * A checkpoint on the disk of `id` stands for all that was written before it, and knows of `view`. A new view that it swallowed
   * was acted on by nobody: it is written again. Views that were left stay left.
   */
  settles(id: NodeId, view: number): void {
    this.#views.set(id, Math.max(view, this.leftFor(id)));
  }

  /** What the primary of a view begins it with, as it first says so. */
  beginning(newView: NewView): NewView {
    const first = this.#beginnings.get(newView.view) ?? newView;
    this.#beginnings.set(newView.view, first);
    return first;
  }

  /** What the primary of a view begins with, and says so, is what it has accepted; `upTo`: where its window ends. */
  begins(id: NodeId, { view, chosen }: NewView, upTo: number): void {
    if (this.#peers[view % this.#peers.length] !== id) return;
    for (const { seq, digest } of chosen) {
      if (seq <= upTo) this.accepts(id, view, seq, digest);
      else this.#vouches(id, view, seq, digest);
    }
  }

  #vouches(id: NodeId, view: number, seq: number, digest: Digest): void {
    const { accepted } = this.#at(seq);
    const known = find(accepted, view, digest);
    if (known === null) accepted.push({ seq, view, digest, by: [], beyond: [id] });
    else include(known.beyond, id);
  }

  stableOf(id: NodeId): number {
    return this.#stable.get(id) ?? 0;
  }

  /** What is stable for all needs no watching any more. */
  stable(id: NodeId, seq: number): void {
    this.#stable.set(id, seq);
    const lowest = Math.min(...this.#peers.map((peer) => this.stableOf(peer)));
    if (lowest <= this.floor) return;
    this.floor = lowest;
    for (const known of this.#numbers.keys()) if (known <= lowest) this.#numbers.delete(known);
    for (const known of this.#taken.keys()) if (known < lowest) this.#taken.delete(known);
  }
}
