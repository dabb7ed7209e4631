/**
 * Long fork: two readers see two writes in different orders (forbidden by snapshot isolation, allowed by parallel snapshot
 * isolation; Sovran et al. 2011; Jepsen's long-fork). Every key is written once, and transactions read groups of keys: of two reads of
 * one group, what one sees of it must contain what the other sees. A chain by size shows that at once.
 */
import type { Value } from '../../core/index.ts';
import { FAIL, type TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Budget, Checker, CheckResult } from '../checker.ts';
import { READ, transactionModelOf, transactionsOf } from '../isolation/transactions.ts';
import { TransactionTeller } from '../isolation/words.ts';
import { skipped } from '../versions.ts';
import { type Breach, conclude } from './rows.ts';

export const longFork: Checker = { name: 'long-fork', needs: ['op'], needsTime: false, check };

/** One transaction's reads: which keys it read, and of those which were written. */
interface Sight {
  readonly t: number;
  readonly seen: ReadonlySet<number>;
}

function check(view: TraceView, budget: Budget): CheckResult {
  if (transactionModelOf(view) !== 'rw-register') return skipped('long forks are looked for in transactions that read and write registers');
  const meter = new Meter(budget);
  const transactions = transactionsOf(view, 'rw-register');
  const { count, from, kind, key, value, row, history } = transactions;
  const teller = new TransactionTeller(transactions);
  const initial = (view.header.initial ?? null) as Value;
  const writers = new Map<number, number>();
  let repeated = 0;
  const groups = new Map<string, Sight[]>();
  for (let t = 0; t < count; t++) {
    const read = new Set<number>();
    const seen = new Set<number>();
    const own = new Set<number>();
    for (let i = from[t] as number; i < (from[t + 1] as number); i++) {
      const k = key[i] as number;
      if (kind[i] !== READ) {
        own.add(k);
        if (history.status[row[t] as number] === FAIL) continue;
        if (writers.has(k)) repeated++;
        writers.set(k, t);
      } else if (value[i] !== undefined && !own.has(k)) {
        read.add(k);
        if (value[i] !== initial) seen.add(k);
      }
    }
    if (read.size < 2) continue;
    const name = [...read].sort((x, y) => x - y).join();
    const group = groups.get(name);
    if (group) group.push({ t, seen });
    else groups.set(name, [{ t, seen }]);
  }
  const breaches: Breach[] = [];
  for (const group of groups.values()) {
    group.sort((x, y) => x.seen.size - y.seen.size);
    for (let i = 1; i < group.length; i++) {
      const [one, other] = [group[i - 1] as Sight, group[i] as Sight];
      if (!meter.spend(1 + one.seen.size)) break;
      const missed = [...one.seen].find((k) => !other.seen.has(k));
      if (missed === undefined) continue;
      const hidden = [...other.seen].find((k) => !one.seen.has(k)) as number;
      const [x, y] = [teller.key(missed), teller.key(hidden)];
      const message = `${teller.name(one.t)} saw the write of ${x} and not that of ${y}, ${teller.name(other.t)} saw that of ${y} and not that of ${x}`;
      breaches.push({ kind: 'long-fork', message, operations: [one.t, other.t].map((t) => row[t] as number) });
    }
  }
  const stats = { groups: groups.size, reads: [...groups.values()].reduce((sum, { length }) => sum + length, 0), forks: breaches.length };
  if (repeated > 0)
    return {
      ...conclude(view, [], stats, {
        open: `${repeated} writes are of a key that had been written before: what a read saw of it does not tell which`,
      }),
    };
  return conclude(view, breaches, stats, { open: meter.exhausted });
}
