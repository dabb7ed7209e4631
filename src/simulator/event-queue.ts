/**
 * The future, as a hierarchical timing wheel over a pool of events: three levels of 1,024 slots of 1 us, 1,024 us and
 * 1,048,576 us; later events wait in an overflow list. Events of one microsecond leave in the order in which they were
 * added, so the order is (time, seq) without a seq. Varghese and Lauck, scheme 7. An event is one row of one array.
 */
const SLOTS = 1024;
const WORDS = SLOTS / 32;
/** Microseconds that the three levels span, about 18 minutes. */
const SPAN = 1073741824;
const NOBODY = -1;

/** Columns of a row; offset: its time since the span's start. */
const ROW_BITS = 3;
const NEXT = 0;
const KIND = 1;
const NODE = 2;
const A = 3;
const B = 4;
const OFFSET = 5;

interface Later {
  readonly time: number;
  readonly kind: number;
  readonly node: number;
  readonly a: number;
  readonly b: number;
  readonly payload: unknown;
}

export class EventQueue {
  /** The event popped last. */
  kind = 0;
  node = 0;
  a = 0;
  b = 0;
  payload: unknown = undefined;
  /** Its time. */
  now = 0;
  /** Events waiting. */
  size = 0;
  #rows = new Int32Array(256 << ROW_BITS);
  #payloads: unknown[] = new Array<unknown>(256).fill(undefined);
  #capacity = 256;
  #free = NOBODY;
  #used = 0;
  /** First and last event of each slot. */
  readonly #ends = new Int32Array(2 * 3 * SLOTS);
  readonly #bits = new Int32Array(3 * WORDS);
  readonly #summary = new Int32Array(3);
  /** Start of the present span; `#cursor` is `now` within it. */
  #base = 0;
  #cursor = 0;
  #later: Later[] = [];

  /** Add an event at `time` >= now (an earlier one is added now). */
  add(time: number, kind: number, node: number, a: number, b: number, payload: unknown): void {
    const offset = time - this.#base;
    this.size++;
    if (offset >= SPAN) {
      this.#later.push({ time, kind, node, a, b, payload });
      return;
    }
    let event = this.#free;
    if (event === NOBODY) {
      event = this.#used++;
      if (event === this.#capacity) this.#grow();
    } else this.#free = this.#rows[event << ROW_BITS] as number;
    const at = event << ROW_BITS;
    const rows = this.#rows;
    rows[at + KIND] = kind;
    rows[at + NODE] = node;
    rows[at + A] = a;
    rows[at + B] = b;
    this.#payloads[event] = payload;
    this.#place(event, at, offset < this.#cursor ? this.#cursor : offset | 0);
  }

  /** Take the earliest event out and show it in the fields above; false when there is none. */
  pop(): boolean {
    for (;;) {
      const words = this.#summary[0] as number;
      if (words !== 0) {
        const word = 31 - Math.clz32(words & -words);
        const present = this.#bits[word] as number;
        const bit = present & -present;
        const slot = (word << 5) + 31 - Math.clz32(bit);
        this.#cursor = (this.#cursor & ~1023) | slot;
        this.now = this.#base + this.#cursor;
        this.#take(slot, word, present ^ bit);
        return true;
      }
      if (!this.#descend()) return false;
    }
  }

  /** The first event of a slot of level 0; `others`: the word of slots without this one. */
  #take(slot: number, word: number, others: number): void {
    const ends = this.#ends;
    const rows = this.#rows;
    const event = ends[slot << 1] as number;
    const at = event << ROW_BITS;
    if (event === ends[(slot << 1) + 1]) {
      this.#bits[word] = others;
      if (others === 0) this.#summary[0] = (this.#summary[0] as number) & ~(1 << word);
    } else ends[slot << 1] = rows[at] as number;
    this.kind = rows[at + KIND] as number;
    this.node = rows[at + NODE] as number;
    this.a = rows[at + A] as number;
    this.b = rows[at + B] as number;
    this.payload = this.#payloads[event];
    this.#payloads[event] = undefined;
    rows[at] = this.#free;
    this.#free = event;
    this.size--;
  }

  #place(event: number, at: number, offset: number): void {
    const rows = this.#rows;
    const ends = this.#ends;
    rows[at + OFFSET] = offset;
    rows[at + NEXT] = NOBODY;
    const far = offset ^ this.#cursor;
    let slot: number;
    if (far < 1024) slot = offset & 1023;
    else if (far < 1048576) slot = SLOTS + ((offset >>> 10) & 1023);
    else slot = 2 * SLOTS + (offset >>> 20);
    const word = slot >>> 5;
    const bit = 1 << (slot & 31);
    const present = this.#bits[word] as number;
    if ((present & bit) === 0) {
      this.#bits[word] = present | bit;
      const level = slot >>> 10;
      this.#summary[level] = (this.#summary[level] as number) | (1 << (word & 31));
      ends[slot << 1] = event;
    } else rows[(ends[(slot << 1) + 1] as number) << ROW_BITS] = event;
    ends[(slot << 1) + 1] = event;
  }

  /** Level 0 is empty: spread the next slot of a higher level, or the next span of the overflow. False when all is empty. */
  #descend(): boolean {
    for (let level = 1; level < 3; level++) {
      const words = this.#summary[level] as number;
      if (words === 0) continue;
      const word = 31 - Math.clz32(words & -words);
      const present = this.#bits[level * WORDS + word] as number;
      const bit = present & -present;
      const index = (word << 5) + 31 - Math.clz32(bit);
      this.#cursor = level === 1 ? (this.#cursor & ~1048575) | (index << 10) : index << 20;
      this.#bits[level * WORDS + word] = present ^ bit;
      if (present === bit) this.#summary[level] = words & ~(1 << word);
      this.#spread(this.#ends[(level * SLOTS + index) << 1] as number);
      return true;
    }
    return this.#nextSpan();
  }

  #spread(first: number): void {
    let event = first;
    while (event !== NOBODY) {
      const at = event << ROW_BITS;
      const following = this.#rows[at] as number;
      this.#place(event, at, this.#rows[at + OFFSET] as number);
      event = following;
    }
  }

  #nextSpan(): boolean {
    if (this.#later.length === 0) return false;
    let earliest = Number.POSITIVE_INFINITY;
    for (const { time } of this.#later) earliest = Math.min(earliest, time);
    this.#base = Math.floor(earliest / SPAN) * SPAN;
    this.#cursor = 0;
    const waiting = this.#later;
    this.#later = [];
    this.size -= waiting.length;
    for (const { time, kind, node, a, b, payload } of waiting) this.add(time, kind, node, a, b, payload);
    return true;
  }

  #grow(): void {
    this.#capacity *= 2;
    const larger = new Int32Array(this.#capacity << ROW_BITS);
    larger.set(this.#rows);
    this.#rows = larger;
    while (this.#payloads.length < this.#capacity) this.#payloads.push(undefined);
  }
}
