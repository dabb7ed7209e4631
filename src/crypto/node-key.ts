/**
 * The secret of one node: a seed for signing (Ed25519, RFC 8032) and one for agreeing on session keys (X25519, RFC
 * 7748), under a number that grows with each rotation. What is printed, inspected or made JSON of it is public.
 * How keys are made is the engine's affair (node-engine.ts, web-engine.ts).
 */
import { LightconeError, type Value } from '../core/index.ts';

export const KEY_BYTES = 32;
/** Numbers are written in 4 bytes. */
const MOST_NUMBER = 0xffffffff;

/** What others know of a node. 32 raw bytes each; `exchange` null: it signs, and takes part in no authenticator. */
export interface PublicKey {
  /** From 1, ascending with each rotation of the node's key. */
  readonly number: number;
  readonly signing: Uint8Array;
  readonly exchange: Uint8Array | null;
}

export interface Secrets {
  readonly signing: Uint8Array;
  readonly exchange: Uint8Array | null;
}

/** Outside the object, so that nothing that walks over it can meet them. */
const secrets = new WeakMap<NodeKey, Secrets>();

export class NodeKey {
  readonly publicKey: PublicKey;

  /** @throws LC_KEY when a part is not 32 bytes, or the number is no positive 32-bit integer. */
  constructor(publicKey: PublicKey, secret: Secrets) {
    checkPublicKey(publicKey);
    if (!isKey(secret.signing) || (secret.exchange !== null && !isKey(secret.exchange)))
      throw new LightconeError('LC_KEY', `each secret part of key ${publicKey.number} must be ${KEY_BYTES} bytes`);
    if ((secret.exchange === null) !== (publicKey.exchange === null))
      throw new LightconeError('LC_KEY', `key ${publicKey.number} has one half of its exchange key only`);
    this.publicKey = {
      number: publicKey.number,
      signing: publicKey.signing.slice(),
      exchange: publicKey.exchange?.slice() ?? null,
    };
    secrets.set(this, { signing: secret.signing.slice(), exchange: secret.exchange?.slice() ?? null });
  }

  get number(): number {
    return this.publicKey.number;
  }

  toString(): string {
    return `NodeKey(number ${this.number}, public ${hex(this.publicKey.signing)}, secret not shown)`;
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** For engines and key files of this room only. */
export function secretsOf(key: NodeKey): Secrets {
  return secrets.get(key) as Secrets;
}

export const isKey = (bytes: unknown): bytes is Uint8Array => bytes instanceof Uint8Array && bytes.length === KEY_BYTES;

export const isNumber = (number: unknown): number is number =>
  typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= MOST_NUMBER;

/** @throws LC_KEY */
export function checkPublicKey({ number, signing, exchange }: PublicKey): void {
  if (!isNumber(number))
    throw new LightconeError('LC_KEY', `a key's number is an integer from 1 to ${MOST_NUMBER}, not ${number}`, { number });
  for (const [name, bytes] of [
    ['signing', signing],
    ['exchange', exchange],
  ] as const) {
    if (name === 'exchange' && bytes === null) continue;
    if (!isKey(bytes))
      throw new LightconeError('LC_KEY', `the public ${name} key of number ${number} is not ${KEY_BYTES} bytes`, { number });
  }
}

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Null where it is not `bytes` bytes in lower-case hexadecimal. */
export function fromHex(text: unknown, bytes = KEY_BYTES): Uint8Array | null {
  if (typeof text !== 'string' || text.length !== bytes * 2 || !/^[0-9a-f]*$/.test(text)) return null;
  return Uint8Array.from({ length: bytes }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** A public key that came from somebody else, as a value; null when it is none. */
export function publicKeyOf(value: Value | undefined): PublicKey | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array) return null;
  const { number, signing, exchange } = value as { readonly [name: string]: Value | undefined };
  if (!isNumber(number) || !isKey(signing) || !(exchange === null || isKey(exchange))) return null;
  return { number, signing, exchange };
}
