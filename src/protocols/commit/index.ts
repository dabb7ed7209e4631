export { CommitClient, type CommitClientConfig, commitClientTimers, sitesOf } from './client.ts';
export { CommitNode, commitTimers } from './commit-node.ts';
export { type CommitConfig, defaultCommitConfig, type GroupCommitConfig } from './config.ts';
export { GroupCommit, groupCommitProtocol, groupCommitProtocolOf, groupOf, LOG } from './group-commit.ts';
export { type Doubt, DoubtWatch, tellDoubt } from './in-doubt.ts';
export { type BrokenPromise, DecisionWatch, judgeLedgers } from './invariants.ts';
export { type Coordinated, Ledger, type Participated } from './ledger.ts';
export { commitProtocol, commitProtocolOf, LocalCommit } from './local-commit.ts';
export { AcceptorBook, type Instances } from './paxos-commit/acceptor-book.ts';
export { defaultPaxosCommitConfig, type PaxosCommitConfig } from './paxos-commit/config.ts';
export {
  type Accepted,
  type AcceptorRecord,
  type InstanceVote,
  type PaxosCommitMessage,
  type PaxosCommitRecord,
  paxosCommitMessages,
  paxosCommitRecords,
} from './paxos-commit/message.ts';
export { PaxosCommit, paxosCommitProtocol, paxosCommitTimers } from './paxos-commit/paxos-commit.ts';
export type { CommitIndication, DropCode } from './site.ts';
export {
  defaultThreePhaseConfig,
  type SiteState,
  type ThreePhaseConfig,
  type ThreePhaseMessage,
  type ThreePhaseRecord,
  threePhaseMessages,
  threePhaseRecords,
} from './three-phase/message.ts';
export { ThreePhaseCommit, threePhaseProtocol, threePhaseTimers } from './three-phase/three-phase-commit.ts';
export type { Report } from './three-phase/three-phase-decisions.ts';
export {
  type CommitMessage,
  type CommitRecord,
  keyOf,
  messageSchema,
  type Part,
  recordSchema,
  type Site,
  type TransactionId,
  type TransactionOp,
  type Vote,
  type Write,
} from './transaction.ts';
