/**
 * The zoo: Tendermint with one decision taken wrongly, once for each decision that matters. All are hunted with the same
 * portfolio and budget (hunt.ts), without a setting of their own. The unseen ones that others will try are not here.
 */
import { beliefMutants, chainMutants, diskMutants } from './chain-mutants.ts';
import type { TendermintMutant } from './mutant.ts';
import { lockMutants, quorumMutants } from './round-mutants.ts';

export const tendermintMutants: readonly TendermintMutant[] = [
  ...quorumMutants,
  ...lockMutants,
  ...diskMutants,
  ...beliefMutants,
  ...chainMutants,
];

export const tendermintMutantNamed = (id: string): TendermintMutant | null => tendermintMutants.find((each) => each.id === id) ?? null;
