export { type BeliefKind, beliefKinds, beliefSource, moduleBelief } from './beliefs.ts';
export { decodeValue, encodeValue, Reader, Writer } from './codec.ts';
export { type ComposedConfig, compose } from './compose.ts';
export { ComposedNode } from './composed-node.ts';
export type { ComposedRecord, ModuleMessage, ModuleRecord } from './composed-schema.ts';
export { contentHash, hashBytes, type Sha256, useSha256 } from './content-hash.ts';
export {
  type ErrorCode,
  type ErrorData,
  type ErrorKind,
  errorKinds,
  exitCodes,
  InvariantViolation,
  invariant,
  LightconeError,
} from './errors.ts';
export { digest, hash32, RollingHash } from './hash.ts';
export type { Module, Modules } from './module.ts';
export type { Protocol } from './protocol.ts';
export { hashText, mix32, Random } from './random.ts';
export type { Schema, TypeOf } from './schema.ts';
export * as schema from './schema.ts';
export type {
  ApplyIndication,
  Command,
  CompactRequest,
  LeaderIndication,
  OrderingIndication,
  ReadReadyIndication,
  RestoreIndication,
  StateMachine,
} from './state-machine.ts';
export type {
  ClockInput,
  Effects,
  IndicationInput,
  Input,
  LoadedInput,
  MessageInput,
  Node,
  NodeId,
  Outcome,
  PersistedInput,
  Proof,
  Reply,
  ReplyInput,
  Request,
  RequestInput,
  RequestMode,
  SignedInput,
  StartInput,
  TimerInput,
  Token,
  VerifiedInput,
} from './step.ts';
export { equalValues, type Value } from './value.ts';
