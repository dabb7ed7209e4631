/**
 * Values and composite states as small integers. The history's own values keep their index; values that only the
 * model makes (a sum, a concatenation) and states that are sequences of values (a queue, a set) are added here.
 */
import type { Value } from '../core/index.ts';
import { equalValues, LightconeError } from '../core/index.ts';
import type { History } from '../trace/index.ts';

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

/** Equal texts if and only if equal values. */
export function valueKey(value: Value): string {
  if (typeof value === 'string') return `s${value}`;
  if (value === null || typeof value !== 'object') return `${Object.is(value, -0) ? 0 : value}`;
  if (value instanceof Uint8Array) return `b${Array.from(value, hex).join('')}`;
  if (Array.isArray(value)) return `[${value.map((item) => JSON.stringify(valueKey(item as Value))).join()}]`;
  const object = value as { readonly [key: string]: Value };
  const names = Object.keys(object).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(valueKey(object[name] as Value))}`).join()}}`;
}

export class Domain {
  readonly history: History;
  /** The history's values, then those that were made. */
  readonly #made: Value[] = [];
  #ids: Map<string, number> | null = null;
  readonly #sequences: (readonly number[])[] = [];
  readonly #sequenceIds = new Map<string, number>();
  /** An estimate of what the made values and sequences, and the memory of transitions, hold. */
  bytesMade = 0;

  constructor(history: History) {
    this.history = history;
  }

  /** How many values there are, made ones included. */
  get size(): number {
    return this.history.values.length + this.#made.length;
  }

  value(id: number): Value {
    const own = this.history.values;
    return (id < own.length ? own[id] : this.#made[id - own.length]) as Value;
  }

  /** The index of a value that is looked up once: a scan, without building an index over a million values. */
  find(value: Value): number {
    if (value === null) return 0;
    const at = this.history.values.findIndex((other) => equalValues(other, value));
    return at >= 0 ? at : this.intern(value);
  }

  intern(value: Value): number {
    if (this.#ids === null) {
      this.#ids = new Map();
      this.history.values.forEach((own, id) => {
        this.#ids?.set(valueKey(own), id);
      });
    }
    const key = valueKey(value);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.history.values.length + this.#made.length;
    this.#made.push(value);
    this.#ids.set(key, id);
    this.bytesMade += 200 + 4 * key.length;
    return id;
  }

  /** The integer that value `id` must be. */
  integer(id: number, role: string): number {
    const value = this.value(id);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw new LightconeError('LC_HISTORY_OPERATION', `${role} needs an integer, not ${JSON.stringify(value)}`, { value });
  }

  sequence(items: readonly number[]): number {
    const key = items.join();
    const known = this.#sequenceIds.get(key);
    if (known !== undefined) return known;
    const id = this.#sequences.length;
    this.#sequences.push(items);
    this.#sequenceIds.set(key, id);
    this.bytesMade += 200 + 16 * items.length + 2 * key.length;
    return id;
  }

  items(sequence: number): readonly number[] {
    return this.#sequences[sequence] as readonly number[];
  }
}

/** One entry of a Map of numbers, spare capacity included. */
const MEMO_BYTES = 64;
/** More composite states than 1 GiB can hold; makes (argument, state) one exact number. */
const STATES_MAX = 16777216;

/** Remembers `make(state, argument)`: composite transitions are computed once. What it remembers counts as the domain's. */
export function memoized(domain: Domain, make: (state: number, argument: number) => number): (state: number, argument: number) => number {
  const memo = new Map<number, number>();
  return (state, argument) => {
    const key = argument * STATES_MAX + state;
    let next = memo.get(key);
    if (next === undefined) {
      next = make(state, argument);
      memo.set(key, next);
      domain.bytesMade += MEMO_BYTES;
    }
    return next;
  };
}
