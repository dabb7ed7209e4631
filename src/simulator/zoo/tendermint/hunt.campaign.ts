import { expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { tendermintQuarry } from './quarry.ts';
import { tendermintMutants } from './tendermint-mutants.ts';

const slow = tendermintMutants.filter((each) => each.slow === true).map(({ id, ...parts }) => [id, parts] as const);

test.each(slow)('%s is found', { timeout: 900_000 }, (_id, { node, client }) => {
  expect(hunt(tendermintQuarry({ node, client })).caught).not.toBeNull();
});

/** A share of the budget: a whole hunt of something that is not there takes minutes. */
const share = { ...huntBudget, seeds: 150, states: 20_000, walks: 20 };
const harmless = tendermintMutants.filter((each) => each.harmless !== undefined).map(({ id, ...parts }) => [id, parts] as const);

test.each([['Tendermint itself', {}] as const, ...harmless])('%s is not found', { timeout: 900_000 }, (_id, parts) => {
  const { caught } = hunt(tendermintQuarry(parts), share);
  expect(caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught).toBeNull();
});
