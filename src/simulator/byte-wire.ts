/** Values sent through their schema's bytes: what a protocol must survive on any real wire or disk. */
import { InvariantViolation, Reader, type RollingHash, type Schema, Writer } from '../core/index.ts';

export class ByteWire {
  readonly #writer = new Writer();
  readonly #hash: RollingHash;

  constructor(hash: RollingHash) {
    this.#hash = hash;
  }

  /** Encode, decode, encode: the same bytes, or the codec is broken. The rolling hash sees them. */
  through<T>(schema: Schema<T>, value: T): T {
    const w = this.#writer;
    w.reset();
    schema.write(w, value);
    const bytes = w.take();
    const reader = new Reader(bytes);
    const copy = schema.read(reader);
    reader.done();
    w.reset();
    schema.write(w, copy);
    let same = w.length === bytes.length;
    for (let i = 0; same && i < bytes.length; i++) same = w.bytes[i] === bytes[i];
    if (!same) throw new InvariantViolation('codec-round-trip', `${schema.render(value)} is not the same after encoding and decoding`);
    this.#hash.bytes(bytes);
    return copy;
  }
}
