/** Unique ids: no two `generate` answer the same (Jepsen's unique-ids). What never answered says nothing. */
import type { Value } from '../../core/index.ts';
import type { TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Budget, Checker, CheckResult } from '../checker.ts';
import { showValue, Teller } from '../story.ts';
import { skipped } from '../versions.ts';
import { type Breach, conclude, rowsOf } from './rows.ts';

export const uniqueIds: Checker = { name: 'unique-ids', needs: ['op'], needsTime: false, check };

function check(view: TraceView, budget: Budget): CheckResult {
  const { history } = view;
  if (!history.functions.includes('generate')) return skipped('ids are what `generate` answers, and nothing was generated');
  const meter = new Meter(budget);
  const teller = new Teller(history, view.timed);
  // Equal values are one index.
  const first = new Map<number, number>();
  const breaches: Breach[] = [];
  let answered = 0;
  for (const row of rowsOf(history, ['generate'])) {
    const id = history.result[row] as number;
    if (id < 0) continue;
    if (!meter.spend(1)) break;
    answered++;
    const before = first.get(id);
    if (before === undefined) {
      first.set(id, row);
      continue;
    }
    const value = showValue(history.values[id] as Value);
    const message = `${value} was given twice: to ${teller.process(before)} at ${teller.end(before)} and to ${teller.process(row)} at ${teller.end(row)}`;
    breaches.push({ kind: 'duplicate-id', message, operations: [before, row] });
  }
  const stats = { generated: answered, distinct: first.size, duplicates: breaches.length };
  return conclude(view, breaches, stats, { open: meter.exhausted === null ? null : `${meter.exhausted} after ${answered} ids` });
}
