/**
 * Which algorithm decides one object: the fastest whose precondition it meets, else search. Every fast algorithm says itself
 * when it does not apply.
 */
import type { Meter } from './budget.ts';
import { priorityOf } from './collections.ts';
import { decideCounting } from './counting.ts';
import type { Domain } from './domain.ts';
import type { FastAnswer } from './fast-answer.ts';
import { decideFifo } from './fifo.ts';
import { decideLifo } from './lifo.ts';
import { DIFFERS, type Machine } from './model.ts';
import type { Part } from './part.ts';
import { decidePriority } from './priority.ts';
import { decideToggles } from './toggles.ts';
import { decideUniqueValues } from './unique-values.ts';
import { searchPart } from './wgl.ts';

export const algorithms = ['zones', 'chains', 'toggles', 'counting', 'fifo', 'lifo', 'priority', 'search'] as const;

export interface Decision {
  readonly verdict: 'pass' | 'violation' | 'unknown';
  readonly algorithm: (typeof algorithms)[number];
  /** Sets of operations (flags) that may contain the contradiction, the likeliest first; the last is everything. */
  readonly suspects: () => Uint8Array[];
  readonly states: number;
  readonly reached: number;
  readonly completions: number;
}

const everything = (part: Part): Uint8Array => new Uint8Array(part.count).fill(1);

/** What had returned by `at`, what had been called by then, and everything. */
function upTo(part: Part, at: number, witness: readonly number[]): Uint8Array[] {
  const returned = Uint8Array.from(part.ret, (ret) => (ret <= at ? 1 : 0));
  const called = Uint8Array.from(part.call, (call) => (call <= at ? 1 : 0));
  for (const index of witness) returned[index] = 1;
  return [returned, called, everything(part)];
}

/** What a fast algorithm found. */
function decided(part: Part, algorithm: Decision['algorithm'], { verdict, witness, stuckAt }: FastAnswer): Decision {
  const suspects = (): Uint8Array[] => {
    if (stuckAt !== undefined) return upTo(part, stuckAt, witness);
    const flags = new Uint8Array(part.count);
    for (const index of witness) flags[index] = 1;
    return [flags, everything(part)];
  };
  const pass = verdict === 'pass';
  return { verdict: pass ? 'pass' : 'violation', algorithm, suspects, states: 0, reached: part.count, completions: part.count };
}

export class PartDecider {
  readonly #machine: Machine;
  readonly #domain: Domain;
  readonly #searchOnly: boolean;
  readonly #number: (id: number) => number;
  #scratch = new Int32Array(0);

  constructor(domain: Domain, machine: Machine, searchOnly: boolean) {
    this.#domain = domain;
    this.#machine = machine;
    this.#searchOnly = searchOnly;
    this.#number = (id) => {
      const value = domain.value(id);
      return typeof value === 'number' ? value : Number.NaN;
    };
  }

  decide(part: Part, meter: Meter): Decision {
    const fast = this.#searchOnly ? null : this.#fast(part, meter);
    if (fast !== null) return fast;
    const answer = searchPart(part, meter, () => this.#domain.bytesMade);
    return { ...answer, algorithm: 'search', suspects: () => upTo(part, answer.stuckAt, []) };
  }

  #fast(part: Part, meter: Meter): Decision | null {
    const { registers, counts, discipline } = this.#machine;
    if (registers) return this.#register(part, meter);
    let answer: FastAnswer | null = null;
    if (counts) answer = decideCounting(part, this.#number);
    else if (discipline === 'fifo') answer = decideFifo(part);
    else if (discipline === 'lifo') answer = decideLifo(part);
    else if (discipline === 'priority') answer = decidePriority(part, (id) => priorityOf(this.#domain, id));
    if (answer === null) return null;
    meter.spend(part.count);
    return answer.verdict === 'inapplicable' ? null : decided(part, counts ? 'counting' : (discipline as 'fifo'), answer);
  }

  #register(part: Part, meter: Meter): Decision | null {
    if (this.#scratch.length < this.#domain.size) this.#scratch = new Int32Array(this.#domain.size);
    const unique = decideUniqueValues(part, this.#scratch);
    meter.spend(part.count);
    // Failed comparisons are not looked at there: a violation is one all the same.
    if (unique.verdict === 'violation' || (unique.verdict === 'pass' && !part.kind.includes(DIFFERS)))
      return decided(part, unique.algorithm, unique);
    const toggles = decideToggles(part, meter);
    return toggles.verdict === 'inapplicable' ? null : decided(part, 'toggles', toggles);
  }
}
