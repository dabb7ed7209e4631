/**
 * The configurations that a search has seen: fixed-width rows of 32-bit words in one growing array, found by open
 * addressing. A row is a key and counters of what was used up; a row with the same key that used no more of anything
 * dominates: whatever follows from the new row follows from it too. Exact: rows are compared, never only their hashes.
 */
import { mix32 } from '../core/index.ts';
import type { Meter } from './budget.ts';

const FIRST_SLOTS = 256;

export class ConfigTable {
  count = 0;
  /** Words of the key, and of the whole row: key, counters, and the next row with the same key. */
  readonly #keyWords: number;
  readonly #width: number;
  /** Per counter word the bits above its fields: they stay zero in rows and catch borrows. */
  readonly #guards: Int32Array;
  readonly #meter: Meter;
  /** What the rest of the search holds; the table asks for its own bytes on top. */
  readonly #otherBytes: () => number;
  #rows: Int32Array;
  #slots = new Int32Array(FIRST_SLOTS);

  constructor(keyWords: number, guards: Int32Array, meter: Meter, otherBytes: () => number) {
    this.#keyWords = keyWords;
    this.#guards = guards;
    this.#width = keyWords + guards.length + 1;
    this.#meter = meter;
    this.#otherBytes = otherBytes;
    this.#rows = new Int32Array(64 * this.#width);
  }

  get bytes(): number {
    return 4 * (this.#rows.length + this.#slots.length);
  }

  /** True when the row at `offset` of `from` is new; false when a known row dominates it, or when the meter refused the memory. */
  insert(from: Int32Array, offset: number): boolean {
    if (this.count * 2 >= this.#slots.length && !this.#growSlots()) return false;
    const width = this.#width;
    const slots = this.#slots;
    const last = slots.length - 1;
    let at = hashWords(from, offset, this.#keyWords) & last;
    let head = slots[at] as number;
    while (head !== 0 && !this.#sameKey((head - 1) * width, from, offset)) {
      at = (at + 1) & last;
      head = slots[at] as number;
    }
    for (let entry = head; entry !== 0; entry = this.#rows[entry * width - 1] as number) {
      if (this.#dominates((entry - 1) * width, from, offset)) return false;
    }
    const to = this.count * width;
    if (to + width > this.#rows.length && !this.#growRows()) return false;
    this.#rows.set(from.subarray(offset, offset + width - 1), to);
    this.#rows[to + width - 1] = head;
    slots[at] = ++this.count;
    return true;
  }

  #sameKey(at: number, from: Int32Array, offset: number): boolean {
    const rows = this.#rows;
    for (let i = 0; i < this.#keyWords; i++) if (rows[at + i] !== from[offset + i]) return false;
    return true;
  }

  /** Whether no counter of the row at `at` exceeds that of the new row: no field borrows from its guard bit. */
  #dominates(at: number, from: Int32Array, offset: number): boolean {
    const rows = this.#rows;
    for (let word = 0; word < this.#guards.length; word++) {
      const i = this.#keyWords + word;
      const guard = this.#guards[word] as number;
      if (((((from[offset + i] as number) | guard) - (rows[at + i] as number)) & guard) !== guard) return false;
    }
    return true;
  }

  #growRows(): boolean {
    // Copying needs both arrays at once: the old bytes count as well.
    if (!this.#meter.hold(this.bytes + 8 * this.#rows.length + this.#otherBytes())) return false;
    const grown = new Int32Array(this.#rows.length * 2);
    grown.set(this.#rows);
    this.#rows = grown;
    return true;
  }

  #growSlots(): boolean {
    const size = this.#slots.length * 2;
    if (!this.#meter.hold(this.bytes + 4 * size + this.#otherBytes())) return false;
    const slots = new Int32Array(size);
    // Only the newest row of each key stands in a slot; the others hang on it.
    for (const head of this.#slots) {
      if (head === 0) continue;
      let at = hashWords(this.#rows, (head - 1) * this.#width, this.#keyWords) & (size - 1);
      while (slots[at] !== 0) at = (at + 1) & (size - 1);
      slots[at] = head;
    }
    this.#slots = slots;
    return true;
  }
}

function hashWords(words: Int32Array, offset: number, width: number): number {
  let h = 0x9747b28c;
  for (let i = 0; i < width; i++) h = Math.imul(h ^ (words[offset + i] as number), 0x85ebca6b) ^ (h >>> 15);
  return mix32(h);
}
