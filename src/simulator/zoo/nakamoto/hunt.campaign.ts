import { expect, test } from 'vitest';
import { campaign, goalsOf } from '../../campaign.ts';
import { hunt, huntBudget } from '../hunt.ts';
import { chainMutantNamed, chainMutants } from './chain-mutants.ts';
import { deep } from './deep.ts';
import { nakamotoQuarry } from './quarry.ts';

const SEEDS = 250;

test(`the chain survives ${SEEDS} seeds and reaches all its goals`, { timeout: 600_000 }, () => {
  const { subject } = nakamotoQuarry();
  const { failures, coverage, steps } = campaign({ subject, seeds: SEEDS });
  console.log(`nakamoto: ${steps} steps, ${[...coverage].join(' ')}`);
  expect(failures.map(({ seed, result }) => [seed, result.violation?.message])).toEqual([]);
  expect(goalsOf(subject).filter((goal) => coverage.get(goal.name) === 0)).toEqual([]);
});

test.each([...deep])('%s is found', { timeout: 600_000 }, (id) => {
  expect(hunt(nakamotoQuarry({ node: chainMutantNamed(id)?.node as never })).caught).not.toBeNull();
});

const harmless = chainMutants.filter((mutant) => mutant.harmless !== undefined);

test.each(harmless.map(({ id, node }) => [id, node] as const))(
  '%s, called harmless, is not found in 60 seeds and the exploration',
  { timeout: 600_000 },
  (_id, node) => {
    const { caught } = hunt(nakamotoQuarry({ node }), { ...huntBudget, seeds: 60, states: 20_000, walks: 50 });
    expect(caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught).toBeNull();
  },
);
