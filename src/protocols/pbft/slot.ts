/**
 * What a replica knows about one sequence number: the proposal in the present view and who voted for what, and, across
 * views, the P and Q of the paper and what is committed. A voter's newest view counts, and in it what it said first.
 */
import type { Writer } from '../../core/index.ts';
import { type Batch, type Digest, digestSchema } from './batch.ts';
import type { SlotRecord } from './record.ts';
import type { Certified } from './view-change.ts';

/** How far a proposal has come in its view. */
export const stages = { none: 0, proposed: 1, accepting: 2, accepted: 3, preparing: 4, prepared: 5 } as const;
export type Stage = (typeof stages)[keyof typeof stages];

/** Of one sequence number the newest few; older ones could only delay a view change, never make it wrong. */
export const MOST_PRE_PREPARED = 8;

/** One vote for each replica, by its rank. */
export class Votes {
  /** -1: not heard of. As long as most groups are large, so that they need not grow. */
  readonly views: number[] = [-1, -1, -1, -1];
  readonly digests: Digest[] = ['', '', '', ''];

  /** False when this voter has already voted in this view or a later one. */
  record(rank: number, view: number, digest: Digest): boolean {
    const before = this.views[rank];
    if (before !== undefined && before >= view) return false;
    while (this.views.length <= rank) {
      this.views.push(-1);
      this.digests.push('');
    }
    this.views[rank] = view;
    this.digests[rank] = digest;
    return true;
  }

  /** How many replicas voted for `digest` in `view`. */
  count(view: number, digest: Digest): number {
    const { views, digests } = this;
    let count = 0;
    for (let rank = 0; rank < views.length; rank++) if (views[rank] === view && digests[rank] === digest) count++;
    return count;
  }

  copy(from: Votes): void {
    for (let rank = 0; rank < from.views.length; rank++) {
      this.views[rank] = from.views[rank] as number;
      this.digests[rank] = from.digests[rank] as Digest;
    }
  }

  encode(w: Writer): void {
    // A voter that was not heard of, and one that nobody has room for yet, are the same.
    let { length } = this.views;
    while (length > 0 && this.views[length - 1] === -1) length--;
    w.uint(length);
    for (let rank = 0; rank < length; rank++) {
      w.uint((this.views[rank] as number) + 1);
      digestSchema.write(w, this.digests[rank] as Digest);
    }
  }
}

/** The batches of one number: one, mostly. */
class Batches {
  #all: readonly { readonly digest: Digest; readonly batch: Batch }[] = [];

  get(digest: Digest): Batch | undefined {
    const all = this.#all;
    for (let at = 0; at < all.length; at++) if (all[at]?.digest === digest) return all[at]?.batch;
    return undefined;
  }

  has(digest: Digest): boolean {
    return this.get(digest) !== undefined;
  }

  set(digest: Digest, batch: Batch): void {
    const entry = { digest, batch };
    if (this.#all.length === 0) this.#all = [entry];
    else if (this.has(digest)) this.#all = this.#all.map((other) => (other.digest === digest ? entry : other));
    else this.#all = [...this.#all, entry];
  }

  /** In the order in which they came. */
  those(matter: (digest: Digest) => boolean): readonly Batch[] {
    return this.#all.filter(({ digest }) => matter(digest)).map(({ batch }) => batch);
  }

  copy(from: Batches): void {
    this.#all = from.#all;
  }

  encode(w: Writer): void {
    w.uint(this.#all.length);
    for (const digest of this.#all.map((each) => each.digest).sort()) digestSchema.write(w, digest);
  }
}

export class Slot {
  readonly seq: number;
  /** Of the proposal; -1: none was ever made. */
  view = -1;
  digest: Digest = '';
  /** Null: the digest was chosen in a view change, and the batch is yet to come. */
  batch: Batch | null = null;
  stage: Stage = stages.none;
  /** Its clients were seen to ask for what is in it, or f + 1 replicas vouch for that. */
  authentic = false;
  /** Prepares; the pre-prepare counts as the primary's. */
  readonly prepares = new Votes();
  readonly commits = new Votes();
  #claims: Votes | null = null;
  committed: Digest | null = null;
  /** P. */
  prepared: Certified | null = null;
  /** Q. */
  prePrepared: readonly Certified[] = [];
  /** Batches by digest: the present one, and those of earlier views. */
  readonly batches = new Batches();

  constructor(seq: number) {
    this.seq = seq;
  }

  /** Who says that it has committed what here; hardly ever anybody does. */
  get claims(): Votes {
    this.#claims ??= new Votes();
    return this.#claims;
  }

  /** A batch was proposed here in `view`; null: it is yet to come. */
  propose(view: number, digest: Digest, batch: Batch | null): void {
    this.view = view;
    this.digest = digest;
    this.batch = batch;
    this.stage = stages.proposed;
    this.authentic = false;
  }

  /** Q gets (digest, view): the newest view for each digest. */
  notePrePrepared(digest: Digest, view: number): void {
    const entry = { seq: this.seq, digest, view };
    if (this.prePrepared.length === 0) {
      this.prePrepared = [entry];
      return;
    }
    const others = this.prePrepared.filter((other) => other.digest !== digest).slice(1 - MOST_PRE_PREPARED);
    this.prePrepared = [...others, entry];
  }

  record(): SlotRecord {
    // What is on its way to the disk gets there before whatever holds this record.
    const durable = this.stage >= stages.accepting;
    return {
      seq: this.seq,
      accepted: durable ? this.view + 1 : 0,
      digest: durable ? this.digest : '',
      isPrepared: this.stage >= stages.preparing,
      prepared: this.prepared,
      prePrepared: this.prePrepared,
      committed: this.committed,
      batches: this.batches.those((digest) => this.#matters(digest)),
    };
  }

  #matters(of: Digest): boolean {
    return this.committed === of || this.prePrepared.some(({ digest }) => digest === of);
  }

  clone(): Slot {
    const copy = new Slot(this.seq);
    copy.view = this.view;
    copy.digest = this.digest;
    copy.batch = this.batch;
    copy.stage = this.stage;
    copy.authentic = this.authentic;
    copy.prepares.copy(this.prepares);
    copy.commits.copy(this.commits);
    if (this.#claims !== null) copy.claims.copy(this.#claims);
    copy.committed = this.committed;
    copy.prepared = this.prepared;
    copy.prePrepared = this.prePrepared;
    copy.batches.copy(this.batches);
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.seq);
    w.uint(this.view + 1);
    digestSchema.write(w, this.digest);
    w.u8(this.stage);
    w.bool(this.batch !== null);
    w.bool(this.authentic);
    this.prepares.encode(w);
    this.commits.encode(w);
    if (this.#claims === null) w.uint(0);
    else this.#claims.encode(w);
    w.bool(this.committed !== null);
    if (this.committed !== null) digestSchema.write(w, this.committed);
    for (const entries of [this.prepared === null ? [] : [this.prepared], this.prePrepared]) {
      w.uint(entries.length);
      for (const { digest, view } of entries) {
        digestSchema.write(w, digest);
        w.uint(view);
      }
    }
    this.batches.encode(w);
  }
}
