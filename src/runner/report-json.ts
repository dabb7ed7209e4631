/** A report as JSON, version 1: documented in docs/reference/check-report.md. Fields are only ever added within a version. */
import type { Value } from '../core/index.ts';
import { FAIL, type History, NEVER, NONE, OK, writeJson } from '../trace/index.ts';
import { type CheckOutcome, countsOf, exitCodeOf, type HistoryReport } from './report.ts';

export const REPORT_VERSION = 1;
/** Lists with more elements are told by their number. */
const LONG = 1000;

/** Indented, with a final newline. Equal reports of equal durations give equal text. */
export function renderJson(report: HistoryReport): string {
  return `${JSON.stringify(jsonReport(report), null, 2)}\n`;
}

/** The same as a plain value. */
export function jsonReport(report: HistoryReport): unknown {
  const { view } = report;
  return {
    report: REPORT_VERSION,
    source: report.source,
    format: report.format,
    model: report.model,
    bytes: report.bytes,
    ...countsOf(view),
    timed: view.timed,
    verdict: report.verdict,
    interrupted: report.interrupted,
    exitCode: exitCodeOf(report.verdict, report.interrupted),
    readMs: Math.round(report.readMs),
    checks: report.checks.map((outcome) => jsonCheck(outcome, view.history)),
    rerun: report.rerun,
  };
}

function jsonCheck({ check, result, durationMs }: CheckOutcome, history: History): unknown {
  return {
    check,
    verdict: result.verdict,
    reason: result.reason ?? null,
    durationMs: Math.round(durationMs),
    anomalies: result.anomalies.map(({ kind, message, key, operations }) => ({
      kind,
      message,
      key: key === undefined ? null : plain(history.keys[key] as Value),
      operations: operations.map((row) => jsonOperation(history, row)),
    })),
    counterexample:
      result.counterexample === null
        ? null
        : {
            operations: result.counterexample.operations.map((row) => jsonOperation(history, row)),
            story: result.counterexample.story,
          },
    stats: result.stats,
  };
}

function jsonOperation(history: History, row: number): unknown {
  const written = (name: 'argument' | 'expected' | 'result'): { readonly [name: string]: unknown } => {
    const id = history[name][row] as number;
    if (id === NONE) return {};
    const value = history.values[id] as Value;
    // The same set read again and again would make the report larger than the trace, where it can be found by its row.
    return Array.isArray(value) && value.length > LONG ? { [`${name}Elements`]: value.length } : { [name]: plain(value) };
  };
  const key = history.key[row] as number;
  const node = history.node[row] as number;
  const complete = history.complete[row] as number;
  return {
    row,
    process: history.process[row],
    f: history.functions[history.f[row] as number],
    ...(key === NONE ? {} : { key: plain(history.keys[key] as Value) }),
    ...written('expected'),
    ...written('argument'),
    ...written('result'),
    outcome: history.status[row] === OK ? 'ok' : history.status[row] === FAIL ? 'fail' : 'info',
    ...(node === NONE ? {} : { node: history.nodes[node] }),
    invokeSeq: history.invoke[row],
    completeSeq: complete === NEVER ? null : complete,
    invokeNs: time(history.invokeNs[row] as number),
    completeNs: time(history.completeNs[row] as number),
  };
}

/** A value as in the trace format: bytes and infinities are marked objects. */
function plain(value: Value): unknown {
  return JSON.parse(writeJson(value));
}

function time(ns: number): number | null {
  return Number.isNaN(ns) ? null : ns;
}
