/** The kinds of events in the queue, in the order that the world's dispatch relies on, and the reused input objects. */
import type {
  ClockInput,
  LoadedInput,
  MessageInput,
  PersistedInput,
  ReplyInput,
  RequestInput,
  SignedInput,
  StartInput,
  TimerInput,
  Value,
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

/**
 * All inputs have one shape, whatever their kind, with the fields of every kind: a node then reads `kind` and `now` of
 * one hidden class, not of nine. That is a tenth of a run's time.
 */
class EveryInput {
  kind: string;
  now = 0;
  from = 0;
  timer = 0;
  token = 0;
  message: unknown = null;
  request: unknown = null;
  reply: unknown = null;
  port = '';
  records: readonly unknown[] = [];
  value: unknown = null;
  signature: Value = null;
  valid = false;

  constructor(kind: string) {
    this.kind = kind;
  }
}

const input = <T>(kind: string): Own<T> => new EveryInput(kind) as unknown as Own<T>;

/** One object a kind, filled anew for each step: nodes must not keep them. */
export class Inputs {
  readonly start = input<StartInput<unknown>>('start');
  readonly message = input<MessageInput<unknown>>('message');
  readonly request = input<RequestInput>('request');
  readonly reply = input<ReplyInput>('reply');
  readonly timer = input<TimerInput>('timer');
  readonly persisted = input<PersistedInput>('persisted');
  readonly clock = input<ClockInput>('clock');
  readonly loaded = input<LoadedInput>('loaded');
  readonly signed = input<SignedInput>('signed');
  readonly verified = input<VerifiedInput>('verified');
}
