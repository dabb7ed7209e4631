/**
 * How much a checker may spend. A search asks its meter before each step and before each table it grows; when the
 * meter says no, the checker answers `unknown` with what it has decided, it never dies.
 */
import type { Budget } from './checker.ts';

const GIB = 1073741824;
/** Why a check ended when `expired()` said so. */
export const TIME_OVER = 'the time was over';
/** Steps between two questions to `expired`. */
const POLL_STEPS = 4096;

/** No limit on steps and time. Tables still stop at 1 GiB: beyond that an engine would end the process, not the search. */
export const unlimitedBudget: Budget = { steps: Number.POSITIVE_INFINITY, bytes: GIB, expired: () => false };

/** What the checkers use when the caller names no budget: 100 million steps (some ten seconds) and 512 MiB. */
export const defaultBudget: Budget = { steps: 100_000_000, bytes: GIB / 2, expired: () => false };

/** A budget from some limits; what is not named is unlimited. */
export function budgetOf(limits: { readonly steps?: number; readonly bytes?: number; readonly expired?: () => boolean }): Budget {
  return {
    steps: limits.steps ?? unlimitedBudget.steps,
    bytes: limits.bytes ?? unlimitedBudget.bytes,
    expired: limits.expired ?? unlimitedBudget.expired,
  };
}

/** Counts what one check spends. Once `exhausted` is set it stays set. */
export class Meter {
  steps = 0;
  /** The most bytes that search tables held at one time. */
  peakBytes = 0;
  /** Which limit was hit, in words; null while there is budget left. */
  exhausted: string | null = null;
  readonly #budget: Budget;
  #pollAt = POLL_STEPS;

  constructor(budget: Budget) {
    this.#budget = budget;
    if (budget.expired()) this.exhausted = TIME_OVER;
  }

  /** Spend `steps`; false when the budget is over. */
  spend(steps: number): boolean {
    this.steps += steps;
    if (this.steps < this.#pollAt && this.steps <= this.#budget.steps) return this.exhausted === null;
    if (this.steps > this.#budget.steps) this.exhausted ??= `the budget of ${this.#budget.steps} steps was spent`;
    this.#pollAt = this.steps + POLL_STEPS;
    if (this.#budget.expired()) this.exhausted ??= TIME_OVER;
    return this.exhausted === null;
  }

  /** Whether tables of `bytes` in all may be held. */
  hold(bytes: number): boolean {
    if (bytes > this.#budget.bytes) {
      this.exhausted ??= `the search tables reached the limit of ${this.#budget.bytes} bytes`;
      return false;
    }
    if (bytes > this.peakBytes) this.peakBytes = bytes;
    return this.exhausted === null;
  }

  /** One of `parts` equal shares of the steps that are left. */
  share(parts: number): number {
    return Math.floor((this.#budget.steps - this.steps) / parts);
  }

  /** Takes over what a meter of `rest` has spent. Its bytes are free again. */
  add(spent: Meter): void {
    this.peakBytes = Math.max(this.peakBytes, spent.peakBytes);
    this.spend(spent.steps);
  }

  /** A meter over what is left, at most `share` of the steps; it polls the same clock. */
  rest(shareSteps: number): Meter {
    return new Meter({ ...this.#budget, steps: Math.max(0, Math.min(shareSteps, this.#budget.steps - this.steps)) });
  }
}
