/**
 * Linearizability of a register that only ever holds two values, each written any number of times: an element of a set (added,
 * removed, looked at) or a flag. Between two changes everything open that wants the present value is served at once; so
 * only changes matter, each needs a write of its own that is open at that moment, and it may wait until something that is about
 * to return needs it: an operation that the present value does not serve, or a write that would be lost as a means of change. At such
 * a moment there are three choices: no change, one, or there and back. Of open writes of one value the first to return is used
 * up first. All choices are followed together; one that another is at least as good as (same value, serves as much, has
 * writes left that last as long) is dropped, which leaves one or a few. Exact; a lazy choice alone is not.
 */
import { NEVER } from '../trace/index.ts';
import type { Meter } from './budget.ts';
import { type FastAnswer, INAPPLICABLE, PASS, stuck, violation } from './fast-answer.ts';
import { READ, WRITE } from './model.ts';
import { byCompletion, type Part } from './part.ts';

type Bit = 0 | 1;
type Two<T> = readonly [T, T];

/** One way in which it may have gone. */
interface Choice {
  readonly bit: Bit;
  /** What was called up to here is served; of what came later only what wants `bit`. */
  readonly since: number;
  /** Returns of the open writes of each value that were used up, ascending. */
  readonly used: Two<readonly number[]>;
  /** How many writes that may never return were used up. */
  readonly spent: Two<number>;
}

/** More ways than this at one moment: search decides. */
const CHOICES_MAX = 512;

/** Decides a part of reads and writes of at most two values, the initial one included. */
export function decideToggles(part: Part, meter: Meter): FastAnswer {
  const initial = part.machine.initial;
  let other = -1;
  for (let i = 0; i < part.count; i++) {
    const value = part.a[i] as number;
    if (part.kind[i] !== READ && part.kind[i] !== WRITE) return INAPPLICABLE;
    if (part.kind[i] !== WRITE || value === initial || value === other) continue;
    if (other >= 0) return INAPPLICABLE;
    other = value;
  }
  for (let i = 0; i < part.count; i++) if (part.a[i] !== initial && part.a[i] !== other) return violation(i);
  return new Toggles(part, meter).run();
}

class Toggles {
  readonly #part: Part;
  readonly #meter: Meter;
  /** Returns of open writes by value, ascending; and how many that may never return have begun. */
  readonly #writes: Two<number[]> = [[], []];
  readonly #optional: [number, number] = [0, 0];
  /** Calls of open operations that must be served, by value, ascending. */
  readonly #calls: Two<number[]> = [[], []];
  #choices: readonly Choice[] = [{ bit: 0, since: Number.NEGATIVE_INFINITY, used: [[], []], spent: [0, 0] }];

  constructor(part: Part, meter: Meter) {
    this.#part = part;
    this.#meter = meter;
  }

