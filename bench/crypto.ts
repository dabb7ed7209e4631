/**
 * Proofs per CPU-second: the engine of src/crypto on node:crypto (canonical bytes, domain, key numbers included) beside
 * the plain calls of node:crypto on bytes that are there already. Contents of 64 and 1,024 bytes, a group of four.
 */
import { createHmac, createSecretKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { Value } from '../src/core/index.ts';
import { generateNodeKey, Keyring, NodeEngine } from '../src/crypto/index.ts';
import { cpuSeconds, type Figure, median } from './measure.ts';

export const name = 'crypto';

const RUNS = 5;
const SIZES = [64, 1024];
const ids = [1, 2, 3, 4];

/** Calls per CPU-second. */
function rate(times: number, work: (i: number) => void): number {
  for (let i = 0; i < times / 10; i++) work(i);
  const runs = Array.from({ length: RUNS }, () => {
    const seconds = cpuSeconds(() => {
      for (let i = 0; i < times; i++) work(i);
    });
    return times / seconds;
  });
  return median(runs);
}

function engines(): readonly NodeEngine[] {
  const keys = ids.map(() => generateNodeKey());
  const others = new Map(ids.map((id, i) => [id, (keys[i] as (typeof keys)[number]).publicKey]));
  const domain = { protocol: 'bench', cluster: 'bench' };
  return ids.map((id, i) => new NodeEngine(new Keyring({ id, key: keys[i] as (typeof keys)[number], domain, others })));
}

function plain(bytes: Uint8Array): Figure[] {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const made = sign(null, bytes, privateKey);
  const secret = createSecretKey(randomBytes(32));
  const note = `${bytes.length} bytes`;
  return [
    { metric: `plain node:crypto: Ed25519 sign, ${note}`, value: rate(6000, () => sign(null, bytes, privateKey)), unit: '/s' },
    { metric: `plain node:crypto: Ed25519 verify, ${note}`, value: rate(3000, () => verify(null, bytes, publicKey, made)), unit: '/s' },
    {
      metric: `plain node:crypto: one HMAC-SHA-256, ${note}`,
      value: rate(60_000, () => createHmac('sha256', secret).update(bytes).digest()),
      unit: '/s',
    },
  ];
}

function engine(content: Value, note: string): Figure[] {
  const [one, two] = engines() as [NodeEngine, NodeEngine];
  const figures: Figure[] = [];
  for (const proof of ['signature', 'authenticator'] as const) {
    const fast = proof === 'authenticator' ? 5 : 1;
    const made = one.sign(content, proof);
    if (!two.verify(1, content, made, proof)) throw new Error('a proof that is not believed is not worth measuring');
    const what = proof === 'signature' ? 'signature' : 'authenticator (3 MACs)';
    figures.push(
      { metric: `engine: make a ${what}, ${note}`, value: rate(6000 * fast, () => one.sign(content, proof)), unit: '/s' },
      { metric: `engine: check a ${proof}, ${note}`, value: rate(3000 * fast, () => two.verify(1, content, made, proof)), unit: '/s' },
    );
  }
  return figures;
}

export function run(): Figure[] {
  return SIZES.flatMap((size) => [
    ...plain(randomBytes(size)),
    ...engine({ f: 'write', key: 1, value: Uint8Array.from(randomBytes(size - 24)) }, `${size} bytes`),
  ]);
}
