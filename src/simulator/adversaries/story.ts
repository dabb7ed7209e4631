/**
 * The two versions that a liar, or several that collude, tell: who is on which side, and what the other version of each
 * message is. A story hangs together: once a proposal had another version, whatever later names the one (by its hash)
 * names the other in the other version, so that votes follow the proposal that they are for.
 */
import { hashText, mix32, type NodeId } from '../../core/index.ts';

type Swap = readonly [from: string | Uint8Array, to: string | Uint8Array];

/** Shorter values are no names of anything: they change back and forth without a meaning. */
const NAMING_LENGTH = 8;
const MOST_SWAPS = 64;
const MOST_VERSIONS = 256;

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
const names = (value: unknown): value is string | Uint8Array =>
  (typeof value === 'string' || isBytes(value)) && value.length >= NAMING_LENGTH;

export class Story {
  readonly #key: number;
  readonly #versions = new Map<string, unknown>();
  #swaps: Swap[] = [];

  constructor(seed: number, owner: NodeId) {
    this.#key = hashText('story', mix32(seed ^ Math.floor(seed / 4294967296)) ^ owner);
  }

  /** The side of `receiver` in `epoch`, where nothing else says it: 0 is told what the liar's code says. */
  side(epoch: number, receiver: NodeId): 0 | 1 {
    return (mix32(this.#key ^ mix32(epoch * 4096 + receiver)) & 1) as 0 | 1;
  }

  /** A number below `n` that is the same for all that is said in `epoch`. */
  draw(epoch: number, n: number): number {
    return mix32(this.#key ^ mix32(epoch * 4096)) % n;
  }

  /** The other version of a message, made by `make` unless what was told before decides it. `key`: the message's content. */
  other(key: string, message: unknown, make: () => unknown): unknown {
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    let version = this.#swapped(message);
    if (version === message) {
      version = make();
      this.#learn(message, version);
    }
    if (this.#versions.size >= MOST_VERSIONS) this.#versions.delete(this.#versions.keys().next().value as string);
    this.#versions.set(key, version);
    return version;
  }

  /** What names something differently in both versions names it so from now on. */
  #learn(one: unknown, other: unknown): void {
    if (names(one) && names(other)) {
      if (isBytes(one) === isBytes(other) && this.#swapped(one) === one && !equal(one, other)) this.#swaps.push([one, other]);
      if (this.#swaps.length > MOST_SWAPS) this.#swaps = this.#swaps.slice(1);
    } else if (isObject(one) && isObject(other)) {
      for (const [field, value] of Object.entries(one)) this.#learn(value, other[field]);
    }
  }

  #swapped(value: unknown): unknown {
    if (names(value)) return this.#swaps.find(([from]) => equal(from, value))?.[1] ?? value;
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#swapped(item));
      return items.every((item, i) => item === value[i]) ? value : items;
    }
    if (!isObject(value)) return value;
    const entries = Object.entries(value);
    const changed = entries.map(([field, inner]) => [field, this.#swapped(inner)] as const);
    return changed.every(([, inner], i) => inner === (entries[i] as [string, unknown])[1]) ? value : Object.fromEntries(changed);
  }
}

const isObject = (value: unknown): value is { readonly [field: string]: unknown } =>
  typeof value === 'object' && value !== null && !isBytes(value);

function equal(a: string | Uint8Array, b: string | Uint8Array): boolean {
  return isBytes(a) && isBytes(b) ? sameBytes(a, b) : a === b;
}
