export { CommitClient, type CommitClientConfig, commitClientTimers, sitesOf } from './client.ts';
export { CommitNode, commitTimers } from './commit-node.ts';
export { type CommitConfig, defaultCommitConfig, type GroupCommitConfig } from './config.ts';
export { GroupCommit, groupCommitProtocol, groupCommitProtocolOf, groupOf, LOG } from './group-commit.ts';
export { type BrokenPromise, DecisionWatch, judgeLedgers } from './invariants.ts';
export { type Coordinated, Ledger, type Participated } from './ledger.ts';
export { commitProtocol, commitProtocolOf, LocalCommit } from './local-commit.ts';
export type { CommitIndication } from './site.ts';
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
  type Write,
} from './transaction.ts';
