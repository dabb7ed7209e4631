/** What was asked, what was acknowledged, and what became of it, in the words of the workload: figures beside the verdict. */
import { checkers, unlimitedBudget } from '../../checkers/index.ts';
import { FAIL, NONE, OK, type TraceView } from '../../trace/index.ts';
import type { CheckOutcome } from '../report.ts';
import { plural } from '../report-text.ts';
import { survivalCounts } from './survival.ts';

export interface RunCounts {
  readonly operations: number;
  readonly acknowledged: number;
  readonly acknowledgedUpdates: number;
  readonly failed: number;
  readonly unknown: number;
  /** Acknowledged updates that no final read shows. Absent where the workload does not show it. */
  readonly lost?: number;
  /** Acknowledged, and in some final reads but not in others: the nodes disagree. */
  readonly divergent?: number;
  /** Reads that missed a write acknowledged before they began; of registers. */
  readonly stale?: number;
  /** Reads of all accounts with a wrong total. */
  readonly wrongReads?: number;
  /** What contradicts the isolation level or another promise, where none of the above counts it. */
  readonly anomalies?: number;
  readonly errors: { readonly [code: string]: number };
}

/** What puts nothing in: of it nothing can be lost. */
const READS = new Set(['read', 'get', 'poll', 'contains', 'peek', 'dequeue']);
const REGISTER = new Set(['read', 'write', 'get', 'put', 'cas']);
const SETS = new Set(['set', 'set-full', 'replication']);
/** Measuring what is stale is a figure, not the verdict: it may not hold up the report. */
const STALENESS_STEPS = 20_000_000;

/** Changes nothing: a read, or a transaction of reads. */
function onlyReads({ history }: TraceView, row: number): boolean {
  if (READS.has(history.functions[history.f[row] as number] as string)) return true;
  const argument = history.argument[row] as number;
  const steps = argument === NONE ? null : history.values[argument];
  return Array.isArray(steps) && steps.length > 0 && steps.every((step) => Array.isArray(step) && step[0] === 'r');
}

export function runCounts(view: TraceView, kind: string, checks: readonly CheckOutcome[]): RunCounts {
  const { history } = view;
  const errors: { [code: string]: number } = {};
  let [acknowledged, acknowledgedUpdates, failed, unknown] = [0, 0, 0, 0];
  for (let row = 0; row < history.count; row++) {
    const code = history.code?.[row] ?? NONE;
    if (code !== NONE) {
      const word = history.codes?.[code] ?? '?';
      errors[word] = (errors[word] ?? 0) + 1;
    }
    if (history.status[row] === FAIL) failed++;
    else if (history.status[row] !== OK) unknown++;
    else {
      acknowledged++;
      if (!onlyReads(view, row)) acknowledgedUpdates++;
    }
  }
  return { operations: history.count, acknowledged, acknowledgedUpdates, failed, unknown, errors, ...outcomes(view, kind, checks) };
}

type Outcomes = Pick<RunCounts, 'lost' | 'divergent' | 'stale' | 'wrongReads' | 'anomalies'>;

function outcomes(view: TraceView, kind: string, checks: readonly CheckOutcome[]): Outcomes {
  if (SETS.has(kind)) return survivalCounts(view);
  const statistic = (check: string, name: string): number | undefined => checks.find((one) => one.check === check)?.result.stats[name];
  const lost = statistic('durability', 'lost') ?? statistic('total-queue', 'lost');
  if (lost !== undefined) return { lost };
  const wrongReads = statistic('bank', 'wrongReads');
  if (wrongReads !== undefined) return { wrongReads };
  if (view.history.functions.every((f) => REGISTER.has(f))) {
    const budget = { ...unlimitedBudget, steps: STALENESS_STEPS };
    const { stats } = checkers.staleness.check(view, budget);
    return stats.staleReads === undefined ? {} : { stale: stats.staleReads };
  }
  const broken = checks.filter(({ result }) => result.verdict === 'violation');
  return { anomalies: broken.reduce((sum, { result }) => sum + (result.stats.anomalies ?? result.anomalies.length), 0) };
}

/** What the workload shows of its promise; empty where it has no figure. */
export function outcomeInWords(counts: RunCounts): string {
  const { acknowledged, acknowledgedUpdates, lost, divergent = 0, stale, wrongReads, anomalies } = counts;
  const reads = acknowledged - acknowledgedUpdates;
  const figure = (count: number): string => count.toLocaleString('en-US');
  if (stale !== undefined) return `${figure(stale)} of ${plural(reads, 'acknowledged read')} stale`;
  if (wrongReads !== undefined) return `${figure(wrongReads)} of ${plural(reads, 'acknowledged read')} with a wrong total`;
  if (anomalies !== undefined) return `${plural(anomalies, 'anomaly', 'anomalies')} in ${figure(acknowledged)} acknowledged operations`;
  if (lost === undefined) return '';
  const apart = divergent > 0 ? `, ${figure(divergent)} on some nodes only` : '';
  return `${figure(lost)} of ${plural(acknowledgedUpdates, 'acknowledged update')} lost${apart}`;
}
