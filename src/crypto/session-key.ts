/**
 * The key that two nodes share in one direction, and its MACs: HMAC-SHA-256 (RFC 2104) of digests of 32 bytes, cut to
 * `MAC_BYTES` (its section 5). Both padded keys are prepared once, so that a MAC is two hashes in one call each: a third of
 * what `createHmac` takes, which makes two native objects for each MAC.
 */
import { hash } from 'node:crypto';
import { MAC_BYTES } from './proof-format.ts';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

function padded(key: Uint8Array, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  for (let i = 0; i < BLOCK_BYTES; i++) block[i] = (key[i] ?? 0) ^ pad;
  return block;
}

export class SessionKey {
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  /** `key`: at most 64 bytes, which stay the caller's. */
  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES) throw new RangeError(`a session key of ${key.length} bytes; at most ${BLOCK_BYTES}`);
    this.#inner = padded(key, 0x36);
    this.#outer = padded(key, 0x5c);
  }

  /** Write the MAC of a digest of 32 bytes into `target` from `at` on: `MAC_BYTES` bytes. */
  write(digest: Uint8Array, target: Uint8Array, at: number): void {
    this.#inner.set(digest, BLOCK_BYTES);
    this.#outer.write(hash('sha256', this.#inner, 'binary'), BLOCK_BYTES, 'binary');
    const whole = hash('sha256', this.#outer, 'binary');
    for (let i = 0; i < MAC_BYTES; i++) target[at + i] = whole.charCodeAt(i);
  }

  /** The MAC of a digest of 32 bytes. */
  mac(digest: Uint8Array): Uint8Array {
    const made = new Uint8Array(MAC_BYTES);
    this.write(digest, made, 0);
    return made;
  }
}

/** SHA-256 into 32 new bytes; `hash`'s own buffers take several times as long to make. */
export function digestOf(bytes: Uint8Array): Uint8Array {
  const text = hash('sha256', bytes, 'binary');
  const digest = new Uint8Array(DIGEST_BYTES);
  for (let i = 0; i < DIGEST_BYTES; i++) digest[i] = text.charCodeAt(i);
  return digest;
}
