/** What `simulate` prints: a pass with what it reached, or a failure made small and told. */
import { failureStory, type SmallFailure } from '../runner/index.ts';
import type { CampaignResult, Failure, Subject } from '../simulator/index.ts';
import { counted, figure, wrapped } from './report.ts';
import type { Io } from './verb.ts';

const OPERATIONS_SHOWN = 12;

export interface Searched {
  readonly seconds: number;
  readonly again: string;
  readonly firstSeed: number;
  /** Ctrl-C came before all seeds were done. */
  readonly interrupted: boolean;
}

/** No violation: in all seeds, or in those that were done. */
export function showSearched(io: Io, result: CampaignResult, { seconds, again, firstSeed, interrupted }: Searched): void {
  const hours = result.simulatedUs / 3.6e9;
  const simulated =
    hours >= 1 ? `${figure(Number(hours.toPrecision(3)))} hours` : `${figure(Math.round(result.simulatedUs / 1e6))} seconds`;
  io.out(
    interrupted
      ? `UNKNOWN interrupted; no violation in the ${counted(result.runs, 'seed')} done (from ${firstSeed})`
      : `PASS    no violation in ${counted(result.runs, 'seed')} (from ${firstSeed})`,
  );
  io.out(
    `        ${figure(result.steps)} steps, ${figure(result.acknowledged)} operations acknowledged, ${simulated} simulated, in ${seconds.toFixed(1)} s`,
  );
  const reached = [...result.coverage].filter(([, count]) => count > 0);
  const never = [...result.coverage].filter(([, count]) => count === 0);
  if (reached.length > 0) io.out(wrapped(`reached: ${reached.map(([name, count]) => `${name} ${count}`).join(', ')}`, '        '));
  if (never.length > 0) io.out(wrapped(`never reached: ${never.map(([name]) => name).join(', ')}`, '        '));
  for (const [reason, count] of result.stalled) io.out(wrapped(`not held to progress in ${counted(count, 'run')}: ${reason}`, '        '));
  io.out(`Again: ${again}`);
}

export interface ShownFailure {
  readonly failure: Failure;
  readonly small: SmallFailure;
  readonly again: string;
  readonly seeds: number;
  /** How long making it small took. */
  readonly seconds: number;
}

function section(io: Io, title: string, lines: readonly string[], most: number): void {
  if (lines.length === 0) return;
  io.out(title);
  const hidden = lines.length - most;
  for (const line of hidden > 0 ? lines.slice(-most) : lines) io.out(`  ${line}`);
  if (hidden > 0) io.out(`  (${hidden} earlier ones left out)`);
}

export function showFailure(io: Io, subject: Subject, { failure, small, again, seeds, seconds }: ShownFailure): void {
  const violation = failure.result.violation;
  io.out(
    `VIOLATION  ${violation?.invariant} at seed ${failure.seed}, step ${figure(violation?.step ?? 0)} (${counted(seeds, 'seed')} tried)`,
  );
  io.out(wrapped(violation?.message ?? '', '  '));
  io.out('');
  const { before, after } = small;
  io.out(
    `Made small: ${after.nodes} of ${before.nodes} nodes, ${after.faults} of ${before.faults} faults, ${after.operations} of ${before.operations} operations, ` +
      `${figure(after.steps)} of ${figure(before.steps)} steps, in ${seconds.toFixed(1)} s`,
  );
  tellSmall(io, subject, small);
  io.out(`Seed ${failure.seed}; again: ${again}`);
}

/** The small failing run: faults, operations, the last messages, and what is wrong. */
export function tellSmall(io: Io, subject: Subject, small: Pick<SmallFailure, 'replay'>): void {
  const story = failureStory(subject, small.replay);
  section(io, 'Faults:', story.faults, OPERATIONS_SHOWN);
  section(io, 'Operations:', story.operations, OPERATIONS_SHOWN);
  io.out(story.leftOut === 0 ? 'Messages:' : `The last messages (${figure(story.leftOut)} others left out):`);
  for (const line of story.diagram) io.out(`  ${line}`);
  io.out(wrapped(`=> ${small.replay.violation?.message ?? ''}`, '  '));
}

export function failureJson(failure: Failure, small: SmallFailure, rerun: string, seeds: number): object {
  return {
    verdict: 'violation',
    seed: failure.seed,
    seeds,
    violation: failure.result.violation,
    before: small.before,
    after: small.after,
    replay: small.replay,
    rerun,
  };
}

export function searchJson(result: CampaignResult, rerun: string, interrupted: boolean): object {
  return {
    verdict: interrupted ? 'unknown' : 'pass',
    interrupted,
    seeds: result.runs,
    steps: result.steps,
    operations_acknowledged: result.acknowledged,
    simulated_seconds: result.simulatedUs / 1e6,
    coverage: Object.fromEntries(result.coverage),
    not_held_to_progress: Object.fromEntries(result.stalled),
    rerun,
  };
}
