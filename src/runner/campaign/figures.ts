/** Figures of many runs: smallest, median and largest of each count that their reports have. */
import type { CampaignRun } from './campaign-state.ts';

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Runs that have this figure. */
  readonly runs: number;
}

/** In the order in which people ask for them. */
const told = ['acknowledged', 'lost', 'divergent', 'stale', 'failed', 'unknown', 'leaderChanges'] as const;

/** Of an even number of values the mean of the two in the middle. */
export function spread(values: readonly number[]): Spread | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return null;
  const upper = sorted[sorted.length >> 1] as number;
  const lower = sorted[(sorted.length - 1) >> 1] as number;
  return { min, median: (lower + upper) / 2, max, runs: sorted.length };
}

export function figuresOf(runs: readonly CampaignRun[]): readonly (readonly [name: string, spread: Spread])[] {
  return told.flatMap((name) => {
    const found = spread(runs.flatMap(({ figures }) => figures[name] ?? []));
    return found === null ? [] : [[name, found] as const];
  });
}
