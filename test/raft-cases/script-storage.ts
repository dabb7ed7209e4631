/** The disk of a scripted node: the stable log and hard state, as far as the scripts look at them. */
import type { Entry, Snapshot } from '../../src/protocols/raft/index.ts';
import type { HardState } from './scripted-raft.ts';

export class ScriptStorage {
  hard: HardState = { term: 0, vote: 0, commit: 0 };
  /** Index of the entry before the first one held. */
  base = 0;
  entries: Entry[] = [];
  #snapshotIndex = 0;

  get first(): number {
    return this.base + 1;
  }

  get last(): number {
    return this.base + this.entries.length;
  }

  /** An error text, or null. */
  write(hard: HardState, entries: readonly Entry[], firstEntry: number, snapshot: Snapshot | null): string | null {
    if (hard.term !== 0 || hard.vote !== 0 || hard.commit !== 0) this.hard = hard;
    if (snapshot !== null) {
      return entries.length > 0 ? "can't apply snapshot and entries at the same time" : this.applySnapshot(snapshot);
    }
    this.#append(entries, firstEntry);
    return null;
  }

  applySnapshot(snapshot: Snapshot): string | null {
    if (this.#snapshotIndex !== 0 && this.#snapshotIndex >= snapshot.index) return 'requested index is older than the existing snapshot';
    this.#snapshotIndex = snapshot.index;
    this.base = snapshot.index;
    this.entries = [];
    return null;
  }

  #append(entries: readonly Entry[], firstEntry: number): void {
    const skip = Math.max(0, this.first - firstEntry);
    if (skip >= entries.length) return;
    const from = firstEntry + skip - this.first;
    if (from > this.entries.length) throw new Error(`missing log entry [last: ${this.last}, append at: ${firstEntry}]`);
    this.entries = [...this.entries.slice(0, from), ...entries.slice(skip)];
  }

  /** An error text, or null. */
  compact(index: number): string | null {
    if (index <= this.base) return 'requested index is unavailable due to compaction';
    if (index > this.last) throw new Error(`compact ${index} is out of bound lastindex(${this.last})`);
    this.entries = this.entries.slice(index - this.base);
    this.base = index;
    return null;
  }
}
