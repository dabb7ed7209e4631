/** The kinds of events in the queue, in the order that the world's dispatch relies on, and the reused input objects. */
import type {
  LoadedInput,
  MessageInput,
  PersistedInput,
  ReplyInput,
  RequestInput,
  SignedInput,
  TimerInput,
  VerifiedInput,
} from '../core/index.ts';

export const MESSAGE = 0;
export const REQUEST = 1;
export const REPLY = 2;
export const TIMER = 3;
export const SYNC = 4;
export const LOADED = 5;
export const SIGNED = 6;
export const VERIFIED = 7;
/** From here on: the director's own events. */
export const CONTROL = 8;

export const NEVER = Number.POSITIVE_INFINITY;

export type Own<T> = { -readonly [K in keyof T]: T[K] };

/** One object a kind, filled anew for each step: nodes must not keep them. */
export class Inputs {
  readonly message: Own<MessageInput<unknown>> = { kind: 'message', now: 0, from: 0, message: null };
  readonly request: Own<RequestInput> = { kind: 'request', now: 0, from: 0, request: { id: 0, session: 0, op: null, mode: 'stale' } };
  readonly reply: Own<ReplyInput> = { kind: 'reply', now: 0, from: 0, port: '', reply: { id: 0, session: 0, outcome: 'info' } };
  readonly timer: Own<TimerInput> = { kind: 'timer', now: 0, timer: 0 };
  readonly persisted: Own<PersistedInput> = { kind: 'persisted', now: 0, token: 0 };
  readonly loaded: Own<LoadedInput> = { kind: 'loaded', now: 0, token: 0, value: null };
  readonly signed: Own<SignedInput> = { kind: 'signed', now: 0, token: 0, signature: null };
  readonly verified: Own<VerifiedInput> = { kind: 'verified', now: 0, token: 0, valid: false };
}
