/** Multi-Paxos, or a mutant of it, to be hunted. */
import { paxosWorld } from '../../explorer/index.ts';
import { type PaxosParts, paxosSubject } from '../../subjects/paxos/paxos.ts';
import type { Quarry } from '../hunt.ts';

const EXPLORED_NODES = 3;

export const paxosQuarry = (parts: PaxosParts = {}): Quarry => ({
  subject: paxosSubject(parts),
  explored: paxosWorld(EXPLORED_NODES, parts.paxos),
});
