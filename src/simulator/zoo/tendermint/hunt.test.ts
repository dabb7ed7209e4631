import { describe, expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { tendermintQuarry } from './quarry.ts';
import { tendermintMutants } from './tendermint-mutants.ts';

/** Found within some seconds, all together; the others are hunted in hunt.campaign.ts, under the same budget. */
const quick = tendermintMutants
  .filter(({ harmless, slow }) => harmless === undefined && slow !== true)
  .map(({ id, ...parts }) => [id, parts] as const);

/** The subject's own test has looked at more of the same seeds; this is that a hunt says so. */
const SOME_SEEDS = 5;

describe('one portfolio, one budget, no setting of a mutant of its own', () => {
  test.each(quick)('%s is found', (_id, { node, client }) => {
    expect(hunt(tendermintQuarry({ node, client })).caught).not.toBeNull();
  });

  test(`Tendermint itself survives the first ${SOME_SEEDS} seeds`, () => {
    const { caught, seeds } = hunt({ ...tendermintQuarry(), explored: null }, { ...huntBudget, seeds: SOME_SEEDS });
    expect(caught).toBeNull();
    expect(seeds).toBe(SOME_SEEDS);
  }, 180_000);
});
