/**
 * The slots in memory: what was accepted for each after a base that was trimmed, with gaps where nothing was, and how far
 * they are known to be chosen and applied. Reading never touches storage.
 *
 * Invariants: base <= snapshot index <= applied <= committed; no gaps up to committed.
 */
import { invariant, type Writer } from '../../core/index.ts';
import { type Entry, entrySchema, type Snapshot, snapshotSchema } from './message.ts';

export class Slots {
  /** Slots up to here are trimmed. */
  base = 0;
  #entries: (Entry | null)[] = [];
  /** True while a clone may hold the same array: copy before writing. */
  #shared = false;
  /** The last slot of the prefix that is known to be chosen. */
  committed = 0;
  /** Handed to the layer above. */
  applied = 0;
  /** The newest snapshot, for nodes that are too far behind. */
  snapshot: Snapshot | null = null;
  /** Slots written since an observer last emptied this: lets invariants look at changes only. Not state. */
  changed: number[] | null = null;

  /** The highest slot with a value. */
  get last(): number {
    return this.base + this.#entries.length;
  }

  /** null: nothing was accepted there, or it was trimmed. */
  at(slot: number): Entry | null {
    return slot > this.base ? (this.#entries[slot - this.base - 1] ?? null) : null;
  }

  entry(slot: number): Entry {
    const entry = this.at(slot);
    if (entry === null) invariant(false, 'slot-bounds', `slot ${slot} is empty or not in [${this.base + 1}, ${this.last}]`);
    return entry;
  }

  put(entry: Entry): void {
    const at = entry.slot - this.base - 1;
    if (at < 0) invariant(false, 'slot-bounds', `slot ${entry.slot} was trimmed (base ${this.base})`);
    if (this.#shared) this.#unshare();
    const entries = this.#entries;
    while (entries.length < at) entries.push(null);
    if (at === entries.length) entries.push(entry);
    else entries[at] = entry;
    this.changed?.push(entry.slot);
  }

  /** What is there from `first` to `last`, gaps left out, as many as `maxBytes` allow, but at least one where there is one. */
  between(first: number, last: number, maxBytes: number): Entry[] {
    const found: Entry[] = [];
    let bytes = 0;
    const end = Math.min(last, this.last);
    for (let slot = Math.max(first, this.base + 1); slot <= end; slot++) {
      const entry = this.#entries[slot - this.base - 1];
      if (entry === null || entry === undefined) continue;
      bytes += entry.size;
      if (found.length > 0 && bytes > maxBytes) break;
      found.push(entry);
    }
    return found;
  }

  /** Slots up to `slot` are chosen. */
  commitTo(slot: number): void {
    if (slot <= this.committed) return;
    for (let at = this.committed + 1; at <= slot; at++) {
      if (this.at(at) === null)
        invariant(false, 'chosen-without-gap', `slot ${at} is empty, and slots up to ${slot} are said to be chosen`);
    }
    this.committed = slot;
  }

  /** Drop slots up to `slot`; they must be applied. */
  trimTo(slot: number): void {
    if (slot <= this.base) return;
    invariant(slot <= this.applied, 'trim', `cannot trim to ${slot}: applied ${this.applied}`);
    this.#entries = this.#entries.slice(slot - this.base);
    this.#shared = false;
    this.base = slot;
  }

  /** Forget what lies behind `slot`. */
  cutAfter(slot: number): void {
    if (this.last <= slot) return;
    this.#entries = this.#entries.slice(0, slot - this.base);
    this.#shared = false;
  }

  /** A snapshot replaces what it stands for; `keep`: what lies behind it stays. */
  install(snapshot: Snapshot, keep: boolean): void {
    const { index } = snapshot;
    const beyond = keep && index < this.last ? this.#entries.slice(index - this.base) : [];
    this.reset(index, snapshot);
    this.#entries = beyond;
  }

  /** A snapshot stands for everything up to its index, and slots up to `base` are trimmed. */
  reset(base: number, snapshot: Snapshot): void {
    this.#entries = [];
    this.#shared = false;
    this.base = base;
    this.committed = snapshot.index;
    this.applied = snapshot.index;
    this.snapshot = snapshot;
  }

  #unshare(): void {
    this.#entries = this.#entries.slice();
    this.#shared = false;
  }

  clone(): Slots {
    const copy = new Slots();
    copy.base = this.base;
    copy.#entries = this.#entries;
    copy.#shared = true;
    this.#shared = true;
    copy.committed = this.committed;
    copy.applied = this.applied;
    copy.snapshot = this.snapshot;
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.base);
    w.uint(this.committed);
    w.uint(this.applied);
    w.uint(this.#entries.length);
    for (const entry of this.#entries) {
      w.bool(entry !== null);
      if (entry !== null) entrySchema.write(w, entry);
    }
    w.bool(this.snapshot !== null);
    if (this.snapshot !== null) snapshotSchema.write(w, this.snapshot);
  }
}
