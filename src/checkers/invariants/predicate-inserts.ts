/**
 * Anti-dependency cycles over predicates (Adya's G2; Jepsen's adya-g2): two transactions each look whether anything is there for
 * a key, in two tables, and insert only when nothing is. Serializability lets at most one of them succeed; two acknowledged
 * inserts of one key are a G2.
 */
import { OK, type TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Budget, Checker, CheckResult } from '../checker.ts';
import { Teller } from '../story.ts';
import { skipped } from '../versions.ts';
import { type Breach, conclude, onlyHas, rowsOf } from './rows.ts';

export const predicateInserts: Checker = { name: 'adya-g2', needs: ['op'], needsTime: false, check };

function check(view: TraceView, budget: Budget): CheckResult {
  const { history } = view;
  if (!onlyHas(history, ['insert'], ['insert'])) return skipped('adya-g2 is decided for inserts');
  const meter = new Meter(budget);
  const teller = new Teller(history, view.timed);
  const first = new Map<number, number>();
  const breaches: Breach[] = [];
  for (const row of rowsOf(history, ['insert'])) {
    if (history.status[row] !== OK || !meter.spend(1)) continue;
    const key = history.key[row] as number;
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, row);
      continue;
    }
    const message = `${teller.process(other)} (at ${teller.end(other)}) and ${teller.process(row)} (at ${teller.end(row)}) both inserted for ${teller.key(key)}: neither saw the other`;
    breaches.push({ kind: 'G2', message, operations: [other, row] });
  }
  const stats = { keys: first.size, illegal: new Set(breaches.map(({ operations: [row] }) => row)).size };
  return conclude(view, breaches, stats, { open: meter.exhausted });
}
