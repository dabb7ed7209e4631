/**
 * Causal reverse: a write is seen without one that had been acknowledged before it began (Jepsen's causal-reverse, CockroachDB's
 * "comments"; strict serializability forbids it), or a value is seen that nobody wrote. Writes add values, reads answer the list of all that is there, per key. In
 * O(values of all reads + writes log writes): what a read must show is known from the last-begun write that it shows.
 */
import type { Value } from '../../core/index.ts';
import { FAIL, OK, type TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Budget, Checker, CheckResult } from '../checker.ts';
import { identity } from '../isolation/dependencies.ts';
import { showValue, Teller } from '../story.ts';
import { skipped } from '../versions.ts';
import { answerOf, argumentOf, type Breach, conclude, onlyHas, rowsOf } from './rows.ts';

export const causalReverse: Checker = { name: 'causal-reverse', needs: ['op'], needsTime: false, check };

function check(view: TraceView, budget: Budget): CheckResult {
  const { history } = view;
  const reads = rowsOf(history, ['read']).filter((row) => answerOf(history, row) !== undefined);
  if (!onlyHas(history, ['read', 'write'], ['write']) || reads.some((row) => !Array.isArray(answerOf(history, row) ?? [])))
    return skipped('causal-reverse is decided for writes, and reads that answer the list of what was written');
  const meter = new Meter(budget);
  const teller = new Teller(history, view.timed);
  const writers = new Map<string, number>();
  const failures = new Map<string, number>();
  const acknowledged = new Map<number, number[]>();
  const name = (row: number, value: Value): string => `${history.key[row]},${String(identity(value))},${typeof value}`;
  let repeated = 0;
  for (const row of rowsOf(history, ['write'])) {
    const value = name(row, argumentOf(history, row));
    if (history.status[row] === FAIL) {
      failures.set(value, row);
      continue;
    }
    if (writers.has(value)) repeated++;
    else writers.set(value, row);
    if (history.status[row] !== OK) continue;
    const key = history.key[row] as number;
    const list = acknowledged.get(key);
    if (list) list.push(row);
    else acknowledged.set(key, [row]);
  }
  for (const list of acknowledged.values()) list.sort((x, y) => (history.complete[x] as number) - (history.complete[y] as number));
  const breaches: Breach[] = [];
  let reversed = 0;
  for (const row of reads) {
    const seen = new Set<number>();
    for (const value of (answerOf(history, row) ?? []) as readonly Value[]) {
      const writer = writers.get(name(row, value));
      if (writer !== undefined && (history.invoke[writer] as number) < (history.complete[row] as number)) {
        seen.add(writer);
        continue;
      }
      const failed = failures.get(name(row, value));
      const why = failed === undefined ? 'nobody had written' : `${teller.process(failed)} had failed to write`;
      const message = `${teller.server(row)} saw ${showValue(value)} at ${teller.begin(row)}, which ${why}`;
      breaches.push({ kind: 'unwritten', message, operations: failed === undefined ? [row] : [failed, row] });
    }
    const last = [...seen].reduce(
      (latest, write) => ((history.invoke[write] as number) > (history.invoke[latest] as number) ? write : latest),
      [...seen][0] ?? -1,
    );
    for (const write of last < 0 ? [] : (acknowledged.get(history.key[row] as number) ?? [])) {
      if (!meter.spend(1) || (history.complete[write] as number) > (history.invoke[last] as number)) break;
      if (seen.has(write)) continue;
      const message = `${teller.server(row)} saw what ${teller.process(last)} wrote (${teller.action(last)}, from ${teller.begin(last)}) at ${teller.begin(row)}, and not ${teller.action(write)}, which had been acknowledged to ${teller.process(write)} at ${teller.end(write)}, before`;
      breaches.push({ kind: 'causal-reverse', message, operations: [write, last, row] });
      reversed++;
      break;
    }
  }
  const stats = { writes: writers.size, reads: reads.length, reversed, unwritten: breaches.length - reversed };
  if (repeated > 0) {
    const open = `${repeated} values were written more than once: what a read shows does not tell which`;
    return conclude(
      view,
      breaches.filter(({ kind }) => kind === 'unwritten'),
      stats,
      { open },
    );
  }
  return conclude(view, breaches, stats, { open: meter.exhausted });
}
