/**
 * Deterministic binary codec: one value has exactly one encoding, on every engine. Unsigned varints (LEB128 up to
 * 2^53-1), zig-zag for signed, IEEE doubles big-endian, UTF-8 strings, objects with sorted keys.
 * The reader takes bytes from the network: every length is checked before anything is allocated.
 */
import { LightconeError } from './errors.ts';
import type { Value } from './value.ts';

// Present on every engine; declared here because pure rooms compile without a platform's types.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (label: string, options: { fatal: boolean }) => { decode(bytes: Uint8Array): string };
const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true });
const TWO_28 = 268435456;

/** Append-only byte buffer that grows; `reset` reuses the memory. */
export class Writer {
  bytes: Uint8Array;
  length = 0;
  #view: DataView;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  reset(): void {
    this.length = 0;
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  u8(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  bool(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  /** An integer in [0, 2^53). */
  uint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= TWO_28) {
      this.bytes[this.length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** A safe integer of either sign. */
  int(value: number): void {
    this.u8(value < 0 ? 1 : 0);
    this.uint(Math.abs(value));
  }

  f64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.length, value === 0 ? 0 : value);
    this.length += 8;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  blob(bytes: Uint8Array): void {
    this.uint(bytes.length);
    this.raw(bytes);
  }

  text(value: string): void {
    const { length } = value;
    if (length < 128) {
      this.reserve(length + 1);
      const start = this.length;
      this.bytes[start] = length;
      let at = start + 1;
      for (let i = 0; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code > 127) {
          this.blob(utf8Encoder.encode(value));
          return;
        }
        this.bytes[at++] = code;
      }
      this.length = at;
      return;
    }
    this.blob(utf8Encoder.encode(value));
  }

  value(value: Value): void {
    writeValue(this, value);
  }
}

const TAG = { null: 0, false: 1, true: 2, uint: 3, negative: 4, f64: 5, text: 6, bytes: 7, list: 8, object: 9 } as const;

function writeValue(w: Writer, value: Value): void {
  if (value === null) return w.u8(TAG.null);
  switch (typeof value) {
    case 'boolean':
      return w.u8(value ? TAG.true : TAG.false);
    case 'number':
      if (Number.isSafeInteger(value)) {
        w.u8(value < 0 ? TAG.negative : TAG.uint);
        return w.uint(Math.abs(value));
      }
      w.u8(TAG.f64);
      return w.f64(value);
    case 'string':
      w.u8(TAG.text);
      return w.text(value);
  }
  if (value instanceof Uint8Array) {
    w.u8(TAG.bytes);
    return w.blob(value);
  }
  if (Array.isArray(value)) {
    w.u8(TAG.list);
    w.uint(value.length);
    for (let i = 0; i < value.length; i++) writeValue(w, value[i] as Value);
    return;
  }
  const object = value as { readonly [key: string]: Value };
  const keys = Object.keys(object);
  if (!ascending(keys)) keys.sort();
  w.u8(TAG.object);
  w.uint(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    w.text(key);
    writeValue(w, object[key] as Value);
  }
}

/** Most objects are made with their keys in order, and looking is cheaper than sorting. */
function ascending(keys: readonly string[]): boolean {
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] as string) > (keys[i] as string)) return false;
  return true;
}

/** Texts read lately, by a hash of their bytes. A cache: what is read never depends on it. */
const recentTexts: string[] = new Array<string>(256).fill('');

function isAt(text: string, bytes: Uint8Array, at: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false;
  return true;
}

