import { describe, expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { commitMutants } from './commit-mutants.ts';
import { commitQuarry } from './quarry.ts';

const harmful = commitMutants.filter(({ harmless }) => harmless === undefined).map(({ id, node }) => [id, node] as const);

/** The rest of the budget is spent in hunt.campaign.ts. */
const SOME = { ...huntBudget, seeds: 40, states: 20_000, walks: 50 };

describe('one portfolio, one budget, no setting of a mutant of its own', () => {
  test.each(harmful)('%s is found', (_id, node) => {
    expect(hunt(commitQuarry({ node })).caught).not.toBeNull();
  });

  test(`two-phase commit itself survives the first ${SOME.seeds} seeds, and some exploration`, () => {
    const { caught, seeds } = hunt(commitQuarry(), SOME);
    expect(caught).toBeNull();
    expect(seeds).toBe(SOME.seeds);
  });
});
