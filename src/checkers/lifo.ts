/**
 * Linearizability of a stack whose values are all different, in O(n log n). A value whose push and pop overlap can come and go at one
 * instant. Where at some instant no other value is surely inside, the stack can be empty then (what overlaps that instant is pushed
 * after it, or popped before it), so what lies before and after are two histories. Where something is surely inside all the
 * time, one value must lie at the bottom from before the first push had to be done to after the last pop could begin;
 * any that can, may: the others' pushes before its own wait for it, and their pops come before its own.
 * Take it away and go on with the rest. The problem is Lee & Mathur's (OOPSLA 2025); the argument is ours, compared with
 * exhaustive search.
 */
import { Coverage, Greatest } from './coverage.ts';
import { type FastAnswer, PASS, violation } from './fast-answer.ts';
import type { Part } from './part.ts';
import { decideStays, type Stay } from './stays.ts';

/** Decides a part of a stack that starts empty. */
export const decideLifo = (part: Part): FastAnswer => decideStays(part, peeled);

function peeled(stays: readonly Stay[]): FastAnswer {
  const inside = stays.filter(({ intoTo, outFrom }) => intoTo < outFrom).sort((x, y) => x.intoTo - y.intoTo);
  const tangle = new Peeling(inside).run();
  return tangle === null ? PASS : violation(...tangle.flatMap(({ into, out }) => [into, out]));
}

class Peeling {
  /** Values that are surely inside for some time, by the end of their push. */
  readonly #stays: readonly Stay[];
  /** Ends of pushes and starts of pops, ascending; a cell is the time between two of them. */
  readonly #moments: Float64Array;
  readonly #coverage: Coverage;
  /** Minus the start of the push, of values that do not yet reach to the left of all that is left around them. */
  readonly #late: Greatest;
  /** The end of the pop, of those that do. */
  readonly #early: Greatest;
  readonly #first: Int32Array;
  readonly #after: Int32Array;

  constructor(stays: readonly Stay[]) {
    this.#stays = stays;
    this.#moments = Float64Array.from(new Set(stays.flatMap(({ intoTo, outFrom }) => [intoTo, outFrom]))).sort();
    this.#coverage = new Coverage(Math.max(0, this.#moments.length - 1));
    this.#late = new Greatest(stays.length);
    this.#early = new Greatest(stays.length);
    this.#first = new Int32Array(stays.length);
    this.#after = new Int32Array(stays.length);
    stays.forEach(({ intoFrom, intoTo, outFrom }, at) => {
      this.#first[at] = lowerBound(this.#moments.length, (i) => (this.#moments[i] as number) < intoTo);
      this.#after[at] = lowerBound(this.#moments.length, (i) => (this.#moments[i] as number) < outFrom);
      this.#coverage.add(this.#first[at] as number, this.#after[at] as number, 1);
      this.#late.set(at, -intoFrom);
    });
  }

  /** Null: everything could be taken away; else values of which none can lie at the bottom of the others. */
  run(): readonly Stay[] | null {
    const ranges: [number, number][] = [[0, this.#coverage.cells]];
    for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
      const [low, high] = range;
      for (let from = this.#coverage.next(low, true); from < high; ) {
        const to = this.#coverage.next(from, false);
        const bottom = this.#bottom(from, to);
        if (bottom < 0) return this.#within(from, to);
        this.#early.set(bottom, Number.NEGATIVE_INFINITY);
        this.#coverage.add(this.#first[bottom] as number, this.#after[bottom] as number, -1);
        ranges.push([from, to]);
        from = this.#coverage.next(to, true);
      }
    }
    return null;
  }

  /** Places of those that are surely inside between two bare instants. */
  #places(from: number, to: number): readonly [number, number] {
    const [left, right] = [this.#moments[from] as number, this.#moments[to] as number];
    const place = (bound: number): number => lowerBound(this.#stays.length, (i) => (this.#stays[i] as Stay).intoTo < bound);
    return [place(left), place(right)];
  }

  /** A value that can lie below all others of these cells, or -1. */
  #bottom(from: number, to: number): number {
    const [low, high] = this.#places(from, to);
    const [left, right] = [this.#moments[from] as number, this.#moments[to] as number];
    for (let at = this.#late.above(low, high, -left); at >= 0; at = this.#late.above(low, high, -left)) {
      this.#late.set(at, Number.NEGATIVE_INFINITY);
      const { out, outTo } = this.#stays[at] as Stay;
      this.#early.set(at, out < 0 ? Number.POSITIVE_INFINITY : outTo);
    }
    return this.#early.above(low, high, right);
  }

  #within(from: number, to: number): readonly Stay[] {
    const [low, high] = this.#places(from, to);
    const left = (of: Greatest, at: number): boolean => of.above(at, at + 1, Number.NEGATIVE_INFINITY) >= 0;
    return this.#stays.slice(low, high).filter((_, i) => left(this.#late, low + i) || left(this.#early, low + i));
  }
}

/** The first index of `count` for which `before` does not hold. */
function lowerBound(count: number, before: (index: number) => boolean): number {
  let low = 0;
  for (let high = count; low < high; ) {
    const middle = (low + high) >>> 1;
    if (before(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
