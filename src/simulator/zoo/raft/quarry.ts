/** Raft, or a mutant of it, to be hunted. */
import { raftWorld } from '../../explorer/index.ts';
import { type RaftParts, raftSubject } from '../../subjects/raft/raft.ts';
import type { Quarry } from '../hunt.ts';

const EXPLORED_NODES = 3;

export const raftQuarry = (parts: RaftParts = {}): Quarry => ({
  subject: raftSubject(parts),
  explored: raftWorld(EXPLORED_NODES, parts.raft),
});
