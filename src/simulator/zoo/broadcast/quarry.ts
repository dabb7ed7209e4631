/** The classics of agreement among liars, or mutants of them, to be hunted. */
import { brachaWorld, cardElectionWorld, generalsWorld, highestCardWorld, signedGeneralsWorld } from '../../explorer/index.ts';
import { type BrachaClass, brachaSubject } from '../../subjects/broadcast/bracha.ts';
import { type CardElectionClass, cardElectionSubject, type HighestCardClass, highestCardSubject } from '../../subjects/broadcast/cards.ts';
import { generalsSubject, type OralClass, type SignedClass, signedGeneralsSubject } from '../../subjects/broadcast/generals.ts';
import type { Quarry } from '../hunt.ts';

const NODES = 4;

interface Parts<C> {
  readonly node?: C;
}

export const generalsQuarry = (parts: Parts<OralClass> = {}): Quarry => ({
  subject: generalsSubject(parts),
  explored: generalsWorld(NODES, parts.node),
});
export const signedGeneralsQuarry = (parts: Parts<SignedClass> = {}): Quarry => ({
  subject: signedGeneralsSubject(parts),
  explored: signedGeneralsWorld(NODES, parts.node),
});
export const highestCardQuarry = (parts: Parts<HighestCardClass> = {}): Quarry => ({
  subject: highestCardSubject(parts),
  explored: highestCardWorld(NODES, parts.node),
});
export const cardElectionQuarry = (parts: Parts<CardElectionClass> = {}): Quarry => ({
  subject: cardElectionSubject(parts),
  explored: cardElectionWorld(NODES, parts.node),
});
export const brachaQuarry = (parts: Parts<BrachaClass> = {}): Quarry => ({
  subject: brachaSubject(parts),
  explored: brachaWorld(NODES, parts.node),
});
