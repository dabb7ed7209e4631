/**
 * What fast algorithms for collections of unique values look at: each value's way in and out. A value is surely inside from the
 * end of its addition to the start of its removal. Shared by queue, stack and priority queue.
 */
import { NEVER, NONE } from '../trace/index.ts';
import { type FastAnswer, INAPPLICABLE, violation } from './fast-answer.ts';
import { EMPTY, TAKE, UPDATE } from './model.ts';
import type { Part } from './part.ts';

/** One value's way through the collection. `out` -1: it has not left, and never need. */
export interface Stay {
  readonly value: number;
  /** Indices of the operations. */
  readonly into: number;
  readonly out: number;
  /** When the addition can take effect, and when the removal can (NEVER: it has not left). */
  readonly intoFrom: number;
  readonly intoTo: number;
  readonly outFrom: number;
  readonly outTo: number;
}

/**
 * Decides a part by what its values did. Removals of unknown outcome may have taken any value that is left, or nothing: it passes
 * when it does without them, and it is a violation when it still is one without all values that are left, for one value
 * less never breaks what was legal. Between these two: inapplicable.
 */
export function decideStays(part: Part, decide: (stays: readonly Stay[]) => FastAnswer): FastAnswer {
  const found = staysOf(part);
  if ('verdict' in found) return found;
  const { stays, unknown } = found;
  const judge = (some: readonly Stay[]): FastAnswer => {
    const answer = decide(some);
    return answer.verdict === 'pass' && neverEmpty(part, some) ? violation() : answer;
  };
  const answer = judge(stays);
  if (!unknown || answer.verdict === 'pass') return answer;
  const known = judge(stays.filter(({ out }) => out >= 0));
  return known.verdict === 'violation' ? known : INAPPLICABLE;
}

/**
 * By the start of the addition. An addition that may not have happened and that nobody saw is left out. `inapplicable`: a value was
 * added twice. A violation: a value came out twice, or that nobody added, or before. `unknown`: some removal has an unknown outcome.
 */
function staysOf(part: Part): { readonly stays: readonly Stay[]; readonly unknown: boolean } | FastAnswer {
  const additions = new Map<number, number>();
  const removals = new Map<number, number>();
  let repeated = -1;
  let unknown = false;
  for (let i = 0; i < part.count; i++) {
    const value = part.a[i] as number;
    if (part.kind[i] === UPDATE) {
      if (additions.has(value)) return INAPPLICABLE;
      additions.set(value, i);
    } else if (part.kind[i] === TAKE) {
      if (value === NONE || part.ret[i] === NEVER) unknown = true;
      else if (removals.has(value)) repeated = i;
      else removals.set(value, i);
    }
  }
  if (repeated >= 0) return violation(removals.get(part.a[repeated] as number) as number, repeated);
  for (const [value, out] of removals) {
    const into = additions.get(value);
    if (into === undefined) return violation(out);
    if ((part.ret[out] as number) < (part.call[into] as number)) return violation(into, out);
  }
  const stays: Stay[] = [];
  for (const [value, into] of additions) {
    const out = removals.get(value) ?? -1;
    if (out < 0 && part.ret[into] === NEVER) continue;
    const intoFrom = part.call[into] as number;
    const outTo = out < 0 ? NEVER : (part.ret[out] as number);
    const intoTo = Math.min(part.ret[into] as number, outTo);
    const outFrom = out < 0 ? NEVER : Math.max(part.call[out] as number, intoFrom);
    stays.push({ value, into, out, intoFrom, intoTo, outFrom, outTo });
  }
  return { stays, unknown };
}

/** Whether some removal found nothing although at every instant of it something was surely inside. */
function neverEmpty(part: Part, stays: readonly Stay[]): boolean {
  const starts: number[] = [];
  const ends: number[] = [];
  const surely = stays.filter(({ intoTo, outFrom }) => intoTo < outFrom).sort((x, y) => x.intoTo - y.intoTo);
  for (const { intoTo, outFrom } of surely) {
    const last = ends.length - 1;
    if (last >= 0 && intoTo < (ends[last] as number)) ends[last] = Math.max(ends[last] as number, outFrom);
    else {
      starts.push(intoTo);
      ends.push(outFrom);
    }
  }
  for (let i = 0; i < part.count; i++) {
    if (part.kind[i] !== EMPTY) continue;
    let low = 0;
    for (let high = starts.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) < (part.call[i] as number)) low = middle + 1;
      else high = middle;
    }
    if (low > 0 && (part.ret[i] as number) < (ends[low - 1] as number)) return true;
  }
  return false;
}
