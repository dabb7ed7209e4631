/** Paxos Commit, or a mutant of it, to be hunted. */
import { paxosCommitWorld } from '../../explorer/index.ts';
import { type PaxosCommitParts, paxosCommitSubject } from '../../subjects/paxos-commit/paxos-commit.ts';
import type { Quarry } from '../hunt.ts';

const EXPLORED_NODES = 3;

export const paxosCommitQuarry = (parts: PaxosCommitParts = {}): Quarry => ({
  subject: paxosCommitSubject(parts),
  explored: paxosCommitWorld(EXPLORED_NODES, parts.node),
});
