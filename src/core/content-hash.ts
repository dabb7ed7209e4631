/** Names for contents that nobody can forge: SHA-256 of a value's canonical bytes (FIPS 180-4; for liars, where `digest` is for friends). */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { withEncoded } from './codec.ts';
import { LightconeError } from './errors.ts';
import type { Value } from './value.ts';

/** SHA-256 as 64 hexadecimal digits. */
export type Sha256 = (bytes: Uint8Array) => string;

const portable: Sha256 = (bytes) => bytesToHex(sha256(bytes));
let implementation = portable;

/** "abc" of FIPS 180-4, and its digest. */
const KNOWN = new Uint8Array([97, 98, 99]);

/**
 * Lets a host bring its platform's SHA-256, which is several times as fast: the digests are the same, so nothing else changes.
 * @throws LC_USAGE when it is another function
 */
export function useSha256(theirs: Sha256): void {
  if (theirs(KNOWN) !== portable(KNOWN)) throw new LightconeError('LC_USAGE', 'what was brought as SHA-256 gives another digest of "abc"');
  implementation = theirs;
}

/** 64 hexadecimal digits; equal values, equal hashes. */
export function contentHash(value: Value): string {
  return withEncoded(value, (bytes) => hashBytes(bytes));
}

/** Of the first `length` bytes. 64 hexadecimal digits. */
export function hashBytes(bytes: Uint8Array, length = bytes.length): string {
  return implementation(length === bytes.length ? bytes : bytes.subarray(0, length));
}
