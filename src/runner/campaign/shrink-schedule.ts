/**
 * A failing fault schedule made small on the real system: fewer faults first, then shorter ones, then a shorter run.
 * A real run is no replay, so a smaller schedule counts only if it fails in `wanted` of `tries` runs.
 */
import type { Fault, Scenario } from '../../scenario/index.ts';

export interface ShrinkOptions {
  /** One run of the scenario: did it find a violation? */
  readonly fails: (scenario: Scenario) => Promise<boolean>;
  readonly wanted: number;
  readonly tries: number;
  /** No more runs than this. */
  readonly mostRuns: number;
  readonly stopped: () => boolean;
  readonly progress?: (runs: number, faults: number) => void;
}

export interface ShrunkSchedule {
  readonly scenario: Scenario;
  readonly runs: number;
  /** Nothing smaller that was tried failed; false where runs or patience ran out before everything was tried. */
  readonly minimal: boolean;
}

/** Shorter than this a fault may not be noticed at all. */
const SHORTEST_MS = 500;
/** What comes after the last fault must still show what it did. */
const AFTERMATH_MS = 3000;

export async function shrinkSchedule(failing: Scenario, options: ShrinkOptions): Promise<ShrunkSchedule> {
  let best = failing;
  let runs = 0;
  let out = false;
  const stillFails = async (candidate: Scenario): Promise<boolean> => {
    let failed = 0;
    for (let i = 0; i < options.tries; i++) {
      if (runs >= options.mostRuns || options.stopped()) {
        out = true;
        return false;
      }
      runs++;
      options.progress?.(runs, candidate.faults.length);
      if (await options.fails(candidate)) failed++;
      if (failed >= options.wanted) return true;
      if (failed + (options.tries - 1 - i) < options.wanted) return false;
    }
    return false;
  };
  for (let changed = true; changed && !out; ) {
    changed = false;
    for (const candidate of smaller(best)) {
      if (out) break;
      if (!(await stillFails(candidate))) continue;
      best = candidate;
      changed = true;
      break;
    }
  }
  return { scenario: best, runs, minimal: !out };
}

/** Candidates, the boldest first. */
function smaller(scenario: Scenario): readonly Scenario[] {
  const { faults, durationMs } = scenario;
  const candidates: Scenario[] = [];
  const half = faults.length >> 1;
  if (faults.length > 2) candidates.push({ ...scenario, faults: faults.slice(0, half) }, { ...scenario, faults: faults.slice(half) });
  for (let i = faults.length - 1; i >= 0; i--) candidates.push({ ...scenario, faults: faults.filter((_, at) => at !== i) });
  for (let i = 0; i < faults.length; i++) {
    const fault = faults[i] as Fault;
    if (fault.forMs === undefined || fault.forMs / 2 < SHORTEST_MS) continue;
    const shorter = { ...fault, forMs: Math.round(fault.forMs / 2) };
    candidates.push({ ...scenario, faults: faults.map((other, at) => (at === i ? shorter : other)) });
  }
  const end = Math.max(0, ...faults.map(({ atMs, forMs = Number.POSITIVE_INFINITY }) => atMs + forMs)) + AFTERMATH_MS;
  if (durationMs !== undefined && end < durationMs * 0.8) candidates.push({ ...scenario, durationMs: end });
  return candidates;
}
