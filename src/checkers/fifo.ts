/**
 * Linearizability of a first-in first-out queue whose values are all different, in O(n log n) (Lee & Mathur 2025,
 * after the violation patterns of Henzinger, Sezgin & Vafeiadis 2013). A value is surely inside from the end of its
 * enqueue to the start of its dequeue. No value may overtake one that was surely enqueued before it, and a dequeue
 * that found nothing needs an instant at which nothing was surely inside. Precondition: no dequeue of unknown outcome.
 */
import { NEVER, NONE } from '../trace/index.ts';
import { EMPTY, TAKE, UPDATE } from './models.ts';
import type { Part } from './part.ts';

export interface FifoAnswer {
  readonly verdict: 'pass' | 'violation' | 'inapplicable';
  /** Indices of operations that may suffice for the violation; empty: no small set is known. */
  readonly witness: readonly number[];
}

/** One value's way through the queue; NEVER where it has not left. */
interface Stay {
  readonly enqueue: number;
  readonly dequeue: number;
  readonly enqueueFrom: number;
  readonly enqueueTo: number;
  readonly dequeueFrom: number;
  readonly dequeueTo: number;
}

const INAPPLICABLE: FifoAnswer = { verdict: 'inapplicable', witness: [] };
const violation = (...witness: readonly number[]): FifoAnswer => ({ verdict: 'violation', witness: witness.filter((index) => index >= 0) });

/** Decides a part of a queue that starts empty. */
export function decideFifo(part: Part): FifoAnswer {
  const enqueues = new Map<number, number>();
  const dequeues = new Map<number, number>();
  let repeated = -1;
  for (let i = 0; i < part.count; i++) {
    const kind = part.kind[i];
    const value = part.a[i] as number;
    if (kind === UPDATE) {
      if (enqueues.has(value)) return INAPPLICABLE;
      enqueues.set(value, i);
    } else if (kind === TAKE) {
      if (value === NONE || part.ret[i] === NEVER) return INAPPLICABLE;
      if (dequeues.has(value)) repeated = i;
      else dequeues.set(value, i);
    }
  }
  if (repeated >= 0) return violation(dequeues.get(part.a[repeated] as number) as number, repeated);
  for (const [value, dequeue] of dequeues) {
    const enqueue = enqueues.get(value);
    if (enqueue === undefined) return violation(dequeue);
    if ((part.ret[dequeue] as number) < (part.call[enqueue] as number)) return violation(enqueue, dequeue);
  }
  const stays = staysOf(part, enqueues, dequeues);
  return overtaking(stays) ?? (neverEmpty(part, stays) ? violation() : { verdict: 'pass', witness: [] });
}

/** By the start of the enqueue. An enqueue that may not have happened and that nobody saw is left out. */
function staysOf(part: Part, enqueues: ReadonlyMap<number, number>, dequeues: ReadonlyMap<number, number>): readonly Stay[] {
  const stays: Stay[] = [];
  for (const [value, enqueue] of enqueues) {
    const dequeue = dequeues.get(value) ?? -1;
    if (dequeue < 0 && part.ret[enqueue] === NEVER) continue;
    const enqueueFrom = part.call[enqueue] as number;
    const dequeueTo = dequeue < 0 ? NEVER : (part.ret[dequeue] as number);
    const enqueueTo = Math.min(part.ret[enqueue] as number, dequeueTo);
    const dequeueFrom = dequeue < 0 ? NEVER : Math.max(part.call[dequeue] as number, enqueueFrom);
    stays.push({ enqueue, dequeue, enqueueFrom, enqueueTo, dequeueFrom, dequeueTo });
  }
  return stays;
}

function overtaking(stays: readonly Stay[]): FifoAnswer | null {
  const byEnd = [...stays].sort((x, y) => x.enqueueTo - y.enqueueTo);
  let inside = 0;
  /** Of those surely enqueued before, the one whose dequeue began last. */
  let slowest: Stay | null = null;
  for (const stay of stays) {
    for (let next = byEnd[inside]; next !== undefined && next.enqueueTo < stay.enqueueFrom; next = byEnd[++inside]) {
      if (slowest === null || next.dequeueFrom > slowest.dequeueFrom) slowest = next;
    }
    if (slowest !== null && slowest.dequeueFrom > stay.dequeueTo)
      return violation(slowest.enqueue, slowest.dequeue, stay.enqueue, stay.dequeue);
  }
  return null;
}

/** Whether some dequeue found nothing although at every instant of it something was surely inside. */
function neverEmpty(part: Part, stays: readonly Stay[]): boolean {
  const starts: number[] = [];
  const ends: number[] = [];
  const surely = stays.filter(({ enqueueTo, dequeueFrom }) => enqueueTo < dequeueFrom).sort((x, y) => x.enqueueTo - y.enqueueTo);
  for (const { enqueueTo, dequeueFrom } of surely) {
    const last = ends.length - 1;
    if (last >= 0 && enqueueTo < (ends[last] as number)) ends[last] = Math.max(ends[last] as number, dequeueFrom);
    else {
      starts.push(enqueueTo);
      ends.push(dequeueFrom);
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