/** Reads what a Writer wrote; throws LC_CODEC on anything else. */
export class Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  fail(why: string): never {
    throw new LightconeError('LC_CODEC', `${why} at byte ${this.at} of ${this.end}`, { at: this.at });
  }

  u8(): number {
    if (this.at >= this.end) this.fail('the bytes end early');
    return this.bytes[this.at++] as number;
  }

  bool(): boolean {
    const byte = this.u8();
    if (byte > 1) this.fail(`${byte} is not a boolean`);
    return byte === 1;
  }

  uint(): number {
    let byte = this.u8();
    if (byte < 128) return byte;
    let value = byte & 127;
    let scale = 128;
    do {
      byte = this.u8();
      value += (byte & 127) * scale;
      scale *= 128;
      if (value > Number.MAX_SAFE_INTEGER) this.fail('an integer exceeds 2^53-1');
    } while (byte >= 128 && scale < 2 ** 56);
    if (byte >= 128 || byte === 0) this.fail('an integer is not in its shortest form');
    return value;
  }

  int(): number {
    const negative = this.bool();
    const value = this.uint();
    if (!negative) return value;
    return -(value || this.fail('minus zero'));
  }

  f64(): number {
    if (this.end - this.at < 8) this.fail('the bytes end early');
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8).getFloat64(0);
    this.at += 8;
    return value;
  }

  /** A view, not a copy: valid as long as the bytes are. */
  blob(): Uint8Array {
    const length = this.count(1);
    const view = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return view;
  }

  text(): string {
    const length = this.count(1);
    const { bytes, at } = this;
    this.at = at + length;
    if (length >= 32) return this.#utf8(bytes.subarray(at, at + length));
    let hash = length;
    for (let i = at; i < at + length; i++) {
      const code = bytes[i] as number;
      if (code > 127) return this.#utf8(bytes.subarray(at, at + length));
      hash = (Math.imul(hash, 31) + code) | 0;
    }
    // The same few keys come again and again: a text that was just made is made no second time.
    const slot = hash & (recentTexts.length - 1);
    const recent = recentTexts[slot] as string;
    if (isAt(recent, bytes, at, length)) return recent;
    let text = '';
    for (let i = at; i < at + length; i++) text += String.fromCharCode(bytes[i] as number);
    recentTexts[slot] = text;
    return text;
  }

  #utf8(blob: Uint8Array): string {
    try {
      return utf8Decoder.decode(blob);
    } catch {
      return this.fail('invalid UTF-8');
    }
  }

  /** A count of items that each need at least `itemBytes`: refused when the bytes cannot hold them. */
  count(itemBytes: number): number {
    const count = this.uint();
    if (count * itemBytes > this.end - this.at) this.fail(`${count} items cannot fit`);
    return count;
  }

  value(): Value {
    return readValue(this, 0);
  }

  /** Throws unless everything was read. */
  done(): void {
    if (this.at !== this.end) this.fail(`${this.end - this.at} bytes too many`);
  }
}

const MAX_DEPTH = 64;

function readValue(r: Reader, depth: number): Value {
  if (depth > MAX_DEPTH) r.fail(`nested deeper than ${MAX_DEPTH}`);
  const tag = r.u8();
  switch (tag) {
    case TAG.null:
      return null;
    case TAG.false:
      return false;
    case TAG.true:
      return true;
    case TAG.uint:
      return r.uint();
    case TAG.negative:
      return -(r.uint() || r.fail('minus zero'));
    case TAG.f64: {
      const number = r.f64();
      return Number.isSafeInteger(number) || Number.isNaN(number) ? r.fail(`${number} is not encoded as a double`) : number;
    }
    case TAG.text:
      return r.text();
    case TAG.bytes:
      return r.blob().slice();
    case TAG.list: {
      const items: Value[] = [];
      for (let left = r.count(1); left > 0; left--) items.push(readValue(r, depth + 1));
      return items;
    }
    case TAG.object: {
      const object: { [key: string]: Value } = {};
      let previous: string | null = null;
      for (let left = r.count(2); left > 0; left--) {
        const key = r.text();
        if (previous !== null && key <= previous) r.fail('keys out of order');
        previous = key;
        const value = readValue(r, depth + 1);
        // Assigning to this one name would set the prototype.
        if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
        else object[key] = value;
      }
      return object;
    }
  }
  return r.fail(`${tag} is not a value tag`);
}

/** One writer for all: allocating one for each small value costs more than writing it. */
let scratch: Writer | null = null;
const MOST_KEPT = 65_536;

/** Hands the canonical bytes of `value` to `use`, which must be done with them when it returns. */
export function withEncoded<T>(value: Value, use: (bytes: Uint8Array) => T): T {
  const w = scratch ?? new Writer(1024);
  scratch = null;
  w.reset();
  w.value(value);
  const result = use(w.bytes.subarray(0, w.length));
  if (w.bytes.length <= MOST_KEPT) scratch = w;
  return result;
}

const copied = (bytes: Uint8Array): Uint8Array => bytes.slice();

/** The canonical bytes of one value. */
export const encodeValue = (value: Value): Uint8Array => withEncoded(value, copied);

export function decodeValue(bytes: Uint8Array): Value {
  const r = new Reader(bytes);
  const value = r.value();
  r.done();
  return value;
}
