import { expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { commitMutants } from './commit-mutants.ts';
import { commitQuarry } from './quarry.ts';

const seen = (caught: ReturnType<typeof hunt>['caught']): unknown =>
  caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught;

test('two-phase commit itself survives the budget under which every mutant is found', { timeout: 900_000 }, () => {
  expect(seen(hunt(commitQuarry(), huntBudget).caught)).toBeNull();
});

const harmless = commitMutants.filter((mutant) => mutant.harmless !== undefined).map(({ id, node }) => [id, node] as const);

test.each(harmless)('%s, called harmless, is not found', { timeout: 900_000 }, (_id, node) => {
  expect(seen(hunt(commitQuarry({ node }), { ...huntBudget, seeds: 300 }).caught)).toBeNull();
});
