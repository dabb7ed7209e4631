export { type Batch, batchDigest, type Digest, NULL_BATCH, NULL_DIGEST, type PbftRequest, requestContent, requestDigest } from './batch.ts';
export { PbftClient, type PbftClientConfig, pbftClientTimers } from './client.ts';
export { type Authentication, checkConfig, defaultPbftConfig, mostFaulty, type PbftConfig, quorumOf, weakOf } from './config.ts';
export { PbftInvariants } from './invariants.ts';
export {
  type Body,
  type MessageType,
  messageContent,
  messageNames,
  messageSchema,
  messageTypes,
  type PbftMessage,
  renderMessage,
  type Status,
} from './message.ts';
export { Pbft } from './pbft.ts';
export type {
  Drop,
  ExecutedIndication,
  KeyIndication,
  PbftEffects,
  PbftIndication,
  Received,
  TransferredIndication,
} from './pbft-base.ts';
export type { Check } from './pbft-proofs.ts';
export { type Envelope, envelope, unwrapped } from './pbft-requests.ts';
export { timers } from './pbft-timers.ts';
export { type PbftServiceConfig, pbftProtocol } from './protocol.ts';
export { type KeyAnnouncement, type PbftRecord, recordSchema, type SlotRecord, type TakenCheckpoint } from './record.ts';
export { type ReferenceDecision, referenceDecision } from './reference.ts';
export { type LastReply, noRoom, Service } from './service.ts';
export { Slot, type Stage, stages, Votes } from './slot.ts';
export {
  type Certified,
  type Chosen,
  checkpointContent,
  type Decision,
  type NewView,
  newViewContent,
  type Signature,
  type StableProof,
  type ViewChange,
  viewChangeContent,
} from './view-change.ts';
