/**
 * Looks for a violation, seed by seed, with pauses in which the caller may show progress or stop; then makes the
 * failure small. The portfolio and its budget are the simulator's own.
 */
import {
  type CampaignOptions,
  type CampaignResult,
  campaign,
  type Failure,
  goalsOf,
  type ReplayFile,
  type Subject,
  shrink,
} from '../simulator/index.ts';

export interface SearchOptions extends Omit<CampaignOptions, 'onRun' | 'keepGoing'> {
  /** After each seed; false ends the search; may throw (or reject) to stop it. */
  readonly onSeed?: (sofar: CampaignResult) => boolean | undefined | Promise<boolean | undefined>;
}

function add(into: ReadonlyMap<string, number>, more: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const sum = new Map(into);
  for (const [name, count] of more) sum.set(name, (sum.get(name) ?? 0) + count);
  return sum;
}

/** As `campaign`, but asynchronous; ends at the first violation. */
export async function search(options: SearchOptions): Promise<CampaignResult> {
  const { seeds, firstSeed = 1, onSeed, ...rest } = options;
  const coverage = new Map(goalsOf(options.subject).map(({ name }) => [name, 0]));
  let total: CampaignResult = { runs: 0, steps: 0, acknowledged: 0, simulatedUs: 0, failures: [], coverage, stalled: new Map() };
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const one = campaign({ ...rest, seeds: 1, firstSeed: seed });
    total = {
      runs: total.runs + 1,
      steps: total.steps + one.steps,
      acknowledged: total.acknowledged + one.acknowledged,
      simulatedUs: total.simulatedUs + one.simulatedUs,
      failures: one.failures,
      coverage: add(total.coverage, one.coverage),
      stalled: add(total.stalled, one.stalled),
    };
    if ((await onSeed?.(total)) === false || one.failures.length > 0) break;
  }
  return total;
}

export interface SmallFailure {
  readonly replay: ReplayFile;
  /** Runs that it took. */
  readonly attempts: number;
  readonly before: FailureSize;
  readonly after: FailureSize;
}

export interface FailureSize {
  readonly nodes: number;
  readonly faults: number;
  readonly operations: number;
  readonly steps: number;
}

/** The same violation from as little as possible. */
export function makeSmall(subject: Subject, failure: Failure): SmallFailure {
  const { replay, attempts } = shrink(subject, failure.replay);
  return {
    replay,
    attempts,
    before: {
      nodes: failure.plan.nodes,
      faults: failure.result.resolved.length,
      operations: failure.result.invoked,
      steps: failure.result.steps,
    },
    after: {
      nodes: replay.plan.nodes,
      faults: replay.plan.faults.length,
      operations: replay.plan.workload.planned?.length ?? failure.result.invoked,
      steps: replay.violation?.step ?? failure.result.steps,
    },
  };
}
