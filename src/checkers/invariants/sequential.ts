/**
 * Sequential visibility (Jepsen's sequential, of CockroachDB, TiDB, Dgraph): one client writes the parts of a key one after another,
 * others read them in the reverse order. Who sees a later part sees the earlier ones too: an answer `[key, parts]`,
 * latest part first, has nothing missing behind what is there. Nothing is there of a key that nobody asked to be written; of a write
 * that failed some parts may be: each is a transaction of its own.
 */
import type { Value } from '../../core/index.ts';
import type { TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Budget, Checker, CheckResult } from '../checker.ts';
import { showValue, Teller } from '../story.ts';
import { skipped } from '../versions.ts';
import { answerOf, argumentOf, type Breach, conclude, onlyHas, rowsOf } from './rows.ts';

export const sequential: Checker = { name: 'sequential', needs: ['op'], needsTime: false, check };

/** The parts that a read answered, latest first; null: it is no such answer. */
export function partsOf(answer: Value | undefined): readonly Value[] | null {
  const list = Array.isArray(answer) && answer.length === 2 ? (answer[1] as Value) : null;
  return Array.isArray(list) ? (list as readonly Value[]) : null;
}

function check(view: TraceView, budget: Budget): CheckResult {
  const { history } = view;
  const reads = rowsOf(history, ['read']).filter((row) => answerOf(history, row) !== undefined);
  if (!onlyHas(history, ['read', 'write'], ['read']) || reads.some((row) => partsOf(answerOf(history, row)) === null))
    return skipped('sequential is decided for reads that answer [key, parts]');
  const meter = new Meter(budget);
  const teller = new Teller(history, view.timed);
  const breaches: Breach[] = [];
  const counts = { all: 0, some: 0, none: 0 };
  const wanted = new Map<string, number>();
  for (const row of rowsOf(history, ['write'])) {
    const key = JSON.stringify(argumentOf(history, row));
    wanted.set(key, Math.min(wanted.get(key) ?? Number.POSITIVE_INFINITY, history.invoke[row] as number));
  }
  for (const row of reads) {
    const parts = partsOf(answerOf(history, row)) as readonly Value[];
    if (!meter.spend(1 + parts.length)) break;
    const there = parts.filter((part) => part !== null).length;
    counts[there === parts.length ? 'all' : there === 0 ? 'none' : 'some']++;
    const from = parts.findIndex((part) => part !== null);
    const key = (answerOf(history, row) as readonly Value[])[0] as Value;
    // Without any write nothing is known of who wrote: then the order of the parts is all that is looked at.
    if (from >= 0 && wanted.size > 0 && (wanted.get(JSON.stringify(key)) ?? Number.POSITIVE_INFINITY) > (history.complete[row] as number)) {
      const seen = `${teller.server(row)} saw ${showValue(parts[from] as Value)} of ${showValue(key)} at ${teller.begin(row)}`;
      breaches.push({ kind: 'unwritten', message: `${seen}, which nobody had begun to write`, operations: [row] });
      continue;
    }
    const missing = from < 0 ? -1 : parts.indexOf(null, from);
    if (missing < 0) continue;
    const message = `${teller.server(row)} saw ${showValue(parts[missing - 1] as Value)} at ${teller.begin(row)}, and then not the part that had been written before it`;
    breaches.push({ kind: 'not-sequential', message, operations: [row] });
  }
  return conclude(view, breaches, { reads: reads.length, ...counts, broken: breaches.length }, { open: meter.exhausted });
}
