/** How often each of a row of cells is covered: ranges are added and taken away, and the next covered or bare cell is found, in O(log n). */
export class Coverage {
  readonly #size: number;
  /** Of each node of the tree the least and the most of its cells, without what was added to nodes above it. */
  readonly #least: Int32Array;
  readonly #most: Int32Array;
  readonly #added: Int32Array;
  readonly cells: number;

  constructor(cells: number) {
    let size = 1;
    while (size < cells) size *= 2;
    this.cells = cells;
    this.#size = size;
    this.#least = new Int32Array(2 * size);
    this.#most = new Int32Array(2 * size);
    this.#added = new Int32Array(2 * size);
  }

  /** Adds `by` to the cells from `from` up to, not with, `to`. */
  add(from: number, to: number, by: number): void {
    if (from < to) this.#add(1, 0, this.#size, from, to, by);
  }

  #add(node: number, low: number, high: number, from: number, to: number, by: number): void {
    if (from <= low && high <= to) {
      this.#least[node] = (this.#least[node] as number) + by;
      this.#most[node] = (this.#most[node] as number) + by;
      this.#added[node] = (this.#added[node] as number) + by;
      return;
    }
    const middle = (low + high) >>> 1;
    if (from < middle) this.#add(2 * node, low, middle, from, to, by);
    if (to > middle) this.#add(2 * node + 1, middle, high, from, to, by);
    const own = this.#added[node] as number;
    this.#least[node] = Math.min(this.#least[2 * node] as number, this.#least[2 * node + 1] as number) + own;
    this.#most[node] = Math.max(this.#most[2 * node] as number, this.#most[2 * node + 1] as number) + own;
  }

  /** The first cell from `from` on that is covered (`true`) or bare; `cells` when there is none. */
  next(from: number, covered: boolean): number {
    const found = from >= this.cells ? -1 : this.#next(1, 0, this.#size, from, covered, 0);
    return found < 0 ? this.cells : Math.min(found, this.cells);
  }

  #next(node: number, low: number, high: number, from: number, covered: boolean, above: number): number {
    if (high <= from) return -1;
    if (covered ? (this.#most[node] as number) + above === 0 : (this.#least[node] as number) + above > 0) return -1;
    if (high - low === 1) return low;
    const middle = (low + high) >>> 1;
    const here = above + (this.#added[node] as number);
    const left = this.#next(2 * node, low, middle, from, covered, here);
    return left >= 0 ? left : this.#next(2 * node + 1, middle, high, from, covered, here);
  }
}

/** The greatest of the numbers at a range of places, and where; places start at -Infinity. */
export class Greatest {
  readonly #size: number;
  readonly #tree: Float64Array;

  constructor(places: number) {
    let size = 1;
    while (size < places) size *= 2;
    this.#size = size;
    this.#tree = new Float64Array(2 * size).fill(Number.NEGATIVE_INFINITY);
  }

  set(place: number, number: number): void {
    let node = place + this.#size;
    this.#tree[node] = number;
    for (node >>= 1; node > 0; node >>= 1) this.#tree[node] = Math.max(this.#tree[2 * node] as number, this.#tree[2 * node + 1] as number);
  }

  /** The first place from `from` up to, not with, `to` that holds more than `bound`; -1: none. */
  above(from: number, to: number, bound: number): number {
    return from < to ? this.#above(1, 0, this.#size, from, to, bound) : -1;
  }

  #above(node: number, low: number, high: number, from: number, to: number, bound: number): number {
    if (high <= from || to <= low || (this.#tree[node] as number) <= bound) return -1;
    if (high - low === 1) return low;
    const middle = (low + high) >>> 1;
    const left = this.#above(2 * node, low, middle, from, to, bound);
    return left >= 0 ? left : this.#above(2 * node + 1, middle, high, from, to, bound);
  }
}
