export type { Exploration, ExploreBounds, Finding, PathStep, Truncation } from './exploration.ts';
export { type ExploreOptions, explore } from './explore.ts';
export { ActionList, type Model, type Property, Successors } from './model.ts';
export { leastOfOrbit, type Permute, permutations } from './symmetry.ts';
export {
  ABORTED,
  COMMITTED,
  PREPARED,
  packTwoPhase,
  TwoPhaseSpecification,
  type TwoPhaseState,
  WORKING,
} from './two-phase-specification.ts';
export { type WalkOptions, walk } from './walk.ts';
