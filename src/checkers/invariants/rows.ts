/** What the checkers of this folder share: rows of a history by function, and how an answer is put together. */
import type { Value } from '../../core/index.ts';
import { type History, NONE, OK, type TraceView } from '../../trace/index.ts';
import type { Anomaly, CheckResult } from '../checker.ts';
import { Teller } from '../story.ts';

/** Anomalies that are told; `stats` count all. */
const LISTED_MAX = 100;

/** Rows of these functions, in order; empty when the history has none of them. */
export function rowsOf(history: History, functions: readonly string[]): readonly number[] {
  const wanted = history.functions.map((f) => functions.includes(f));
  const rows: number[] = [];
  for (let row = 0; row < history.count; row++) if (wanted[history.f[row] as number] === true) rows.push(row);
  return rows;
}

/** Whether the history has these functions and no others. */
export const onlyHas = (history: History, functions: readonly string[], must: readonly string[]): boolean =>
  history.functions.every((f) => functions.includes(f)) && must.every((f) => history.functions.includes(f));

/** What an ok row answered; undefined: not known. */
export function answerOf(history: History, row: number): Value | undefined {
  const result = history.result[row] as number;
  return history.status[row] === OK && result !== NONE ? (history.values[result] as Value) : undefined;
}

export const argumentOf = (history: History, row: number): Value => {
  const argument = history.argument[row] as number;
  return argument === NONE ? null : (history.values[argument] as Value);
};

export interface Breach {
  readonly kind: string;
  readonly message: string;
  readonly operations: readonly number[];
}

/** A verdict from what was found: breaches violate; warnings are only told; without breaches `open` makes it unknown. */
export function conclude(
  view: TraceView,
  breaches: readonly Breach[],
  stats: CheckResult['stats'],
  more: { readonly warnings?: readonly Breach[]; readonly open?: string | null } = {},
): CheckResult {
  const sorted = (breach: Breach): Breach => ({ ...breach, operations: [...new Set(breach.operations)].sort((x, y) => x - y) });
  const anomalies: readonly Anomaly[] = [...breaches, ...(more.warnings ?? [])].slice(0, LISTED_MAX).map(sorted);
  const [first] = breaches.map(sorted);
  if (first !== undefined) {
    const teller = new Teller(view.history, view.timed);
    const story = [...first.operations.map((row) => teller.line(row)), first.message];
    return { verdict: 'violation', anomalies, counterexample: { operations: first.operations, story }, stats };
  }
  if (more.open === undefined || more.open === null) return { verdict: 'pass', anomalies, counterexample: null, stats };
  return { verdict: 'unknown', anomalies, counterexample: null, reason: more.open, stats };
}
