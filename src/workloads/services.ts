/** What coordination services offer: bank transfers, locks with fencing tokens, watches. */
import type { Value } from '../core/index.ts';
import { keyName, Questions } from './questions.ts';
import type { Completion, Operation, WorkloadKind, WorkloadOptions } from './workload.ts';

const ACCOUNTS = 8;
const BALANCE = 100;
const MOST = 5;
const account = (number: number): string => `a${number}`;
const balances = Object.fromEntries(Array.from({ length: ACCOUNTS }, (_, i) => [account(i), BALANCE]));

/** Transfers between accounts; whoever reads all of them sees the same total (Jepsen's bank). */
class BankQuestions extends Questions {
  override readonly setup: readonly Operation[] = Object.entries(balances).map(([key, value]) => ({ f: 'open', key, value }));

  constructor(options: WorkloadOptions) {
    super(options, 'bank');
  }

  next(client: number): Operation {
    if (this.reads(client)) return { f: 'read' };
    const random = this.random(client);
    const from = random.below(ACCOUNTS);
    const to = (from + random.between(1, ACCOUNTS - 1)) % ACCOUNTS;
    return { f: 'transfer', value: { from: account(from), to: account(to), amount: random.between(1, MOST) } };
  }

  protected override finals(): readonly Operation[] {
    return [{ f: 'read' }];
  }
}

interface Held {
  readonly key: string;
  readonly token: Value;
}

/** Acquire, then release with the fencing token; who does not know whether it holds the lock asks anew. */
class LockQuestions extends Questions {
  readonly #held: (Held | null)[];

  constructor(options: WorkloadOptions) {
    super(options, 'lock');
    this.#held = Array.from({ length: options.clients }, () => null);
  }

  next(client: number): Operation {
    const held = this.#held[client] ?? null;
    if (held === null) return { f: 'acquire', key: keyName(this.random(client).below(this.options.keys)) };
    return { f: 'release', key: held.key, ...(held.token === null ? {} : { value: held.token }) };
  }

  override completed(client: number, { f, key }: Operation, { outcome, value }: Completion): void {
    this.#held[client] = f === 'acquire' && outcome === 'ok' ? { key: key as string, token: value ?? null } : null;
  }

  override last(client: number): Operation | null {
    const held = this.#held[client] ?? null;
    return held === null ? null : this.next(client);
  }
}

const WATCHED = keyName(0);

/** The first half of the clients changes one key, the second asks what it was notified of since it last asked: all of them the same. */
class WatchQuestions extends Questions {
  readonly #polled: number[];

  constructor(options: WorkloadOptions) {
    super(options, 'watch');
    this.#polled = Array.from({ length: options.clients }, () => 0);
  }

  #watches(client: number): boolean {
    return client >= this.options.clients >> 1 && this.options.clients > 1;
  }

  next(client: number): Operation {
    if (this.#watches(client)) return { f: 'poll', key: WATCHED };
    return { f: 'put', key: WATCHED, value: this.unique(client) };
  }

  /** Twice: what was under way the first time has arrived the second. */
  override last(client: number): Operation | null {
    if (!this.#watches(client)) return null;
    const polled = this.#polled[client] as number;
    this.#polled[client] = polled + 1;
    return polled < 2 ? this.next(client) : null;
  }
}

export const bank: WorkloadKind = {
  name: 'bank',
  about: 'transfers between accounts: the total never changes',
  model: 'bank',
  initial: balances,
  checks: ['bank'],
  functions: ['open', 'transfer', 'read'],
  generator: (options) => new BankQuestions(options),
};

export const lock: WorkloadKind = {
  name: 'lock',
  about: 'acquire and release with fencing tokens: never two holders',
  model: 'lock',
  initial: null,
  checks: ['lock'],
  functions: ['acquire', 'release'],
  generator: (options) => new LockQuestions(options),
};

export const watch: WorkloadKind = {
  name: 'watch',
  about: 'is every watcher told of every change, once and in order? `poll` answers the list of values since the last one',
  model: 'watch',
  initial: null,
  checks: ['watch'],
  functions: ['put', 'poll'],
  generator: (options) => new WatchQuestions(options),
};
