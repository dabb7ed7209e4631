/** Two-phase commit, or a mutant of it, to be hunted. */
import { commitWorld } from '../../explorer/index.ts';
import { type CommitParts, commitSubject } from '../../subjects/commit/commit.ts';
import type { Quarry } from '../hunt.ts';

const EXPLORED_SITES = 3;

export const commitQuarry = (parts: CommitParts = {}): Quarry => ({
  subject: commitSubject(parts),
  explored: commitWorld(EXPLORED_SITES, parts.node),
});