  #bitOf(i: number): Bit {
    return this.#part.a[i] === this.#part.machine.initial ? 0 : 1;
  }

  run(): FastAnswer {
    const { count, call, ret } = this.#part;
    let next = 0;
    for (const ending of byCompletion(this.#part)) {
      const now = ret[ending] as number;
      for (; next < count && (call[next] as number) < now; next++) this.#begin(next);
      const choices = this.#choices.flatMap((choice) => this.#end(choice, ending, now));
      this.#forget(ending);
      if (choices.length === 0) return stuck(now, ending);
      this.#choices = this.#best(choices, now);
      if (this.#choices.length > CHOICES_MAX || !this.#meter.spend(choices.length)) return INAPPLICABLE;
    }
    return PASS;
  }

  #begin(i: number): void {
    const { kind, call, ret } = this.#part;
    const bit = this.#bitOf(i);
    if (ret[i] === NEVER) {
      if (kind[i] === WRITE) this.#optional[bit]++;
      return;
    }
    this.#calls[bit].push(call[i] as number);
    if (kind[i] === WRITE) insert(this.#writes[bit], ret[i] as number);
  }

  /** What becomes of a choice when `i` returns. */
  #end(choice: Choice, i: number, now: number): readonly Choice[] {
    const bit = this.#bitOf(i);
    const unserved = bit !== choice.bit && (this.#part.call[i] as number) > choice.since;
    const spare = this.#part.kind[i] === WRITE && !choice.used[bit].includes(now);
    const results: Choice[] = [];
    if (!unserved) results.push(choice);
    if (unserved || spare) {
      const there = this.#change(choice, now);
      if (there !== null && bit !== choice.bit) results.push(there);
      const back = there === null ? null : this.#change(there, now);
      if (back !== null) results.push(back);
    }
    return results.map((result) => (result.used[bit][0] === now ? without(result, bit) : result));
  }

  /** The other value from now on; null: nobody is there to write it. */
  #change({ bit, used, spent }: Choice, now: number): Choice | null {
    const to: Bit = bit === 0 ? 1 : 0;
    const writes = this.#writes[to];
    const taken = used[to];
    let at = 0;
    while (at < writes.length && taken.includes(writes[at] as number)) at++;
    if (at < writes.length) {
      const mine = [...taken];
      insert(mine, writes[at] as number);
      return { bit: to, since: now, used: to === 0 ? [mine, used[1]] : [used[0], mine], spent };
    }
    if (spent[to] >= this.#optional[to]) return null;
    return { bit: to, since: now, used, spent: to === 0 ? [spent[0] + 1, spent[1]] : [spent[0], spent[1] + 1] };
  }

  #forget(i: number): void {
    const bit = this.#bitOf(i);
    const calls = this.#calls[bit];
    calls.splice(calls.indexOf(this.#part.call[i] as number), 1);
    // Returns come in order: it is the first.
    if (this.#part.kind[i] === WRITE) this.#writes[bit].shift();
  }

  /** Those that no other one is at least as good as. */
  #best(choices: readonly Choice[], now: number): readonly Choice[] {
    if (choices.length === 1) return choices;
    const best: Choice[] = [];
    for (const choice of choices) {
      const one = this.#settled(choice, now);
      if (best.some((other) => atLeast(other, one))) continue;
      for (let at = best.length - 1; at >= 0; at--) if (atLeast(one, best[at] as Choice)) best.splice(at, 1);
      best.push(one);
    }
    return best;
  }

  /** `since` as late as it can be without serving more than it did. */
  #settled(choice: Choice, now: number): Choice {
    const waiting = this.#calls[choice.bit === 0 ? 1 : 0].find((call) => call > choice.since);
    return { ...choice, since: waiting === undefined ? now : waiting - 1 };
  }
}

function insert(sorted: number[], item: number): void {
  let at = sorted.length;
  while (at > 0 && (sorted[at - 1] as number) > item) at--;
  sorted.splice(at, 0, item);
}

function without(choice: Choice, bit: Bit): Choice {
  const { used } = choice;
  return { ...choice, used: bit === 0 ? [used[0].slice(1), used[1]] : [used[0], used[1].slice(1)] };
}

/** Whether whatever can follow `other` can follow `one` as well. */
function atLeast(one: Choice, other: Choice): boolean {
  if (one.bit !== other.bit || one.since < other.since) return false;
  return ([0, 1] as const).every((bit) => lastsAsLong(one.used[bit], one.spent[bit], other.used[bit], other.spent[bit]));
}

/** Of the writes that return after any moment `one` has used no more than `other`. */
function lastsAsLong(one: readonly number[], oneSpent: number, other: readonly number[], otherSpent: number): boolean {
  if (oneSpent > otherSpent) return false;
  for (let i = one.length - 1, j = other.length - 1, used = oneSpent + 1; i >= 0; i--, used++) {
    while (j >= 0 && (other[j] as number) >= (one[i] as number)) j--;
    if (used > otherSpent + (other.length - 1 - j)) return false;
  }
  return true;
}
