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
  commitWorld,
  defaultCoverage,
  type Exploration,
  type ExploredPart,
  type ExploreProtocolOptions,
  explore,
  exploreProtocol,
  type Finding,
  type Model,
  OrderObserver,
  type Property,
  type ProtocolExploration,
  raftWorld,
  TendermintRounds,
  type Truncation,
  TwoPhaseSpecification,
  tendermintWorld,
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
export { type CommitParts, commitSubject } from './subjects/commit/commit.ts';
export { defaultCommitSettings } from './subjects/commit/commit-settings.ts';
export { type RaftParts, raftSubject } from './subjects/raft/raft.ts';
export { defaultRaftSettings } from './subjects/raft/raft-settings.ts';
export { type TendermintParts, tendermintSubject } from './subjects/tendermint/tendermint.ts';
export { defaultTendermintSettings } from './subjects/tendermint/tendermint-settings.ts';
export { drawPlan, type SwarmOptions } from './swarm.ts';
export { type Director, World } from './world.ts';
export { type CommitMutant, commitMutantNamed, commitMutants } from './zoo/commit/commit-mutants.ts';
export { type Catch, type Hunt, type HuntBudget, hunt, huntBudget, type Quarry } from './zoo/hunt.ts';
export type { KnownBug } from './zoo/known-bug.ts';
export type { Mutant } from './zoo/raft/mutant.ts';
export { raftQuarry } from './zoo/raft/quarry.ts';
export { mutantNamed, raftMutants } from './zoo/raft/raft-mutants.ts';
export type { TendermintMutant } from './zoo/tendermint/mutant.ts';
export { tendermintQuarry } from './zoo/tendermint/quarry.ts';
export { tendermintMutantNamed, tendermintMutants } from './zoo/tendermint/tendermint-mutants.ts';
