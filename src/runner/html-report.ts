/**
 * A report as one HTML file that needs nothing else: the page (html-template.ts) with what was seen and found inside.
 * Data stand in it as base64 of gzip, so nothing in them can end the element that holds them or be taken for markup.
 * Whatever the trace's size, the file stays below MOST_BYTES: operations and log lines are left out, and it says so.
 */
import { gzipSync } from 'node:zlib';
import type { Verdict } from '../checkers/index.ts';
import type { NoteRecord, TraceRecord, TraceView } from '../trace/index.ts';
import { MOST_SEGMENTS, reportBeliefs } from './html-beliefs.ts';
import { reportFaults } from './html-faults.ts';
import { type NodeLog, reportLogs } from './html-logs.ts';
import { operationColumns, type Selection, selectRows } from './html-operations.ts';
import type { ReportCheck, ReportMeta } from './html-payload.ts';
import { reportTemplate } from './html-template.ts';
import { type CheckOutcome, countsOf } from './report.ts';
import { escapeXml } from './report-junit.ts';

export interface ReportDocument {
  readonly title: string;
  readonly verdict: Verdict;
  readonly checks: readonly CheckOutcome[];
  readonly view: TraceView;
  /** A plain value, shown as JSON. */
  readonly scenario: unknown;
  readonly seed: number | string | null;
  /** The command that repeats it all. */
  readonly rerun: string;
  /** lightcone, node, system ... */
  readonly versions: { readonly [name: string]: string };
  readonly environment: { readonly [name: string]: string };
  readonly logs: readonly NodeLog[];
}

/** Of the whole file. */
export const MOST_BYTES = 3_000_000;
const MOST_OPERATIONS = 150_000;
const MOST_LOG_CHARACTERS = 4_000_000;
const MOST_ANOMALIES = 200;
const MOST_CITED = 100;

interface Limits {
  readonly operations: number;
  readonly logCharacters: number;
}

const citedBy = (checks: readonly CheckOutcome[]): Set<number> =>
  new Set(
    checks.flatMap(({ result }) => [
      ...result.anomalies.slice(0, MOST_ANOMALIES).flatMap(({ operations }) => operations.slice(0, MOST_CITED)),
      ...(result.counterexample?.operations ?? []),
    ]),
  );

function reportCheck(
  { check, result, durationMs }: CheckOutcome,
  index: ReadonlyMap<number, number>,
  keyOf: (key: number | undefined) => number | null,
): ReportCheck {
  const rows = (operations: readonly number[]): number[] => operations.flatMap((row) => index.get(row) ?? []);
  const { counterexample } = result;
  return {
    check,
    verdict: result.verdict,
    reason: result.reason ?? null,
    durationMs,
    anomalies: result.anomalies.slice(0, MOST_ANOMALIES).map(({ kind, message, key, operations }) => ({
      kind,
      message,
      key: keyOf(key),
      operations: rows(operations.slice(0, MOST_CITED)),
      operationCount: operations.length,
    })),
    anomalyCount: result.anomalies.length,
    counterexample: counterexample === null ? null : { operations: rows(counterexample.operations), story: counterexample.story },
    stats: result.stats,
  };
}

/** Where a record stands on the time axis. Times of other clocks are moved by what is known of their offset. */
function placement({ history, timed }: TraceView): (record: { seq: number; timeNs?: number; offsetNs?: number }) => number {
  return ({ seq, timeNs, offsetNs = 0 }) => {
    if (!timed) return seq;
    if (timeNs !== undefined) return Math.round((timeNs + offsetNs) / 1000);
    let low = 0;
    let high = history.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((history.invoke[middle] as number) <= seq) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : Math.round((history.invokeNs[low - 1] as number) / 1000);
  };
}

function extent({ history, timed }: TraceView, others: readonly number[]): { from: number; to: number } {
  let [from, to] = [0, 1];
  for (let row = 0; row < history.count; row++) {
    const first = timed ? (history.invokeNs[row] as number) / 1000 : (history.invoke[row] as number);
    const ended = history.completeNs[row] as number;
    const last = !timed ? (history.complete[row] as number) : Number.isNaN(ended) ? first : ended / 1000;
    if (first < from) from = first;
    // NEVER is later than everything, and no place on an axis.
    const until = !timed && last >= 2 ** 31 - 1 ? first : last;
    if (until > to) to = until;
  }
  for (const x of others) to = Math.max(to, x);
  return { from: Math.floor(from), to: Math.ceil(to) };
}

const isNote = (record: TraceRecord): record is NoteRecord => record.type === 'note';
const pairs = (of: { readonly [name: string]: string }): [string, string][] => Object.entries(of);

