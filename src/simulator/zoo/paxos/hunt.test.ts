import { describe, expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { patientHunts, paxosMutants } from './paxos-mutants.ts';
import { paxosQuarry } from './quarry.ts';

const harmful = paxosMutants
  .filter(({ id, harmless }) => harmless === undefined && !patientHunts.includes(id))
  .map(({ id, ...parts }) => [id, parts] as const);

/** The rest of the budget is spent in hunt.campaign.ts. */
const SOME_SEEDS = 100;

describe('one portfolio, one budget, no setting of a mutant of its own', () => {
  test.each(harmful)('%s is found', (_id, { paxos, replica }) => {
    expect(hunt(paxosQuarry({ paxos, replica })).caught).not.toBeNull();
  });

  test(`Multi-Paxos itself survives the first ${SOME_SEEDS} seeds, and the exploration`, () => {
    const { caught, seeds } = hunt(paxosQuarry(), { ...huntBudget, seeds: SOME_SEEDS });
    expect(caught).toBeNull();
    expect(seeds).toBe(SOME_SEEDS);
  }, 180_000);
});
