/** What a run on a real system came to, as a value and in plain words. */
import type { Scenario } from '../../scenario/index.ts';
import type { HistoryReport } from '../report.ts';
import { jsonReport } from '../report-json.ts';
import { duration, plural, renderCheck } from '../report-text.ts';
import type { FaultBite } from './evidence.ts';
import { outcomeInWords, type RunCounts } from './run-counts.ts';
import type { RunFacts } from './run-on-system.ts';

export interface SystemReport extends HistoryReport {
  readonly system: string;
  /** What the system says of itself for this workload. */
  readonly promise: string;
  readonly scenario: Scenario;
  readonly facts: RunFacts;
  readonly bites: readonly FaultBite[];
  readonly counts: RunCounts;
}

const figure = (count: number): string => count.toLocaleString('en-US');

/** For people: what was done, what held, what did not, how to see it again. */
export function systemReportText(report: SystemReport): string {
  const { system, scenario, facts, counts } = report;
  const lines = [
    `${system} ${facts.version}, ${plural(scenario.nodes.length, 'node')}: scenario ${scenario.name}, ${scenario.workload.kind} by ${plural(scenario.workload.clients, 'client')} for ${duration(facts.workedMs)}`,
    `  ${figure(counts.operations)} operations: ${countsInWords(report)}`,
    ...errorsInWords(report),
  ];
  for (const { fault, startMs, endMs, bit, why } of report.bites)
    lines.push(`  ${fault} from ${(startMs / 1000).toFixed(1)} to ${(endMs / 1000).toFixed(1)} s ${bit ? 'bit' : 'did not bite'}: ${why}`);
  for (const outcome of report.checks) lines.push('', ...renderCheck(outcome));
  if (facts.leftBehind !== undefined) lines.push('', `Left behind: ${facts.leftBehind}`);
  lines.push('', conclusion(report), `Run: ${facts.directory.path}`, `Seed ${scenario.seed}; again: ${report.rerun}`);
  return lines.join('\n');
}

function countsInWords({ counts, facts }: SystemReport): string {
  const parts = [`${figure(counts.acknowledged)} acknowledged (${figure(counts.acknowledgedUpdates)} updates)`];
  if (counts.failed > 0) parts.push(`${figure(counts.failed)} failed`);
  if (counts.unknown > 0) parts.push(`${figure(counts.unknown)} of unknown outcome`);
  const outcome = outcomeInWords(counts);
  if (outcome !== '') parts.push(outcome);
  if (facts.leaderChanges > 0) parts.push(`the lead changed hands ${plural(facts.leaderChanges, 'time')}`);
  return parts.join(', ');
}

function errorsInWords({ counts: { errors }, facts }: SystemReport): string[] {
  const worst = Object.entries(errors)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 6);
  const refused = facts.refusedConnections > 0 ? [`${figure(facts.refusedConnections)} connections refused`] : [];
  const parts = [...worst.map(([code, count]) => `${code} ${figure(count)}`), ...refused];
  return parts.length === 0 ? [] : [`  errors: ${parts.join(', ')}`];
}

function conclusion({ verdict, checks, system, interrupted, promise, counts }: SystemReport): string {
  const outcome = outcomeInWords(counts);
  const figures = outcome === '' ? '' : `; ${outcome}`;
  const said = checks.find(({ check }) => check === 'evidence')?.result.reason;
  switch (verdict) {
    case 'violation': {
      const broken = checks.filter(({ result }) => result.verdict === 'violation').map(({ check }) => check);
      return `FAIL: ${system} did not keep its promise: ${broken.join(', ')}${figures}.`;
    }
    case 'pass':
      return `PASS: ${system} kept what it promises${promise === '' ? '' : ` (${promise})`} in this run${figures}.`;
    default: {
      if (interrupted) return 'UNKNOWN: interrupted; nothing wrong was found until then.';
      const open = checks.filter(({ result, check }) => check !== 'evidence' && result.verdict === 'unknown').map(({ check }) => check);
      const reasons = [
        ...(open.length > 0 ? [`${open.join(', ')} could not be decided within the budget`] : []),
        ...(said === undefined ? [] : [said]),
      ];
      return `UNKNOWN: ${reasons.join('; ')}.`;
    }
  }
}

/** The check report (version 1) with what a real run adds to it. */
export function systemReportJson(report: SystemReport): string {
  const { system, promise, scenario, facts, bites, counts } = report;
  const { directory, ...plain } = facts;
  const value = { ...(jsonReport(report) as object), system, promise, scenario, seed: scenario.seed, counts, faults: bites };
  return `${JSON.stringify({ ...value, run: { ...plain, directory: directory.path } }, null, 2)}\n`;
}
