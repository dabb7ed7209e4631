/** Values sent through their schema's bytes: what a protocol must survive on any real wire or disk. */
import { InvariantViolation, Reader, type RollingHash, type Schema, Writer } from '../core/index.ts';

/** Bytes are written behind each other into pieces of this size, and never over each other: what is read may be views. */
const PIECE = 65536;
const ROOM = 2048;

export class ByteWire {
  #writer = new Writer(ROOM);
  readonly #again = new Writer();
  readonly #hash: RollingHash;

  constructor(hash: RollingHash) {
    this.#hash = hash;
  }

  /** Encode, decode, encode: the same bytes, or the codec is broken. The rolling hash sees them. */
  through<T>(schema: Schema<T>, value: T): T {
    if (this.#writer.length + ROOM > this.#writer.bytes.length) this.#writer = new Writer(PIECE);
    const w = this.#writer;
    const start = w.length;
    schema.write(w, value);
    const reader = new Reader(w.bytes, start, w.length);
    const copy = schema.read(reader);
    reader.done();
    const again = this.#again;
    again.reset();
    schema.write(again, copy);
    if (!sameBytes(w, start, again))
      throw new InvariantViolation('codec-round-trip', `${schema.render(value)} is not the same after encoding and decoding`);
    this.#hash.bytes(again.bytes, again.length);
    return copy;
  }
}

function sameBytes(first: Writer, start: number, second: Writer): boolean {
  const { length } = second;
  if (first.length - start !== length) return false;
  const a = first.bytes;
  const b = second.bytes;
  for (let i = 0; i < length; i++) if (a[start + i] !== b[i]) return false;
  return true;
}
