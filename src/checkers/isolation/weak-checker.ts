/**
 * The checkers `read-committed`, `read-atomic` and `causal`: histories of registers with unique values, plain reads and writes
 * or transactions, with processes as sessions (weak-levels.ts).
 */
import type { Value } from '../../core/index.ts';
import type { TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Anomaly, Budget, Checker, CheckResult } from '../checker.ts';
import { skipped } from '../versions.ts';
import { findCycles } from './cycles.ts';
import type { Dependencies } from './dependencies.ts';
import { WW } from './graph.ts';
import { type Access, rwRegisterDependencies } from './rw-register.ts';
import { type Transactions, transactionModelOf, transactionsOf } from './transactions.ts';
import { type Inference, type WeakDependencies, type WeakLevel, weakDependencies } from './weak-levels.ts';
import { TransactionTeller } from './words.ts';

const PLAIN = new Set(['read', 'get', 'write', 'put']);
/** What every level forbids, and what all but read committed do. */
const ALWAYS = new Set(['garbage-read', 'G1a', 'G1b', 'internal']);

const weakChecker = (level: WeakLevel): Checker => ({
  name: level,
  needs: ['op'],
  needsTime: false,
  check: (view, budget) => check(view, level, budget),
});

export const readCommitted: Checker = weakChecker('read-committed');
export const readAtomic: Checker = weakChecker('read-atomic');
export const causal: Checker = weakChecker('causal');

function check(view: TraceView, level: WeakLevel, budget: Budget): CheckResult {
  const plain = view.history.functions.every((f) => PLAIN.has(f));
  if (!plain && transactionModelOf(view) !== 'rw-register')
    return skipped(`${level} is decided for reads and writes of registers, alone or in transactions`);
  const meter = new Meter(budget);
  const transactions = transactionsOf(view, 'rw-register');
  const found = rwRegisterDependencies(transactions, (view.header.initial ?? null) as Value, meter);
  const weak = found === null ? null : weakDependencies(transactions, found, found.accesses, level, true, meter);
  const stats = { transactions: transactions.count, inferred: weak?.inferences.size ?? 0, steps: meter.steps, peakBytes: meter.peakBytes };
  const told = (found?.anomalies ?? []).filter(({ kind }) => ALWAYS.has(kind));
  const anomalies = told.map(
    ({ kind, message, transactions: of }): Anomaly => ({ kind, message, operations: [...of].sort((x, y) => x - y) }),
  );
  const [first] = anomalies;
  if (first !== undefined) {
    const teller = new TransactionTeller(transactions);
    const story = [...first.operations.map((t) => teller.line(t)), first.message];
    return { verdict: 'violation', anomalies, counterexample: { operations: first.operations, story }, stats };
  }
  const base = { anomalies, counterexample: null, stats };
  if (found === null || weak === null) {
    const reason = `${meter.exhausted}: ${transactions.count} transactions were read, but not all that each of them saw was worked out`;
    return { verdict: 'unknown', ...base, reason };
  }
  if (weak.clash !== null) return tellClash(transactions, weak, level, base);
  if (found.undecided.length > 0) return { verdict: 'unknown', ...base, reason: found.undecided.slice(0, 3).join('; ') };
  return { verdict: 'pass', ...base };
}

/** The violation that `weak` shows. */
export function tellClash(
  transactions: Transactions,
  weak: WeakDependencies,
  level: WeakLevel,
  base: Pick<CheckResult, 'anomalies' | 'stats'>,
): CheckResult {
  const teller = new TransactionTeller(transactions);
  const kind = level === 'causal' ? 'causal-violation' : level === 'read-atomic' ? 'fractured-read' : 'non-monotonic-read';
  const because = ({ t, key, seen, other }: Inference): string => {
    const what = seen < 0 ? 'the initial value' : `what ${teller.name(seen)} wrote`;
    return `${teller.name(t)} had ${teller.name(other)} in sight, which wrote ${teller.key(key)}, and read ${what}`;
  };
  const members = new Set<number>();
  const why: string[] = [];
  if (weak.clash !== 'cycle' && weak.clash !== null) {
    for (const t of [weak.clash.other, weak.clash.t]) members.add(t);
    why.push(because(weak.clash));
  } else {
    const [cycle] = findCycles(weak.graph, new Meter({ steps: 1e7, bytes: 2 ** 30, expired: () => false }));
    for (const step of cycle?.steps ?? []) {
      members.add(step.from);
      const inference = step.kind === WW ? weak.inferences.get(`${step.from},${step.to}`) : undefined;
      if (inference !== undefined) members.add(inference.t);
      why.push(
        inference === undefined
          ? teller.step(step)
          : `${teller.name(step.from)} comes before ${teller.name(step.to)}: ${because(inference)}`,
      );
    }
  }
  const operations = [...members].sort((x, y) => x - y);
  const message = why.join('; ');
  const story = [...operations.map((t) => teller.line(t)), ...why];
  return {
    verdict: 'violation',
    anomalies: [{ kind, message, operations }, ...base.anomalies],
    counterexample: { operations, story },
    stats: base.stats,
  };
}

/** As part of `isolation`, where the certain dependencies alone forbid nothing. */
export function weaklyBroken(
  transactions: Transactions,
  found: Dependencies & { readonly accesses?: readonly Access[] },
  level: WeakLevel,
  meter: Meter,
  base: Pick<CheckResult, 'anomalies' | 'stats'>,
): CheckResult | null {
  const weak = weakDependencies(transactions, found, found.accesses ?? [], level, level === 'causal', meter);
  if (weak === null) {
    const reason = `${meter.exhausted}: what each transaction saw was not worked out`;
    return { verdict: 'unknown', ...base, counterexample: null, reason };
  }
  return weak.clash === null ? null : tellClash(transactions, weak, level, base);
}
