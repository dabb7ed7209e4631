/**
 * Linearizability of a priority queue whose values are all different, smallest first, in O(n log n). Only smaller values hinder
 * a removal: it needs an instant at which none of them is surely inside. From the smallest on, each value is best added as late
 * and removed as early as it can, so that it hinders exactly while it is surely inside; the wait for smaller ones adds nothing,
 * since they hinder then anyway. The problem is Lee & Mathur's (OOPSLA 2025); the argument is ours, compared with
 * exhaustive search.
 */
import { type FastAnswer, PASS, violation } from './fast-answer.ts';
import type { Part } from './part.ts';
import { decideStays, type Stay } from './stays.ts';

/** Decides a part of a priority queue that starts empty. `priorityOf`: what value `id` is; the smallest leaves first. */
export const decidePriority = (part: Part, priorityOf: (id: number) => number): FastAnswer =>
  decideStays(part, (stays) => inOrder(stays, priorityOf));

function inOrder(stays: readonly Stay[], priorityOf: (id: number) => number): FastAnswer {
  const byPriority = stays.map((stay) => ({ stay, priority: priorityOf(stay.value) })).sort((x, y) => x.priority - y.priority);
  const hindered = new Hindered(stays);
  for (const [place, { stay }] of byPriority.entries()) {
    const { into, out, intoFrom, intoTo, outFrom, outTo } = stay;
    const from = Math.max(intoFrom, outFrom);
    if (out >= 0 && hindered.until(from) >= outTo) {
      const smaller = byPriority.slice(0, place).map((other) => other.stay);
      const during = smaller.filter((other) => other.intoTo < other.outFrom && other.intoTo < outTo && other.outFrom > from);
      return violation(into, out, ...during.flatMap((other) => [other.into, other.out]));
    }
    if (intoTo < outFrom) hindered.add(intoTo, outFrom);
  }
  return PASS;
}

/** Instants at which something smaller is surely inside; a cell is the time between two moments. */
class Hindered {
  readonly #moments: Float64Array;
  /** Of each cell itself or a later one, on the way to the next that is free. */
  readonly #towards: Int32Array;

  constructor(stays: readonly Stay[]) {
    const moments = stays.flatMap(({ intoFrom, intoTo, outFrom, outTo }) => [intoFrom, intoTo, outFrom, outTo]);
    this.#moments = Float64Array.from(new Set(moments)).sort();
    this.#towards = Int32Array.from({ length: this.#moments.length + 1 }, (_, cell) => cell);
  }

  #cell(moment: number): number {
    let low = 0;
    for (let high = this.#moments.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((this.#moments[middle] as number) < moment) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #free(cell: number): number {
    let free = cell;
    while (this.#towards[free] !== free) free = this.#towards[free] as number;
    for (let at = cell; at !== free; ) {
      const next = this.#towards[at] as number;
      this.#towards[at] = free;
      at = next;
    }
    return free;
  }

  add(from: number, to: number): void {
    const end = this.#cell(to);
    for (let cell = this.#free(this.#cell(from)); cell < end; cell = this.#free(cell)) this.#towards[cell] = cell + 1;
  }

  /** The first moment from `moment` on behind which nothing hinders. */
  until(moment: number): number {
    return this.#moments[this.#free(this.#cell(moment))] ?? Number.POSITIVE_INFINITY;
  }
}
