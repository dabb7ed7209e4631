/**
 * The failing runs of a campaign as regression scenarios: the first of each kind of violation, its schedule made small by
 * running it again and again, saved as `regression-CHECK.yaml`. Tries are written down, so that it goes on where it stopped.
 */
import { createHash } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Scenario } from '../../scenario/index.ts';
import { scenarioYaml } from '../scenario-file.ts';
import type { Launcher } from './campaign.ts';
import type { CampaignRun, CampaignState } from './campaign-state.ts';
import { layOut } from './kept-files.ts';
import { scenarioOfRun } from './plan.ts';
import { type ShrunkSchedule, shrinkSchedule } from './shrink-schedule.ts';

export interface RegressionOptions {
  readonly state: CampaignState;
  readonly launcher: Launcher;
  /** m: so many runs of a smaller schedule must fail ... */
  readonly wanted: number;
  /** n: ... of so many. */
  readonly tries: number;
  /** For all of it, milliseconds. */
  readonly withinMs: number;
  readonly nowMs: () => number;
  readonly stopped: () => boolean;
  readonly progress?: (progress: ShrinkProgress) => void;
}

export interface ShrinkProgress {
  /** The violation that is looked for. */
  readonly check: string;
  readonly runs: number;
  readonly faults: { readonly before: number; readonly best: number; readonly tried: number };
  /** By `nowMs`: when no more runs are begun. */
  readonly deadlineMs: number;
}

export interface Regression {
  /** Of the campaign, from 0. */
  readonly run: number;
  readonly checks: readonly string[];
  readonly file: string;
  readonly faults: { readonly before: number; readonly after: number };
  readonly shrunk: Pick<ShrunkSchedule, 'again' | 'minimal'>;
  /** Runs that were made for it. */
  readonly runs: number;
}

/** The first run of each kind of violation. */
export function distinctFailures(runs: readonly CampaignRun[]): readonly CampaignRun[] {
  const seen = new Set<string>();
  return runs.filter(({ verdict, broken }) => {
    const kind = broken.join('+');
    if (verdict !== 'violation' || seen.has(kind)) return false;
    seen.add(kind);
    return true;
  });
}

/** A candidate, and the violation that is looked for. */
const keyOf = (scenario: Scenario, checks: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([scenario, checks]))
    .digest('hex')
    .slice(0, 12);

/** One regression for each kind of violation, those that were interrupted left out. */
export async function makeRegressions(options: RegressionOptions): Promise<readonly Regression[]> {
  const deadlineMs = options.nowMs() + options.withinMs;
  const found: Regression[] = [];
  for (const failure of distinctFailures(options.state.done)) {
    const regression = await one(failure, deadlineMs, options);
    if (options.stopped()) break;
    found.push(regression);
  }
  return found;
}

async function one(failure: CampaignRun, deadlineMs: number, options: RegressionOptions): Promise<Regression> {
  const { state, launcher, wanted, tries, nowMs, stopped, progress } = options;
  const failing = scenarioOfRun(state.plan, failure.run);
  const file = join(state.folder, `regression-${failure.broken.join('-') || 'violation'}.yaml`);
  const before = failing.faults.length;
  let runs = 0;
  let shown = { tried: before, best: before };
  const tell = (): void => progress?.({ check: failure.broken[0] ?? 'violation', runs, faults: { before, ...shown }, deadlineMs });
  const known = recorded(state);
  const fails = async (scenario: Scenario): Promise<boolean | null> => {
    const key = keyOf(scenario, failure.broken);
    const before = known(key);
    if (before !== undefined) return before;
    const name = `try-${key}-${state.tries.length + runs}`;
    runs++;
    tell();
    const path = layOut(state.folder, name, scenario);
    const { verdict, broken } = await launcher.launch({ name, file: path, scenario, keeps: false });
    rmSync(dirname(path), { recursive: true, force: true });
    // The same check must fail: another bug is another regression. One that did not come up says nothing.
    const failed =
      verdict === 'violation' ? broken.some((check) => failure.broken.includes(check)) : verdict === 'environment' ? null : false;
    if (!stopped() || failed === true) state.tried({ key, failed });
    return failed;
  };
  const shrunk = await shrinkSchedule(failing, {
    ...{ fails, wanted, tries, slots: launcher.slots },
    mayRun: () => !stopped() && nowMs() < deadlineMs,
    onCandidate: (candidate, best) => {
      shown = { tried: candidate.faults.length, best: best.faults.length };
      tell();
    },
  });
  const { scenario, again, minimal } = shrunk;
  const how =
    again === false
      ? 'it did not fail again, and was kept as it was'
      : minimal
        ? 'nothing smaller failed'
        : 'not everything smaller was tried';
  const about = `Found by run ${failure.run + 1} of a campaign (${failure.broken.join(', ')}); smaller ones had to fail in ${wanted} of ${tries} runs: ${how}.`;
  if (!stopped() || !existsSync(file)) writeFileSync(file, scenarioYaml({ ...scenario, about }));
  return {
    run: failure.run,
    checks: failure.broken,
    file,
    faults: { before, after: scenario.faults.length },
    shrunk: { again, minimal },
    runs,
  };
}

/** Outcomes of a campaign that was stopped in the middle of this, each used once. */
function recorded(state: CampaignState): (key: string) => boolean | null | undefined {
  const left = new Map<string, (boolean | null)[]>();
  for (const { key, failed } of state.tries) left.set(key, [...(left.get(key) ?? []), failed]);
  return (key) => left.get(key)?.shift();
}
