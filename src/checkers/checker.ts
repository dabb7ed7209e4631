/** What every checker is: a pure function from a trace to a verdict that can be explained. */
import type { RecordType, TraceView } from '../trace/index.ts';

/** Never silently pass what was not decided: `unknown` when the budget ran out, `skip` when the trace lacks what is needed. */
export type Verdict = 'pass' | 'violation' | 'unknown' | 'skip';

export interface Budget {
  /** Elementary search steps. */
  readonly steps: number;
  /** Bytes of search tables. */
  readonly bytes: number;
  /** True once the caller's time is over; asked every few thousand steps. */
  expired(): boolean;
}

export interface Anomaly {
  /** stale-read, lost-write, split-brain, non-linearizable, monotonic-reads ... */
  readonly kind: string;
  /** One sentence for people, with nodes, values and times. */
  readonly message: string;
  /** Rows of the history. */
  readonly operations: readonly number[];
  readonly key?: number;
}

/**
 * A set of operations such that the trace still violates when every operation outside it is weakened (its read
 * dropped, its update made optional at any time), and weakening any member removes the violation.
 */
export interface Counterexample {
  readonly operations: readonly number[];
  /** Told in words, one line an operation, the contradiction last. */
  readonly story: readonly string[];
}

export interface CheckResult {
  readonly verdict: Verdict;
  readonly anomalies: readonly Anomaly[];
  readonly counterexample: Counterexample | null;
  /** Why not pass, where it is no violation: what was missing, or what was decided before the budget ran out. */
  readonly reason?: string;
  readonly stats: { readonly [name: string]: number };
}

export interface Checker {
  readonly name: string;
  readonly needs: readonly RecordType[];
  /** True when it needs `timeNs` on operations. */
  readonly needsTime: boolean;
  check(trace: TraceView, budget: Budget): CheckResult;
}
