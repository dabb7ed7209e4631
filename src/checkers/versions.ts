/**
 * What staleness and sessions share: per key, who wrote which value and who saw it. For histories of registers and
 * key-value stores; a successful cas counts as a write, a delete as a write of null, an initial value as a write at the beginning.
 */
import type { Value } from '../core/index.ts';
import { FAIL, NONE, OK, type TraceView } from '../trace/index.ts';
import type { CheckResult } from './checker.ts';
import { Domain } from './domain.ts';

const READS = new Set(['read', 'get']);
const WRITES = new Set(['write', 'put', 'cas', 'delete']);

export interface Versions {
  /** Rows of updates that took effect or may have, in the order of their invocations. */
  readonly writes: readonly number[];
  /** Rows of ok reads whose answer is known, in that order. */
  readonly reads: readonly number[];
  /** Rows of the writes of each value (index). */
  readonly writersOf: ReadonlyMap<number, readonly number[]>;
  readonly key: number;
}

export interface VersionedHistory {
  readonly keys: readonly Versions[];
  /** Index of the value that every key holds at the start. */
  readonly initial: number;
  /** What row wrote. */
  readonly written: (row: number) => number;
}

export const skipped = (reason: string): CheckResult => ({ verdict: 'skip', anomalies: [], counterexample: null, reason, stats: {} });

/** Null when some operation is neither a read nor a write of a whole value. */
export function versionsOf(view: TraceView): VersionedHistory | null {
  const { history } = view;
  if (history.functions.some((f) => !READS.has(f) && !WRITES.has(f))) return null;
  const deletes = history.functions.indexOf('delete');
  const cas = history.functions.indexOf('cas');
  const isRead = history.functions.map((f) => READS.has(f));
  const written = (row: number): number => (history.f[row] === deletes ? 0 : Math.max(0, history.argument[row] as number));
  const keys = new Map<number, { writes: number[]; reads: number[]; writersOf: Map<number, number[]>; key: number }>();
  for (let row = 0; row < history.count; row++) {
    const key = history.key[row] as number;
    let versions = keys.get(key);
    if (versions === undefined) {
      versions = { writes: [], reads: [], writersOf: new Map(), key };
      keys.set(key, versions);
    }
    const status = history.status[row];
    const result = history.result[row] as number;
    if (isRead[history.f[row] as number]) {
      if (status === OK && result !== NONE) versions.reads.push(row);
      continue;
    }
    const refused = history.f[row] === cas && result !== NONE && history.values[result] === false;
    if (status === FAIL || refused) continue;
    versions.writes.push(row);
    const writers = versions.writersOf.get(written(row));
    if (writers) writers.push(row);
    else versions.writersOf.set(written(row), [row]);
  }
  return { keys: [...keys.values()], initial: new Domain(history).find((view.header.initial ?? null) as Value), written };
}
