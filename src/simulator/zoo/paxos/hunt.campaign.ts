import { expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { patientHunts, paxosMutants } from './paxos-mutants.ts';
import { paxosQuarry } from './quarry.ts';

test('Multi-Paxos itself survives the budget under which every mutant is found', () => {
  const { caught, seeds } = hunt(paxosQuarry());
  expect(caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught).toBeNull();
  expect(seeds).toBe(huntBudget.seeds);
});

const patient = paxosMutants.filter(({ id }) => patientHunts.includes(id)).map(({ id, ...parts }) => [id, parts] as const);

test.each(patient)('%s is found', (_id, { paxos, replica }) => {
  expect(hunt(paxosQuarry({ paxos, replica })).caught).not.toBeNull();
});

const harmless = paxosMutants.filter((mutant) => mutant.harmless !== undefined).map(({ id, ...parts }) => [id, parts] as const);

/** The rest of the budget is spent by hand: `lightcone simulate paxos --mutant ID`. */
const HARMLESS_SEEDS = 500;

test.each(harmless)('%s, called harmless, is not found', (_id, { paxos, replica }) => {
  const { caught } = hunt(paxosQuarry({ paxos, replica }), { ...huntBudget, seeds: HARMLESS_SEEDS });
  expect(caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught).toBeNull();
});
