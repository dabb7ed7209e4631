import { expect, test } from 'vitest';
import { hunt, huntBudget } from '../hunt.ts';
import { chainMutants } from './chain-mutants.ts';
import { deep } from './deep.ts';
import { nakamotoQuarry } from './quarry.ts';

/** The rest of the budget is spent in hunt.campaign.ts, and so is the search for what takes long to find. */
const SOME_SEEDS = 8;
const quick = chainMutants.filter(({ id, harmless }) => harmless === undefined && !deep.has(id));

test.each(quick.map(({ id, node }) => [id, node] as const))('%s is found', (_id, node) => {
  const { caught } = hunt(nakamotoQuarry({ node }));
  expect(caught?.by === 'seeds' ? caught.failure.result.violation?.invariant : caught?.finding.property).toMatch(
    /^(chain-valid|work-grows|mempool-sound|transaction-lost|confirmed-(early|durable|reversed)|common-prefix|chain-spreads|mines-on-tip|liveness)$/,
  );
});

test(`the chain itself survives the first ${SOME_SEEDS} seeds`, () => {
  const { caught } = hunt({ ...nakamotoQuarry(), explored: null }, { ...huntBudget, seeds: SOME_SEEDS });
  expect(caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught).toBeNull();
});
