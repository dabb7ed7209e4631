/** What a mutant is: Tendermint, or the client on top of it, with one decision taken wrongly. */
import { QuorumClient } from '../../../protocols/replication/index.ts';
import { Tendermint } from '../../../protocols/tendermint/index.ts';
import type { QuorumClientClass, TendermintClass } from '../../subjects/tendermint/tendermint.ts';
import type { KnownBug } from '../known-bug.ts';

export interface TendermintMutant extends KnownBug {
  readonly node: TendermintClass;
  readonly client: QuorumClientClass;
  /** Found, but not within seconds. */
  readonly slow?: true;
}

export const mutant = (id: string, about: string, expected: string, node: TendermintClass): TendermintMutant => ({
  id,
  about,
  expected,
  node,
  client: QuorumClient,
});

/** A mutant that takes many seeds, since a liar must come upon the one lie that shows it. */
export const slowMutant = (...of: Parameters<typeof mutant>): TendermintMutant => ({ ...mutant(...of), slow: true });

export const clientMutant = (id: string, about: string, expected: string, client: QuorumClientClass): TendermintMutant => ({
  id,
  about,
  expected,
  node: Tendermint,
  client,
});

export const harmlessMutant = (id: string, about: string, harmless: string, node: TendermintClass): TendermintMutant => ({
  ...mutant(id, about, 'nothing', node),
  harmless,
});
