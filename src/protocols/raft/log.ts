/**
 * The replicated log in memory: `entries` after a base that was compacted away, and how far it is handed to storage,
 * durable, committed and applied. Reading never touches storage; what is not durable yet is a suffix.
 *
 * Invariants: base <= applied <= committed <= last; base < offset <= inProgress <= last + 1.
 */
import { invariant, type Writer } from '../../core/index.ts';
import type { Configuration } from './confchange.ts';
import { type Entry, entrySchema, NO_ENTRIES, type Snapshot, snapshotSchema } from './message.ts';

export class RaftLog {
  /** Index and term of the entry before the first one held. */
  base = 0;
  baseTerm = 0;
  #entries: Entry[] = [];
  /** True while a clone may hold the same array: copy before writing. */
  #shared = false;
  committed = 0;
  /** Handed to the layer above. */
  applied = 0;
  /** The first index that is not known to be durable. */
  offset = 1;
  /** The first index that is not handed to storage. */
  inProgress = 1;
  /** The newest snapshot, for followers that are too far behind. */
  snapshot: Snapshot | null = null;
  /** Index of a received snapshot that is not durable yet, else 0: nothing is applied meanwhile. */
  pendingSnapshot = 0;
  snapshotInProgress = false;
  /** The lowest index replaced since an observer last set this to Infinity: lets invariants look at changes only. Not state. */
  changedFrom = Number.POSITIVE_INFINITY;

  get first(): number {
    return this.base + 1;
  }

  get last(): number {
    return this.base + this.#entries.length;
  }

