/**
 * Linearizability of a counter. Where all updates add the same amount, in O(n log n): a lazy greedy that lets an update take
 * effect only when something that ends now needs it (its own answer, or a read that shows more), and then always the open one that
 * must end first. So the count is the least possible at every moment, and it passes every number on its way: a read is wrong only
 * when it shows less than the count at its start, or more than was begun at its end. Mixed amounts: sound bounds, which
 * only reject. No source: an exchange argument (earliest deadline first), compared with exhaustive search.
 */
import { NEVER } from '../trace/index.ts';
import { type FastAnswer, INAPPLICABLE, PASS, stuck, violation } from './fast-answer.ts';
import { READ, UPDATE } from './model.ts';
import { byCompletion, type Part } from './part.ts';

/** Decides a part whose UPDATEs add `numberOf(a)`, and whose READs saw `numberOf(a)`; NaN for what is no number. */
export function decideCounting(part: Part, numberOf: (id: number) => number): FastAnswer {
  const start = numberOf(part.machine.initial);
  let amount = 0;
  let mixed = false;
  for (let i = 0; i < part.count; i++) {
    const kind = part.kind[i];
    const number = numberOf(part.a[i] as number);
    if (kind === READ) {
      if (!Number.isSafeInteger(number)) return violation(i);
    } else if (kind !== UPDATE || !Number.isSafeInteger(number)) return INAPPLICABLE;
    else if (number !== 0 && amount === 0) amount = number;
    else if (number !== 0 && number !== amount) mixed = true;
  }
  const order = byCompletion(part);
  if (mixed) return boundsOf(part, order, start, numberOf);
  return lazily(part, order, (i) => {
    const number = numberOf(part.a[i] as number);
    if (part.kind[i] === UPDATE) return number === 0 ? 0 : 1;
    // Without any update only the initial value can be seen.
    if (amount === 0) return number === start ? 0 : -1;
    const updates = (number - start) / amount;
    return Number.isInteger(updates) ? updates : -1;
  });
}

/** `stepsOf`: of a read how many updates it saw (-1: no number of them explains it), of an update whether it counts (1) or adds nothing (0). */
function lazily(part: Part, order: Int32Array, stepsOf: (i: number) => number): FastAnswer {
  const { count, kind, call, ret } = part;
  const place = new Int32Array(count).fill(-1);
  order.forEach((i, at) => {
    place[i] = at;
  });
  const open = new EarliestFirst();
  const done = new Uint8Array(count);
  let pending = 0;
  let total = 0;
  let next = 0;
  const advance = (): boolean => {
    const at = open.take();
    if (at >= 0) done[order[at] as number] = 1;
    else if (pending-- <= 0) return false;
    total++;
    return true;
  };
  for (const ending of order) {
    const now = ret[ending] as number;
    for (; next < count && (call[next] as number) < now; next++) {
      const steps = stepsOf(next);
      if (kind[next] === READ) {
        if (steps < 0) return violation(next);
        if (total > steps) return stuck(call[next] as number, next);
      } else if (steps === 1 && ret[next] === NEVER) pending++;
      else if (steps === 1) open.add(place[next] as number);
      else done[next] = 1;
    }
    if (kind[ending] === UPDATE) {
      if (done[ending] === 0) advance();
      continue;
    }
    for (const steps = stepsOf(ending); total < steps; ) if (!advance()) return stuck(now, ending);
  }
  return PASS;
}

/** A binary heap of small integers. */
class EarliestFirst {
  #items = new Int32Array(64);
  #count = 0;

  add(item: number): void {
    if (this.#count === this.#items.length) {
      const wider = new Int32Array(this.#count * 2);
      wider.set(this.#items);
      this.#items = wider;
    }
    const items = this.#items;
    let at = this.#count++;
    for (; at > 0; at = (at - 1) >> 1) {
      const above = items[(at - 1) >> 1] as number;
      if (above <= item) break;
      items[at] = above;
    }
    items[at] = item;
  }

  /** The smallest, or -1. */
  take(): number {
    if (this.#count === 0) return -1;
    const items = this.#items;
    const first = items[0] as number;
    const last = items[--this.#count] as number;
    let at = 0;
    for (let child = 1; child < this.#count; child = 2 * at + 1) {
      if (child + 1 < this.#count && (items[child + 1] as number) < (items[child] as number)) child++;
      if ((items[child] as number) >= last) break;
      items[at] = items[child] as number;
      at = child;
    }
    items[at] = last;
    return first;
  }
}

/** Whether a read shows less, or more, than any choice of the updates that may have happened before it explains. */
function boundsOf(part: Part, order: Int32Array, start: number, numberOf: (id: number) => number): FastAnswer {
  const { count, kind, call, ret } = part;
  // What had surely happened before each call, and what may have happened before each return: raising and lowering amounts apart.
  const sure = [new Float64Array(count), new Float64Array(count)] as const;
  let [up, down, ended] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    for (let end = order[ended]; end !== undefined && (ret[end] as number) < (call[i] as number); end = order[++ended]) {
      const number = kind[end] === UPDATE ? numberOf(part.a[end] as number) : 0;
      up += Math.max(0, number);
      down += Math.min(0, number);
    }
    sure[0][i] = up;
    sure[1][i] = down;
  }
  let [mostUp, mostDown, begun] = [0, 0, 0];
  for (const i of order) {
    for (; begun < count && (call[begun] as number) < (ret[i] as number); begun++) {
      const number = kind[begun] === UPDATE ? numberOf(part.a[begun] as number) : 0;
      mostUp += Math.max(0, number);
      mostDown += Math.min(0, number);
    }
    if (kind[i] !== READ) continue;
    const seen = numberOf(part.a[i] as number) - start;
    if (seen < (sure[0][i] as number) + mostDown || seen > mostUp + (sure[1][i] as number)) return stuck(ret[i] as number, i);
  }
  return INAPPLICABLE;
}
