/**
 * What became of every element that was added to a set that only grows (Jepsen's set-full): an element is known once its add was
 * acknowledged or a read showed it. Lost: reads that began later miss it and none shows it again. Stale: some missed it, a later one
 * shows it. Never read: nobody looked after it was known. Lost elements, elements that nobody added and doubles violate.
 */
import type { Value } from '../../core/index.ts';
import { FAIL, NEVER, OK, type TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Budget, Checker, CheckResult } from '../checker.ts';
import { identity } from '../isolation/dependencies.ts';
import { showValue, Teller } from '../story.ts';
import { skipped } from '../versions.ts';
import { answerOf, argumentOf, type Breach, conclude, onlyHas, rowsOf } from './rows.ts';

export interface SetBounds {
  /** Stale elements violate too: every read shows all that was acknowledged before it began. */
  readonly fresh?: boolean;
}

interface Element {
  readonly value: Value;
  readonly add: number;
  /** Position at which it was known, and by which row. */
  known: number;
  by: number;
  /** Indices into the reads. */
  present: number;
  absent: number;
}

export const setWith = (bounds: SetBounds, name = 'set-full'): Checker => ({
  name,
  needs: ['op'],
  needsTime: false,
  check: (view, budget) => check(view, budget, bounds),
});

export const setFull: Checker = setWith({});

function check(view: TraceView, budget: Budget, bounds: SetBounds): CheckResult {
  const { history } = view;
  if (!onlyHas(history, ['add', 'read'], ['add'])) return skipped('set-full is decided for sets with add and read (of all elements) only');
  const meter = new Meter(budget);
  const elements = new Map<Value, Element>();
  const breaches: Breach[] = [];
  for (const row of rowsOf(history, ['add'])) {
    const value = argumentOf(history, row);
    const known = history.status[row] === OK ? (history.complete[row] as number) : NEVER;
    const before = elements.get(identity(value));
    if (before === undefined || history.status[before.add] === FAIL)
      elements.set(identity(value), { value, add: row, known, by: row, present: -1, absent: -1 });
    else if (known < before.known) {
      before.known = known;
      before.by = row;
    }
  }
  const reads = rowsOf(history, ['read']).filter((row) => Array.isArray(answerOf(history, row)));
  const read = showReads(view, reads, elements, breaches, meter);
  if (read < reads.length) {
    const stats = { elements: elements.size, reads: read };
    return conclude(view, breaches, stats, { open: `${meter.exhausted} after ${read} of ${reads.length} reads` });
  }
  return judge(view, reads, elements, breaches, bounds);
}

/** Notes which reads show which elements; how many reads the budget allowed. */
function showReads(view: TraceView, reads: readonly number[], elements: Map<Value, Element>, breaches: Breach[], meter: Meter): number {
  const { history } = view;
  const teller = new Teller(history, view.timed);
  for (const [at, row] of reads.entries()) {
    const items = answerOf(history, row) as readonly Value[];
    if (!meter.spend(1 + items.length)) return at;
    for (const item of items) {
      const element = elements.get(identity(item));
      if (
        element === undefined ||
        history.status[element.add] === FAIL ||
        (history.invoke[element.add] as number) > (history.complete[row] as number)
      ) {
        const why =
          element === undefined
            ? 'nobody added'
            : history.status[element.add] === FAIL
              ? 'whose add had failed'
              : 'that was only added later';
        const message = `${teller.server(row)} read ${showValue(item)} at ${teller.begin(row)}, ${why}`;
        breaches.push({ kind: 'unexpected-element', message, operations: element === undefined ? [row] : [element.add, row] });
        continue;
      }
      if (element.present === at) {
        breaches.push({
          kind: 'duplicate-element',
          message: `${teller.server(row)} read ${showValue(item)} twice at ${teller.begin(row)}`,
          operations: [row],
        });
        continue;
      }
      if (element.present < at - 1) element.absent = at - 1;
      element.present = at;
      if ((history.complete[row] as number) < element.known) {
        element.known = history.complete[row] as number;
        element.by = row;
      }
    }
  }
  return reads.length;
}

function judge(
  view: TraceView,
  reads: readonly number[],
  elements: ReadonlyMap<Value, Element>,
  breaches: Breach[],
  bounds: SetBounds,
): CheckResult {
  const { history } = view;
  const teller = new Teller(history, view.timed);
  const warnings: Breach[] = [];
  const counts = { lost: 0, stale: 0, neverRead: 0, stable: 0 };
  let staleNs = 0;
  for (const { value, add, known, by, present, absent } of elements.values()) {
    if (history.status[add] === FAIL || known === NEVER) continue;
    const last = present < reads.length - 1 ? reads.length - 1 : absent;
    const missing = last >= 0 && (history.invoke[reads[last] as number] as number) > known;
    if (!missing) {
      if (present < 0) counts.neverRead++;
      else counts.stable++;
      continue;
    }
    const row = reads[last] as number;
    const lost = last > present;
    const how = by === add ? `its add was acknowledged to ${teller.process(add)}` : `${teller.process(by)} had read it`;
    const gap = teller.gap(by, row);
    const message = `${teller.server(row)} did not show ${showValue(value)} at ${teller.begin(row)}, ${gap} ${how}${lost ? ', and nobody saw it again' : ''}`;
    const breach = { kind: lost ? 'lost-element' : 'stale-element', message, operations: [add, by, row] };
    if (lost) counts.lost++;
    else counts.stale++;
    if (!lost && view.timed) staleNs = Math.max(staleNs, (history.invokeNs[row] as number) - (history.completeNs[by] as number));
    if (lost || bounds.fresh === true) breaches.push(breach);
    else warnings.push(breach);
  }
  breaches.sort((x, y) => Number(y.kind === 'lost-element') - Number(x.kind === 'lost-element'));
  const stats = { elements: elements.size, reads: reads.length, ...counts, staleMs: staleNs / 1e6 };
  const open =
    reads.length === 0
      ? 'nobody read the set'
      : counts.neverRead > 0
        ? `${counts.neverRead} acknowledged elements were not looked for by any later read`
        : null;
  return conclude(view, breaches, stats, { warnings, open });
}
