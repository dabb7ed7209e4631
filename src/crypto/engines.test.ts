import { createHmac, createPublicKey, createSecretKey, hash, hkdfSync, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encodeValue, type NodeId, type Proof, Random, schema, type Value } from '../core/index.ts';
import type { Domain } from './index.ts';
import {
  acceptAnnouncement,
  acceptAnnouncementAsync,
  announce,
  announceAsync,
  digestOf,
  fromHex,
  generateNodeKey,
  generateWebNodeKey,
  hex,
  Keyring,
  NodeEngine,
  type NodeKey,
  nodeKeyOf,
  type PublicKey,
  SessionKey,
  WebEngine,
} from './index.ts';
import { type AnyEngine, type EngineGroup, engineCases } from './testing.ts';

const domain: Domain = { protocol: 'test', cluster: 'one' };
const ids = [1, 2, 5, 7];
const keys = new Map<NodeId, NodeKey>(ids.map((id) => [id, generateNodeKey()]));
const publics = new Map<NodeId, PublicKey>([...keys].map(([id, key]) => [id, key.publicKey]));

interface Timed {
  nowMs: number;
}

const ringOf = (id: NodeId, where = domain, time: Timed = { nowMs: 0 }): Keyring =>
  new Keyring({ id, key: keys.get(id) as NodeKey, domain: where, others: publics, clock: () => time.nowMs, graceMs: 1000 });

type Make = (keyring: Keyring) => AnyEngine;
const makers: readonly (readonly [string, Make])[] = [
  ['node:crypto', (keyring) => new NodeEngine(keyring)],
  ['WebCrypto', (keyring) => new WebEngine(keyring)],
];

function groupOf(make: Make): EngineGroup {
  const engines = new Map(ids.map((id) => [id, make(ringOf(id))]));
  return { ids, of: (id) => engines.get(id) as AnyEngine, elsewhere: (id) => make(ringOf(id, { ...domain, cluster: 'two' })) };
}

describe.each(makers)('%s', (_name, make) => {
  test.each(engineCases.map((each) => [each.name, each] as const))('%s', async (_case, { check }) => {
    for (let seed = 1; seed <= 3; seed++) expect(await check(groupOf(make), new Random(seed))).toBeNull();
  });

  test('a proof of another protocol between the same nodes is worth nothing', async () => {
    const other = make(ringOf(1, { ...domain, protocol: 'other' }));
    for (const kind of ['signature', 'authenticator'] as const) {
      const foreign = await other.sign('x', kind);
      expect(await make(ringOf(2)).verify(1, 'x', foreign, kind)).toBe(false);
      expect(await make(ringOf(2, { ...domain, protocol: 'other' })).verify(1, 'x', foreign, kind)).toBe(true);
    }
  });

  test('a wrong MAC in the place of another reader does not trouble this one: an authenticator convinces nobody else', async () => {
    const made = (await make(ringOf(1)).sign('x', 'authenticator')) as Uint8Array;
    expect(made.length).toBe(4 + 3 * 16);
    const spoilt = made.slice();
    spoilt[4 + 16] = (spoilt[4 + 16] as number) ^ 1;
    expect(await make(ringOf(2)).verify(1, 'x', spoilt, 'authenticator')).toBe(true);
    expect(await make(ringOf(5)).verify(1, 'x', spoilt, 'authenticator')).toBe(false);
    // What node 1 proves to node 2 is not what node 2 proves to node 1.
    const back = (await make(ringOf(2)).sign('x', 'authenticator')) as Uint8Array;
    expect(back.subarray(4, 20)).not.toEqual(made.subarray(4, 20));
  });

  test('a public key that is no point, or of low order, makes nothing valid and throws nothing', async () => {
    const one = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0));
    for (const raw of [new Uint8Array(32), one]) {
      const others = new Map(publics).set(2, { number: 1, signing: new Uint8Array(32).fill(255), exchange: raw });
      const engine = make(new Keyring({ id: 1, key: keys.get(1) as NodeKey, domain, others }));
      const mine = (await engine.sign('x', 'authenticator')) as Uint8Array;
      // Nobody shares a secret with such a key: its place is empty.
      expect(hex(mine.subarray(4, 20))).toBe('0'.repeat(32));
      for (const kind of ['signature', 'authenticator'] as const)
        for (const proof of [mine, new Uint8Array(68), Uint8Array.from([0, 0, 0, 1, ...new Uint8Array(64)])])
          expect(await engine.verify(2, 'x', proof, kind)).toBe(false);
    }
  });

  test('a group of keys that only sign has signatures, and authenticators that nobody believes', async () => {
    const bare = (id: NodeId): NodeKey => nodeKeyOf(1, new Uint8Array(32).fill(id), null);
    const others = new Map([1, 2].map((id) => [id, bare(id).publicKey]));
    const engines = [1, 2].map((id) => make(new Keyring({ id, key: bare(id), domain, others })));
    const [one, two] = engines as [AnyEngine, AnyEngine];
    expect(await two.verify(1, 'x', await one.sign('x', 'signature'), 'signature')).toBe(true);
    expect(await two.verify(1, 'x', await one.sign('x', 'authenticator'), 'authenticator')).toBe(false);
  });

  test('secrets that were agreed on elsewhere stand for X25519', async () => {
    const secret = new Uint8Array(32).fill(3);
    const own = (id: NodeId, other: NodeId, shared: Uint8Array): AnyEngine =>
      make(new Keyring({ id, key: keys.get(id) as NodeKey, domain, others: publics, sharedSecrets: new Map([[other, shared]]) }));
    const made = await own(1, 2, secret).sign('x', 'authenticator');
    expect(await own(2, 1, secret).verify(1, 'x', made, 'authenticator')).toBe(true);
    expect(await own(2, 1, new Uint8Array(32)).verify(1, 'x', made, 'authenticator')).toBe(false);
    expect(await make(ringOf(2)).verify(1, 'x', made, 'authenticator')).toBe(false);
  });
});

