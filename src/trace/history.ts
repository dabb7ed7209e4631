/**
 * A history as columns: one row an operation, values interned as small integers, so that a million operations fit in
 * some 60 MB and the checkers scan integers. Rows are in the order of their invocations.
 */
import type { Value } from '../core/index.ts';
import type { BeliefRecord, FaultRecord, Header, RecordType, TraceRecord } from './records.ts';

/** Status of a row. An operation still open at the end is INFO. */
export const OK = 0;
export const FAIL = 1;
export const INFO = 2;
/** `complete` of an operation that never completed or completed as info: later than everything. */
export const NEVER = 2147483647;
/** No value, no key, no node. */
export const NONE = -1;

export interface History {
  readonly count: number;
  readonly process: Int32Array;
  /** Index into `functions`. */
  readonly f: Int32Array;
  /** Index into `keys`, or NONE. */
  readonly key: Int32Array;
  /** What was written, added, enqueued ...: index into `values`, or NONE. For cas the new value. */
  readonly argument: Int32Array;
  /** For cas the value that must be there; NONE for all else. */
  readonly expected: Int32Array;
  /** What was seen by an ok operation that returns something: index into `values`, or NONE. */
  readonly result: Int32Array;
  readonly status: Uint8Array;
  /** `seq` of the invocation. */
  readonly invoke: Int32Array;
  /** `seq` of the completion; NEVER for INFO. */
  readonly complete: Int32Array;
  /** NaN where the trace has no time. */
  readonly invokeNs: Float64Array;
  readonly completeNs: Float64Array;
  /** Index into `nodes` of who served it, or NONE. */
  readonly node: Int32Array;
  /** Position of the state that answered, or NONE. */
  readonly revision: Float64Array;
  /** Index into `codes` of the error code of a completion, or NONE; a `fail` without one is the answer of a comparison. Absent: no row has one. */
  readonly code?: Int32Array;
  readonly codes?: readonly string[];
  /** Line of the input that the invocation stood on; 0: it came from memory. Absent: all did. */
  readonly line?: Int32Array;
  readonly functions: readonly string[];
  readonly keys: readonly Value[];
  /** Distinct values; `values[0]` is null. */
  readonly values: readonly Value[];
  readonly nodes: readonly string[];
}

/** What a checker sees of a trace. */
export interface TraceView {
  readonly header: Header;
  readonly history: History;
  readonly beliefs: readonly BeliefRecord[];
  readonly faults: readonly FaultRecord[];
  /** All other records that were kept (apply, event, note), in order. */
  readonly others: readonly TraceRecord[];
  /** Which kinds of record the trace has: a checker that needs an absent one skips with the reason. */
  readonly present: ReadonlySet<RecordType>;
  /** True when operations carry `timeNs`. */
  readonly timed: boolean;
}
