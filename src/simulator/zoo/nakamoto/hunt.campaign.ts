import { expect, test } from 'vitest';
import { campaign } from '../../campaign.ts';
import { nakamotoQuarry } from './quarry.ts';

const SEEDS = 60;

test(`the chain survives ${SEEDS} seeds`, { timeout: 600_000 }, () => {
  const { subject } = nakamotoQuarry();
  const { failures, coverage, steps } = campaign({ subject, seeds: SEEDS });
  console.log(`nakamoto: ${steps} steps, ${[...coverage].join(' ')}`);
  expect(failures.map(({ seed, result }) => [seed, result.violation?.message])).toEqual([]);
});

// Open: the hunts of any-body, any-transaction, no-limits, any-time, any-height, from-the-future, returns-conflicting and any-difficulty
// ran out of memory together, and which does has not been found out; nor have the harmless ones been hunted.
