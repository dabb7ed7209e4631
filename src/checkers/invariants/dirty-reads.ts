/**
 * Dirty reads (Jepsen's dirty-reads, of Galera and Percona): each write sets all rows of a table to one value in one transaction,
 * each read answers all rows. Nobody may see what a transaction wrote that was rolled back (Adya's G1a). Rows of one read that differ
 * are told, as Jepsen does: weak isolation allows them.
 */
import type { Value } from '../../core/index.ts';
import { FAIL, type TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Budget, Checker, CheckResult } from '../checker.ts';
import { identity } from '../isolation/dependencies.ts';
import { showValue, Teller } from '../story.ts';
import { skipped } from '../versions.ts';
import { answerOf, argumentOf, type Breach, conclude, onlyHas, rowsOf } from './rows.ts';

export const dirtyReads: Checker = { name: 'dirty-reads', needs: ['op'], needsTime: false, check };

function check(view: TraceView, budget: Budget): CheckResult {
  const { history } = view;
  const reads = rowsOf(history, ['read']).filter((row) => answerOf(history, row) !== undefined);
  if (!onlyHas(history, ['read', 'write'], ['read', 'write']) || reads.some((row) => !Array.isArray(answerOf(history, row))))
    return skipped('dirty-reads is decided for writes, and reads that answer the values of all rows');
  const meter = new Meter(budget);
  const teller = new Teller(history, view.timed);
  const rolledBack = new Map<string, number>();
  const written = new Set<string>();
  const name = (row: number, value: Value): string => `${history.key[row]},${String(identity(value))},${typeof value}`;
  for (const row of rowsOf(history, ['write'])) {
    const value = name(row, argumentOf(history, row));
    if (history.status[row] === FAIL) rolledBack.set(value, row);
    else written.add(value);
  }
  const breaches: Breach[] = [];
  const warnings: Breach[] = [];
  /** What was there before anything was written, by table: nobody wrote it, and it is one value. */
  const before = new Map<number, { readonly value: Value; readonly read: number }>();
  for (const row of reads) {
    const values = answerOf(history, row) as readonly Value[];
    if (!meter.spend(1 + values.length)) break;
    const seen = new Set<string>();
    for (const value of values) {
      const it = name(row, value);
      if (seen.has(it)) continue;
      seen.add(it);
      const failed = rolledBack.get(it);
      const where = `${teller.server(row)} saw ${showValue(value)} at ${teller.begin(row)}`;
      if (written.has(it)) continue;
      if (failed !== undefined) {
        breaches.push({
          kind: 'dirty-read',
          message: `${where}, which ${teller.process(failed)} had not committed`,
          operations: [failed, row],
        });
        continue;
      }
      const key = history.key[row] as number;
      const initial = before.get(key) ?? { value, read: row };
      before.set(key, initial);
      if (name(initial.read, initial.value) === it) continue;
      breaches.push({ kind: 'unwritten', message: `${where}, which nobody wrote`, operations: [row] });
    }
    if (seen.size > 1)
      warnings.push({
        kind: 'inconsistent-read',
        message: `${teller.server(row)} saw rows that differ at ${teller.begin(row)}`,
        operations: [row],
      });
  }
  const stats = { reads: reads.length, dirty: breaches.length, inconsistent: warnings.length };
  return conclude(view, breaches, stats, { warnings, open: meter.exhausted });
}
