import { expect, test } from 'vitest';
import { campaign } from '../../campaign.ts';
import type { ThreePhaseClass } from '../../subjects/three-phase/three-phase.ts';
import { hunt, huntBudget } from '../hunt.ts';
import { threePhaseQuarry } from './quarry.ts';
import { threePhaseMutantNamed, threePhaseMutants } from './three-phase-mutants.ts';

const seen = (caught: ReturnType<typeof hunt>['caught']): unknown =>
  caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught;

/** Open: after this seed's heal two of five servers make no progress, and nobody has said why they may not. */
const STALLS = 1872;

test('three-phase commit itself survives the seeds before the one that is open, and the exploration', { timeout: 900_000 }, () => {
  expect(seen(hunt(threePhaseQuarry(), { ...huntBudget, seeds: STALLS - 1 }).caught)).toBeNull();
});

test(`open: seed ${STALLS} of three-phase commit still makes no progress after its heal`, { timeout: 300_000 }, () => {
  expect(
    campaign({ subject: threePhaseQuarry().subject, seeds: 1, firstSeed: STALLS }).failures.map(
      ({ result }) => result.violation?.invariant,
    ),
  ).toEqual(['liveness']);
});

test('precommitted-means-nothing is found, later than the others', { timeout: 900_000 }, () => {
  const node = threePhaseMutantNamed('precommitted-means-nothing')?.node as ThreePhaseClass;
  expect(hunt(threePhaseQuarry({ node })).caught).not.toBeNull();
});

const harmless = threePhaseMutants.filter((mutant) => mutant.harmless !== undefined).map(({ id, node }) => [id, node] as const);

test.each(harmless)('%s, called harmless, is not found', { timeout: 900_000 }, (_id, node) => {
  expect(seen(hunt(threePhaseQuarry({ node }), { ...huntBudget, seeds: 300 }).caught)).toBeNull();
});
