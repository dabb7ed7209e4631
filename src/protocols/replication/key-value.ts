/**
 * The one key-value machine under every ordering protocol: registers with compare-and-set, counters and lists, keyed
 * by text or number. Operations are values `{ f, key, value?, expected? }`, the vocabulary of the traces.
 */
import { equalValues, type StateMachine, type Value, type Writer } from '../../core/index.ts';

export type Key = string | number;

export type KeyValueOp =
  /** Answers the value, null when the key was never written. */
  | { readonly f: 'read'; readonly key: Key }
  /** Answers null. */
  | { readonly f: 'write'; readonly key: Key; readonly value: Value }
  /** Answers whether `expected` was there and `value` is now. */
  | { readonly f: 'cas'; readonly key: Key; readonly expected: Value; readonly value: Value }
  /** Answers null. */
  | { readonly f: 'delete'; readonly key: Key }
  /** Answers the new sum; a key that holds no number counts as 0. */
  | { readonly f: 'add'; readonly key: Key; readonly value: number }
  /** Answers the new list; a key that holds no list counts as empty. */
  | { readonly f: 'append'; readonly key: Key; readonly value: Value };

interface LooseOp {
  readonly f?: Value;
  readonly key?: Value;
  readonly value?: Value;
  readonly expected?: Value;
}

/** What an operation that the machine does not have is answered with, on every replica alike. */
const notAnOperation: Value = { error: 'LC_HISTORY_OPERATION' };

const isKey = (key: Value | undefined): key is Key => typeof key === 'string' || typeof key === 'number';

function byKey(a: Key, b: Key): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : 1;
}

export class KeyValue implements StateMachine {
  #map: Map<Key, Value>;
  /** While true the map belongs to a clone as well and must be copied before a change. */
  #shared = false;
  /** The keys in order, while they are known: snapshots are many, new keys are few. */
  #order: readonly Key[] | null = null;

  constructor(map: Map<Key, Value> = new Map()) {
    this.#map = map;
  }

  apply(op: Value): Value {
    const { f, key, value = null, expected = null } = op as LooseOp;
    if (!isKey(key)) return notAnOperation;
    switch (f) {
      case 'read':
        return this.#map.get(key) ?? null;
      case 'write':
        this.#put(key, value);
        return null;
      case 'cas': {
        if (!equalValues(this.#map.get(key) ?? null, expected)) return false;
        this.#put(key, value);
        return true;
      }
      case 'delete':
        this.#own().delete(key);
        this.#order = null;
        return null;
      case 'add': {
        if (typeof value !== 'number') return notAnOperation;
        const before = this.#map.get(key);
        const sum = (typeof before === 'number' ? before : 0) + value;
        this.#put(key, sum);
        return sum;
      }
      case 'append': {
        const before = this.#map.get(key);
        const list = Array.isArray(before) ? [...before, value] : [value];
        this.#put(key, list);
        return list;
      }
    }
    return notAnOperation;
  }

  query(op: Value): Value {
    const { f, key } = op as LooseOp;
    return f === 'read' && isKey(key) ? (this.#map.get(key) ?? null) : notAnOperation;
  }

  /** `[[key, value], ...]`, numbers before texts, ascending. */
  snapshot(): Value {
    return this.#keys().map((key) => [key, this.#map.get(key) as Value]);
  }

  restore(snapshot: Value): void {
    this.#map = new Map(snapshot as unknown as readonly (readonly [Key, Value])[]);
    this.#shared = false;
    this.#order = null;
  }

  clone(): KeyValue {
    this.#shared = true;
    const copy = new KeyValue(this.#map);
    copy.#shared = true;
    copy.#order = this.#order;
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.#map.size);
    if (this.#map.size === 0) return;
    for (const key of this.#keys()) {
      w.value(key);
      w.value(this.#map.get(key) as Value);
    }
  }

  #keys(): readonly Key[] {
    this.#order ??= [...this.#map.keys()].sort(byKey);
    return this.#order;
  }

  #put(key: Key, value: Value): void {
    const map = this.#own();
    const { size } = map;
    map.set(key, value);
    if (map.size !== size) this.#order = null;
  }

  #own(): Map<Key, Value> {
    if (this.#shared) {
      this.#map = new Map(this.#map);
      this.#shared = false;
    }
    return this.#map;
  }
}
