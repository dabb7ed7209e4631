export {
  type Behaviour,
  behaviourMeanings,
  behaviours,
  checkedBehaviours,
  parseBehaviours,
  renamedReceivers,
} from './adversaries/behaviour.ts';
export { drawLiarPlan, LEAST_STEPS, LIAR_STEPS } from './adversaries/liar-plan.ts';
export type { Beliefs } from './beliefs.ts';
export { type CampaignOptions, type CampaignResult, campaign, type Failure, goalsOf } from './campaign.ts';
export type { Director } from './director.ts';
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
  HearsayModel,
  highestCardWorld,
  type Model,
  nakamotoWorld,
  OrderObserver,
  type Property,
  type ProtocolExploration,
  paxosCommitWorld,
  paxosWorld,
  pbftViews,
  pbftWorld,
  raftWorld,
  signedGeneralsWorld,
  synodWorld,
  TendermintRounds,
  type Truncation,
  TwoPhaseSpecification,
  tendermintWorld,
  threePhaseWorld,
  VoteSpecification,
  voteWorld,
  type WorldEvent,
  WorldModel,
  type WorldOptions,
  walk,
} from './explorer/index.ts';
export { AsynchronousRun, type Process } from './impossibility/asynchronous-run.ts';
export { isBivalent, type Kept, keepUndecided } from './impossibility/bivalent-scheduler.ts';
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
export { type PaxosParts, paxosSubject } from './subjects/paxos/paxos.ts';
export { defaultPaxosSettings } from './subjects/paxos/paxos-settings.ts';
export { type PaxosCommitParts, paxosCommitSubject } from './subjects/paxos-commit/paxos-commit.ts';
export { defaultPaxosCommitSettings } from './subjects/paxos-commit/paxos-commit-settings.ts';
export { type PbftClass, type PbftClientClass, type PbftParts, pbftSubject } from './subjects/pbft/pbft.ts';
export { defaultPbftSettings } from './subjects/pbft/pbft-settings.ts';
export { type RaftParts, raftSubject } from './subjects/raft/raft.ts';
export { defaultRaftSettings } from './subjects/raft/raft-settings.ts';
export { type TendermintParts, tendermintSubject } from './subjects/tendermint/tendermint.ts';
export { defaultTendermintSettings } from './subjects/tendermint/tendermint-settings.ts';
export { type ThreePhaseParts, threePhaseSubject } from './subjects/three-phase/three-phase.ts';
export { defaultThreePhaseSettings } from './subjects/three-phase/three-phase-settings.ts';
export { type VoteParts, voteSubject } from './subjects/vote/vote.ts';
export { defaultVoteSettings } from './subjects/vote/vote-settings.ts';
export { drawPlan, type SwarmOptions } from './swarm.ts';
export { SymbolicCrypto } from './symbolic-crypto.ts';
export { World } from './world.ts';
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
export { commitQuarry } from './zoo/commit/quarry.ts';
export { type Catch, type Hunt, type HuntBudget, hunt, huntBudget, type Quarry } from './zoo/hunt.ts';
export type { KnownBug } from './zoo/known-bug.ts';
export { type ChainMutant, chainMutantNamed, chainMutants } from './zoo/nakamoto/chain-mutants.ts';
export { nakamotoQuarry } from './zoo/nakamoto/quarry.ts';
export type { PaxosMutant } from './zoo/paxos/mutant.ts';
export { paxosMutantNamed, paxosMutants } from './zoo/paxos/paxos-mutants.ts';
export { paxosQuarry } from './zoo/paxos/quarry.ts';
export { type PaxosCommitMutant, paxosCommitMutantNamed, paxosCommitMutants } from './zoo/paxos-commit/paxos-commit-mutants.ts';
export { paxosCommitQuarry } from './zoo/paxos-commit/quarry.ts';
export type { PbftMutant } from './zoo/pbft/mutant.ts';
export { pbftMutantNamed, pbftMutants } from './zoo/pbft/pbft-mutants.ts';
export { pbftQuarry } from './zoo/pbft/quarry.ts';
export type { Mutant } from './zoo/raft/mutant.ts';
export { raftQuarry } from './zoo/raft/quarry.ts';
export { mutantNamed, raftMutants } from './zoo/raft/raft-mutants.ts';
export type { TendermintMutant } from './zoo/tendermint/mutant.ts';
export { tendermintQuarry } from './zoo/tendermint/quarry.ts';
export { tendermintMutantNamed, tendermintMutants } from './zoo/tendermint/tendermint-mutants.ts';
export { threePhaseQuarry } from './zoo/three-phase/quarry.ts';
export { type ThreePhaseMutant, threePhaseMutantNamed, threePhaseMutants } from './zoo/three-phase/three-phase-mutants.ts';
export { voteQuarry } from './zoo/vote/quarry.ts';
export { type VoteMutant, voteMutantNamed, voteMutants } from './zoo/vote/vote-mutants.ts';
