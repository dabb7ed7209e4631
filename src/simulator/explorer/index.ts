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
export { brachaWorld, cardElectionWorld, generalsWorld, highestCardWorld, OutcomeObserver } from './game-worlds.ts';
export { type Hearsay, HearsayModel, type Judgement, type Neighbour, type Offer } from './hearsay/hearsay.ts';
export { PbftViews, type ViewsWorld } from './hearsay/pbft-views.ts';
export { TendermintRounds } from './hearsay/tendermint-rounds.ts';
export { LiarNode, type Saying } from './liar.ts';
export type { LocalState, Parcel } from './local-state.ts';
export { ActionList, type Model, type Property, Successors } from './model.ts';
export { BranchObserver, nakamotoWorld } from './nakamoto-world.ts';
export { OrderObserver } from './order-observer.ts';
export { paxosCommitWorld } from './paxos-commit-world.ts';
export { paxosWorld } from './paxos-world.ts';
export { exploredPbftConfig, pbftRequests, pbftViews, pbftWorld, viewsPbftConfig } from './pbft-world.ts';
export { exploredRaftConfig, raftWorld } from './raft-world.ts';
export { signedGeneralsWorld } from './signed-generals-world.ts';
export { leastOfOrbit, type Permute, permutations } from './symmetry.ts';
export { SynodObserver, synodWorld } from './synod-world.ts';
export { BlockObserver, liarRepertoire, tendermintWorld } from './tendermint-world.ts';
export { threePhaseWorld } from './three-phase-world.ts';
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
export { VoteSpecification } from './vote-specification.ts';
export { voteWorld } from './vote-world.ts';
export { type WalkOptions, walk } from './walk.ts';
export { WorldModel } from './world-model.ts';
export { type Broken, noBounds, type Observer, type WorldBounds, type WorldEvent, type WorldOptions } from './world-options.ts';
