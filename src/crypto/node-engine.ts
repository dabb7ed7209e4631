/**
 * The engine on node:crypto: answers at once. Key objects and session keys are made once for each pair of keys. An
 * authenticator hashes its content once and then makes one MAC of the hash for each reader.
 */
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import type { NodeId, Proof, Value } from '../core/index.ts';
import type { Engine } from './engine.ts';
import { DER } from './key-encoding.ts';
import type { Keyring } from './keyring.ts';
import { KEY_BYTES, NodeKey, type PublicKey, secretsOf } from './node-key.ts';
import { framed, MAC_BYTES, NUMBER_BYTES, placeOf, SIGNATURE_BYTES, unframed } from './proof-format.ts';
import { digestOf, SessionKey } from './session-key.ts';
import { SignedBytes, sessionInfo, sessionSalt } from './signed-bytes.ts';

const privateObject = (prefix: Uint8Array, seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' });
const publicObject = (prefix: Uint8Array, raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([prefix, raw]), format: 'der', type: 'spki' });
const rawPublic = (key: KeyObject): Uint8Array =>
  Uint8Array.from(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES));

/** The key of two seeds of 32 bytes: for signing (RFC 8032), for session keys (RFC 7748; null: signs only). Throws LC_KEY. */
export function nodeKeyOf(number: number, signing: Uint8Array, exchange: Uint8Array | null): NodeKey {
  const whole = (seed: Uint8Array): Uint8Array => (seed.length === KEY_BYTES ? seed : new Uint8Array(KEY_BYTES));
  const publicKey: PublicKey = {
    number,
    signing: rawPublic(privateObject(DER.ed25519Private, whole(signing))),
    exchange: exchange === null ? null : rawPublic(privateObject(DER.x25519Private, whole(exchange))),
  };
  return new NodeKey(publicKey, { signing, exchange });
}

/** A new secret, from the system's randomness. */
export function generateNodeKey(number = 1): NodeKey {
  return nodeKeyOf(number, randomBytes(KEY_BYTES), randomBytes(KEY_BYTES));
}

export class NodeEngine implements Engine {
  readonly id: NodeId;
  readonly #keyring: Keyring;
  readonly #bytes: SignedBytes;
  readonly #salt: Uint8Array;
  readonly #privates = new WeakMap<NodeKey, KeyObject>();
  readonly #publics = new WeakMap<PublicKey, KeyObject>();
  /** By direction, own and other's key numbers; null: the two keys give no secret. */
  readonly #sessions = new Map<string, SessionKey | null>();

  constructor(keyring: Keyring) {
    this.id = keyring.id;
    this.#keyring = keyring;
    this.#bytes = new SignedBytes(keyring.domain);
    this.#salt = sessionSalt(keyring.domain);
  }

  sign(content: Value, proof: Proof): Uint8Array {
    const key = this.#keyring.current;
    return proof === 'signature' ? this.#signature(key, content) : this.#authenticator(key, content);
  }

  verify(signer: NodeId, content: Value, signature: Value, proof: Proof): boolean {
    try {
      return proof === 'signature' ? this.#checksSignature(signer, content, signature) : this.#checksMac(signer, content, signature);
    } catch {
      // A key that is no point of the curve, or a content that is no value: nothing that anybody can have proved.
      return false;
    }
  }

  #signature(key: NodeKey, content: Value): Uint8Array {
    const proof = framed(key.number, SIGNATURE_BYTES);
    proof.set(sign(null, this.#bytes.of('signature', this.id, key.number, content), this.#private(key)), NUMBER_BYTES);
    return proof;
  }

  #checksSignature(signer: NodeId, content: Value, signature: Value): boolean {
    const said = unframed(signature, SIGNATURE_BYTES);
    const key = said === null ? null : this.#keyring.counting(signer, said.number);
    if (said === null || key === null) return false;
    let object = this.#publics.get(key);
    if (object === undefined) {
      object = publicObject(DER.ed25519Public, key.signing);
      this.#publics.set(key, object);
    }
    return verify(null, this.#bytes.of('signature', signer, said.number, content), object, said.body);
  }

  #authenticator(key: NodeKey, content: Value): Uint8Array {
    const { members } = this.#keyring;
    const proof = framed(key.number, MAC_BYTES * (members.length - 1));
    const digest = digestOf(this.#bytes.of('authenticator', this.id, key.number, content));
    let at = NUMBER_BYTES;
    for (const reader of members) {
      if (reader === this.id) continue;
      const other = this.#keyring.newest(reader) as PublicKey;
      const session = this.#session(key, reader, other, true);
      // Who has no session key with this node can check nothing: its place stays empty.
      session?.write(digest, proof, at);
      at += MAC_BYTES;
    }
    return proof;
  }

  #checksMac(signer: NodeId, content: Value, signature: Value): boolean {
    const { members } = this.#keyring;
    const said = unframed(signature, MAC_BYTES * (members.length - 1));
    if (said === null) return false;
    if (signer === this.id) {
      const key = this.#keyring.ownKeys().find(({ number }) => number === said.number);
      return key !== undefined && timingSafeEqual(this.#authenticator(key, content), signature as Uint8Array);
    }
    const other = this.#keyring.counting(signer, said.number);
    const place = placeOf(members, signer, this.id);
    if (other === null || place < 0) return false;
    const mac = said.body.subarray(place * MAC_BYTES, (place + 1) * MAC_BYTES);
    const digest = digestOf(this.#bytes.of('authenticator', signer, said.number, content));
    for (const own of this.#keyring.ownKeys()) {
      const session = this.#session(own, signer, other, false);
      if (session !== null && timingSafeEqual(session.mac(digest), mac)) return true;
    }
    return false;
  }

  #private(key: NodeKey): KeyObject {
    let object = this.#privates.get(key);
    if (object === undefined) {
      object = privateObject(DER.ed25519Private, secretsOf(key).signing);
      this.#privates.set(key, object);
    }
    return object;
  }

  /** The key of one direction: what goes there proves nothing when it comes back. */
  #session(own: NodeKey, node: NodeId, other: PublicKey, sends: boolean): SessionKey | null {
    const name = `${sends} ${own.number} ${node} ${other.number}`;
    let session = this.#sessions.get(name);
    if (session === undefined) {
      const shared = this.#keyring.sharedSecrets.get(node) ?? agreed(own, other);
      const info = sends ? sessionInfo(this.id, own.number, node, other.number) : sessionInfo(node, other.number, this.id, own.number);
      session = shared === null ? null : new SessionKey(new Uint8Array(hkdfSync('sha256', shared, this.#salt, info, KEY_BYTES)));
      this.#sessions.set(name, session);
    }
    return session;
  }

  toJSON(): string {
    return `NodeEngine(${this.#keyring})`;
  }
}

/** X25519's shared secret; null where a side has no exchange key, or the point is of low order (RFC 7748, 6.1). */
function agreed(own: NodeKey, other: PublicKey): Uint8Array | null {
  const { exchange } = secretsOf(own);
  if (exchange === null || other.exchange === null) return null;
  try {
    return diffieHellman({
      privateKey: privateObject(DER.x25519Private, exchange),
      publicKey: publicObject(DER.x25519Public, other.exchange),
    });
  } catch {
    return null;
  }
}
