/**
 * What the analysis of a model finds before any cycle is looked for: anomalies that single reads show, who committed, the graph of
 * certain dependencies, and what is open: versions of a key whose order nothing tells.
 */
import type { Value } from '../../core/index.ts';
import { canonicalText, OK } from '../../trace/index.ts';
import type { DependencyGraph } from './graph.ts';
import { READ, type Transactions } from './transactions.ts';

/** An anomaly of isolation; rows and words are made where it is found. */
export interface IsolationAnomaly {
  readonly kind: string;
  readonly message: string;
  readonly transactions: readonly number[];
  /** Index into the transactions' keys. */
  readonly key: number;
}

/** Writers (transactions) of one key, of which the order is not known. */
export interface OpenOrder {
  readonly key: number;
  readonly writers: readonly number[];
}

export interface Dependencies {
  readonly graph: DependencyGraph;
  readonly anomalies: readonly IsolationAnomaly[];
  /** 1: took effect, certainly. */
  readonly committed: Uint8Array;
  readonly open: readonly OpenOrder[];
  /** Why some keys could not be decided; empty: all could. */
  readonly undecided: readonly string[];
  /** More anomalies, that only a history with cycles can have. */
  readonly withCycles: () => readonly IsolationAnomaly[];
  /** The graph when what is open is ordered by `rank` of the transactions. */
  readonly completed: (rank: Int32Array) => DependencyGraph;
}

/** Anomalies of each kind that are told; more are counted only. */
export const TOLD_MAX = 20;

export class AnomalyList {
  readonly all: IsolationAnomaly[] = [];
  readonly counts = new Map<string, number>();

  add(kind: string, transactions: readonly number[], key: number, message: () => string): void {
    const before = this.counts.get(kind) ?? 0;
    this.counts.set(kind, before + 1);
    if (before < TOLD_MAX) this.all.push({ kind, message: message(), transactions: [...new Set(transactions)], key });
  }
}

/** Values as keys of a Map: equal values are one. */
export const identity = (value: Value): Value => (value !== null && typeof value === 'object' ? `\u0000${canonicalText(value)}` : value);

/** Which transactions are surely committed before anything was seen of them: the ok ones. */
export function acknowledged({ count, history, row }: Transactions): Uint8Array {
  return Uint8Array.from({ length: count }, (_, t) => (history.status[row[t] as number] === OK ? 1 : 0));
}

/** Transactions by (key, version) that read a version before they wrote the key: two of one version lose an update. */
export function lostUpdates(
  transactions: Transactions,
  committed: Uint8Array,
  versionOf: (micro: number) => Value | undefined,
  anomalies: AnomalyList,
  tell: (one: number, other: number, key: number) => string,
): void {
  const { count, from, kind, key } = transactions;
  const first = new Map<number, Map<Value, number>>();
  for (let t = 0; t < count; t++) {
    if (committed[t] === 0) continue;
    const read = new Map<number, Value>();
    const done = new Set<number>();
    for (let i = from[t] as number; i < (from[t + 1] as number); i++) {
      const k = key[i] as number;
      if (kind[i] === READ) {
        const version = versionOf(i);
        if (version !== undefined && !done.has(k) && !read.has(k)) read.set(k, version);
        continue;
      }
      if (done.has(k)) continue;
      done.add(k);
      const version = read.get(k);
      if (version === undefined) continue;
      const versions = first.get(k) ?? new Map<Value, number>();
      first.set(k, versions);
      const other = versions.get(version);
      if (other === undefined) versions.set(version, t);
      else anomalies.add('lost-update', [other, t], k, () => tell(other, t, k));
    }
  }
}
