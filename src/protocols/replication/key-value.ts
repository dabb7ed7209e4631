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

function byKey(a: readonly [Key, Value], b: readonly [Key, Value]): number {
  if (typeof a[0] !== typeof b[0]) return typeof a[0] === 'number' ? -1 : 1;
  return a[0] < b[0] ? -1 : 1;
}

export class KeyValue implements StateMachine {
  #map: Map<Key, Value>;
  /** While true the map belongs to a clone as well and must be copied before a change. */
  #shared = false;

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
        this.#own().set(key, value);
        return null;
      case 'cas': {
        if (!equalValues(this.#map.get(key) ?? null, expected)) return false;
        this.#own().set(key, value);
        return true;
      }
      case 'delete':
        this.#own().delete(key);
        return null;
      case 'add': {
        if (typeof value !== 'number') return notAnOperation;
        const before = this.#map.get(key);
        const sum = (typeof before === 'number' ? before : 0) + value;
        this.#own().set(key, sum);
        return sum;
      }
      case 'append': {
        const before = this.#map.get(key);
        const list = Array.isArray(before) ? [...before, value] : [value];
        this.#own().set(key, list);
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
    return [...this.#map].sort(byKey);
  }

  restore(snapshot: Value): void {
    this.#map = new Map(snapshot as unknown as readonly (readonly [Key, Value])[]);
    this.#shared = false;
  }

  clone(): KeyValue {
    this.#shared = true;
    const copy = new KeyValue(this.#map);
    copy.#shared = true;
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.#map.size);
    if (this.#map.size === 0) return;
    for (const [key, value] of [...this.#map].sort(byKey)) {
      w.value(key);
      w.value(value);
    }
  }

  #own(): Map<Key, Value> {
    if (this.#shared) {
      this.#map = new Map(this.#map);
      this.#shared = false;
    }
    return this.#map;
  }
}
