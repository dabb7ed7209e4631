import { expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { raftQuarry } from './quarry.ts';
import { raftMutants } from './raft-mutants.ts';

test('Raft itself survives twice the budget under which every mutant is found', () => {
  const { caught, seeds } = hunt(raftQuarry(), { ...huntBudget, seeds: 2 * huntBudget.seeds });
  expect(caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught).toBeNull();
  expect(seeds).toBe(2 * huntBudget.seeds);
});

const harmless = raftMutants.filter((mutant) => mutant.harmless !== undefined).map(({ id, ...parts }) => [id, parts] as const);

test.each(harmless)('%s, called harmless, is not found', (_id, { raft, replica }) => {
  const { caught } = hunt(raftQuarry({ raft, replica }));
  expect(caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught).toBeNull();
});
