/** What a campaign came to, as a value, in plain words, and as Markdown for a page of CI. */
import { exitCodes } from '../../core/index.ts';
import type { CampaignRun, CampaignState } from './campaign-state.ts';
import { figuresOf, type Spread } from './figures.ts';
import type { CampaignPlan } from './plan.ts';
import type { Regression } from './regressions.ts';
import { type RunVerdict, runVerdicts } from './run-outcome.ts';

export interface CampaignReport {
  readonly plan: CampaignPlan;
  readonly folder: string;
  readonly runs: readonly CampaignRun[];
  readonly counts: { readonly [verdict in RunVerdict]: number };
  readonly left: number;
  readonly figures: readonly (readonly [name: string, spread: Spread])[];
  readonly regressions: readonly Regression[];
  readonly interrupted: boolean;
  /** The command that goes on with it, or shows it again. */
  readonly rerun: string;
  /** The command that runs a scenario file of it. */
  readonly replay: (file: string) => string;
}

const LISTED = 20;
const words: { readonly [name: string]: string } = { leaderChanges: 'leader changes', stale: 'stale reads', unknown: 'of unknown outcome' };
const figure = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 });

export function campaignReport(
  state: CampaignState,
  regressions: readonly Regression[],
  rest: Pick<CampaignReport, 'interrupted' | 'rerun' | 'replay'>,
): CampaignReport {
  const { done: runs, plan, folder } = state;
  const counts = Object.fromEntries(runVerdicts.map((name) => [name, runs.filter(({ verdict }) => verdict === name).length]));
  const figures = figuresOf(runs.filter(({ verdict }) => verdict !== 'environment'));
  return { plan, folder, runs, counts: counts as CampaignReport['counts'], left: state.left.length, figures, regressions, ...rest };
}

/** A violation wins; then what was not decided: interrupted, unknown, not come up. Nothing undecided is a pass. */
export function campaignExit({ counts, left, interrupted }: CampaignReport): number {
  if (counts.violation > 0) return exitCodes.violation;
  if (interrupted) return exitCodes.interrupted;
  if (counts.unknown > 0) return exitCodes.unknown;
  if (counts.environment > 0) return exitCodes.environment;
  return left === 0 && counts.pass > 0 ? exitCodes.pass : exitCodes.unknown;
}

const countsInWords = ({ counts }: CampaignReport): string =>
  `${counts.pass} passed, ${counts.violation} found a violation, ${counts.unknown} unknown, ${counts.environment} did not come up (environment)`;

const named = (name: string): string => words[name] ?? name;

function conclusion(report: CampaignReport): string {
  const { plan, counts, left, interrupted } = report;
  const stopped = interrupted ? 'interrupted, ' : '';
  const rest = left > 0 ? `; ${stopped}${left} of ${plan.runs} runs are left` : '';
  if (counts.violation > 0)
    return `FAIL: ${plan.system} did not keep its promise in ${counts.violation} of ${report.runs.length} runs${rest}.`;
  if (campaignExit(report) === exitCodes.pass) return `PASS: ${plan.system} kept its promise in all ${counts.pass} runs.`;
  if (counts.environment === report.runs.length && counts.environment > 0)
    return `UNKNOWN: ${plan.system} did not come up once: ${report.runs[0]?.said ?? ''}`;
  return `UNKNOWN: ${counts.pass} of ${plan.runs} runs passed, and not one found a violation${rest}.`;
}

function regressionInWords({ run, file, faults, shrunk, runs }: Regression, replay: CampaignReport['replay']): string[] {
  const size = faults.before === faults.after ? `${faults.after} faults` : `${faults.after} of ${faults.before} faults`;
  const how =
    shrunk.again === false
      ? `run ${run + 1} did not fail again, and was kept as it was`
      : shrunk.again === null
        ? `time was up before run ${run + 1} was seen to fail again; kept as it was`
        : `run ${run + 1} made small: ${size}${shrunk.minimal ? ', nothing smaller failed' : ', not everything smaller was tried'}`;
  return [`${how} (${runs} more runs): ${file}`, `  Again: ${replay(file)}`];
}

/** For people. */
export function campaignText(report: CampaignReport): string {
  const { plan, folder, runs, figures, regressions } = report;
  const lines = [
    `Campaign ${plan.id}: ${runs.length} of ${plan.runs} runs of ${plan.system}, seeds from ${plan.seed}, ${plan.draws === null ? `scenario ${plan.base.name}` : 'drawn faults'}`,
    `  ${countsInWords(report)}`,
  ];
  if (figures.length > 0) lines.push('  smallest, median, largest of the runs:');
  for (const [name, { min, median, max, runs: count }] of figures)
    lines.push(`    ${named(name)}: ${[min, median, max].map(figure).join(', ')}${count < runs.length ? ` (${count} runs)` : ''}`);
  const telling = runs.filter(({ verdict }) => verdict !== 'pass');
  for (const { run, seed, said, folder: kept, verdict } of telling.slice(0, LISTED))
    lines.push(`  run ${run + 1} (seed ${seed}) ${verdict}: ${said}${kept === null ? '' : ` [${kept}]`}`);
  if (telling.length > LISTED) lines.push(`  and ${telling.length - LISTED} more: --json has them`);
  for (const regression of regressions) lines.push('', ...regressionInWords(regression, report.replay));
  lines.push('', conclusion(report), `Folder: ${folder}`, `${report.left > 0 ? 'Go on' : 'Again'}: ${report.rerun}`);
  return lines.join('\n');
}

export function campaignJson(report: CampaignReport): string {
  const { plan, folder, runs, counts, left, figures, regressions, interrupted, rerun } = report;
  const { base: _base, ...about } = plan;
  const value = {
    ...about,
    folder,
    counts,
    left,
    figures: Object.fromEntries(figures),
    regressions,
    interrupted,
    exitCode: campaignExit(report),
  };
  return JSON.stringify({ ...value, done: runs, rerun }, null, 2);
}

const cell = (text: string): string =>
  text
    .replaceAll('|', '\\|')
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll('<', '&lt;');

/** The summary of a CI job: counts, figures and what failed, as tables. */
export function campaignMarkdown(report: CampaignReport): string {
  const { plan, runs, figures, regressions } = report;
  const lines = [
    `### ${cell(conclusion(report))}`,
    '',
    `${runs.length} of ${plan.runs} runs, seeds from ${plan.seed}: ${countsInWords(report)}.`,
    '',
  ];
  if (figures.length > 0) lines.push('| figure | smallest | median | largest |', '|---|---:|---:|---:|');
  for (const [name, { min, median, max }] of figures)
    lines.push(`| ${named(name)} | ${figure(min)} | ${figure(median)} | ${figure(max)} |`);
  const telling = runs.filter(({ verdict }) => verdict !== 'pass');
  if (telling.length > 0) lines.push('', '| run | seed | verdict | what |', '|---:|---:|---|---|');
  for (const { run, seed, verdict, said } of telling.slice(0, LISTED)) lines.push(`| ${run + 1} | ${seed} | ${verdict} | ${cell(said)} |`);
  for (const regression of regressions) lines.push('', ...regressionInWords(regression, report.replay).map((line) => `    ${line}`));
  return `${lines.join('\n')}\n`;
}