  get lastTerm(): number {
    const { length } = this.#entries;
    return length === 0 ? this.baseTerm : (this.#entries[length - 1] as Entry).term;
  }

  get hasUnstable(): boolean {
    return this.last >= this.offset;
  }

  /** -1 where it is not known: compacted away, or not there yet. */
  term(index: number): number {
    const at = index - this.base;
    if (at > 0) return at <= this.#entries.length ? (this.#entries[at - 1] as Entry).term : -1;
    return at === 0 ? this.baseTerm : -1;
  }

  entry(index: number): Entry {
    const entry = this.#entries[index - this.base - 1];
    if (entry === undefined) invariant(false, 'log-bounds', `entry ${index} is not in [${this.first}, ${this.last}]`);
    return entry;
  }

  matches(index: number, term: number): boolean {
    return term >= 0 && this.term(index) === term;
  }

  /** Is a log that ends with (index, term) at least as new as this one (Raft 5.4.1)? */
  isUpToDate(index: number, term: number): boolean {
    const own = this.lastTerm;
    return term > own || (term === own && index >= this.last);
  }

  /** Entries from `lo` on, as many as `maxBytes` allow, but at least one where there is one. */
  from(lo: number, maxBytes: number): readonly Entry[] {
    return this.between(lo, this.last + 1, maxBytes);
  }

  /** Entries [lo, hi), cut after `maxBytes`, but at least one where there is one. */
  between(lo: number, hi: number, maxBytes: number): readonly Entry[] {
    if (lo >= hi) return NO_ENTRIES;
    // The words are made only when they are needed: this is the hot path.
    if (lo <= this.base || hi > this.last + 1) invariant(false, 'log-bounds', `[${lo}, ${hi}) is not in [${this.first}, ${this.last}]`);
    const start = lo - this.base - 1;
    const stop = hi - this.base - 1;
    if (maxBytes === Number.POSITIVE_INFINITY) return this.#entries.slice(start, stop);
    let end = start + 1;
    for (let bytes = (this.#entries[start] as Entry).size; end < stop; end++) {
      bytes += (this.#entries[end] as Entry).size;
      if (bytes > maxBytes) break;
    }
    return this.#entries.slice(start, end);
  }

  /** The first index at which `entries` (which start at `first`) are not what this log holds; 0: it holds them all. */
  findConflict(first: number, entries: readonly Entry[]): number {
    for (let i = 0; i < entries.length; i++) if (this.term(first + i) !== (entries[i] as Entry).term) return first + i;
    return 0;
  }

  /**
   * The largest index <= `index` whose term here is <= `term` or unknown, and that term (0 when unknown): where a
   * rejected append and this log may meet. Skips whole terms at a time compared with probing one by one.
   */
  findConflictByTerm(index: number, term: number): { index: number; term: number } {
    for (let at = index; at > 0; at--) {
      const own = this.term(at);
      if (own < 0) return { index: at, term: 0 };
      if (own <= term) return { index: at, term: own };
    }
    return { index: 0, term: 0 };
  }

  /** Append one entry at the end. */
  push(entry: Entry): void {
    if (this.#shared) this.#unshare();
    this.#entries.push(entry);
  }

  /** Replace everything from `first` on by entries[skip..]. */
  replaceFrom(first: number, entries: readonly Entry[], skip: number): void {
    if (first <= this.committed)
      invariant(false, 'committed-is-final', `entry ${first} would replace a committed one (commit ${this.committed})`);
    if (this.#shared) this.#unshare();
    if (first < this.changedFrom) this.changedFrom = first;
    const keep = first - this.base - 1;
    if (keep < this.#entries.length) {
      this.#entries.length = keep;
      if (first < this.offset) this.offset = first;
      if (first < this.inProgress) this.inProgress = Math.max(first, this.offset);
    }
    for (let i = skip; i < entries.length; i++) this.#entries.push(entries[i] as Entry);
  }

  commitTo(index: number): void {
    if (index <= this.committed) return;
    if (index > this.last)
      invariant(false, 'commit-bounds', `commit ${index} is beyond the last entry ${this.last}: the log was lost or truncated`);
    this.committed = index;
  }

  /** Everything up to (index, term) is durable, if that entry is still the one in the log. */
  stableTo(index: number, term: number): void {
    if (index < this.offset || this.term(index) !== term) return;
    this.offset = index + 1;
    if (this.inProgress < this.offset) this.inProgress = this.offset;
  }

  /** Drop entries up to `index`; they must be applied. */
  compactTo(index: number): void {
    if (index <= this.base) return;
    const term = this.term(index);
    invariant(term >= 0 && index <= this.applied, 'compaction', `cannot compact to ${index}: applied ${this.applied}, last ${this.last}`);
    this.#entries = this.#entries.slice(index - this.base);
    this.#shared = false;
    this.base = index;
    this.baseTerm = term;
    if (this.offset <= index) this.offset = index + 1;
    if (this.inProgress < this.offset) this.inProgress = this.offset;
  }

  /** Forget everything: the log now starts after (index, term). */
  reset(index: number, term: number): void {
    this.#entries = [];
    this.#shared = false;
    this.base = index;
    this.baseTerm = term;
    this.changedFrom = 0;
    this.offset = index + 1;
    this.inProgress = index + 1;
    this.committed = index;
  }

  #unshare(): void {
    this.#entries = this.#entries.slice();
    this.#shared = false;
  }

  clone(): RaftLog {
    const copy = new RaftLog();
    copy.base = this.base;
    copy.baseTerm = this.baseTerm;
    copy.#entries = this.#entries;
    copy.#shared = true;
    this.#shared = true;
    copy.committed = this.committed;
    copy.applied = this.applied;
    copy.offset = this.offset;
    copy.inProgress = this.inProgress;
    copy.snapshot = this.snapshot;
    copy.pendingSnapshot = this.pendingSnapshot;
    copy.snapshotInProgress = this.snapshotInProgress;
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.base);
    w.uint(this.baseTerm);
    w.uint(this.committed);
    w.uint(this.applied);
    w.uint(this.offset);
    w.uint(this.inProgress);
    w.uint(this.pendingSnapshot);
    w.bool(this.snapshotInProgress);
    w.uint(this.#entries.length);
    for (let i = 0; i < this.#entries.length; i++) entrySchema.write(w, this.#entries[i] as Entry);
    w.bool(this.snapshot !== null);
    if (this.snapshot !== null) snapshotSchema.write(w, this.snapshot);
  }
}

/** The configuration that was in force at an applied index. */
export interface ConfigurationAt {
  readonly index: number;
  readonly configuration: Configuration;
}
