/**
 * What clients ask of a system, and in what order: seeded, without clock or I/O, so that equal seeds and equal answers
 * give equal questions. Generators write unique values, which lets the fast checkers decide (Jepsen's practice).
 */
import type { Outcome, Value } from '../core/index.ts';

/** One question, in the words of the trace: `f`, key and argument as in an `op` record's invocation. */
export interface Operation {
  readonly f: string;
  readonly key?: Value;
  /** The argument: cas `[expected, new]`; txn `[[f, key, value], ...]`; absent for a read. */
  readonly value?: Value;
}

/** What came back. `value` as in an `op` record's completion. */
export interface Completion {
  readonly outcome: Outcome;
  readonly value?: Value;
  readonly revision?: number;
  /** `LC_...`, or the system's own word in capitals (`NOT_PRIMARY`); never a whole message. */
  readonly code?: string;
}

export interface WorkloadOptions {
  readonly seed: number;
  readonly clients: number;
  readonly keys: number;
  /** Share of reads where the kind has both reads and updates, 0 to 1. */
  readonly readShare: number;
}

/**
 * A generator of one run. The host asks `next` when client `client` is free, and tells it each completion before it
 * asks again. After the faults are healed and the system is quiet it asks `last` until every client got null.
 */
export interface Generator {
  /** Operations that set the stage, one after another, by client 0, before anything else; each must end ok. */
  readonly setup: readonly Operation[];
  /** Null: this client has nothing to ask now; ask again after the next completion. */
  next(client: number): Operation | null;
  completed(client: number, operation: Operation, completion: Completion): void;
  /** The final questions (read everything, drain the queue); null when this client has no more. */
  last(client: number): Operation | null;
}

export interface WorkloadKind {
  /** register, cas-register, kv, bank, list-append ... */
  readonly name: string;
  readonly about: string;
  /** The `model` of the trace's header. */
  readonly model: string;
  /** What every key holds at the start: the trace header's `initial`. */
  readonly initial: Value;
  /** Checks that fit, by name, strongest first. */
  readonly checks: readonly string[];
  /** Functions that a client must be able to carry out. */
  readonly functions: readonly string[];
  generator(options: WorkloadOptions): Generator;
}
