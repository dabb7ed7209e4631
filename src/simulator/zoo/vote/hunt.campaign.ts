import { expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { voteQuarry } from './quarry.ts';
import { voteMutants } from './vote-mutants.ts';

/** The rest of the default budget, and more, is spent by hand: `lightcone simulate vote --seeds 4000`. */
const SEEDS = 600;

test('the vote itself survives the portfolio under which every mutant is found', { timeout: 900_000 }, () => {
  const { caught, seeds } = hunt(voteQuarry(), { ...huntBudget, seeds: SEEDS });
  expect(caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught).toBeNull();
  expect(seeds).toBe(SEEDS);
});

const harmless = voteMutants.filter((mutant) => mutant.harmless !== undefined).map(({ id, node }) => [id, node] as const);

test.each(harmless)('%s, called harmless, is not found', { timeout: 900_000 }, (_id, node) => {
  const { caught } = hunt(voteQuarry({ node }), { ...huntBudget, seeds: SEEDS / 3 });
  expect(caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught).toBeNull();
});
