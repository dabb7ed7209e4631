/**
 * Linearizability of a first-in first-out queue whose values are all different, in O(n log n) (Lee & Mathur 2025,
 * after the violation patterns of Henzinger, Sezgin & Vafeiadis 2013). No value may overtake one that was surely enqueued before
 * it, and a dequeue that found nothing needs an instant at which nothing was surely inside.
 */
import { type FastAnswer, PASS, violation } from './fast-answer.ts';
import type { Part } from './part.ts';
import { decideStays, type Stay } from './stays.ts';

/** Decides a part of a queue that starts empty. */
export const decideFifo = (part: Part): FastAnswer => decideStays(part, (stays) => overtaking(stays) ?? PASS);

function overtaking(stays: readonly Stay[]): FastAnswer | null {
  const byEnd = [...stays].sort((x, y) => x.intoTo - y.intoTo);
  let inside = 0;
  /** Of those surely enqueued before, the one whose dequeue began last. */
  let slowest: Stay | null = null;
  for (const stay of stays) {
    for (let next = byEnd[inside]; next !== undefined && next.intoTo < stay.intoFrom; next = byEnd[++inside]) {
      if (slowest === null || next.outFrom > slowest.outFrom) slowest = next;
    }
    if (slowest !== null && slowest.outFrom > stay.outTo) return violation(slowest.into, slowest.out, stay.into, stay.out);
  }
  return null;
}
