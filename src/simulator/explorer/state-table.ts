/**
 * The set of states seen: one growable arena of words, and a hash table of indices into it (open addressing, linear
 * probing). Equality is decided by comparing all words, never by a fingerprint, so no state is ever omitted by chance.
 */
import { mix32 } from '../../core/index.ts';

/** Words kept beside a state: where it was first reached from (index, -1 for initial), and by which action. */
const EXTRA = 2;

export class StateTable {
  readonly width: number;
  readonly maxBytes: number;
  /** States held; they are numbered 0, 1, ... in the order of their insertion. */
  count = 0;
  /** True once an insertion failed for lack of room. */
  full = false;
  readonly #stride: number;
  #arena: Int32Array;
  /** Pairs (index + 1, hash); 0 is an empty slot. */
  #slots: Int32Array;
  #mask: number;

  constructor(width: number, maxBytes: number, firstStates = 1024) {
    this.width = width;
    this.maxBytes = maxBytes;
    this.#stride = width + EXTRA;
    this.#arena = new Int32Array(this.#stride * firstStates);
    let slots = 4;
    while (slots < firstStates * 2) slots *= 2;
    this.#slots = new Int32Array(slots * 2);
    this.#mask = slots - 1;
  }

  get bytes(): number {
    return this.#arena.byteLength + this.#slots.byteLength;
  }

  /** The index of the state at `words[at..]`, added if it is new (then it equals the earlier `count`); -1 when there is no room for it. */
  insert(words: Int32Array, at: number, parent: number, action: number): number {
    const hash = this.#hash(words, at);
    const slot = this.#find(words, at, hash);
    const known = this.#slots[slot * 2] as number;
    if (known !== 0) return known - 1;
    return this.#add(words, at, parent, action, hash, slot);
  }

  /** The index of a state, -1 when it is not there. */
  indexOf(words: Int32Array, at = 0): number {
    return (this.#slots[this.#find(words, at, this.#hash(words, at)) * 2] as number) - 1;
  }

  /** Copies state `index` into `into`. */
  read(index: number, into: Int32Array): void {
    const from = index * this.#stride;
    for (let i = 0; i < this.width; i++) into[i] = this.#arena[from + i] as number;
  }

  parentOf(index: number): number {
    return this.#arena[index * this.#stride + this.width] as number;
  }

  actionOf(index: number): number {
    return this.#arena[index * this.#stride + this.width + 1] as number;
  }

  #hash(words: Int32Array, at: number): number {
    let h = 0x9e3779b9;
    for (let i = at, end = at + this.width; i < end; i++) {
      let k = Math.imul(words[i] as number, 0xcc9e2d51);
      k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
      h ^= k;
      h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
    }
    return mix32(h) | 0;
  }

  #find(words: Int32Array, at: number, hash: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let slot = hash & mask;
    for (;;) {
      const known = slots[slot * 2] as number;
      if (known === 0 || ((slots[slot * 2 + 1] as number) === hash && this.#equals(words, at, known - 1))) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #equals(words: Int32Array, at: number, index: number): boolean {
    const arena = this.#arena;
    const from = index * this.#stride;
    for (let i = 0; i < this.width; i++) if (arena[from + i] !== words[at + i]) return false;
    return true;
  }

  #add(words: Int32Array, at: number, parent: number, action: number, hash: number, slot: number): number {
    const index = this.count;
    const from = index * this.#stride;
    if (from + this.#stride > this.#arena.length && !this.#growArena()) return -1;
    let free = slot;
    if ((index + 1) * 10 > (this.#mask + 1) * 6) {
      if (!this.#growSlots()) return -1;
      free = hash & this.#mask;
      while (this.#slots[free * 2] !== 0) free = (free + 1) & this.#mask;
    }
    const arena = this.#arena;
    for (let i = 0; i < this.width; i++) arena[from + i] = words[at + i] as number;
    arena[from + this.width] = parent;
    arena[from + this.width + 1] = action;
    this.#slots[free * 2] = index + 1;
    this.#slots[free * 2 + 1] = hash;
    this.count = index + 1;
    return index;
  }

  #growArena(): boolean {
    const room = Math.floor((this.maxBytes - this.#slots.byteLength) / (4 * this.#stride)) * this.#stride;
    const length = Math.min(this.#arena.length * 2, room);
    if (length < this.#arena.length + this.#stride) return this.#refuse();
    const grown = new Int32Array(length);
    grown.set(this.#arena);
    this.#arena = grown;
    return true;
  }

  #growSlots(): boolean {
    if (this.#arena.byteLength + this.#slots.byteLength * 2 > this.maxBytes) return this.#refuse();
    const old = this.#slots;
    const slots = new Int32Array(old.length * 2);
    const mask = this.#mask * 2 + 1;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i] === 0) continue;
      let slot = (old[i + 1] as number) & mask;
      while (slots[slot * 2] !== 0) slot = (slot + 1) & mask;
      slots[slot * 2] = old[i] as number;
      slots[slot * 2 + 1] = old[i + 1] as number;
    }
    this.#slots = slots;
    this.#mask = mask;
    return true;
  }

  #refuse(): boolean {
    this.full = true;
    return false;
  }
}
