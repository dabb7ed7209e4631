/** Transactions of micro-operations `[f, key, value]`: list-append and rw-register (Elle), long fork, dirty reads, causal, sequential. */
import type { Value } from '../core/index.ts';
import { finalKeys, KeyWindow, keyName, Questions, txn } from './questions.ts';
import type { Completion, Operation, WorkloadKind, WorkloadOptions } from './workload.ts';

type Step = readonly [f: string, key: string, value: Value];

const WRITES_PER_KEY = 64;
const STEPS = 4;

/** Up to four steps over a window of keys. An append names its place in the order; a register is read before it is written, mostly, for the same reason. */
class MixedQuestions extends Questions {
  readonly #update: 'append' | 'w';
  readonly #keys: KeyWindow;

  constructor(options: WorkloadOptions, kind: string, update: 'append' | 'w') {
    super(options, kind);
    this.#update = update;
    this.#keys = new KeyWindow(options.keys, WRITES_PER_KEY);
  }

  next(client: number): Operation {
    const random = this.random(client);
    const steps: Step[] = [];
    for (let left = random.between(1, STEPS); left > 0; left--) {
      const number = this.#keys.pick(random);
      const key = keyName(number);
      if (this.reads(client)) steps.push(['r', key, null]);
      else {
        if (this.#update === 'w' && random.below(4) > 0) steps.push(['r', key, null]);
        steps.push([this.#update, key, this.unique(client)]);
        this.#keys.wrote(number);
      }
    }
    return txn(...steps);
  }

  protected override finals(client: number): readonly Operation[] {
    return finalKeys(this.#keys.used, client, this.options.clients).map((key) => txn(['r', keyName(key), null]));
  }
}

/** Two keys a group, each written once, read together: two readers must not see the two writes in opposite orders. */
class LongForkQuestions extends Questions {
  readonly #unwritten: number[] = [];
  #groups = 0;

  constructor(options: WorkloadOptions) {
    super(options, 'long-fork');
  }

  next(client: number): Operation {
    const random = this.random(client);
    if (this.#groups === 0 || (!this.reads(client) && this.#unwritten.length === 0)) {
      const first = 2 * this.#groups++;
      this.#unwritten.push(first, first + 1);
      return txn(['w', keyName(this.#unwritten.shift() as number), this.unique(client)]);
    }
    if (this.#unwritten.length > 0 && !this.reads(client))
      return txn(['w', keyName(this.#unwritten.shift() as number), this.unique(client)]);
    const group = Math.max(0, this.#groups - 1 - random.below(Math.min(this.#groups, this.options.keys)));
    const keys = random.shuffle([2 * group, 2 * group + 1]);
    return txn(...keys.map((key): Step => ['r', keyName(key), null]));
  }
}

/** All rows get one value or none: a reader sees neither a part nor what was taken back (Galera's dirty reads). */
class DirtyReadQuestions extends Questions {
  constructor(options: WorkloadOptions) {
    super(options, 'dirty-reads');
  }

  next(client: number): Operation {
    const random = this.random(client);
    const keys = random.shuffle(Array.from({ length: this.options.keys }, (_, key) => keyName(key)));
    if (this.reads(client)) return txn(...keys.map((key): Step => ['r', key, null]));
    const value = this.unique(client);
    return txn(...keys.map((key): Step => ['w', key, value]));
  }
}

/** Reads and writes of single keys that depend on each other: who saw a write must see what it was made of. */
class CausalQuestions extends Questions {
  constructor(options: WorkloadOptions) {
    super(options, 'causal');
  }

  next(client: number): Operation {
    const key = keyName(this.random(client).below(this.options.keys));
    return this.reads(client) ? txn(['r', key, null]) : txn(['w', key, this.unique(client)]);
  }
}

const LINKS = 3;

/** A writer fills the keys of a chain one after another; readers go through it from its end: what comes later implies what came before. */
class SequentialQuestions extends Questions {
  readonly #queues: string[][];
  readonly #chains: number[];
  readonly #begun: number[] = [];

  constructor(options: WorkloadOptions) {
    super(options, 'sequential');
    this.#queues = Array.from({ length: options.clients }, () => []);
    this.#chains = this.#queues.map(() => 0);
  }

  next(client: number): Operation {
    const queue = this.#queues[client] as string[];
    const random = this.random(client);
    if (queue.length === 0) {
      if (this.#begun.length > 0 && this.reads(client)) {
        const recent = this.#begun.slice(-this.options.keys);
        const chain = random.pick(recent);
        for (let link = LINKS - 1; link >= 0; link--) queue.push(`r ${keyName(chain * LINKS + link)}`);
      } else {
        const before = this.#chains[client] as number;
        this.#chains[client] = before + 1;
        const chain = client + before * this.options.clients;
        this.#begun.push(chain);
        for (let link = 0; link < LINKS; link++) queue.push(`w ${keyName(chain * LINKS + link)}`);
      }
    }
    const [f = 'r', key = ''] = (queue.shift() as string).split(' ');
    return txn([f, key, f === 'w' ? this.unique(client) : null]);
  }

  override completed(client: number, operation: Operation, { outcome }: Completion): void {
    const [step] = operation.value as readonly Step[];
    // A link that may be missing breaks the chain: what would follow proves nothing.
    if (step?.[0] === 'w' && outcome !== 'ok') (this.#queues[client] as string[]).length = 0;
  }
}

const kind = (
  name: string,
  about: string,
  checks: readonly string[],
  make: (options: WorkloadOptions) => Questions,
  model = 'rw-register',
): WorkloadKind => ({ name, about, model, initial: null, checks, functions: ['txn'], generator: make });

export const listAppend = kind(
  'list-append',
  'transactions that append unique elements to lists and read them: which isolation holds?',
  ['isolation'],
  (options) => new MixedQuestions(options, 'list-append', 'append'),
  'list-append',
);
export const rwRegister = kind(
  'rw-register',
  'transactions that read and write registers with unique values: which isolation holds?',
  ['isolation'],
  (options) => new MixedQuestions(options, 'rw-register', 'w'),
);
export const longFork = kind(
  'long-fork',
  'do two readers see two independent writes in opposite orders?',
  ['long-fork'],
  (options) => new LongForkQuestions(options),
);
export const dirtyReads = kind(
  'dirty-reads',
  'does a reader see half a transaction, or one that was taken back?',
  ['read-committed'],
  (options) => new DirtyReadQuestions(options),
);
export const causal = kind(
  'causal',
  'does who saw a write also see what came before it?',
  ['causal'],
  (options) => new CausalQuestions(options),
);
export const sequential = kind(
  'sequential',
  'chains of writes in the order of their writer, read from the end',
  ['causal'],
  (options) => new SequentialQuestions(options),
);
