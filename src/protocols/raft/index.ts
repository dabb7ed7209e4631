export {
  type ChangeType,
  type Configuration,
  changeConfiguration,
  emptyConfiguration,
  enterJoint,
  isJoint,
  leaveJoint,
  type MemberChange,
  type MembershipChange,
  membersOf,
  type Refusal,
  simple,
  type Transition,
  votersOf,
} from './confchange.ts';
export { defaultRaftConfig, type RaftConfig } from './config.ts';
export { RaftInvariants } from './invariants.ts';
export { type ConfigurationAt, RaftLog } from './log.ts';
export {
  type Entry,
  entryKinds,
  type MessageType,
  messageNames,
  messageSchema,
  messageTypes,
  type RaftMessage,
  renderMessage,
  type Snapshot,
} from './message.ts';
export { Inflights, Progress, type ProgressState } from './progress.ts';
export { raftProtocol } from './protocol.ts';
export { jointIndex, jointVote, majorityIndex, majorityVote, NO_LIMIT, quorumIndex, type VoteResult } from './quorum.ts';
export { Raft } from './raft.ts';
export type { Asker, RaftEffects, Role } from './raft-base.ts';
export { changeOf, configurationValue, isChange } from './raft-membership.ts';
export { timers } from './raft-timers.ts';
export { type RaftRecord, recordSchema } from './record.ts';
