export { type Ballot, makeBallot, nodeOf, roundOf, showBallot } from './ballot.ts';
export { defaultPaxosConfig, type PaxosConfig } from './config.ts';
export { type Configuration, firstConfiguration, quorumProblem, quorumsFor, quorumValue, type Reconfiguration } from './configuration.ts';
export { PaxosInvariants } from './invariants.ts';
export { Disk, Seen } from './invariants-memory.ts';
export {
  type Entry,
  entryKinds,
  type MessageType,
  messageNames,
  messageSchema,
  messageTypes,
  type PaxosMessage,
  renderMessage,
  type Snapshot,
} from './message.ts';
export { Paxos } from './paxos.ts';
export type { Asker, PaxosEffects, Role } from './paxos-base.ts';
export { timers } from './paxos-timers.ts';
export { Progress } from './progress.ts';
export { paxosProtocol } from './protocol.ts';
export { type PaxosRecord, recordSchema } from './record.ts';
export { Slots } from './slots.ts';
export { Synod, type SynodConfig, synodTimers } from './synod.ts';
export { type SynodMessage, type SynodRecord, synodMessageSchema, synodRecordSchema, synodTypes } from './synod-message.ts';
