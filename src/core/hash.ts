/**
 * Hashing of canonical bytes for state tables and rolling digests: two independent 32-bit murmur3 streams make 64
 * bits. Not cryptographic. Deterministic on every engine.
 */
import { mix32 } from './random.ts';

/** murmur3_x86_32 over bytes[start, end). */
export function hash32(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let h = seed | 0;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    let k = (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24);
    k = Math.imul(k, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h ^= k;
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let shift = 0; i < end; i++, shift += 8) tail |= (bytes[i] as number) << shift;
  if (tail !== 0) {
    tail = Math.imul(tail, 0xcc9e2d51);
    h ^= Math.imul((tail << 15) | (tail >>> 17), 0x1b873593);
  }
  return mix32(h ^ (end - start));
}

/** The two hexadecimal digits of each byte. */
const pairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const hex8 = (word: number): string =>
  (pairs[word >>> 24] as string) +
  (pairs[(word >>> 16) & 255] as string) +
  (pairs[(word >>> 8) & 255] as string) +
  (pairs[word & 255] as string);

/** 64 bits of bytes as 16 hexadecimal digits. */
export function digest(bytes: Uint8Array, length = bytes.length): string {
  return hex8(hash32(bytes, 0, length, 0x9747b28c)) + hex8(hash32(bytes, 0, length, 0x3c6ef372));
}

/** A digest of everything fed so far: equal runs have equal rolling hashes at every point. */
export class RollingHash {
  #high = 0x6a09e667;
  #low = 0xbb67ae85;

  word(word: number): void {
    // Two multiplications a word: every event of a simulation passes here.
    const high = Math.imul(this.#high ^ word, 0x85ebca6b);
    this.#high = high ^ (high >>> 15);
    this.#low = (Math.imul(this.#low ^ this.#high, 0xc2b2ae35) + word) | 0;
  }

  bytes(bytes: Uint8Array, length = bytes.length): void {
    this.word(hash32(bytes, 0, length, 0x9747b28c));
    this.word(hash32(bytes, 0, length, 0x3c6ef372));
  }

  toString(): string {
    return hex8(this.#high) + hex8(this.#low);
  }
}
