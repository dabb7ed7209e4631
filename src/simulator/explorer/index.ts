export { commitWorld, DecisionObserver } from './commit-world.ts';
export type { Exploration, ExploreBounds, Finding, PathStep, Truncation } from './exploration.ts';
export { type ExploreOptions, explore } from './explore.ts';
export {
  type Coverage,
  defaultCoverage,
  type ExploredPart,
  type ExploreProtocolOptions,
  exploreProtocol,
  type ProtocolExploration,
} from './explore-protocol.ts';
export { brachaWorld, cardElectionWorld, generalsWorld, highestCardWorld, OutcomeObserver, signedGeneralsWorld } from './game-worlds.ts';
export type { LocalState, Parcel } from './local-state.ts';
export { ActionList, type Model, type Property, Successors } from './model.ts';
export { BranchObserver, nakamotoWorld } from './nakamoto-world.ts';
export { OrderObserver } from './order-observer.ts';
export { exploredRaftConfig, raftWorld } from './raft-world.ts';
export { leastOfOrbit, type Permute, permutations } from './symmetry.ts';
export { type Lies, Traitor } from './traitor.ts';
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
export { WorldModel } from './world-model.ts';
export { type Broken, noBounds, type Observer, type WorldBounds, type WorldEvent, type WorldOptions } from './world-options.ts';
