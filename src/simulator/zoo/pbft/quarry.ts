/** PBFT, or a mutant of it, to be hunted. */
import { pbftWorld } from '../../explorer/index.ts';
import { type PbftParts, pbftSubject } from '../../subjects/pbft/pbft.ts';
import type { Quarry } from '../hunt.ts';

const EXPLORED_NODES = 4;

export const pbftQuarry = (parts: PbftParts = {}): Quarry => ({
  subject: pbftSubject(parts),
  explored: pbftWorld(EXPLORED_NODES, parts.pbft),
});
