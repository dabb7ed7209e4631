/**
 * What only grows (a counter of increments, a revision, a sequence) never shrinks for its readers: a read of a key that began after
 * another had been answered does not show less. Per process that is monotonic reads; over all processes real time.
 */
import type { TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Budget, Checker, CheckResult } from '../checker.ts';
import { Teller } from '../story.ts';
import { skipped } from '../versions.ts';
import { answerOf, type Breach, conclude, rowsOf } from './rows.ts';

export const monotonic: Checker = { name: 'monotonic', needs: ['op'], needsTime: false, check };

function check(view: TraceView, budget: Budget): CheckResult {
  const { history } = view;
  const all = rowsOf(history, ['read', 'get', 'generate']).filter((row) => answerOf(history, row) !== undefined);
  if (all.length === 0 || all.some((row) => typeof answerOf(history, row) !== 'number'))
    return skipped('monotonic is decided for reads of numbers');
  const meter = new Meter(budget);
  const teller = new Teller(history, view.timed);
  const breaches: Breach[] = [];
  const keys = new Map<number, number[]>();
  for (const row of all) {
    const key = history.key[row] as number;
    keys.set(key, keys.get(key) ?? []);
    keys.get(key)?.push(row);
  }
  for (const rows of keys.values()) {
    const byEnd = [...rows].sort((x, y) => (history.complete[x] as number) - (history.complete[y] as number));
    let ended = 0;
    let most = -1;
    for (const row of rows) {
      if (!meter.spend(1)) break;
      for (
        let next = byEnd[ended];
        next !== undefined && (history.complete[next] as number) < (history.invoke[row] as number);
        next = byEnd[++ended]
      )
        if (most < 0 || (answerOf(history, next) as number) > (answerOf(history, most) as number)) most = next;
      if (most < 0 || (answerOf(history, most) as number) <= (answerOf(history, row) as number)) continue;
      const message = `${teller.server(row)} ${teller.action(row)} at ${teller.begin(row)}, ${teller.gap(most, row)} ${teller.process(most)} had been answered ${teller.action(most)}`;
      breaches.push({ kind: 'not-monotonic', message, operations: [most, row] });
    }
  }
  const sameProcess = breaches.filter(
    ({ operations: [one, other] }) => history.process[one as number] === history.process[other as number],
  ).length;
  const stats = { reads: all.length, keys: keys.size, backwards: breaches.length, inOneProcess: sameProcess };
  return conclude(view, breaches, stats, { open: meter.exhausted });
}
