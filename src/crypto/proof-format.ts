/**
 * How proofs look on the wire: 4 bytes with the number of the signer's key, then an Ed25519 signature (64 bytes), or one
 * MAC for each other node of the group in ascending order. MACs are HMAC-SHA-256 cut to 16 bytes: half of the hash, as
 * RFC 2104 (5) asks for at least; Castro and Liskov (1999) cut theirs to 10.
 */
import type { NodeId, Value } from '../core/index.ts';

export const NUMBER_BYTES = 4;
export const SIGNATURE_BYTES = 64;
export const MAC_BYTES = 16;

export function framed(keyNumber: number, bodyBytes: number): Uint8Array {
  const bytes = new Uint8Array(NUMBER_BYTES + bodyBytes);
  new DataView(bytes.buffer).setUint32(0, keyNumber);
  return bytes;
}

export interface Framed {
  readonly number: number;
  /** A view. */
  readonly body: Uint8Array;
}

/** Null unless it is bytes with a body of exactly that length. */
export function unframed(signature: Value, bodyBytes: number): Framed | null {
  if (!(signature instanceof Uint8Array) || signature.length !== NUMBER_BYTES + bodyBytes) return null;
  const number = new DataView(signature.buffer, signature.byteOffset, NUMBER_BYTES).getUint32(0);
  return { number, body: signature.subarray(NUMBER_BYTES) };
}

/** Where `reader`'s MAC stands in an authenticator of `signer`; -1 when it has none. */
export function placeOf(members: readonly NodeId[], signer: NodeId, reader: NodeId): number {
  if (reader === signer) return -1;
  let place = 0;
  for (const member of members) {
    if (member === reader) return place;
    if (member !== signer) place++;
  }
  return -1;
}
