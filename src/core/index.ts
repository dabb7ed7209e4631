export { type BeliefKind, beliefKinds } from './beliefs.ts';
export { decodeValue, encodeValue, Reader, Writer } from './codec.ts';
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
  Effects,
  IndicationInput,
  Input,
  LoadedInput,
  MessageInput,
  Node,
  NodeId,
  Outcome,
  PersistedInput,
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
