import { expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { paxosCommitMutants } from './paxos-commit-mutants.ts';
import { paxosCommitQuarry } from './quarry.ts';

const seen = (caught: ReturnType<typeof hunt>['caught']): unknown =>
  caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught;

test('Paxos Commit itself survives the budget under which every mutant is found', { timeout: 900_000 }, () => {
  expect(seen(hunt(paxosCommitQuarry(), huntBudget).caught)).toBeNull();
});

const harmless = paxosCommitMutants.filter((mutant) => mutant.harmless !== undefined).map(({ id, node }) => [id, node] as const);

test.each(harmless)('%s, called harmless, is not found', { timeout: 900_000 }, (_id, node) => {
  expect(seen(hunt(paxosCommitQuarry({ node }), { ...huntBudget, seeds: 300 }).caught)).toBeNull();
});
