import { describe, expect, test } from 'vitest';
import { hunt, huntBudget, type Quarry } from '../hunt.ts';
import {
  brachaMutants,
  cardElectionMutants,
  type GameMutant,
  highestCardMutants,
  oralMutants,
  signedMutants,
} from './broadcast-mutants.ts';
import { brachaQuarry, cardElectionQuarry, generalsQuarry, highestCardQuarry, signedGeneralsQuarry } from './quarry.ts';

/** The rest of the budget is spent in hunt.campaign.ts, and so is the search for what takes long to find. */
const SOME_SEEDS = 8;
const slow = ['believes-highest', 'any-witness', 'any-path', 'half-is-enough', 'anybody-sends'];

function hunted<C>(name: string, mutants: readonly GameMutant<C>[], quarry: (parts: { readonly node?: C }) => Quarry): void {
  describe(name, () => {
    const quick = mutants.filter(({ id, harmless }) => harmless === undefined && !slow.includes(id));
    test.each(quick.map(({ id, node }) => [id, node] as const))('%s is found', (id, node) => {
      const { caught } = hunt(quarry({ node }));
      expect(caught?.by === 'seeds' ? caught.failure.result.violation?.invariant : caught?.finding.property).toMatch(
        /^(agreement|validity|integrity|termination|totality|one-word|says-again|liveness)$/,
      );
      expect(mutants.find((mutant) => mutant.id === id)?.expected).not.toBe('nothing');
    });

    test(`${name} itself survives the first ${SOME_SEEDS} seeds`, () => {
      const { caught } = hunt({ ...quarry({}), explored: null }, { ...huntBudget, seeds: SOME_SEEDS });
      expect(caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught).toBeNull();
    });
  });
}

hunted('generals', oralMutants, generalsQuarry);
hunted('signed-generals', signedMutants, signedGeneralsQuarry);
hunted('highest-card', highestCardMutants, highestCardQuarry);
hunted('card-election', cardElectionMutants, cardElectionQuarry);
hunted('bracha', brachaMutants, brachaQuarry);
