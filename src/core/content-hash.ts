/** Names for contents that nobody can forge: SHA-256 of a value's canonical bytes (FIPS 180-4; for liars, where `digest` is for friends). */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { withEncoded } from './codec.ts';
import type { Value } from './value.ts';

/** 64 hexadecimal digits; equal values, equal hashes. */
export function contentHash(value: Value): string {
  return withEncoded(value, (bytes) => hashBytes(bytes));
}

/** Of the first `length` bytes. 64 hexadecimal digits. */
export function hashBytes(bytes: Uint8Array, length = bytes.length): string {
  return bytesToHex(sha256(length === bytes.length ? bytes : bytes.subarray(0, length)));
}
