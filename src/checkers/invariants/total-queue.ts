/**
 * Durability of a queue whose order does not matter (Jepsen's total-queue): what was acknowledged as enqueued comes out, and nothing
 * else does. Lost: not there when the queue was found empty at the end; a dequeue of unknown outcome may have taken one
 * element. Recovered: the enqueue had an unknown outcome. Elements that come out more often than they went in are duplicates.
 */
import type { Value } from '../../core/index.ts';
import { FAIL, INFO, OK, type TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Budget, Checker, CheckResult } from '../checker.ts';
import { identity } from '../isolation/dependencies.ts';
import { showValue, Teller } from '../story.ts';
import { skipped } from '../versions.ts';
import { answerOf, argumentOf, type Breach, conclude, onlyHas, rowsOf } from './rows.ts';

export interface QueueBounds {
  /** Delivery at least once is what was promised: duplicates are told, and violate nothing. */
  readonly duplicates?: boolean;
}

interface Item {
  readonly value: Value;
  /** Rows of enqueues that may have taken effect, of those acknowledged, and of dequeues. */
  readonly tried: number[];
  readonly acknowledged: number[];
  readonly out: number[];
}

export const totalQueueWith = (bounds: QueueBounds): Checker => ({
  name: 'total-queue',
  needs: ['op'],
  needsTime: false,
  check: (view, budget) => check(view, budget, bounds),
});

export const totalQueue: Checker = totalQueueWith({});

function check(view: TraceView, budget: Budget, bounds: QueueBounds): CheckResult {
  const { history } = view;
  if (!onlyHas(history, ['enqueue', 'dequeue', 'drain'], ['enqueue']))
    return skipped('total-queue is decided for enqueue, dequeue and drain');
  const meter = new Meter(budget);
  const items = new Map<Value, Item>();
  const itemOf = (value: Value): Item => {
    const item = items.get(identity(value)) ?? { value, tried: [], acknowledged: [], out: [] };
    items.set(identity(value), item);
    return item;
  };
  let lastEnqueue = -1;
  for (const row of rowsOf(history, ['enqueue'])) {
    if (history.status[row] === FAIL || !meter.spend(1)) continue;
    const item = itemOf(argumentOf(history, row));
    item.tried.push(row);
    if (history.status[row] !== OK) continue;
    item.acknowledged.push(row);
    lastEnqueue = Math.max(lastEnqueue, history.complete[row] as number);
  }
  let emptied = false;
  let unknown = 0;
  for (const row of rowsOf(history, ['dequeue', 'drain'])) {
    if (history.status[row] === INFO)
      unknown = history.functions[history.f[row] as number] === 'drain' ? Number.POSITIVE_INFINITY : unknown + 1;
    if (history.status[row] !== OK) continue;
    const drains = history.functions[history.f[row] as number] === 'drain';
    const answer = answerOf(history, row) ?? null;
    if ((drains || answer === null) && (history.invoke[row] as number) > lastEnqueue) emptied = true;
    const taken = drains ? ((answer ?? []) as readonly Value[]) : answer === null ? [] : [answer];
    if (!meter.spend(1 + taken.length)) continue;
    for (const value of taken) itemOf(value).out.push(row);
  }
  return judge(view, [...items.values()], { emptied, unknown, exhausted: meter.exhausted, bounds });
}

interface End {
  readonly emptied: boolean;
  /** How many elements dequeues of unknown outcome may have taken. */
  readonly unknown: number;
  readonly exhausted: string | null;
  readonly bounds: QueueBounds;
}

function judge(view: TraceView, items: readonly Item[], { emptied, unknown, exhausted, bounds }: End): CheckResult {
  const { history } = view;
  const teller = new Teller(history, view.timed);
  const breaches: Breach[] = [];
  const duplicates: Breach[] = [];
  const missing: Breach[] = [];
  let lost = 0;
  let recovered = 0;
  for (const { value, tried, acknowledged, out } of items) {
    const [row] = out;
    const name = showValue(value);
    const early =
      row === undefined
        ? undefined
        : out.find((taken) => tried.every((put) => (history.invoke[put] as number) > (history.complete[taken] as number)));
    if (row !== undefined && (tried.length === 0 || early !== undefined)) {
      const by = early ?? row;
      const why = tried.length === 0 ? 'which nobody had enqueued' : 'before anybody enqueued it';
      breaches.push({
        kind: 'unexpected-element',
        message: `${teller.process(by)} got ${name} at ${teller.end(by)}, ${why}`,
        operations: [...tried, by],
      });
    } else if (out.length > tried.length) {
      const message = `${name} came out ${out.length} times, and was enqueued ${tried.length} times`;
      duplicates.push({ kind: 'duplicate-element', message, operations: [...tried, ...out] });
    }
    recovered += Math.max(0, Math.min(out.length, tried.length) - acknowledged.length);
    if (acknowledged.length <= out.length) continue;
    lost += acknowledged.length - out.length;
    const last = acknowledged[acknowledged.length - 1] as number;
    const message = `${name} never came out, though its enqueue was acknowledged to ${teller.process(last)} at ${teller.end(last)}`;
    missing.push({ kind: 'lost-element', message, operations: [...tried, ...out] });
  }
  const stats = {
    elements: items.length,
    lost,
    recovered,
    duplicates: duplicates.length,
    unknownDequeues: Number.isFinite(unknown) ? unknown : -1,
  };
  if (exhausted !== null) return conclude(view, [], stats, { open: `${exhausted}: not all elements were counted` });
  const surely = emptied && lost > unknown;
  const broken = [...(surely ? missing : []), ...breaches, ...(bounds.duplicates === true ? [] : duplicates)];
  const why = emptied
    ? `${unknown} dequeues of unknown outcome may have taken the ${lost} elements that are missing`
    : `${lost} elements are missing, but nobody found the queue empty at the end`;
  return conclude(view, broken, stats, { warnings: bounds.duplicates === true ? duplicates : [], open: lost > 0 && !surely ? why : null });
}
