/**
 * The engine on WebCrypto (`crypto.subtle`): browsers, workers and Node.js alike. The same proofs as node-engine.ts, to
 * the byte; only the answers come later. Imported keys and session keys are kept as promises, so each is made once.
 */
import type { NodeId, Proof, Value } from '../core/index.ts';
import type { AsyncEngine } from './engine.ts';
import { DER } from './key-encoding.ts';
import type { Keyring } from './keyring.ts';
import { KEY_BYTES, NodeKey, type PublicKey, secretsOf } from './node-key.ts';
import { framed, MAC_BYTES, NUMBER_BYTES, placeOf, SIGNATURE_BYTES, unframed } from './proof-format.ts';
import { SignedBytes, sessionInfo, sessionSalt } from './signed-bytes.ts';

const { subtle } = globalThis.crypto;
type SubtleKey = Awaited<ReturnType<typeof subtle.importKey>>;

/** WebCrypto wants buffers that nobody shares. */
const owned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);

function pkcs8(prefix: Uint8Array, seed: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(prefix.length + seed.length);
  bytes.set(prefix);
  bytes.set(seed, prefix.length);
  return bytes;
}

/** A new secret, made by WebCrypto. */
export async function generateWebNodeKey(number = 1): Promise<NodeKey> {
  const pair = async (name: 'Ed25519' | 'X25519', usages: ('sign' | 'verify' | 'deriveBits')[]): Promise<[Uint8Array, Uint8Array]> => {
    const made = (await subtle.generateKey(name, true, usages)) as { readonly privateKey: SubtleKey; readonly publicKey: SubtleKey };
    const secret = new Uint8Array(await subtle.exportKey('pkcs8', made.privateKey)).slice(-KEY_BYTES);
    return [secret, new Uint8Array(await subtle.exportKey('raw', made.publicKey))];
  };
  const [signing, publicSigning] = await pair('Ed25519', ['sign', 'verify']);
  const [exchange, publicExchange] = await pair('X25519', ['deriveBits']);
  return new NodeKey({ number, signing: publicSigning, exchange: publicExchange }, { signing, exchange });
}

export class WebEngine implements AsyncEngine {
  readonly id: NodeId;
  readonly #keyring: Keyring;
  readonly #bytes: SignedBytes;
  readonly #salt: Uint8Array;
  readonly #privates = new WeakMap<NodeKey, Promise<SubtleKey>>();
  readonly #publics = new WeakMap<PublicKey, Promise<SubtleKey>>();
  readonly #sessions = new Map<string, Promise<SubtleKey | null>>();

  constructor(keyring: Keyring) {
    this.id = keyring.id;
    this.#keyring = keyring;
    this.#bytes = new SignedBytes(keyring.domain);
    this.#salt = sessionSalt(keyring.domain);
  }

  async sign(content: Value, proof: Proof): Promise<Uint8Array> {
    const key = this.#keyring.current;
    const bytes = owned(this.#bytes.of(proof, this.id, key.number, content));
    return proof === 'signature' ? this.#signature(key, bytes) : this.#authenticator(key, bytes);
  }

  async verify(signer: NodeId, content: Value, signature: Value, proof: Proof): Promise<boolean> {
    try {
      return proof === 'signature'
        ? await this.#checksSignature(signer, content, signature)
        : await this.#checksMac(signer, content, signature);
    } catch {
      // A key that is no point of the curve, or a content that is no value: nothing that anybody can have proved.
      return false;
    }
  }

  async #signature(key: NodeKey, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    let imported = this.#privates.get(key);
    if (imported === undefined) {
      imported = subtle.importKey('pkcs8', pkcs8(DER.ed25519Private, secretsOf(key).signing), 'Ed25519', false, ['sign']);
      this.#privates.set(key, imported);
    }
    const proof = framed(key.number, SIGNATURE_BYTES);
    proof.set(new Uint8Array(await subtle.sign('Ed25519', await imported, bytes)), NUMBER_BYTES);
    return proof;
  }

  async #checksSignature(signer: NodeId, content: Value, signature: Value): Promise<boolean> {
    const said = unframed(signature, SIGNATURE_BYTES);
    const key = said === null ? null : this.#keyring.counting(signer, said.number);
    if (said === null || key === null) return false;
    const bytes = owned(this.#bytes.of('signature', signer, said.number, content));
    let imported = this.#publics.get(key);
    if (imported === undefined) {
      imported = subtle.importKey('raw', owned(key.signing), 'Ed25519', false, ['verify']);
      this.#publics.set(key, imported);
    }
    return subtle.verify('Ed25519', await imported, owned(said.body), bytes);
  }

