/** What a check of a history found, as a value; the renderers make text, JSON and JUnit of it. */
import type { CheckResult, Verdict } from '../checkers/index.ts';
import { exitCodes } from '../core/index.ts';
import type { TraceFormat, TraceView } from '../trace/index.ts';

export interface CheckOutcome {
  /** linearizability, split-brain ... */
  readonly check: string;
  readonly result: CheckResult;
  readonly durationMs: number;
}

export interface HistoryReport {
  /** As the caller names the input, usually its path. */
  readonly source: string;
  readonly format: TraceFormat;
  /** null where no model fits, or none is needed. */
  readonly model: string | null;
  readonly view: TraceView;
  readonly bytes: number;
  readonly readMs: number;
  readonly verdict: Verdict;
  /** The caller asked to stop before everything was decided. */
  readonly interrupted: boolean;
  readonly checks: readonly CheckOutcome[];
  /** The command that repeats this check. */
  readonly rerun: string;
}

/** The verdict of several: a violation wins, then unknown; skip only when nothing was decided. */
export function overall(verdicts: readonly Verdict[]): Verdict {
  for (const verdict of ['violation', 'unknown', 'pass'] as const) if (verdicts.includes(verdict)) return verdict;
  return 'skip';
}

/** DESIGN 5. Nothing decided is unknown, never a pass. */
export function exitCodeOf(verdict: Verdict, interrupted = false): number {
  if (interrupted && verdict !== 'violation') return exitCodes.interrupted;
  return { pass: exitCodes.pass, violation: exitCodes.violation, unknown: exitCodes.unknown, skip: exitCodes.unknown }[verdict];
}

export interface HistoryCounts {
  readonly operations: number;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  readonly processes: number;
  readonly keys: number;
}

export function countsOf({ history }: TraceView): HistoryCounts {
  const byStatus = [0, 0, 0];
  const processes = new Set<number>();
  for (let row = 0; row < history.count; row++) {
    byStatus[history.status[row] as number] = (byStatus[history.status[row] as number] as number) + 1;
    processes.add(history.process[row] as number);
  }
  const [ok = 0, fail = 0, info = 0] = byStatus;
  return { operations: history.count, ok, fail, info, processes: processes.size, keys: history.keys.length };
}
