/** Names for contents that nobody can forge: SHA-256 of a value's canonical bytes (FIPS 180-4; for liars, where `digest` is for friends). */
import { Writer } from './codec.ts';
import { sha256Hex } from './sha256.ts';
import type { Value } from './value.ts';

const writer = new Writer(1024);

/** 64 hexadecimal digits; equal values, equal hashes. */
export function contentHash(value: Value): string {
  writer.reset();
  writer.value(value);
  return sha256Hex(writer.bytes, writer.length);
}

/** 64 hexadecimal digits. */
export function hashBytes(bytes: Uint8Array, length = bytes.length): string {
  return sha256Hex(bytes, length);
}
