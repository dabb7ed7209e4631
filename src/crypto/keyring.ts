/**
 * Whose keys a node knows: its own secret, the public keys of the group, and which of them count now. A new key is
 * announced under the old one; the old one then counts for a grace, because what it proved may still be under way, and
 * is refused from then on. Known keys are looked up by number, so old and new never have to be tried in turn.
 */
import { LightconeError, type NodeId, type Value } from '../core/index.ts';
import type { AsyncEngine, Engine } from './engine.ts';
import { checkPublicKey, NodeKey, type PublicKey, publicKeyOf } from './node-key.ts';
import { SIGNATURE_BYTES, unframed } from './proof-format.ts';
import type { Domain } from './signed-bytes.ts';

export interface KeyringOptions {
  readonly id: NodeId;
  readonly key: NodeKey;
  readonly domain: Domain;
  /** Everybody else, and perhaps the node itself. */
  readonly others: ReadonlyMap<NodeId, PublicKey>;
  /** How long a key counts after the next one was announced; 60,000 unless given. */
  readonly graceMs?: number;
  /** Milliseconds, of any start; the system's clock unless given. */
  readonly clock?: () => number;
  /** Secrets agreed on elsewhere, by node: 32 bytes that both sides have. They stand for what X25519 would give. */
  readonly sharedSecrets?: ReadonlyMap<NodeId, Uint8Array>;
}

interface Known<K> {
  readonly key: K;
  /** Refused from then on; Infinity for the newest. */
  until: number;
}

/** What a node tells the others about its next key: `{ node, key, signature }`, signed with the one before. */
export type Announcement = Value;

const GRACE_MS = 60_000;
/** Older ones are forgotten, whatever their grace. */
const MOST_KEPT = 4;

export class Keyring {
  readonly id: NodeId;
  readonly domain: Domain;
  readonly graceMs: number;
  readonly sharedSecrets: ReadonlyMap<NodeId, Uint8Array>;
  /** Ascending, the node itself included. */
  readonly members: readonly NodeId[];
  readonly #clock: () => number;
  /** Newest last. */
  readonly #own: Known<NodeKey>[];
  readonly #others = new Map<NodeId, Known<PublicKey>[]>();

