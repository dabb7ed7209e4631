/** Many runs, some at the same time: each is asked for, judged and written down by number, so that a campaign can go on where it stopped. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scenario } from '../../scenario/index.ts';
import { scenarioYaml } from '../scenario-file.ts';
import type { CampaignRun, CampaignState } from './campaign-state.ts';

export type RunOutcome = Pick<CampaignRun, 'verdict' | 'directory' | 'said'>;

export interface CampaignOptions {
  readonly state: CampaignState;
  readonly parallel: number;
  /** The scenario of a run: its seed, its drawn faults. */
  readonly scenarioOf: (run: number) => Scenario;
  /** One run in a process of its own: a checker at work must not slow the clients of another run. */
  readonly launch: (scenarioFile: string, scenario: Scenario) => Promise<RunOutcome>;
  readonly stopped: () => boolean;
  readonly progress: (progress: CampaignProgress) => void;
  readonly nowMs: () => number;
}

export interface CampaignProgress {
  readonly done: number;
  readonly runs: number;
  readonly found: number;
  readonly unknown: number;
  /** Until the last run ends, as the runs so far went; null before the first. */
  readonly leftMs: number | null;
}

/** Resolves when all runs are done, or no more are begun because of `stopped`. */
export async function runCampaign(options: CampaignOptions): Promise<void> {
  const { state, parallel, nowMs, stopped } = options;
  const waiting = [...state.left];
  const startMs = nowMs();
  let doneHere = 0;
  const tell = (): void => {
    const { done } = state;
    const left = state.plan.runs - done.length;
    options.progress({
      ...{ done: done.length, runs: state.plan.runs, leftMs: doneHere === 0 ? null : ((nowMs() - startMs) / doneHere) * left },
      found: done.filter(({ verdict }) => verdict === 'violation').length,
      unknown: done.filter(({ verdict }) => verdict !== 'violation' && verdict !== 'pass').length,
    });
  };
  const worker = async (): Promise<void> => {
    for (let run = waiting.shift(); run !== undefined && !stopped(); run = waiting.shift()) {
      const scenario = options.scenarioOf(run);
      const file = join(state.folder, `run-${run + 1}.yaml`);
      writeFileSync(file, scenarioYaml(scenario));
      const outcome = await options.launch(file, scenario);
      // An interrupted run has decided nothing: it is done again when the campaign goes on.
      if (stopped() && outcome.verdict !== 'violation') return;
      state.add({ run, seed: scenario.seed, ...outcome, ...(outcome.verdict === 'violation' ? { scenario: file } : {}) });
      doneHere++;
      tell();
    }
  };
  tell();
  await Promise.all(Array.from({ length: Math.min(parallel, waiting.length) }, worker));
}