test('both engines make the same proofs to the byte, and believe each other', async () => {
  const [node, web] = [new NodeEngine(ringOf(1)), new WebEngine(ringOf(1))];
  const [nodeReader, webReader] = [new NodeEngine(ringOf(2)), new WebEngine(ringOf(2))];
  const random = new Random(4);
  for (let i = 0; i < 40; i++) {
    const said = schema.value.sample(random);
    for (const kind of ['signature', 'authenticator'] as const) {
      const made = node.sign(said, kind);
      expect(await web.sign(said, kind)).toEqual(made);
      expect(nodeReader.verify(1, said, made, kind)).toBe(true);
      expect(await webReader.verify(1, said, made, kind)).toBe(true);
    }
  }
});

test('a signature is 64 bytes of Ed25519 over the domain and the canonical bytes, which plain node:crypto checks', () => {
  const key = keys.get(1) as NodeKey;
  const said: Value = { f: 'write', key: 1 };
  const made = new NodeEngine(ringOf(1)).sign(said, 'signature');
  expect([made.length, [...made.subarray(0, 4)]]).toEqual([68, [0, 0, 0, 1]]);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.publicKey.signing]);
  const bytes = Buffer.concat([encodeValue(['lightcone', 1, 'test', 'one', 'signature', 1, 1]), encodeValue(said)]);
  expect(verify(null, bytes, createPublicKey({ key: spki, format: 'der', type: 'spki' }), made.subarray(4))).toBe(true);
});

test('seeds give the public keys of RFC 8032 (7.1, test 1) and RFC 7748 (5.2, once)', () => {
  const seed = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60') as Uint8Array;
  const nine = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0));
  const key = nodeKeyOf(1, seed, nine);
  expect(hex(key.publicKey.signing)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
  expect(hex(key.publicKey.exchange as Uint8Array)).toBe('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
});

test('a MAC is what RFC 5869 and RFC 2104 make of a given secret', () => {
  const secret = new Uint8Array(32).fill(9);
  const keyring = new Keyring({ id: 1, key: keys.get(1) as NodeKey, domain, others: publics, sharedSecrets: new Map([[2, secret]]) });
  const made = new NodeEngine(keyring).sign('x', 'authenticator');
  const salt = encodeValue(['lightcone', 1, 'test', 'one']);
  const session = Buffer.from(hkdfSync('sha256', secret, salt, encodeValue(['lightcone', 1, 'session', 1, 1, 2, 1]), 32));
  const bytes = Buffer.concat([encodeValue(['lightcone', 1, 'test', 'one', 'authenticator', 1, 1]), encodeValue('x')]);
  const mac = createHmac('sha256', createSecretKey(session))
    .update(hash('sha256', bytes, 'buffer'))
    .digest();
  expect(made.subarray(4, 20)).toEqual(Uint8Array.from(mac.subarray(0, 16)));
});

test('a session key makes the MACs of node:crypto, of whatever length it is', () => {
  const random = new Random(7);
  const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, () => random.below(256));
  for (let length = 0; length <= 64; length++) {
    const key = bytes(length);
    const session = new SessionKey(key);
    for (let i = 0; i < 3; i++) {
      const digest = digestOf(bytes(random.below(200)));
      const whole = createHmac('sha256', key).update(digest).digest();
      expect(session.mac(digest)).toEqual(Uint8Array.from(whole.subarray(0, 16)));
    }
  }
  expect(digestOf(bytes(0))).toEqual(Uint8Array.from(hash('sha256', new Uint8Array(), 'buffer')));
  expect(() => new SessionKey(bytes(65))).toThrow('a session key of 65 bytes; at most 64');
});

