/** Many seeds, one portfolio: the first violation with what repeats it, and what all runs together reached. */
import { generalGoals, liarGoals } from './coverage.ts';
import type { Plan } from './plan.ts';
import { type ReplayFile, replayOf } from './replay-file.ts';
import { type RunResult, simulate } from './simulate.ts';
import type { Goal, Subject } from './subject.ts';
import { drawPlan, type SwarmOptions } from './swarm.ts';

export interface CampaignOptions extends SwarmOptions {
  readonly subject: Subject;
  /** How many seeds, from `firstSeed` (1 unless said otherwise). */
  readonly seeds: number;
  readonly firstSeed?: number;
  readonly mutant?: string;
  /** Go on after a violation. */
  readonly keepGoing?: boolean;
  /** Another portfolio. */
  readonly draw?: (subject: Subject, seed: number) => Plan;
  /** After each run; false ends the campaign. */
  readonly onRun?: (seed: number, result: RunResult) => boolean | undefined;
}

export interface Failure {
  readonly seed: number;
  readonly plan: Plan;
  readonly result: RunResult;
  readonly replay: ReplayFile;
}

export interface CampaignResult {
  readonly runs: number;
  readonly steps: number;
  readonly acknowledged: number;
  /** Microseconds of all worlds together. */
  readonly simulatedUs: number;
  readonly failures: readonly Failure[];
  /** How many runs reached each goal; 0 for those that none did. */
  readonly coverage: ReadonlyMap<string, number>;
  /** Runs whose liveness phase was not held to progress, by reason. */
  readonly stalled: ReadonlyMap<string, number>;
}

export function campaign(options: CampaignOptions): CampaignResult {
  const { subject, seeds, firstSeed = 1 } = options;
  const coverage = new Map<string, number>(goalsOf(subject).map(({ name }) => [name, 0]));
  const stalled = new Map<string, number>();
  const failures: Failure[] = [];
  let runs = 0;
  let steps = 0;
  let acknowledged = 0;
  let simulatedUs = 0;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const plan = options.draw?.(subject, seed) ?? drawPlan(subject, seed, options);
    const result = simulate(subject, plan);
    runs++;
    steps += result.steps;
    acknowledged += result.acknowledged;
    simulatedUs += result.timeUs;
    for (const goal of result.coverage.keys()) coverage.set(goal, (coverage.get(goal) ?? 0) + 1);
    if (result.stalled !== null) stalled.set(result.stalled, (stalled.get(result.stalled) ?? 0) + 1);
    if (result.violation !== null) failures.push({ seed, plan, result, replay: replayOf(subject.name, plan, result, options.mutant) });
    if (options.onRun?.(seed, result) === false) break;
    if (result.violation !== null && options.keepGoing !== true) break;
  }
  return { runs, steps, acknowledged, simulatedUs, failures, coverage, stalled };
}

/** What a campaign of `subject` ought to reach. */
export function goalsOf(subject: Subject): readonly Goal[] {
  const general = subject.survivesLiars === undefined ? generalGoals : [...generalGoals, ...liarGoals];
  return [...general.filter(({ name }) => !(subject.beyond ?? []).includes(name)), ...subject.goals];
}
