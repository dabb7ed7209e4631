/**
 * PBFT with real keys: a group on node:crypto and one on WebCrypto agree, change the key of their primary while they work, and refuse
 * what the old key proves once its grace is over. (On the symbolic table it runs in the simulator.)
 */
import { expect, test } from 'vitest';
import type { NodeId, Value } from '../src/core/index.ts';
import {
  type AsyncEngine,
  type Engine,
  generateNodeKey,
  generateWebNodeKey,
  Keyring,
  NodeEngine,
  type NodeKey,
  WebEngine,
} from '../src/crypto/index.ts';
import type { Authentication } from '../src/protocols/pbft/index.ts';
import { items, Lab } from '../src/protocols/pbft/testing.ts';

const replicas: readonly NodeId[] = [1, 2, 3, 4];
const CLIENT = 5;
const GRACE_MS = 1000;
type AnyEngine = Engine | AsyncEngine;
const platforms: readonly (readonly [string, (number?: number) => NodeKey | Promise<NodeKey>, (ring: Keyring) => AnyEngine])[] = [
  ['node:crypto', generateNodeKey, (ring) => new NodeEngine(ring)],
  ['WebCrypto', generateWebNodeKey, (ring) => new WebEngine(ring)],
];

/** A group whose hosts take new keys as they are told of them. */
class Hosts {
  readonly lab: Lab;
  readonly rings = new Map<NodeId, Keyring>();
  readonly engines = new Map<NodeId, AnyEngine>();
  /** A key that its owner announces next. */
  next: NodeKey | null = null;
  #told = 0;

  constructor(keys: ReadonlyMap<NodeId, NodeKey>, make: (ring: Keyring) => AnyEngine, authentication: Authentication) {
    const others = new Map([...keys].map(([id, key]) => [id, key.publicKey]));
    const domain = { protocol: 'pbft', cluster: 'test' };
    for (const [id, key] of keys) {
      const ring = new Keyring({ id, key, domain, others, graceMs: GRACE_MS, clock: () => this.lab.now / 1000 });
      this.rings.set(id, ring);
      this.engines.set(id, make(ring));
    }
    this.lab = new Lab(replicas.length, { authentication, checkpointEvery: 2, window: 4 });
    this.lab.prover = {
      sign: (node, content, proof) => this.engine(node).sign(content, proof),
      verify: (node, signer, content, signature, proof) => this.engine(node).verify(signer, content, signature, proof),
    };
  }

  engine(id: NodeId): AnyEngine {
    return this.engines.get(id) as AnyEngine;
  }

  async run(us: number): Promise<void> {
    for (const until = this.lab.now + us; this.lab.now < until; ) {
      await this.lab.settle(1000);
      for (const { node, indication } of this.lab.indications.slice(this.#told)) {
        if (indication.kind !== 'key') continue;
        const ring = this.rings.get(node) as Keyring;
        if (indication.node === node) ring.rotate(this.next as NodeKey);
        else expect(ring.take(indication.node, indication.key, indication.proof)).toBe(true);
      }
      this.#told = this.lab.indications.length;
    }
  }
}

for (const [name, generate, make] of platforms) {
  test.each(['mac', 'signature'] as const)(`${name}, %s`, async (authentication) => {
    const keys = new Map<NodeId, NodeKey>();
    for (const id of [...replicas, CLIENT]) keys.set(id, await generate(1));
    const hosts = new Hosts(keys, make, authentication);
    const { lab } = hosts;
    const client = lab.client();
    expect(client).toBe(CLIENT);
    const ask = async (op: Value): Promise<void> => {
      lab.ask(client, op);
      await hosts.run(60_000);
    };
    for (const op of ['a', 'b', 'c']) await ask(op);
    const signedBefore = await hosts.engine(1).sign('old', 'signature');

    hosts.next = await generate(2);
    lab.ask(client, { type: 'new-key', number: 2, key: { ...hosts.next.publicKey } as unknown as Value }, 'admin');
    await hosts.run(100_000);
    for (const id of replicas) expect(hosts.rings.get(id)?.newest(1)?.number).toBe(2);
    // A client has no part in the protocol's announcements: its host is told beside it.
    hosts.rings.get(CLIENT)?.supersede(1, hosts.next.publicKey);
    for (const op of ['d', 'e']) await ask(op);
    for (const id of replicas) expect(items(lab, id)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(lab.replies.filter(({ reply }) => reply.mode === 'write').map(({ reply }) => reply.outcome)).toEqual(new Array(5).fill('ok'));
    for (const id of replicas)
      expect([lab.replica(id).view, [...lab.replica(id).dropped.keys()].filter((why) => why === 'bad-proof')]).toEqual([0, []]);

    expect(await hosts.engine(2).verify(1, 'old', signedBefore, 'signature')).toBe(true);
    await hosts.run(GRACE_MS * 1000);
    expect(await hosts.engine(2).verify(1, 'old', signedBefore, 'signature')).toBe(false);
  });
}

test('a key in its grace vouches for no other', () => {
  const keys = new Map<NodeId, NodeKey>([1, 2].map((id) => [id, generateNodeKey()]));
  const others = new Map([...keys].map(([id, key]) => [id, key.publicKey]));
  const domain = { protocol: 'pbft', cluster: 'test' };
  const ringOf = (id: NodeId): Keyring => new Keyring({ id, key: keys.get(id) as NodeKey, domain, others });
  const reader = ringOf(2);
  const [owner, thief] = [ringOf(1), ringOf(1)].map((ring) => new NodeEngine(ring)) as [NodeEngine, NodeEngine];
  const [second, third] = [generateNodeKey(2), generateNodeKey(3)];
  const announced = (engine: NodeEngine, { publicKey }: NodeKey): readonly [Value, Value] => {
    const key = { ...publicKey } as unknown as Value;
    return [key, engine.sign(['new-key', publicKey.number, key], 'signature')];
  };
  expect(reader.take(1, ...announced(owner, second))).toBe(true);
  const [key, proof] = announced(thief, third);
  expect(new NodeEngine(reader).verify(1, ['new-key', 3, key], proof, 'signature')).toBe(true);
  expect(reader.take(1, key, proof)).toBe(false);
  for (const nonsense of [null, 'x', { number: 4 }]) expect(reader.take(1, nonsense, proof)).toBe(false);
});
