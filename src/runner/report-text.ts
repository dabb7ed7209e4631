/** A report in plain words, for people. */
import type { CheckResult, Verdict } from '../checkers/index.ts';
import { type CheckOutcome, countsOf, type HistoryReport } from './report.ts';

const words: { readonly [V in Verdict]: string } = { pass: 'PASS', violation: 'FAIL', unknown: 'UNKNOWN', skip: 'SKIP' };
/** Further anomalies than this are counted, not told. */
const TOLD_ANOMALIES = 10;
/** A longer story is told from its end, where the contradiction is. */
const TOLD_OPERATIONS = 30;

export function renderText(report: HistoryReport): string {
  const counts = countsOf(report.view);
  const keys = counts.keys > 0 ? ` on ${plural(counts.keys, 'key')}` : '';
  const lines = [
    `${report.source}: ${plural(counts.operations, 'operation')} of ${plural(counts.processes, 'process', 'processes')}${keys}`,
    `  ${counts.ok} ok, ${counts.fail} failed, ${counts.info} of unknown outcome; format ${report.format}${report.model === null ? '' : `, model ${report.model}`}`,
  ];
  for (const outcome of report.checks) lines.push('', ...renderCheck(outcome));
  lines.push('', `${conclusion(report)}`, `Again: ${report.rerun}`);
  return lines.join('\n');
}

export function renderCheck({ check, result, durationMs }: CheckOutcome): string[] {
  const reason = result.reason === undefined ? '' : `: ${result.reason}`;
  const lines = [`${words[result.verdict]} ${check} (${duration(durationMs)})${reason}`];
  for (const { message } of result.anomalies.slice(0, TOLD_ANOMALIES)) lines.push(`  ${message}`);
  if (result.anomalies.length > TOLD_ANOMALIES) lines.push(`  and ${result.anomalies.length - TOLD_ANOMALIES} more`);
  return result.counterexample === null ? lines : [...lines, ...renderStory(result)];
}

function renderStory(result: CheckResult): string[] {
  const { operations, story } = result.counterexample as NonNullable<CheckResult['counterexample']>;
  const minimal = result.stats.minimal === 1 ? '; without any one of them there is none' : '';
  const told = story.slice(-TOLD_OPERATIONS).map((line) => `    ${line}`);
  const hidden = story.length - told.length;
  const left = hidden > 0 ? [`    (${plural(hidden, 'earlier line')} left out: --json has them)`] : [];
  const where = operations.length === 0 ? '' : `, in ${plural(operations.length, 'operation')}${minimal}`;
  return ['', `  The contradiction${where}:`, ...left, ...told];
}

function conclusion({ verdict, checks, interrupted }: HistoryReport): string {
  if (interrupted && verdict === 'unknown') return 'UNKNOWN: interrupted before everything was decided.';
  switch (verdict) {
    case 'pass':
      return 'PASS: every check that applies holds.';
    case 'violation': {
      const broken = checks.filter(({ result }) => result.verdict === 'violation').map(({ check }) => check);
      return `FAIL: the history breaks ${broken.join(', ')}.`;
    }
    case 'unknown':
      return 'UNKNOWN: not everything was decided (see above); where the budget ran out, --budget gives more (such as 5m,4GB).';
    case 'skip':
      return 'UNKNOWN: no check applies to this history, so nothing was decided.';
  }
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

export function duration(ms: number): string {
  return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
