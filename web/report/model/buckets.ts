/** Latency and rate in equal steps of time: exact quantiles of what begins in each step, and what ends in it. */
import { OK, type Operations } from './operations.ts';

export interface Buckets {
  /** Middle of each step, seconds (or places in the trace's order). */
  readonly x: number[];
  /** Milliseconds; null where no operation of that step was answered ok. */
  readonly p50: (number | null)[];
  readonly p99: (number | null)[];
  readonly max: (number | null)[];
  /** Operations a second (or in the step, where there is no time), by status. */
  readonly rates: readonly [ok: number[], fail: number[], info: number[]];
}

/** Nearest rank in `sorted`. */
const quantile = (sorted: Float64Array, q: number): number => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;

/** Latencies of ok operations by the step in which they begin: `values` from `starts[b]` to `starts[b + 1]`. */
function latencies(operations: Operations, rows: Int32Array, stepOf: (x: number) => number, count: number) {
  const starts = new Int32Array(count + 1);
  const counted = (i: number): number => {
    const step = stepOf(operations.begin[i] as number);
    return operations.status[i] === OK && step >= 0 && step < count ? step : -1;
  };
  for (const i of rows) {
    const step = counted(i);
    if (step >= 0) starts[step + 1] = (starts[step + 1] as number) + 1;
  }
  for (let b = 0; b < count; b++) starts[b + 1] = (starts[b + 1] as number) + (starts[b] as number);
  const values = new Float64Array(starts[count] as number);
  const next = starts.slice();
  for (const i of rows) {
    const step = counted(i);
    if (step < 0) continue;
    values[next[step] as number] = ((operations.end[i] as number) - (operations.begin[i] as number)) / 1000;
    next[step] = (next[step] as number) + 1;
  }
  return { starts, values };
}

/** @param weight how many operations of the trace each one stands for */
export function buckets(
  operations: Operations,
  rows: Int32Array,
  range: readonly [from: number, to: number],
  count: number,
  timed: boolean,
  weight: number,
): Buckets {
  const [from, to] = range;
  const width = (to - from) / count;
  const stepOf = (x: number): number => Math.floor((x - from) / width);
  const unit = timed ? 1e6 : 1;
  const rates: [number[], number[], number[]] = [Array(count).fill(0), Array(count).fill(0), Array(count).fill(0)];
  const share = weight / (timed ? width / 1e6 : 1);
  for (const i of rows) {
    const end = operations.end[i] as number;
    const step = stepOf(end === Number.POSITIVE_INFINITY ? (operations.begin[i] as number) : end);
    const rate = rates[operations.status[i] as number];
    if (rate !== undefined && step >= 0 && step < count) rate[step] = (rate[step] as number) + share;
  }
  const { starts, values } = latencies(operations, rows, stepOf, count);
  const result: Buckets = { x: [], p50: [], p99: [], max: [], rates };
  for (let b = 0; b < count; b++) {
    const sorted = values.subarray(starts[b], starts[b + 1]).sort();
    const some = sorted.length > 0;
    result.x.push((from + (b + 0.5) * width) / unit);
    // A logarithmic axis has no zero.
    result.p50.push(some ? Math.max(1e-3, quantile(sorted, 0.5)) : null);
    result.p99.push(some ? Math.max(1e-3, quantile(sorted, 0.99)) : null);
    result.max.push(some ? Math.max(1e-3, sorted.at(-1) as number) : null);
  }
  return result;
}
