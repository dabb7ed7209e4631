/**
 * The transactions of a history as columns of micro-operations: `f: 'txn'` with a list of `[f, key, value]`, and plain
 * reads, writes and appends as transactions of one. What an ok transaction returned is what it did; of all others only
 * the writes are known. Names: `r` (read, get), `w` (write, put), `append`.
 */
import type { Value } from '../../core/index.ts';
import { LightconeError } from '../../core/index.ts';
import { type History, Interner, NONE, OK, type TraceView } from '../../trace/index.ts';
import { showValue } from '../story.ts';

export const READ = 0;
export const APPEND = 1;
export const WRITE = 2;

/** -1: none of ours. */
function kindNamed(f: Value): number {
  switch (f) {
    case 'r':
    case 'read':
    case 'get':
      return READ;
    case 'append':
      return APPEND;
    case 'w':
    case 'write':
    case 'put':
      return WRITE;
  }
  return -1;
}

export interface Transactions {
  readonly count: number;
  readonly history: History;
  readonly timed: boolean;
  /** Row of the history; ascending, so in the order of the invocations. */
  readonly row: Int32Array;
  /** Micro-operations of t: `from[t]` to `from[t + 1]`. */
  readonly from: Int32Array;
  /** Of each micro-operation its transaction. */
  readonly owner: Int32Array;
  readonly kind: Uint8Array;
  /** Index into `keys`. */
  readonly key: Int32Array;
  /** What was written, or seen; undefined: a read whose answer nobody knows. */
  readonly value: readonly (Value | undefined)[];
  readonly keys: readonly Value[];
  readonly micros: number;
}

/** What a history of transactions is about: `append` and `w` never stand together. */
export type TransactionModel = 'list-append' | 'rw-register';

const wanted: { readonly [model in TransactionModel]: number } = { 'list-append': APPEND, 'rw-register': WRITE };

function refuse(history: History, row: number, sentence: string): never {
  const at = `the transaction at position ${history.invoke[row]}`;
  throw new LightconeError('LC_HISTORY_OPERATION', `${at}: ${sentence}`, { row });
}

class Collector {
  readonly history: History;
  readonly #model: TransactionModel;
  readonly #keys = new Interner();
  count = 0;
  owner = new Int32Array(1024);
  kind = new Uint8Array(1024);
  key = new Int32Array(1024);
  readonly value: (Value | undefined)[] = [];

  constructor(history: History, model: TransactionModel) {
    this.history = history;
    this.#model = model;
  }

  get keys(): readonly Value[] {
    return this.#keys.values;
  }

  micro(t: number, row: number, f: Value, key: Value, value: Value | undefined): void {
    const kind = kindNamed(f);
    if (kind < 0 || (kind !== READ && kind !== wanted[this.#model]))
      refuse(
        this.history,
        row,
        `${this.#model} has no micro-operation ${showValue(f)} (it has r and ${this.#model === 'list-append' ? 'append' : 'w'})`,
      );
    if (kind === READ && this.#model === 'list-append' && value !== undefined && value !== null && !Array.isArray(value))
      refuse(this.history, row, `a read of ${showValue(key)} answers a list or null, not ${showValue(value)}`);
    const at = this.count++;
    if (at === this.owner.length) this.#grow();
    this.owner[at] = t;
    this.kind[at] = kind;
    this.key[at] = this.#keys.id(key);
    this.value.push(value);
  }

  #grow(): void {
    const [owner, kind, key] = [this.owner, this.kind, this.key];
    this.owner = new Int32Array(owner.length * 2);
    this.kind = new Uint8Array(owner.length * 2);
    this.key = new Int32Array(owner.length * 2);
    this.owner.set(owner);
    this.kind.set(kind);
    this.key.set(key);
  }

  /** The micro-operations of one `txn`. */
  list(t: number, row: number, value: Value | undefined, answered: boolean): void {
    if (!Array.isArray(value)) refuse(this.history, row, `a txn needs a list of [f, key, value], not ${showValue(value ?? null)}`);
    for (const micro of value as readonly Value[]) {
      if (!Array.isArray(micro) || micro.length < 2 || micro.length > 3)
        refuse(this.history, row, `${showValue(micro)} is no micro-operation [f, key, value]`);
      const [f, key, item = null] = micro as readonly Value[];
      const read = kindNamed(f as Value) === READ;
      this.micro(t, row, f as Value, key as Value, read && !answered ? undefined : item);
    }
  }

  /** A plain operation is a transaction of one. */
  single(t: number, row: number, f: string): void {
    const { history } = this;
    const key = history.key[row] as number;
    const argument = history.argument[row] as number;
    const result = history.result[row] as number;
    const seen = history.status[row] === OK && result !== NONE ? (history.values[result] as Value) : undefined;
    const value = kindNamed(f) === READ ? seen : argument === NONE ? null : (history.values[argument] as Value);
    this.micro(t, row, f, key === NONE ? null : (history.keys[key] as Value), value);
  }
}

/** Throws LC_HISTORY_OPERATION for what is no transaction of the model. */
export function transactionsOf(view: TraceView, model: TransactionModel): Transactions {
  const { history } = view;
  const collector = new Collector(history, model);
  const from = new Int32Array(history.count + 1);
  for (let row = 0; row < history.count; row++) {
    const f = history.functions[history.f[row] as number] as string;
    if (f === 'txn') {
      const result = history.result[row] as number;
      const answered = history.status[row] === OK && result !== NONE;
      const id = answered ? result : (history.argument[row] as number);
      collector.list(row, row, history.values[id] as Value | undefined, answered);
    } else collector.single(row, row, f);
    from[row + 1] = collector.count;
  }
  return {
    count: history.count,
    history,
    timed: view.timed,
    row: Int32Array.from({ length: history.count }, (_, row) => row),
    from,
    owner: collector.owner.subarray(0, collector.count),
    kind: collector.kind.subarray(0, collector.count),
    key: collector.key.subarray(0, collector.count),
    value: collector.value,
    keys: collector.keys,
    micros: collector.count,
  };
}

/** The model that the transactions are of: told from the first write; null when some operation is none of theirs. */
export function transactionModelOf(view: TraceView): TransactionModel | null {
  const { history } = view;
  if (!history.functions.includes('txn')) return null;
  if (history.functions.some((f) => f !== 'txn' && kindNamed(f) < 0)) return null;
  for (let row = 0; row < history.count; row++) {
    const f = history.functions[history.f[row] as number];
    const value = f === 'txn' ? history.values[history.argument[row] as number] : [[f as string]];
    if (!Array.isArray(value)) continue;
    for (const micro of value as readonly Value[]) {
      const name = Array.isArray(micro) ? (micro[0] as Value) : null;
      const kind = kindNamed(name);
      if (kind > READ) return kind === APPEND ? 'list-append' : 'rw-register';
    }
  }
  return readsScalars(history) ? 'rw-register' : 'list-append';
}

/** Nobody wrote: what was read tells, for a list is never a register's. */
function readsScalars({ count, result, values }: History): boolean {
  for (let row = 0; row < count; row++) {
    const answer = values[result[row] as number];
    if (!Array.isArray(answer)) continue;
    const seen = (answer as readonly Value[]).map((micro) => (Array.isArray(micro) ? (micro[2] ?? null) : null) as Value);
    const told = seen.find((value) => value !== null);
    if (told !== undefined) return !Array.isArray(told);
  }
  return false;
}
