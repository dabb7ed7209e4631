/**
 * Bank: transfers move amounts between accounts, so every read of all accounts shows the same total (Jepsen's bank). A
 * read is a map from account to balance, or a list of balances. The total is the one named, else that of the trace's initial
 * value, else that of the first read. Reads of unknown outcome say nothing.
 */
import type { Value } from '../../core/index.ts';
import { OK, type TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Budget, Checker, CheckResult } from '../checker.ts';
import { showValue, Teller } from '../story.ts';
import { skipped } from '../versions.ts';
import { answerOf, type Breach, conclude, rowsOf } from './rows.ts';

export interface BankBounds {
  readonly total?: number;
  /** Default false: a negative balance is a violation only where it is forbidden. */
  readonly noNegative?: boolean;
}

/** Balances by account; null: not a map or list. Maps with other keys than texts come as `$map` pairs from EDN. */
export function balancesOf(value: Value): ReadonlyMap<string, Value> | null {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return null;
  if (Array.isArray(value)) return new Map((value as readonly Value[]).map((balance, account) => [String(account), balance]));
  const map = value as { readonly [account: string]: Value };
  const pairs = map.$map;
  if (!Array.isArray(pairs)) return new Map(Object.entries(map));
  return new Map((pairs as readonly (readonly [Value, Value])[]).map(([account, balance]) => [showValue(account), balance]));
}

export function bankWith(bounds: BankBounds): Checker {
  return { name: 'bank', needs: ['op'], needsTime: false, check: (view, budget) => check(view, budget, bounds) };
}

export const bank: Checker = bankWith({});

function check(view: TraceView, budget: Budget, bounds: BankBounds): CheckResult {
  const { history } = view;
  const reads = rowsOf(history, ['read']).filter((row) => answerOf(history, row) !== undefined);
  if (!history.functions.includes('transfer') && reads.every((row) => balancesOf(answerOf(history, row) as Value) === null))
    return skipped('a bank has transfers, and reads of all balances');
  const teller = new Teller(history, view.timed);
  const meter = new Meter(budget);
  const first = balancesOf((view.header.initial ?? null) as Value);
  let total = bounds.total ?? (first === null ? null : sum(first));
  let accounts = first === null ? null : [...first.keys()].sort().join();
  /** The read that the others are compared with, where nothing else says what is right. */
  let model = -1;
  const breaches: Breach[] = [];
  let judged = 0;
  for (const row of reads) {
    const balances = balancesOf(answerOf(history, row) as Value);
    if (!meter.spend(1 + (balances?.size ?? 0))) break;
    judged++;
    const say = (kind: string, why: string, more: readonly number[] = []): void => {
      breaches.push({
        kind,
        message: `${teller.server(row)} ${teller.action(row)} at ${teller.begin(row)}: ${why}`,
        operations: [...more, row],
      });
    };
    if (balances === null || [...balances.values()].some((balance) => typeof balance !== 'number')) {
      say('no-balance', 'not every account has a balance');
      continue;
    }
    const names = [...balances.keys()].sort().join();
    const read = sum(balances) as number;
    const compared = model >= 0 ? [model] : [];
    if (accounts === null || total === null) {
      accounts ??= names;
      total ??= read;
      model = row;
    }
    if (names !== accounts) say('wrong-accounts', `accounts ${names}, not ${accounts}`, compared);
    else if (read !== total)
      say('wrong-total', `the total is ${read}, not ${total}`, bounds.total === undefined && first === null ? compared : []);
    if (bounds.noNegative === true && [...balances.values()].some((balance) => (balance as number) < 0))
      say('negative-balance', 'a balance is negative');
  }
  const transfers = rowsOf(history, ['transfer']).filter((row) => history.status[row] === OK).length;
  const stats = { reads: judged, transfers, wrongReads: breaches.length, total: total ?? 0 };
  const nothing = reads.length === 0 ? 'nobody read the balances' : null;
  return conclude(view, breaches, stats, {
    open: meter.exhausted === null ? nothing : `${meter.exhausted} after ${judged} of ${reads.length} reads`,
  });
}

/** Null when some balance is no number. */
function sum(balances: ReadonlyMap<string, Value>): number | null {
  let all = 0;
  for (const balance of balances.values()) {
    if (typeof balance !== 'number') return null;
    all += balance;
  }
  return all;
}
