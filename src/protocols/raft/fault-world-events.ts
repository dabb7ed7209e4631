/** What is to happen in a FaultWorld, by time and then by order of scheduling: a binary heap. */
interface Event {
  readonly at: number;
  readonly seq: number;
  readonly run: () => void;
}

export class EventHeap {
  #heap: Event[] = [];
  #seq = 0;

  add(at: number, run: () => void): void {
    const heap = this.#heap;
    heap.push({ at, seq: this.#seq++, run });
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.#earlier(i, parent)) break;
      this.#swap(i, parent);
      i = parent;
    }
  }

  /** The next event, if it is due by `end`. */
  takeUntil(end: number): Event | null {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.at > end) return null;
    const last = heap.pop() as Event;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    const { length } = this.#heap;
    for (let i = 0, left = 1; left < length; left = 2 * i + 1) {
      const right = left + 1;
      const child = right < length && this.#earlier(right, left) ? right : left;
      if (!this.#earlier(child, i)) return;
      this.#swap(child, i);
      i = child;
    }
  }

  #earlier(i: number, j: number): boolean {
    const a = this.#heap[i] as Event;
    const b = this.#heap[j] as Event;
    return a.at < b.at || (a.at === b.at && a.seq < b.seq);
  }

  #swap(i: number, j: number): void {
    const event = this.#heap[i] as Event;
    this.#heap[i] = this.#heap[j] as Event;
    this.#heap[j] = event;
  }
}