describe('rotation', () => {
  test.each(['signature', 'authenticator'] as const)('a new key counts at once, the old one for its grace and no longer (%s)', (kind) => {
    const time = { nowMs: 0 };
    const rings = new Map(ids.map((id) => [id, ringOf(id, domain, time)]));
    const engines = new Map([...rings].map(([id, ring]) => [id, new NodeEngine(ring)]));
    const one = engines.get(1) as NodeEngine;
    const two = engines.get(2) as NodeEngine;
    const before = one.sign('x', kind);
    const toOld = two.sign('y', kind);
    const said = announce(rings.get(1) as Keyring, one, generateNodeKey(2));
    const after = one.sign('x', kind);
    expect([...after.subarray(0, 4)]).toEqual([0, 0, 0, 2]);
    // Who has not heard yet knows no such key.
    expect(two.verify(1, 'x', after, kind)).toBe(false);
    expect(acceptAnnouncement(rings.get(2) as Keyring, two, said)).toBe(true);
    expect(acceptAnnouncement(rings.get(2) as Keyring, two, said), 'once only').toBe(false);
    const valid = (): boolean[] => [two.verify(1, 'x', before, kind), two.verify(1, 'x', after, kind), one.verify(2, 'y', toOld, kind)];
    expect(valid()).toEqual([true, true, true]);
    time.nowMs = 999;
    expect(valid()).toEqual([true, true, true]);
    time.nowMs = 1000;
    // What was made for the old key is no longer read by an authenticator's reader; a signature is of node 2's key alone.
    expect(valid()).toEqual([false, true, kind === 'signature']);
    expect(one.verify(2, 'y', two.sign('y', kind), kind)).toBe(true);
  });

  test('only the newest key vouches for the next one, and numbers only grow', () => {
    const time = { nowMs: 0 };
    const [mine, its] = [ringOf(1, domain, time), ringOf(2, domain, time)];
    const [one, two] = [new NodeEngine(mine), new NodeEngine(its)];
    const stolen = new NodeEngine(ringOf(1, domain, time));
    const stolenRing = ringOf(1, domain, time);
    expect(acceptAnnouncement(its, two, announce(mine, one, generateNodeKey(2)))).toBe(true);
    const forged = announce(stolenRing, stolen, generateNodeKey(9));
    expect(acceptAnnouncement(its, two, forged)).toBe(false);
    expect(its.newest(1)?.number).toBe(2);
    expect(() => mine.rotate(generateNodeKey(2))).toThrow(/LC_KEY|key 2 does not follow key 2 of node 1/);
    const random = new Random(3);
    for (let i = 0; i < 300; i++) {
      const fields = forged as { readonly [name: string]: Value };
      const name = random.pick(['node', 'key', 'signature']);
      const value = random.below(4) === 0 ? schema.value.sample(random) : { ...fields, [name]: schema.value.sample(random) };
      expect(acceptAnnouncement(its, two, value)).toBe(false);
    }
  });

  test('WebCrypto rotates alike', async () => {
    const [mine, its] = [ringOf(1), ringOf(2)];
    const [one, two] = [new WebEngine(mine), new WebEngine(its)];
    const said = await announceAsync(mine, one, await generateWebNodeKey(2));
    expect(await acceptAnnouncementAsync(its, two, said)).toBe(true);
    expect(await acceptAnnouncementAsync(its, two, null)).toBe(false);
    for (const kind of ['signature', 'authenticator'] as const)
      expect(await two.verify(1, 'x', await one.sign('x', kind), kind)).toBe(true);
  });
});

test('each case of the conformance suite finds an engine that breaks it', async () => {
  const good = groupOf((keyring) => new NodeEngine(keyring));
  const broken = (change: (engine: AnyEngine, id: NodeId) => object): EngineGroup => {
    const of = (id: NodeId): AnyEngine => {
      const engine = good.of(id);
      const whole = { id, sign: engine.sign.bind(engine), verify: engine.verify.bind(engine) };
      return { ...whole, ...change(engine, id) } as AnyEngine;
    };
    return { ...good, of };
  };
  const groups: { readonly [name: string]: EngineGroup } = {
    'believes nothing': broken(() => ({ verify: () => false })),
    'believes anything': broken(() => ({ verify: () => true })),
    'believes any signer': broken((engine) => ({
      async verify(_signer: NodeId, content: Value, signature: Value, proof: 'signature' | 'authenticator') {
        for (const id of ids) if (await engine.verify(id, content, signature, proof)) return true;
        return false;
      },
    })),
    'takes one kind for the other': broken((engine) => ({
      verify: async (signer: NodeId, content: Value, signature: Value) =>
        (await engine.verify(signer, content, signature, 'signature')) ||
        (await engine.verify(signer, content, signature, 'authenticator')),
    })),
    'signs without the order of fields': broken((engine) => ({
      sign: (content: Value, proof: Proof) => engine.sign(JSON.stringify(content) ?? null, proof),
      verify: (signer: NodeId, content: Value, signature: Value, proof: Proof) =>
        engine.verify(signer, JSON.stringify(content) ?? null, signature, proof),
    })),
  };
  for (const { name, check } of engineCases) {
    const found = [];
    for (const [what, group] of Object.entries(groups)) if ((await check(group, new Random(1))) !== null) found.push(what);
    expect(found.length, name).toBeGreaterThan(0);
  }
});
