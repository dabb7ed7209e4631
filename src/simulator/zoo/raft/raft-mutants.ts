/**
 * The zoo: Raft with one decision taken wrongly, once for each decision that matters. All are hunted with the same
 * portfolio and budget (hunt.ts), without a setting of their own; each also breaks a claim of the paper in the
 * laboratory of protocols/raft (docs/reference/raft-paper.md). The unseen ones that others will try are not here.
 */
import { electionMutants } from './election-mutants.ts';
import { flowMutants } from './flow-mutants.ts';
import { membershipMutants, transferMutants } from './group-mutants.ts';
import { leaseMutants } from './lease-mutants.ts';
import type { Mutant } from './mutant.ts';
import { readMutants, sessionMutants } from './read-mutants.ts';
import { replicationMutants } from './replication-mutants.ts';
import { storageMutants } from './storage-mutants.ts';

export const raftMutants: readonly Mutant[] = [
  ...electionMutants,
  ...replicationMutants,
  ...storageMutants,
  ...flowMutants,
  ...membershipMutants,
  ...transferMutants,
  ...readMutants,
  ...sessionMutants,
  ...leaseMutants,
];

export const mutantNamed = (id: string): Mutant | null => raftMutants.find((mutant) => mutant.id === id) ?? null;
