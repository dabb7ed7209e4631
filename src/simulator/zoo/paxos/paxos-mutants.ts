/**
 * The zoo: Multi-Paxos with one decision taken wrongly, once for each decision that matters. All are hunted with the same
 * portfolio and budget (hunt.ts), without a setting of their own. The unseen ones that others will try are not here.
 */
import { acceptorMutants } from './acceptor-mutants.ts';
import { groupMutants } from './group-mutants.ts';
import type { PaxosMutant } from './mutant.ts';
import { proposerMutants } from './proposer-mutants.ts';

export const paxosMutants: readonly PaxosMutant[] = [...acceptorMutants, ...proposerMutants, ...groupMutants];

export const paxosMutantNamed = (id: string): PaxosMutant | null => paxosMutants.find((mutant) => mutant.id === id) ?? null;

/** Found under the same budget as all, but only after a hundred seeds or more: their hunts are in the campaign. */
export const patientHunts: readonly string[] = [
  'promise-again-only',
  'accepting-promises-nothing',
  'picks-lowest-ballot',
  'picks-last-heard',
  'gaps-not-filled',
  'recovers-behind-stop-sign',
];