function momentsOf(view: TraceView, faults: ReportMeta['faults'], checks: readonly CheckOutcome[]): number[] {
  const operations = checks.flatMap(({ result }) => [
    ...(result.counterexample?.operations ?? []),
    ...result.anomalies.slice(0, MOST_ANOMALIES).flatMap(({ operations: own }) => own.slice(0, 1)),
  ]);
  const times = operations.map((row) => (view.history.invokeNs[row] as number) / 1000).filter((x) => !Number.isNaN(x));
  return [...times, ...faults.flatMap(({ from, to }) => (to === null ? [from] : [from, to]))];
}

function leftOutWords(total: number, { rows, everyNth }: Selection, lines: number, beliefs: number): string[] {
  const figure = (count: number): string => count.toLocaleString('en-US');
  const said: string[] = [];
  if (everyNth > 1) {
    said.push(
      `Of ${figure(total)} operations ${figure(rows.length)} are here: those that a check names, and every ${everyNth}th of the others.`,
    );
  }
  if (lines > 0) said.push(`${figure(lines)} log lines are left out: those farthest from faults and contradictions.`);
  if (beliefs > 0) said.push(`${figure(beliefs)} changes of belief after the first ${figure(MOST_SEGMENTS)} are left out.`);
  return said;
}

function payload(document: ReportDocument, limits: Limits): Uint8Array {
  const { view, checks } = document;
  const selection = selectRows(view.history.count, citedBy(checks), limits.operations);
  const columns = operationColumns(view, selection);
  const place = placement(view);
  const nodes = [...new Set([...(view.header.nodes ?? []), ...view.beliefs.map(({ node }) => node)])];
  const faults = reportFaults(view.faults, nodes, place);
  const { beliefs, leftOut: beliefsLeftOut } = reportBeliefs(view.beliefs, nodes, faults, place);
  const { leftOut: linesLeftOut, ...logs } = reportLogs(document.logs, momentsOf(view, faults, checks), limits.logCharacters);
  const notes = view.others.filter(isNote).map((record) => [place(record), record.text.slice(0, 500)] as const);
  const index = new Map(Array.from(selection.rows, (row, i) => [row, i]));
  const otherTimes = [...faults.map(({ from, to }) => to ?? from), ...notes.map(([x]) => x)];
  const meta: ReportMeta = {
    title: document.title,
    verdict: document.verdict,
    seed: document.seed === null ? null : String(document.seed),
    rerun: document.rerun,
    scenario: document.scenario === null || document.scenario === undefined ? null : JSON.stringify(document.scenario, null, 2),
    versions: pairs(document.versions),
    environment: pairs(document.environment),
    timed: view.timed,
    counts: countsOf(view),
    count: selection.rows.length,
    everyNth: selection.everyNth,
    leftOut: leftOutWords(view.history.count, selection, linesLeftOut, beliefsLeftOut),
    ...extent(view, [...otherTimes, ...beliefs.map(({ segments }) => segments.at(-1)?.[0] ?? 0)]),
    checks: checks.map((outcome) => reportCheck(outcome, index, columns.keyOf)),
    faults,
    notes,
    beliefs,
    ...logs,
    functions: columns.functions,
    keys: columns.keys,
    values: columns.values,
    nodes: columns.nodes,
    codes: columns.codes,
    columns: columns.parts,
  };
  const text = new TextEncoder().encode(JSON.stringify(meta));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, text.length, true);
  return gzipSync(Buffer.concat([length, text, ...columns.bytes]), { level: 9 });
}

const words: { readonly [V in Verdict]: string } = {
  pass: 'PASS: every check that applies holds.',
  violation: 'FAIL: a check found a violation.',
  unknown: 'UNKNOWN: not everything could be decided.',
  skip: 'UNKNOWN: no check applies, so nothing was decided.',
};

function poured(template: string, parts: { readonly [placeholder: string]: string }): string {
  // By function, since `$&` and its like in a replacement would be taken for patterns.
  return template.replace(/%%LIGHTCONE_(DATA|TITLE|SUMMARY)%%/g, (found, name: string) => parts[name] ?? found);
}

/** The whole file. Throws LC_ENVIRONMENT where the page is not there and cannot be built. */
export function htmlReport(document: ReportDocument, template: string = reportTemplate()): string {
  const summary = `${words[document.verdict]} Again: ${document.rerun}`;
  const around = template.length + document.title.length + summary.length + 1000;
  let limits: Limits = { operations: MOST_OPERATIONS, logCharacters: MOST_LOG_CHARACTERS };
  let data = payload(document, limits);
  for (let tries = 0; around + data.length * (4 / 3) >= MOST_BYTES && tries < 12; tries++) {
    limits = { operations: Math.floor(limits.operations / 2), logCharacters: Math.floor(limits.logCharacters / 4) };
    data = payload(document, limits);
  }
  return poured(template, {
    DATA: Buffer.from(data).toString('base64'),
    TITLE: escapeXml(document.title),
    SUMMARY: escapeXml(summary),
  });
}