  /** @throws LC_KEY naming the key that cannot be used */
  constructor({ id, key, domain, others, graceMs = GRACE_MS, clock = Date.now, sharedSecrets = new Map() }: KeyringOptions) {
    if (!(key instanceof NodeKey)) throw new LightconeError('LC_KEY', `node ${id} has no key of its own`, { id });
    this.id = id;
    this.domain = domain;
    this.graceMs = graceMs;
    this.sharedSecrets = sharedSecrets;
    this.#clock = clock;
    this.#own = [{ key, until: Number.POSITIVE_INFINITY }];
    for (const [node, known] of others) {
      checkPublicKey(known);
      if (node !== id) this.#others.set(node, [{ key: known, until: Number.POSITIVE_INFINITY }]);
    }
    this.members = [...this.#others.keys(), id].sort((a, b) => a - b);
  }

  /** The key that this node signs with. */
  get current(): NodeKey {
    return (this.#own.at(-1) as Known<NodeKey>).key;
  }

  /** This node's keys that still count, newest first: others may not have heard of the newest. */
  ownKeys(): readonly NodeKey[] {
    const now = this.#clock();
    return this.#own.flatMap(({ key, until }) => (now < until ? [key] : [])).reverse();
  }

  /** The newest key of a node; null for a stranger. */
  newest(node: NodeId): PublicKey | null {
    return node === this.id ? this.current.publicKey : (this.#others.get(node)?.at(-1)?.key ?? null);
  }

  /** A node's key of that number, while it counts. */
  counting(node: NodeId, number: number): PublicKey | null {
    const now = this.#clock();
    if (node === this.id) return this.ownKeys().find((key) => key.number === number)?.publicKey ?? null;
    const found = this.#others.get(node)?.find(({ key }) => key.number === number);
    return found !== undefined && now < found.until ? found.key : null;
  }

  /** @throws LC_KEY unless its number is above the current one's */
  rotate(next: NodeKey): void {
    if (next.number <= this.current.number)
      throw new LightconeError('LC_KEY', `key ${next.number} does not follow key ${this.current.number} of node ${this.id}`, {
        id: this.id,
      });
    supersede(this.#own, next, this.#clock() + this.graceMs);
  }

  /** Another node's next key, which its last one vouched for. False when it does not follow. */
  supersede(node: NodeId, next: PublicKey): boolean {
    const known = this.#others.get(node);
    if (known === undefined || next.number <= (known.at(-1) as Known<PublicKey>).key.number) return false;
    supersede(known, next, this.#clock() + this.graceMs);
    return true;
  }

  /**
   * Another node's next key as a protocol announced it, under a `proof` that was found good: taken only if that node's newest
   * key made it. A key in its grace may have leaked. False when it does not follow, or is none.
   */
  take(node: NodeId, next: Value, proof: Value): boolean {
    const key = publicKeyOf(next);
    const by = unframed(proof, SIGNATURE_BYTES);
    return key !== null && by !== null && by.number === this.newest(node)?.number && this.supersede(node, key);
  }

  toString(): string {
    return `Keyring(node ${this.id}, key ${this.current.number}, ${this.members.length} members, secrets not shown)`;
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

function supersede<K>(known: Known<K>[], key: K, oldUntil: number): void {
  const last = known.at(-1) as Known<K>;
  last.until = Math.min(last.until, oldUntil);
  known.push({ key, until: Number.POSITIVE_INFINITY });
  if (known.length > MOST_KEPT) known.shift();
}

const announced = (node: NodeId, { number, signing, exchange }: PublicKey): Value => ({
  type: 'new-key',
  node,
  key: { number, signing, exchange },
});

/** Rotates this node's key to `next` and says so to the others, in the name of the old key. */
export function announce(keyring: Keyring, engine: Engine, next: NodeKey): Announcement {
  const signature = engine.sign(announced(engine.id, next.publicKey), 'signature');
  keyring.rotate(next);
  return { node: engine.id, key: { ...next.publicKey }, signature };
}

/** As announce. */
export async function announceAsync(keyring: Keyring, engine: AsyncEngine, next: NodeKey): Promise<Announcement> {
  const signature = await engine.sign(announced(engine.id, next.publicKey), 'signature');
  keyring.rotate(next);
  return { node: engine.id, key: { ...next.publicKey }, signature };
}

/** A key in its grace may have leaked, which is why it was replaced: only the newest vouches for the next. */
function readAnnouncement(
  keyring: Keyring,
  value: Value,
): { readonly node: NodeId; readonly key: PublicKey; readonly signature: Value } | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array) return null;
  const { node, key, signature } = value as { readonly [name: string]: Value | undefined };
  const read = publicKeyOf(key);
  if (typeof node !== 'number' || read === null || signature === undefined) return null;
  const by = unframed(signature, SIGNATURE_BYTES);
  return by === null || by.number !== keyring.newest(node)?.number ? null : { node, key: read, signature };
}

/** Takes another node's new key, if its last one signed it. False for anything else, malformed or not. */
export function acceptAnnouncement(keyring: Keyring, engine: Engine, value: Value): boolean {
  const said = readAnnouncement(keyring, value);
  if (said === null || !engine.verify(said.node, announced(said.node, said.key), said.signature, 'signature')) return false;
  return keyring.supersede(said.node, said.key);
}

/** As acceptAnnouncement. */
export async function acceptAnnouncementAsync(keyring: Keyring, engine: AsyncEngine, value: Value): Promise<boolean> {
  const said = readAnnouncement(keyring, value);
  if (said === null || !(await engine.verify(said.node, announced(said.node, said.key), said.signature, 'signature'))) return false;
  return keyring.supersede(said.node, said.key);
}
