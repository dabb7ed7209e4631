import { describe, expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { deep } from './deep.ts';
import { pbftMutants } from './pbft-mutants.ts';
import { pbftQuarry } from './quarry.ts';

/** Found within the first seeds; the others take the budget of hunt.campaign.ts. */
const FEW_SEEDS = 12;
const quick = pbftMutants.filter(({ id, harmless }) => harmless === undefined && !deep.has(id));

describe('one portfolio, one budget, no setting of a mutant of its own', () => {
  test.each(quick.map(({ id, pbft, client }) => [id, pbft, client] as const))('%s is found', (_id, pbft, client) => {
    const { caught } = hunt(pbftQuarry({ pbft, client }), { ...huntBudget, seeds: FEW_SEEDS, states: 1000, walks: 1 });
    expect(caught).not.toBeNull();
  });
});
