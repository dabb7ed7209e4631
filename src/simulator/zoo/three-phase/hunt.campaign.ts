import { expect, test } from 'vitest';
import type { ThreePhaseClass } from '../../subjects/three-phase/three-phase.ts';
import { hunt, huntBudget } from '../hunt.ts';
import { threePhaseQuarry } from './quarry.ts';
import { threePhaseMutantNamed, threePhaseMutants } from './three-phase-mutants.ts';

const seen = (caught: ReturnType<typeof hunt>['caught']): unknown =>
  caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught;

test('three-phase commit itself survives the budget under which every mutant is found', { timeout: 900_000 }, () => {
  expect(seen(hunt(threePhaseQuarry(), huntBudget).caught)).toBeNull();
});

test('precommitted-means-nothing is found, later than the others', { timeout: 900_000 }, () => {
  const node = threePhaseMutantNamed('precommitted-means-nothing')?.node as ThreePhaseClass;
  expect(hunt(threePhaseQuarry({ node })).caught).not.toBeNull();
});

const harmless = threePhaseMutants.filter((mutant) => mutant.harmless !== undefined).map(({ id, node }) => [id, node] as const);

test.each(harmless)('%s, called harmless, is not found', { timeout: 900_000 }, (_id, node) => {
  expect(seen(hunt(threePhaseQuarry({ node }), { ...huntBudget, seeds: 300 }).caught)).toBeNull();
});
