/** Tendermint, or a mutant of it, to be hunted. */
import { tendermintWorld } from '../../explorer/index.ts';
import { type TendermintParts, tendermintSubject } from '../../subjects/tendermint/tendermint.ts';
import type { Quarry } from '../hunt.ts';

const EXPLORED_NODES = 4;

export const tendermintQuarry = (parts: TendermintParts = {}): Quarry => ({
  subject: tendermintSubject(parts),
  explored: tendermintWorld(EXPLORED_NODES, parts.node),
});
