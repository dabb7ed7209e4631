import { describe, expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { threePhaseQuarry } from './quarry.ts';
import { threePhaseMutants } from './three-phase-mutants.ts';

/** Found at seed 213: hunted in hunt.campaign.ts. */
const LATE = 'precommitted-means-nothing';

const harmful = threePhaseMutants
  .filter(({ id, harmless }) => harmless === undefined && id !== LATE)
  .map(({ id, node }) => [id, node] as const);

/** The rest of the budget is spent in hunt.campaign.ts. */
const SOME = { ...huntBudget, seeds: 40, states: 20_000, walks: 50 };

describe('one portfolio, one budget, no setting of a mutant of its own', () => {
  test.each(harmful)('%s is found', (_id, node) => {
    expect(hunt(threePhaseQuarry({ node })).caught).not.toBeNull();
  });

  test(`three-phase commit itself survives the first ${SOME.seeds} seeds, and some exploration`, () => {
    const { caught, seeds } = hunt(threePhaseQuarry(), SOME);
    expect(caught).toBeNull();
    expect(seeds).toBe(SOME.seeds);
  });
});
