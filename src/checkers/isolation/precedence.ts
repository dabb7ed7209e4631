/**
 * Which transactions came before which: the order of each process, and real time (one had completed before the other
 * was invoked). Real time takes O(n) edges: completions flow into barrier nodes, each barrier into the next, and what is invoked
 * comes from the latest barrier. Transactions of unknown outcome precede nobody.
 */
import { NEVER } from '../../trace/index.ts';
import { type DependencyGraph, PASS, PROCESS, REALTIME } from './graph.ts';
import type { Transactions } from './transactions.ts';

/** More rows than any history has: makes (position, transaction) one exact number. */
const ROWS_MAX = 2097152;

export function addPrecedence(graph: DependencyGraph, transactions: Transactions, committed: Uint8Array): void {
  addProcesses(graph, transactions, committed);
  addRealTime(graph, transactions, committed);
}

function addProcesses(graph: DependencyGraph, { count, history, row }: Transactions, committed: Uint8Array): void {
  const last = new Map<number, number>();
  for (let t = 0; t < count; t++) {
    if (committed[t] === 0) continue;
    const process = history.process[row[t] as number] as number;
    const before = last.get(process);
    if (before !== undefined) graph.add(before, t, PROCESS);
    last.set(process, t);
  }
}

function addRealTime(graph: DependencyGraph, { count, history, row }: Transactions, committed: Uint8Array): void {
  const completions = new Float64Array(count);
  let completed = 0;
  for (let t = 0; t < count; t++) {
    const at = history.complete[row[t] as number] as number;
    if (committed[t] === 1 && at !== NEVER) completions[completed++] = at * ROWS_MAX + t;
  }
  const sorted = completions.subarray(0, completed).sort();
  let next = 0;
  let barrier = -1;
  for (let t = 0; t < count; t++) {
    if (committed[t] === 0) continue;
    const began = history.invoke[row[t] as number] as number;
    let fresh = -1;
    for (; next < completed && (sorted[next] as number) < began * ROWS_MAX; next++) {
      if (fresh < 0) fresh = graph.node();
      graph.add((sorted[next] as number) % ROWS_MAX, fresh, REALTIME);
    }
    if (fresh >= 0) {
      if (barrier >= 0) graph.add(barrier, fresh, PASS);
      barrier = fresh;
    }
    if (barrier >= 0) graph.add(barrier, t, PASS);
  }
}
