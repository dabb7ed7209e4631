/** Three-phase commit, or a mutant of it, to be hunted: in the swarm only, for in the explorer's worlds time-outs lie. */
import { type ThreePhaseParts, threePhaseSubject } from '../../subjects/three-phase/three-phase.ts';
import type { Quarry } from '../hunt.ts';

export const threePhaseQuarry = (parts: ThreePhaseParts = {}): Quarry => ({ subject: threePhaseSubject(parts), explored: null });
