/**
 * What the writer of the HTML report and the page inside it agree on. The payload is gzip of: the length of the meta
 * part (4 bytes, little endian), the meta part as JSON, then the columns of the operations one after another.
 * `x` is where something stands on the time axis: microseconds since the trace's start, or its place in the trace's
 * order where operations have no time. Writer and page are built together, so nothing here has to stay readable.
 */
import type { Verdict } from '../checkers/index.ts';

/** How the numbers of a column are written; all are zigzag varints. */
export type ColumnCoding =
  /** As they are. */
  | 'plain'
  /** Each as its distance from the one before. */
  | 'delta'
  /** Numbers of a growing list, -1 for none: each as its distance from the newest one so far. */
  | 'recent';

export interface ColumnPart {
  readonly name: ColumnName;
  readonly coding: ColumnCoding;
  readonly bytes: number;
}

/**
 * `begin` is x, `lasting` how long until the answer (-1: none came). `invoke` and `span` are the same in the trace's
 * order. A column that is absent is -1 throughout. `row` is there where operations were left out.
 */
export type ColumnName =
  | 'row'
  | 'process'
  | 'f'
  | 'key'
  | 'argument'
  | 'expected'
  | 'result'
  | 'status'
  | 'invoke'
  | 'span'
  | 'begin'
  | 'lasting'
  | 'node'
  | 'revision'
  | 'code';

export interface ReportAnomaly {
  readonly kind: string;
  readonly message: string;
  /** Index into `keys`, or null. */
  readonly key: number | null;
  /** Indices into the operations that are in the report. */
  readonly operations: readonly number[];
  /** Of how many these are the first. */
  readonly operationCount: number;
}

export interface ReportCheck {
  readonly check: string;
  readonly verdict: Verdict;
  readonly reason: string | null;
  readonly durationMs: number;
  readonly anomalies: readonly ReportAnomaly[];
  readonly anomalyCount: number;
  readonly counterexample: { readonly operations: readonly number[]; readonly story: readonly string[] } | null;
  readonly stats: { readonly [name: string]: number };
}

export interface ReportFault {
  readonly fault: string;
  readonly words: string;
  readonly nodes: readonly string[];
  readonly from: number;
  /** null: it was not over at the trace's end. */
  readonly to: number | null;
}

/** What a node held true from x on. */
export type BeliefSegment = readonly [x: number, role: string, leader: string, epoch: number | null];

export interface ReportBeliefs {
  readonly node: string;
  /** What the beliefs are about; nodes are compared within one subject. */
  readonly subject: string;
  readonly segments: readonly BeliefSegment[];
}

export interface ReportCounts {
  readonly operations: number;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  readonly processes: number;
  readonly keys: number;
}

export interface ReportMeta {
  readonly title: string;
  readonly verdict: Verdict;
  readonly seed: string | null;
  readonly rerun: string;
  /** As indented JSON. */
  readonly scenario: string | null;
  readonly versions: readonly (readonly [name: string, value: string])[];
  readonly environment: readonly (readonly [name: string, value: string])[];
  readonly timed: boolean;
  /** Of the whole trace, whatever was left out of the report. */
  readonly counts: ReportCounts;
  /** The report has `count` operations: all, or those that matter and every n-th of the others. */
  readonly count: number;
  readonly everyNth: number;
  /** One sentence for each kind of thing that was left out. */
  readonly leftOut: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly checks: readonly ReportCheck[];
  readonly faults: readonly ReportFault[];
  readonly notes: readonly (readonly [x: number, text: string])[];
  readonly beliefs: readonly ReportBeliefs[];
  readonly logNodes: readonly string[];
  /** In the order of time, those without a time last. */
  readonly logs: readonly (readonly [node: number, x: number | null, text: string])[];
  readonly functions: readonly string[];
  readonly keys: readonly string[];
  readonly values: readonly string[];
  readonly nodes: readonly string[];
  readonly codes: readonly string[];
  readonly columns: readonly ColumnPart[];
}
