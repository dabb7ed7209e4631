/** Single values under keys: register, cas-register, kv, session guarantees, monotonic. */
import { LightconeError, type Value } from '../core/index.ts';
import { finalKeys, KeyWindow, keyName, Questions, read } from './questions.ts';
import type { Completion, Operation, WorkloadKind, WorkloadOptions } from './workload.ts';

/** A failed comparison makes the search exponential in the worst case: its keys have short lives. */
const WRITES_PER_CAS_KEY = 100;

interface Words {
  readonly read: string;
  readonly write: string;
  /** Of a hundred updates, how many compare first. */
  readonly casPercent: number;
  readonly writesPerKey: number;
}

/** Reads, blind writes and comparisons against what was last known of the key. */
class RegisterQuestions extends Questions {
  readonly #words: Words;
  readonly #keys: KeyWindow;
  readonly #known = new Map<string, Value>();

  constructor(options: WorkloadOptions, kind: string, words: Words) {
    super(options, kind);
    this.#words = words;
    this.#keys = new KeyWindow(options.keys, words.writesPerKey);
  }

  next(client: number): Operation {
    const random = this.random(client);
    const number = this.#keys.pick(random);
    const key = keyName(number);
    if (this.reads(client)) return { f: this.#words.read, key };
    this.#keys.wrote(number);
    const value = this.unique(client);
    const known = this.#known.get(key);
    if (known === undefined || known === null || random.below(100) >= this.#words.casPercent) return { f: this.#words.write, key, value };
    return { f: 'cas', key, value: [known, value] };
  }

  override completed(_client: number, operation: Operation, { outcome, value }: Completion): void {
    const { f, key, value: argument } = operation;
    if (outcome !== 'ok' || typeof key !== 'string') return;
    if (f === this.#words.read) this.#known.set(key, value ?? null);
    else if (f === 'cas') {
      if (value !== false) this.#known.set(key, (argument as readonly Value[])[1] as Value);
    } else this.#known.set(key, argument ?? null);
  }

  protected override finals(client: number): readonly Operation[] {
    return finalKeys(this.#keys.used, client, this.options.clients).map((key) => ({ f: this.#words.read, key: keyName(key) }));
  }
}

/** One writer a key, who counts up: a reader must never see it go back. */
class MonotonicQuestions extends Questions {
  override readonly setup: readonly Operation[];
  readonly #written: number[];

  constructor(options: WorkloadOptions) {
    super(options, 'monotonic');
    this.#written = Array.from({ length: options.keys }, () => 0);
    this.setup = this.#written.map((value, key) => ({ f: 'write', key: keyName(key), value }));
  }

  next(client: number): Operation {
    const { keys, clients } = this.options;
    const random = this.random(client);
    const own = Array.from({ length: keys }, (_, key) => key).filter((key) => key % clients === client);
    if (own.length === 0 || this.reads(client)) return read(keyName(random.below(keys)));
    const key = random.pick(own);
    const value = (this.#written[key] as number) + 1;
    this.#written[key] = value;
    return { f: 'write', key: keyName(key), value };
  }

  protected override finals(client: number): readonly Operation[] {
    return finalKeys(this.options.keys, client, this.options.clients).map((key) => read(keyName(key)));
  }
}

const never = Number.POSITIVE_INFINITY;
const plain: Words = { read: 'read', write: 'write', casPercent: 0, writesPerKey: never };

export const register: WorkloadKind = {
  name: 'register',
  about: 'reads and unique writes of single values',
  model: 'register',
  initial: null,
  checks: ['linearizability', 'sessions'],
  functions: ['read', 'write'],
  generator: (options) => new RegisterQuestions(options, 'register', plain),
};

export const casRegister: WorkloadKind = {
  name: 'cas-register',
  about: 'reads, unique writes and compare-and-set of single values',
  model: 'cas-register',
  initial: null,
  checks: ['linearizability', 'sessions'],
  functions: ['read', 'write', 'cas'],
  generator: (options) => new RegisterQuestions(options, 'cas-register', { ...plain, casPercent: 50, writesPerKey: WRITES_PER_CAS_KEY }),
};

/** No delete: two of them write the same nothing, and unique values are what makes the verdict fast. */
export const kv: WorkloadKind = {
  name: 'kv',
  about: 'get, put of unique values and some compare-and-set, as of a key-value store',
  model: 'kv',
  initial: null,
  checks: ['linearizability', 'sessions'],
  functions: ['get', 'put', 'cas'],
  generator: (options) =>
    new RegisterQuestions(options, 'kv', { read: 'get', write: 'put', casPercent: 10, writesPerKey: WRITES_PER_CAS_KEY * 5 }),
};

export const sessions: WorkloadKind = {
  name: 'sessions',
  about: 'does each client see its own writes, and never go back? (read your writes, monotonic reads and writes, writes follow reads)',
  model: 'register',
  initial: null,
  checks: ['sessions'],
  functions: ['read', 'write'],
  generator: (options) => new RegisterQuestions(options, 'sessions', plain),
};

export const monotonic: WorkloadKind = {
  name: 'monotonic',
  about: 'one writer a key counts up: nobody may see it go back',
  model: 'register',
  initial: 0,
  checks: ['linearizability', 'monotonic', 'sessions'],
  functions: ['read', 'write'],
  generator: (options) => new MonotonicQuestions(options),
};

/** Throws LC_SCENARIO. */
export function checkOptions({ clients, keys, readShare, seed }: WorkloadOptions): void {
  const refuse = (what: string, value: number): never => {
    throw new LightconeError('LC_SCENARIO', `a workload needs ${what}, not ${value}`, { value });
  };
  if (!Number.isSafeInteger(clients) || clients < 1) refuse('at least one client', clients);
  if (!Number.isSafeInteger(keys) || keys < 1) refuse('at least one key', keys);
  if (!(readShare >= 0 && readShare <= 1)) refuse('a share of reads from 0 to 1', readShare);
  if (!Number.isSafeInteger(seed) || seed < 0) refuse('a whole seed of at least 0', seed);
}
