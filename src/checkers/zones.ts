/**
 * Linearizability of a register whose written values are all different, in O(n log n) (Gibbons & Korach 1997, section
 * 3). A value's write and reads stand together in any linearization; f is their first response, s their last
 * invocation. Where f < s they surely fill [f, s] (a forward zone), else they fit at one point of [s, f] (backward).
 * Linearizable iff no two forward zones overlap and no backward zone lies inside a forward one. With compare-and-set
 * the unit is a chain of values (cas-chains.ts); the zones are the same.
 */

/** What stands together, by number: first response and last invocation. */
export interface Zones {
  readonly count: number;
  readonly first: Int32Array;
  readonly last: Int32Array;
}

/** The two groups that contradict each other, or null. */
export function clash(zones: Zones): readonly [number, number] | null {
  const { count, first, last } = zones;
  let forward = 0;
  for (let g = 0; g < count; g++) if ((first[g] as number) < (last[g] as number)) forward++;
  const starts = new Int32Array(forward);
  const ends = new Int32Array(forward);
  forward = 0;
  for (let g = 0; g < count; g++) {
    if ((first[g] as number) >= (last[g] as number)) continue;
    starts[forward] = first[g] as number;
    ends[forward++] = last[g] as number;
  }
  // Intervals are disjoint exactly when their sorted starts and ends alternate; then they are paired as well.
  starts.sort();
  ends.sort();
  for (let i = 1; i < forward; i++) if ((starts[i] as number) < (ends[i - 1] as number)) return overlapping(zones);
  for (let g = 0; g < count; g++) {
    const from = last[g] as number;
    if ((first[g] as number) < from) continue;
    const i = lastBefore(starts, from);
    if (i >= 0 && (first[g] as number) < (ends[i] as number)) return [groupStartingAt(zones, starts[i] as number), g];
  }
  return null;
}

/** Index of the last entry that is smaller than `bound`, or -1. */
function lastBefore(sorted: Int32Array, bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function groupStartingAt({ count, first, last }: Zones, start: number): number {
  for (let g = 0; g < count; g++) if (first[g] === start && start < (last[g] as number)) return g;
  return -1;
}

/** Slow and only for the story: two forward zones that overlap. */
function overlapping({ count, first, last }: Zones): readonly [number, number] | null {
  const forward: number[] = [];
  for (let g = 0; g < count; g++) if ((first[g] as number) < (last[g] as number)) forward.push(g);
  forward.sort((x, y) => (first[x] as number) - (first[y] as number));
  for (let i = 1; i < forward.length; i++) {
    const [before, after] = [forward[i - 1] as number, forward[i] as number];
    if ((first[after] as number) < (last[before] as number)) return [before, after];
  }
  return null;
}
