/** Things that only grow, and queues: set, set-full, replication, counter, unique-ids, queue. */
import { Questions } from './questions.ts';
import type { Completion, Operation, WorkloadKind, WorkloadOptions } from './workload.ts';

/** Adds unique elements; everything is read at the end, by every client, so through every node. */
class SetQuestions extends Questions {
  readonly #meanwhile: boolean;
  readonly #readers: number;

  constructor(options: WorkloadOptions, kind: string, meanwhile: boolean) {
    super(options, kind);
    this.#meanwhile = meanwhile;
    // A read returns everything: more than one in twenty would be all that the system does.
    this.#readers = Math.min(50_000, Math.round(options.readShare * 100_000));
  }

  next(client: number): Operation {
    if (this.#meanwhile && this.random(client).chance(this.#readers)) return { f: 'read' };
    return { f: 'add', value: this.unique(client) };
  }

  protected override finals(): readonly Operation[] {
    return [{ f: 'read' }];
  }
}

class CounterQuestions extends Questions {
  constructor(options: WorkloadOptions) {
    super(options, 'counter');
  }

  next(client: number): Operation {
    return this.reads(client) ? { f: 'read' } : { f: 'increment' };
  }

  protected override finals(): readonly Operation[] {
    return [{ f: 'read' }];
  }
}

class IdQuestions extends Questions {
  constructor(options: WorkloadOptions) {
    super(options, 'unique-ids');
  }

  next(): Operation {
    return { f: 'generate' };
  }
}

/** At the end each client takes until it found the queue empty. */
class QueueQuestions extends Questions {
  readonly #empty: boolean[];

  constructor(options: WorkloadOptions) {
    super(options, 'queue');
    this.#empty = Array.from({ length: options.clients }, () => false);
  }

  next(client: number): Operation {
    return this.reads(client) ? { f: 'dequeue' } : { f: 'enqueue', value: this.unique(client) };
  }

  override completed(client: number, { f }: Operation, { outcome, value }: Completion): void {
    this.#empty[client] = f === 'dequeue' && outcome === 'ok' && (value ?? null) === null;
  }

  override last(client: number): Operation | null {
    return this.#empty[client] === true ? null : { f: 'dequeue' };
  }
}

const set = { model: 'set-full', initial: null, functions: ['add', 'read'] } as const;

export const setOnce: WorkloadKind = {
  ...set,
  name: 'set',
  about: 'unique elements are added, and all of them read at the end',
  checks: ['set-full'],
  generator: (options) => new SetQuestions(options, 'set', false),
};

export const setFull: WorkloadKind = {
  ...set,
  name: 'set-full',
  about: 'unique elements are added, and all of them read now and then: which are lost, which come late',
  checks: ['set-full'],
  generator: (options) => new SetQuestions(options, 'set-full', true),
};

export const replication: WorkloadKind = {
  ...set,
  name: 'replication',
  about: 'does what was acknowledged survive? Unique adds, then everything is read through every node',
  checks: ['set-full'],
  generator: (options) => new SetQuestions(options, 'replication', false),
};

export const counter: WorkloadKind = {
  name: 'counter',
  about: 'increments by one, and reads',
  model: 'counter',
  initial: 0,
  checks: ['linearizability'],
  functions: ['increment', 'read'],
  generator: (options) => new CounterQuestions(options),
};

export const uniqueIds: WorkloadKind = {
  name: 'unique-ids',
  about: 'nobody may get the same identifier twice',
  model: 'ids',
  initial: null,
  checks: ['unique-ids'],
  functions: ['generate'],
  generator: (options) => new IdQuestions(options),
};

export const queue: WorkloadKind = {
  name: 'queue',
  about: 'unique items go in and come out, in order and once; the queue is emptied at the end',
  model: 'queue',
  initial: null,
  checks: ['linearizability', 'total-queue'],
  functions: ['enqueue', 'dequeue'],
  generator: (options) => new QueueQuestions(options),
};
