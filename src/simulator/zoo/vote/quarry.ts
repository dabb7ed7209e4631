/** The vote, or a mutant of it, to be hunted. */
import { voteWorld } from '../../explorer/index.ts';
import { type VoteParts, voteSubject } from '../../subjects/vote/vote.ts';
import type { Quarry } from '../hunt.ts';

const EXPLORED_VOTERS = 4;

export const voteQuarry = (parts: VoteParts = {}): Quarry => ({
  subject: voteSubject(parts),
  explored: voteWorld(EXPLORED_VOTERS, parts.node),
});
