import { expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { deep, rare } from './deep.ts';
import { pbftMutants } from './pbft-mutants.ts';
import { pbftQuarry } from './quarry.ts';

/** A sixth of the default budget: PBFT's worlds are five times as large as Raft's. */
const some = { seeds: 320, states: 10_000, walks: 20 };

test.each(pbftMutants.filter(({ id }) => deep.has(id)).map(({ id, pbft, client }) => [id, pbft, client] as const))(
  '%s is found',
  { timeout: 600_000 },
  (id, pbft, client) => {
    const budget = rare.has(id) ? { ...some, seeds: huntBudget.seeds } : some;
    expect(hunt(pbftQuarry({ pbft, client }), budget).caught).not.toBeNull();
  },
);

test.each(pbftMutants.filter(({ harmless }) => harmless !== undefined).map(({ id, pbft, client }) => [id, pbft, client] as const))(
  '%s, called harmless, is not found',
  { timeout: 600_000 },
  (_id, pbft, client) => {
    const { caught } = hunt(pbftQuarry({ pbft, client }), some);
    expect(caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught).toBeNull();
  },
);
