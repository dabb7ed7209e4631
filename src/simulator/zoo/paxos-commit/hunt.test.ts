import { describe, expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { paxosCommitMutants } from './paxos-commit-mutants.ts';
import { paxosCommitQuarry } from './quarry.ts';

const harmful = paxosCommitMutants.filter(({ harmless }) => harmless === undefined).map(({ id, node }) => [id, node] as const);

/** The rest of the budget is spent in hunt.campaign.ts. */
const SOME = { ...huntBudget, seeds: 40, states: 20_000, walks: 50 };

describe('one portfolio, one budget, no setting of a mutant of its own', () => {
  test.each(harmful)('%s is found', (_id, node) => {
    expect(hunt(paxosCommitQuarry({ node })).caught).not.toBeNull();
  });

  test(`Paxos Commit itself survives the first ${SOME.seeds} seeds, and some exploration`, () => {
    const { caught, seeds } = hunt(paxosCommitQuarry(), SOME);
    expect(caught).toBeNull();
    expect(seeds).toBe(SOME.seeds);
  });
});
