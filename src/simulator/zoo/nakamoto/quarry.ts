/** The proof-of-work chain, or a mutant of it, to be hunted. */
import { nakamotoWorld } from '../../explorer/index.ts';
import { type NakamotoParts, nakamotoSubject } from '../../subjects/nakamoto/nakamoto.ts';
import type { Quarry } from '../hunt.ts';

const EXPLORED_NODES = 2;

export const nakamotoQuarry = (parts: NakamotoParts = {}): Quarry => ({
  subject: nakamotoSubject(parts),
  explored: nakamotoWorld(EXPLORED_NODES, parts.node),
});
