/**
 * Exact symmetry reduction for any model whose states can be permuted: the representative of an orbit is the least of
 * its members, found by trying all permutations (n! of them: for small n).
 */
import { LightconeError } from '../../core/index.ts';

/** Writes `state` with member i renamed to permutation[i] into `out`. Must commute with the model's `next`. */
export type Permute = (state: Int32Array, permutation: readonly number[], out: Int32Array) => void;

const MOST = 7;

/** All orders of 0..count-1. */
export function permutations(count: number): number[][] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap((rest) =>
    Array.from({ length: count }, (_, at) => [...rest.slice(0, at), count - 1, ...rest.slice(at)]),
  );
}

/** A `canonicalise` for `count` interchangeable members, at most 7. */
export function leastOfOrbit(width: number, count: number, permute: Permute): (state: Int32Array) => void {
  if (!Number.isInteger(count) || count < 1 || count > MOST) {
    throw new LightconeError('LC_USAGE', `${count} interchangeable members: 1 to ${MOST} can be tried`, { count });
  }
  const orders = permutations(count);
  const original = new Int32Array(width);
  const candidate = new Int32Array(width);
  return (state) => {
    original.set(state);
    for (const order of orders) {
      permute(original, order, candidate);
      if (less(candidate, state)) state.set(candidate);
    }
  };
}

function less(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
