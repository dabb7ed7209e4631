/** What a mutant is: a PBFT replica, or its client, with one decision taken wrongly. */
import { Pbft, PbftClient } from '../../../protocols/pbft/index.ts';
import type { PbftClass, PbftClientClass } from '../../subjects/pbft/pbft.ts';
import type { KnownBug } from '../known-bug.ts';

export interface PbftMutant extends KnownBug {
  readonly pbft: PbftClass;
  readonly client: PbftClientClass;
}

export function pbftMutant(id: string, about: string, expected: string, pbft: PbftClass): PbftMutant {
  return { id, about, expected, pbft, client: PbftClient };
}

export function harmlessPbftMutant(id: string, about: string, harmless: string, pbft: PbftClass): PbftMutant {
  return { id, about, expected: 'nothing', harmless, pbft, client: PbftClient };
}

export function pbftClientMutant(id: string, about: string, expected: string, client: PbftClientClass): PbftMutant {
  return { id, about, expected, pbft: Pbft, client };
}
