/**
 * A failing fault schedule made small on the real system: fewest faults first (ddmin: Zeller and Hildebrandt, Simplifying
 * and Isolating Failure-Inducing Input, IEEE TSE 28(2), 2002), then shorter faults, then a shorter run. A smaller
 * schedule counts only if it fails in m of n runs.
 */
import type { Fault, Scenario } from '../../scenario/index.ts';
import { failsOften, type TrialLimits } from './repeated-trial.ts';

export interface ShrinkOptions extends TrialLimits {
  /** One run of the scenario: did it find the violation that is looked for? Null where it says nothing. */
  readonly fails: (scenario: Scenario) => Promise<boolean | null>;
  /** Asked before every run: false ends the shrinking with what there is. */
  readonly mayRun: () => boolean;
  readonly onCandidate?: (candidate: Scenario, best: Scenario) => void;
}

export interface ShrunkSchedule {
  readonly scenario: Scenario;
  /** The schedule as it was failed again; false: it did not, and was kept as it is. Null: time was up before that was known. */
  readonly again: boolean | null;
  /** Everything smaller was tried and did not fail; false where time was up first. */
  readonly minimal: boolean;
}

/** Shorter than this a fault may not be noticed at all. */
const SHORTEST_MS = 500;
/** What comes after the last fault must still show what it did. */
const AFTERMATH_MS = 2000;
/** Less than this is no shorter run. */
const WORTH_IT = 0.8;

/** Thrown by `ask` when no more runs may be made. */
class TimeUp extends Error {}

type Ask = (candidate: Scenario) => Promise<boolean>;

export async function shrinkSchedule(failing: Scenario, options: ShrinkOptions): Promise<ShrunkSchedule> {
  let best = failing;
  const ask: Ask = async (candidate) => {
    options.onCandidate?.(candidate, best);
    const fails = await failsOften(() => options.fails(candidate), options, options.mayRun);
    if (fails === null) throw new TimeUp();
    if (fails) best = candidate;
    return fails;
  };
  let again: boolean | null = null;
  try {
    again = await ask(failing);
    if (!again) return { scenario: failing, again, minimal: false };
    // It may need no fault at all: then every fault is beside the point.
    if (failing.faults.length === 0 || !(await ask({ ...failing, faults: [] }))) best = await fewestFaults(best, ask);
    best = await shorterFaults(best, ask);
    best = await shorterRun(best, ask);
    return { scenario: best, again, minimal: true };
  } catch (error) {
    if (!(error instanceof TimeUp)) throw error;
    return { scenario: best, again, minimal: false };
  }
}

/** ddmin: no single fault of the result can be left out. */
async function fewestFaults(failing: Scenario, ask: Ask): Promise<Scenario> {
  let faults = failing.faults;
  const withFaults = (some: readonly Fault[]): Scenario => ({ ...failing, faults: some });
  for (let parts = 2; faults.length >= 2; ) {
    const size = Math.ceil(faults.length / parts);
    const starts = Array.from({ length: Math.ceil(faults.length / size) }, (_, i) => i * size);
    const subsets = starts.map((start) => faults.slice(start, start + size));
    const complements = starts.map((start) => [...faults.slice(0, start), ...faults.slice(start + size)]);
    // Halves are each other's complements; single faults are left to the complements, which are what minimal means.
    const candidates = starts.length === 2 ? subsets : [...(size > 1 ? subsets : []), ...complements];
    const found = await first(candidates, (some) => ask(withFaults(some)));
    if (found !== null) {
      parts = subsets.includes(found) ? 2 : Math.max(2, Math.min(found.length, starts.length - 1));
      faults = found;
    } else if (size === 1) break;
    else parts = Math.min(faults.length, parts * 2);
  }
  return withFaults(faults);
}

async function first<T>(candidates: readonly T[], fits: (candidate: T) => Promise<boolean>): Promise<T | null> {
  for (const candidate of candidates) if (await fits(candidate)) return candidate;
  return null;
}

/** Each fault half as long, as often as that still fails. */
async function shorterFaults(scenario: Scenario, ask: Ask): Promise<Scenario> {
  let best = scenario;
  for (let i = 0; i < best.faults.length; i++) {
    for (;;) {
      const fault = best.faults[i] as Fault;
      const forMs = Math.round((fault.forMs ?? 0) / 2);
      if (forMs < SHORTEST_MS) break;
      const candidate = { ...best, faults: best.faults.map((other, at) => (at === i ? { ...fault, forMs } : other)) };
      if (!(await ask(candidate))) break;
      best = candidate;
    }
  }
  return best;
}

/** The run ends soon after its last fault. */
async function shorterRun(scenario: Scenario, ask: Ask): Promise<Scenario> {
  const { faults, durationMs } = scenario;
  if (durationMs === undefined || faults.some(({ forMs, fault }) => forMs === undefined && fault !== 'restart')) return scenario;
  const end = Math.round(Math.max(0, ...faults.map(({ atMs, forMs = 0 }) => atMs + forMs)) + AFTERMATH_MS);
  if (end >= durationMs * WORTH_IT) return scenario;
  const candidate = { ...scenario, durationMs: end };
  return (await ask(candidate)) ? candidate : scenario;
}
