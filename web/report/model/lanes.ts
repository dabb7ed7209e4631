/** Which operations are shown and in which lane: one lane a process, its operations in order. */
import type { Operations } from './operations.ts';

/** null: all. `only`: these operations and no others. */
export interface Filter {
  readonly process: number | null;
  readonly key: number | null;
  readonly f: number | null;
  readonly status: number | null;
  readonly only: ReadonlySet<number> | null;
}

export const everything: Filter = { process: null, key: null, f: null, status: null, only: null };

export const isFiltered = (filter: Filter): boolean => Object.values(filter).some((value) => value !== null);

export interface Lane {
  readonly process: number;
  /** Indices of its operations, by their begin. */
  readonly rows: Int32Array;
}

export interface Shown {
  readonly lanes: readonly Lane[];
  /** All of them, by their begin. */
  readonly rows: Int32Array;
  /** The lane of each process. */
  readonly laneOf: ReadonlyMap<number, number>;
}

function matches(operations: Operations, { process, key, f, status, only }: Filter, i: number): boolean {
  if (process !== null && operations.process[i] !== process) return false;
  if (key !== null && operations.key[i] !== key) return false;
  if (f !== null && operations.f[i] !== f) return false;
  if (status !== null && operations.status[i] !== status) return false;
  return only === null || only.has(i);
}

export function shownOperations(operations: Operations, filter: Filter): Shown {
  const rows = new Int32Array(operations.count);
  const counts = new Map<number, number>();
  let count = 0;
  for (let i = 0; i < operations.count; i++) {
    if (!matches(operations, filter, i)) continue;
    rows[count++] = i;
    const process = operations.process[i] as number;
    counts.set(process, (counts.get(process) ?? 0) + 1);
  }
  const processes = [...counts.keys()].sort((a, b) => a - b);
  const laneOf = new Map(processes.map((process, lane) => [process, lane]));
  const lanes = processes.map((process) => ({ process, rows: new Int32Array(counts.get(process) ?? 0) }));
  const filled = new Int32Array(lanes.length);
  for (let at = 0; at < count; at++) {
    const row = rows[at] as number;
    const lane = laneOf.get(operations.process[row] as number) as number;
    (lanes[lane] as Lane).rows[filled[lane] as number] = row;
    filled[lane] = (filled[lane] as number) + 1;
  }
  return { lanes, rows: rows.subarray(0, count), laneOf };
}

/** How many of `rows` begin before `x`. */
export function before(operations: Operations, rows: Int32Array, x: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((operations.begin[rows[middle] as number] as number) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The operation of a lane that is under way at `x`, else the nearest one within `reach`; -1 for none. */
export function operationAt(operations: Operations, lane: Lane, x: number, reach: number): number {
  const after = before(operations, lane.rows, x);
  let best = -1;
  let nearest = reach;
  for (const at of [after - 1, after]) {
    const row = lane.rows[at];
    if (row === undefined) continue;
    const begin = operations.begin[row] as number;
    const end = operations.end[row] as number;
    const distance = x < begin ? begin - x : x > end ? x - end : 0;
    if (distance <= nearest) {
      nearest = distance;
      best = row;
    }
  }
  return best;
}
