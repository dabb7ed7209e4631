/**
 * PBFT with real keys: a group on node:crypto and one on WebCrypto agree, change the key of their primary while they work, and refuse
 * what the old key proves once its grace is over. (On the symbolic table it runs in the simulator.)
 */
import { describe, expect, test } from 'vitest';
import type { NodeId, Value } from '../src/core/index.ts';
import {
  type AsyncEngine,
  type Engine,
  generateNodeKey,
  generateWebNodeKey,
  Keyring,
  NodeEngine,
  type NodeKey,
  type PublicKey,
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
  /** Keys that their owners announce. */
  readonly #next = new Map<NodeId, NodeKey>();
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

  /** `client` asks `node` to change its key; a client's own host is told beside the protocol, in which it has no part. */
  async changeKey(client: NodeId, node: NodeId, next: NodeKey): Promise<void> {
    this.#next.set(node, next);
    const { number } = next.publicKey;
    this.lab.ask(client, { type: 'new-key', node, number, key: { ...next.publicKey } as unknown as Value }, 'admin');
    await this.run(100_000);
    this.rings.get(client)?.supersede(node, next.publicKey);
  }

  async run(us: number): Promise<void> {
    for (const until = this.lab.now + us; this.lab.now < until; ) {
      await this.lab.settle(1000);
      for (const { node, indication } of this.lab.indications.slice(this.#told)) {
        if (indication.kind !== 'key') continue;
        const ring = this.rings.get(node) as Keyring;
        const { number } = ring.newest(indication.node) as PublicKey;
        // What a restarted replica tells again is known.
        if (number >= indication.number) continue;
        if (indication.node === node) ring.rotate(this.#next.get(node) as NodeKey);
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

    await hosts.changeKey(client, 1, await generate(2));
    for (const id of replicas) expect(hosts.rings.get(id)?.newest(1)?.number).toBe(2);
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

/** Node.js's engine, a client, and a checkpoint at 4 that is stable everywhere. */
async function stableGroup() {
  const keys = new Map<NodeId, NodeKey>([...replicas, CLIENT].map((id) => [id, generateNodeKey(1)]));
  const hosts = new Hosts(keys, (ring) => new NodeEngine(ring), 'mac');
  const client = hosts.lab.client();
  const ask = async (op: Value, us = 60_000): Promise<void> => {
    hosts.lab.ask(client, op);
    await hosts.run(us);
  };
  for (const op of ['a', 'b', 'c', 'd']) await ask(op);
  for (const id of replicas) expect(hosts.lab.replica(id).low).toBe(4);
  return { hosts, lab: hosts.lab, client, ask };
}

describe('when the graces of all keys are over, and nothing was asked meanwhile', () => {
  test.each(['go on', 'start again'])(
    'replicas that %s elect another primary: checkpoints are vouched for with the new keys',
    async (what) => {
      const { hosts, lab, client, ask } = await stableGroup();
      for (const id of replicas) await hosts.changeKey(client, id, generateNodeKey(2));
      await hosts.run(2 * GRACE_MS * 1000);
      lab.down.add(1);
      if (what === 'start again') for (const id of [2, 3, 4]) lab.start(id);
      await ask('e', 3_000_000);
      for (const id of [2, 3, 4]) expect([id, lab.replica(id).view, items(lab, id)]).toEqual([id, 1, ['a', 'b', 'c', 'd', 'e']]);
    },
  );

  test('one that lost its disk gets the state', async () => {
    const { hosts, lab, client } = await stableGroup();
    for (const id of replicas) await hosts.changeKey(client, id, generateNodeKey(2));
    await hosts.run(2 * GRACE_MS * 1000);
    lab.journals.delete(4);
    lab.start(4);
    await hosts.run(2_000_000);
    expect(items(lab, 4)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('one that was away while the keys were changed three times is told of them one after another', async () => {
    const { hosts, lab, client, ask } = await stableGroup();
    lab.down.add(4);
    for (const number of [2, 3, 4]) for (const id of [1, 2, 3]) await hosts.changeKey(client, id, generateNodeKey(number));
    await hosts.run(2 * GRACE_MS * 1000);
    lab.start(4);
    await hosts.run(3_000_000);
    for (const id of [1, 2, 3]) expect(hosts.rings.get(4)?.newest(id)?.number).toBe(4);
    lab.down.add(3);
    await ask('e', 1_000_000);
    expect(items(lab, 4)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

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
