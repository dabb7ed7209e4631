import { describe, expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { raftQuarry } from './quarry.ts';
import { raftMutants } from './raft-mutants.ts';

const harmful = raftMutants.filter(({ harmless }) => harmless === undefined).map(({ id, ...parts }) => [id, parts] as const);

/** The rest of the budget is spent in hunt.campaign.ts. */
const SOME_SEEDS = 200;

describe('one portfolio, one budget, no setting of a mutant of its own', () => {
  test.each(harmful)('%s is found', (_id, { raft, replica }) => {
    expect(hunt(raftQuarry({ raft, replica })).caught).not.toBeNull();
  });

  test(`Raft itself survives the first ${SOME_SEEDS} seeds, and the exploration`, () => {
    const { caught, seeds } = hunt(raftQuarry(), { ...huntBudget, seeds: SOME_SEEDS });
    expect(caught).toBeNull();
    expect(seeds).toBe(SOME_SEEDS);
  }, 180_000);
});
