/**
 * The zoo: PBFT with one decision taken wrongly, once for each decision that matters. All are hunted with the same
 * portfolio and budget (hunt.ts), without a setting of their own, and with liars among their servers as PBFT has them.
 */
import { agreementMutants } from './agreement-mutants.ts';
import { keyMutants } from './key-mutants.ts';
import type { PbftMutant } from './mutant.ts';
import { checkpointMutants, clientMutants, storageMutants } from './storage-mutants.ts';
import { viewMutants } from './view-mutants.ts';

export const pbftMutants: readonly PbftMutant[] = [
  ...agreementMutants,
  ...viewMutants,
  ...checkpointMutants,
  ...storageMutants,
  ...keyMutants,
  ...clientMutants,
];

export const pbftMutantNamed = (id: string): PbftMutant | null => pbftMutants.find((mutant) => mutant.id === id) ?? null;
