export type { Asking } from './asker.ts';
export {
  type Certificate,
  type CheckSignature,
  certificateOf,
  compareStatements,
  convicts,
  type Equivocation,
  faultOf,
  votesOf,
} from './certificate.ts';
export { VoteClient, type VoteClientConfig, voteClientTimers } from './client.ts';
export { checkElectorate, defaultVoteConfig, type Electorate, expectedOf, quorumOf, type VoteConfig } from './config.ts';
export { messageSchema, recordSchema, type VoteMessage, type VoteRecord } from './message.ts';
export {
  type Answer,
  contentOf,
  LONGEST_TEXT,
  type Occasion,
  type Question,
  questionKey,
  questionOf,
  type SignedAnswer,
  type Statement,
  type Strategy,
  strategies,
  type Verdict,
} from './statement.ts';
export { verdictOf } from './strategy.ts';
export type { VoteIndication } from './vote-base.ts';
export { VoteNode, voteProtocol, voteTimers } from './vote-node.ts';
export type { Ballot, Shown } from './voter.ts';
