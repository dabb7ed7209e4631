export {
  type Behaviour,
  behaviourMeanings,
  behaviours,
  checkedBehaviours,
  parseBehaviours,
  renamedReceivers,
} from './adversaries/behaviour.ts';
export type { Beliefs } from './beliefs.ts';
export { type CampaignOptions, type CampaignResult, campaign, type Failure, goalsOf } from './campaign.ts';
export {
  brachaWorld,
  cardElectionWorld,
  commitWorld,
  defaultCoverage,
  type Exploration,
  type ExploredPart,
  type ExploreProtocolOptions,
  explore,
  exploreProtocol,
  type Finding,
  generalsWorld,
  highestCardWorld,
  type Model,
  nakamotoWorld,
  OrderObserver,
  type Property,
  type ProtocolExploration,
  raftWorld,
  signedGeneralsWorld,
  type Truncation,
  TwoPhaseSpecification,
  type WorldEvent,
  WorldModel,
  type WorldOptions,
  walk,
} from './explorer/index.ts';
export type { Observer, OperationHalf, Payload, WatchedWorld } from './observer.ts';
export type { LivenessPlan, Plan, PlannedOperation, WorkloadPlan } from './plan.ts';
export { Recorder } from './recorder.ts';
export { parseReplay, REPLAY_VERSION, type ReplayFile, replayOf } from './replay-file.ts';
export { failsAlike, type ShrinkOptions, type Shrunk, shrink } from './shrink.ts';
export { type RunOptions, type RunResult, simulate, type Violation } from './simulate.ts';
export { type Goal, Invariants, type Settings, type Subject } from './subject.ts';
export { type BrachaClass, brachaSubject } from './subjects/broadcast/bracha.ts';
export { type CardElectionClass, cardElectionSubject, type HighestCardClass, highestCardSubject } from './subjects/broadcast/cards.ts';
export { defaultGameSettings } from './subjects/broadcast/game-settings.ts';
export { generalsSubject, type OralClass, type SignedClass, signedGeneralsSubject } from './subjects/broadcast/generals.ts';
export { type CommitParts, commitSubject } from './subjects/commit/commit.ts';
export { defaultCommitSettings } from './subjects/commit/commit-settings.ts';
export { defaultChainSettings } from './subjects/nakamoto/chain-settings.ts';
export { type NakamotoParts, nakamotoSubject } from './subjects/nakamoto/nakamoto.ts';
export { type RaftParts, raftSubject } from './subjects/raft/raft.ts';
export { defaultRaftSettings } from './subjects/raft/raft-settings.ts';
export { drawPlan, type SwarmOptions } from './swarm.ts';
export { type Director, World } from './world.ts';
export {
  brachaMutants,
  cardElectionMutants,
  type GameMutant,
  gameMutantNamed,
  highestCardMutants,
  oralMutants,
  signedMutants,
} from './zoo/broadcast/broadcast-mutants.ts';
export { brachaQuarry, cardElectionQuarry, generalsQuarry, highestCardQuarry, signedGeneralsQuarry } from './zoo/broadcast/quarry.ts';
export { type CommitMutant, commitMutantNamed, commitMutants } from './zoo/commit/commit-mutants.ts';
export { type Catch, type Hunt, type HuntBudget, hunt, huntBudget, type Quarry } from './zoo/hunt.ts';
export type { KnownBug } from './zoo/known-bug.ts';
export { type ChainMutant, chainMutantNamed, chainMutants } from './zoo/nakamoto/chain-mutants.ts';
export { nakamotoQuarry } from './zoo/nakamoto/quarry.ts';
export type { Mutant } from './zoo/raft/mutant.ts';
export { raftQuarry } from './zoo/raft/quarry.ts';
export { mutantNamed, raftMutants } from './zoo/raft/raft-mutants.ts';