  async #authenticator(key: NodeKey, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const { members } = this.#keyring;
    const proof = framed(key.number, MAC_BYTES * (members.length - 1));
    const readers = members.filter((member) => member !== this.id);
    const sessions = readers.map((reader) => this.#session(key, reader, this.#keyring.newest(reader) as PublicKey, true));
    const digest = await subtle.digest('SHA-256', bytes);
    for (const [place, pending] of sessions.entries()) {
      const session = await pending;
      // Who has no session key with this node can check nothing: its place stays empty.
      if (session !== null) proof.set(await macOf(session, digest), NUMBER_BYTES + place * MAC_BYTES);
    }
    return proof;
  }

  async #checksMac(signer: NodeId, content: Value, signature: Value): Promise<boolean> {
    const { members } = this.#keyring;
    const said = unframed(signature, MAC_BYTES * (members.length - 1));
    if (said === null) return false;
    const bytes = owned(this.#bytes.of('authenticator', signer, said.number, content));
    if (signer === this.id) {
      const key = this.#keyring.ownKeys().find(({ number }) => number === said.number);
      return key !== undefined && equalBytes(await this.#authenticator(key, bytes), signature as Uint8Array);
    }
    const other = this.#keyring.counting(signer, said.number);
    const place = placeOf(members, signer, this.id);
    if (other === null || place < 0) return false;
    const mac = owned(said.body.subarray(place * MAC_BYTES, (place + 1) * MAC_BYTES));
    const sessions = this.#keyring.ownKeys().map((own) => this.#session(own, signer, other, false));
    const digest = await subtle.digest('SHA-256', bytes);
    for (const pending of sessions) {
      const session = await pending;
      if (session !== null && equalBytes(await macOf(session, digest), mac)) return true;
    }
    return false;
  }

  /** The key of one direction: what goes there proves nothing when it comes back. */
  #session(own: NodeKey, node: NodeId, other: PublicKey, sends: boolean): Promise<SubtleKey | null> {
    const name = `${sends} ${own.number} ${node} ${other.number}`;
    let session = this.#sessions.get(name);
    if (session === undefined) {
      const info = sends ? sessionInfo(this.id, own.number, node, other.number) : sessionInfo(node, other.number, this.id, own.number);
      session = this.#derive(this.#keyring.sharedSecrets.get(node) ?? null, own, other, info);
      this.#sessions.set(name, session);
    }
    return session;
  }

  async #derive(given: Uint8Array | null, own: NodeKey, other: PublicKey, info: Uint8Array): Promise<SubtleKey | null> {
    const shared = given ?? (await agreed(own, other));
    if (shared === null) return null;
    const base = await subtle.importKey('raw', owned(shared), 'HKDF', false, ['deriveKey']);
    const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: owned(this.#salt), info: owned(info) };
    return subtle.deriveKey(hkdf, base, { name: 'HMAC', hash: 'SHA-256', length: KEY_BYTES * 8 }, false, ['sign']);
  }

  toJSON(): string {
    return `WebEngine(${this.#keyring})`;
  }
}

async function macOf(session: SubtleKey, digest: ArrayBuffer): Promise<Uint8Array> {
  return new Uint8Array(await subtle.sign('HMAC', session, digest)).subarray(0, MAC_BYTES);
}

/** In a time that does not tell where they differ. */
function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) different |= (a[i] as number) ^ (b[i] as number);
  return different === 0;
}

/** X25519's shared secret; null where a side has no exchange key, or the point is of low order (RFC 7748, 6.1). */
async function agreed(own: NodeKey, other: PublicKey): Promise<Uint8Array | null> {
  const { exchange } = secretsOf(own);
  if (exchange === null || other.exchange === null) return null;
  try {
    const privateKey = await subtle.importKey('pkcs8', pkcs8(DER.x25519Private, exchange), 'X25519', false, ['deriveBits']);
    const publicKey = await subtle.importKey('raw', owned(other.exchange), 'X25519', false, []);
    return new Uint8Array(await subtle.deriveBits({ name: 'X25519', public: publicKey }, privateKey, KEY_BYTES * 8));
  } catch {
    return null;
  }
}
