/**
 * The future, as a hierarchical timing wheel over a pool of events kept as parallel arrays: three levels of 1,024
 * slots of 1 us, 1,024 us and 1,048,576 us; later events wait in an overflow list. Events of one microsecond leave in
 * the order in which they were added, so the order is (time, seq) without a seq. Varghese and Lauck, scheme 7.
 */
const SLOTS = 1024;
const WORDS = SLOTS / 32;
/** Microseconds that the three levels span, about 18 minutes. */
const SPAN = 2 ** 30;
const NOBODY = -1;

function grownInts(array: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity);
  larger.set(array);
  return larger;
}

export class EventQueue {
  /** Columns of the pool; a column of an event is valid until the next `add` after it was popped. */
  kind = new Int32Array(1024);
  node = new Int32Array(1024);
  a = new Int32Array(1024);
  b = new Int32Array(1024);
  payload: unknown[] = new Array<unknown>(1024).fill(undefined);
  time = new Float64Array(1024);
  /** Events waiting. */
  size = 0;
  /** Time of the event popped last. */
  now = 0;
  #next = new Int32Array(1024);
  #free = NOBODY;
  #used = 0;
  readonly #head = new Int32Array(3 * SLOTS);
  readonly #tail = new Int32Array(3 * SLOTS);
  readonly #bits = new Int32Array(3 * WORDS);
  readonly #summary = new Int32Array(3);
  /** Start of the present span; `#cursor` is `now` within it. */
  #base = 0;
  #cursor = 0;
  #overflowHead = NOBODY;
  #overflowTail = NOBODY;

  /** Add an event at `time` >= now (an earlier one is added now); its place in the pool. */
  add(time: number, kind: number, node: number, a: number, b: number, payload: unknown): number {
    let event = this.#free;
    if (event === NOBODY) {
      event = this.#used++;
      if (event === this.kind.length) this.#grow();
    } else this.#free = this.#next[event] as number;
    const at = time < this.now ? this.now : time;
    this.kind[event] = kind;
    this.node[event] = node;
    this.a[event] = a;
    this.b[event] = b;
    this.payload[event] = payload;
    this.time[event] = at;
    this.size++;
    this.#place(event, at - this.#base);
    return event;
  }

  /** Take the earliest event out, or -1. Its columns stay readable until the next `add`; then call nothing on it. */
  pop(): number {
    const bits = this.#bits;
    for (;;) {
      const words = this.#summary[0] as number;
      if (words !== 0) {
        const word = 31 - Math.clz32(words & -words);
        const present = bits[word] as number;
        const slot = (word << 5) + 31 - Math.clz32(present & -present);
        this.#cursor = (this.#cursor & ~1023) | slot;
        this.now = this.#base + this.#cursor;
        const event = this.#head[slot] as number;
        if (event === this.#tail[slot]) this.#clear(0, slot);
        else this.#head[slot] = this.#next[event] as number;
        this.#next[event] = this.#free;
        this.#free = event;
        this.size--;
        return event;
      }
      if (!this.#descend()) return NOBODY;
    }
  }

  #place(event: number, offset: number): void {
    this.#next[event] = NOBODY;
    if (offset >= SPAN) {
      if (this.#overflowHead === NOBODY) this.#overflowHead = event;
      else this.#next[this.#overflowTail] = event;
      this.#overflowTail = event;
      return;
    }
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
      this.#head[slot] = event;
    } else this.#next[this.#tail[slot] as number] = event;
    this.#tail[slot] = event;
  }

  #clear(level: number, slot: number): void {
    const word = slot >>> 5;
    const left = (this.#bits[word] as number) & ~(1 << (slot & 31));
    this.#bits[word] = left;
    if (left === 0) this.#summary[level] = (this.#summary[level] as number) & ~(1 << (word & 31));
  }

  /** Level 0 is empty: spread the next slot of a higher level, or the next span of the overflow. False when all is empty. */
  #descend(): boolean {
    for (let level = 1; level < 3; level++) {
      const words = this.#summary[level] as number;
      if (words === 0) continue;
      const word = 31 - Math.clz32(words & -words);
      const present = this.#bits[level * WORDS + word] as number;
      const index = (word << 5) + 31 - Math.clz32(present & -present);
      const slot = level * SLOTS + index;
      this.#cursor = level === 1 ? (this.#cursor & ~1048575) | (index << 10) : index << 20;
      const first = this.#head[slot] as number;
      this.#clear(level, slot);
      this.#spread(first);
      return true;
    }
    if (this.#overflowHead === NOBODY) return false;
    let earliest = Number.POSITIVE_INFINITY;
    for (let event = this.#overflowHead; event !== NOBODY; event = this.#next[event] as number) {
      earliest = Math.min(earliest, this.time[event] as number);
    }
    this.#base = Math.floor(earliest / SPAN) * SPAN;
    this.#cursor = 0;
    const first = this.#overflowHead;
    this.#overflowHead = NOBODY;
    this.#spread(first);
    return true;
  }

  #spread(first: number): void {
    let event = first;
    while (event !== NOBODY) {
      const following = this.#next[event] as number;
      this.#place(event, (this.time[event] as number) - this.#base);
      event = following;
    }
  }

  #grow(): void {
    const capacity = this.kind.length * 2;
    this.kind = grownInts(this.kind, capacity);
    this.node = grownInts(this.node, capacity);
    this.a = grownInts(this.a, capacity);
    this.b = grownInts(this.b, capacity);
    this.#next = grownInts(this.#next, capacity);
    const time = new Float64Array(capacity);
    time.set(this.time);
    this.time = time;
    for (let i = this.payload.length; i < capacity; i++) this.payload.push(undefined);
  }
}
