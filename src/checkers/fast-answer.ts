/** What an algorithm answers that decides one kind of history fast, and declines the others. */
export interface FastAnswer {
  readonly verdict: 'pass' | 'violation' | 'inapplicable';
  /** Indices of operations that may suffice for the violation; empty: no small set is known. */
  readonly witness: readonly number[];
  /** `seq` up to which the contradiction had shown, where that is known. */
  readonly stuckAt?: number;
}

export const PASS: FastAnswer = { verdict: 'pass', witness: [] };
export const INAPPLICABLE: FastAnswer = { verdict: 'inapplicable', witness: [] };

export const violation = (...witness: readonly number[]): FastAnswer => ({
  verdict: 'violation',
  witness: witness.filter((index) => index >= 0),
});

/** A violation that shows once everything up to `stuckAt` has happened. */
export const stuck = (stuckAt: number, ...witness: readonly number[]): FastAnswer => ({ verdict: 'violation', witness, stuckAt });
