/**
 * Watches: a subscription delivers every change once and in order. From `event` records: the index grows, no index that another
 * subscription delivered between one's first and last is missing (a gap), and one index is one value. All subscriptions of a
 * trace are taken to watch the same; what comes before the first or after the last event says nothing.
 */
import { equalValues } from '../../core/index.ts';
import type { EventRecord, TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Budget, Checker, CheckResult } from '../checker.ts';
import { showValue } from '../story.ts';
import { skipped } from '../versions.ts';
import { type Breach, conclude } from './rows.ts';

export const watch: Checker = { name: 'watch', needs: ['event'], needsTime: false, check };

function check(view: TraceView, budget: Budget): CheckResult {
  const events = view.others.filter((record): record is EventRecord => record.type === 'event');
  if (events.length === 0) return skipped('watches are judged from events, and the trace has none');
  const meter = new Meter(budget);
  const breaches: Breach[] = [];
  const subscriptions = new Map<string, EventRecord[]>();
  const known = new Map<number, EventRecord>();
  for (const event of events) {
    if (!meter.spend(1)) break;
    const { subscription, index } = event;
    const list = subscriptions.get(subscription) ?? [];
    subscriptions.set(subscription, list);
    const last = list[list.length - 1];
    if (last !== undefined && last.index >= index) {
      const how = last.index === index ? 'again' : `after index ${last.index}`;
      breaches.push({
        kind: last.index === index ? 'repeated-event' : 'event-out-of-order',
        message: `${subscription} delivered index ${index} ${how}`,
        operations: [],
      });
    }
    const other = known.get(index);
    if (other === undefined) known.set(index, event);
    else if (!equalValues(other.value, event.value)) {
      const message = `index ${index} is ${showValue(other.value)} for ${other.subscription} and ${showValue(event.value)} for ${subscription}`;
      breaches.push({ kind: 'events-differ', message, operations: [] });
    }
    list.push(event);
  }
  const indices = [...known.keys()].sort((x, y) => x - y);
  let gaps = 0;
  for (const [subscription, list] of subscriptions) {
    const own = new Set(list.map(({ index }) => index));
    const [first, last] = [Math.min(...own), Math.max(...own)];
    for (let at = lowerBound(indices, first); at < indices.length && (indices[at] as number) < last; at++) {
      if (!meter.spend(1)) break;
      const index = indices[at] as number;
      if (own.has(index)) continue;
      gaps++;
      const message = `${subscription} never delivered index ${index}, which ${known.get(index)?.subscription} did, though it delivered ${first} to ${last}`;
      breaches.push({ kind: 'missed-event', message, operations: [] });
    }
  }
  const stats = { subscriptions: subscriptions.size, events: events.length, gaps, breaches: breaches.length };
  return conclude(view, breaches, stats, { open: meter.exhausted });
}

function lowerBound(sorted: readonly number[], bound: number): number {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
