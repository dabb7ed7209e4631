/** Values sent through their schema's bytes: what a protocol must survive on any real wire or disk. */
import { InvariantViolation, Reader, type RollingHash, type Schema, Writer } from '../core/index.ts';

export class ByteWire {
  readonly #writer = new Writer();
  readonly #again = new Writer();
  readonly #hash: RollingHash;

  constructor(hash: RollingHash) {
    this.#hash = hash;
  }

  /** Encode, decode, encode: the same bytes, or the codec is broken. The rolling hash sees them. */
  through<T>(schema: Schema<T>, value: T): T {
    const w = this.#writer;
    w.reset();
    schema.write(w, value);
    const { length } = w;
    // A buffer of its own: bytes that are read may be views.
    const bytes = w.take();
    const reader = new Reader(bytes);
    const copy = schema.read(reader);
    reader.done();
    const again = this.#again;
    again.reset();
    schema.write(again, copy);
    if (again.length !== length || !sameBytes(bytes, again.bytes, length))
      throw new InvariantViolation('codec-round-trip', `${schema.render(value)} is not the same after encoding and decoding`);
    this.#hash.bytes(bytes);
    return copy;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}
