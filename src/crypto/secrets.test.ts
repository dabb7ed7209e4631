import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { LightconeError } from '../core/index.ts';
import {
  generateKeyFile,
  generateNodeKey,
  hex,
  Keyring,
  loadNodeKey,
  NodeEngine,
  NodeKey,
  nodeKeyOf,
  saveNodeKey,
  WebEngine,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'nothing';
  } catch (error) {
    return error instanceof LightconeError ? `${error.code}: ${error.message}` : `not ours: ${error}`;
  }
};

describe('secrets are never shown', () => {
  const signing = new Uint8Array(32).fill(0xa7);
  const exchange = new Uint8Array(32).fill(0xb9);
  const key = nodeKeyOf(3, signing, exchange);
  const domain = { protocol: 'p', cluster: 'c' };
  const shared = new Uint8Array(32).fill(0xc4);
  const keyring = new Keyring({
    id: 1,
    key,
    domain,
    others: new Map([[2, generateNodeKey().publicKey]]),
    sharedSecrets: new Map([[2, shared]]),
  });
  const engines = [new NodeEngine(keyring), new WebEngine(keyring)];
  engines[0]?.sign('x', 'authenticator');

  const shown = (thing: unknown): string =>
    [
      inspect(thing, { showHidden: true, depth: 20, getters: true }),
      JSON.stringify(thing),
      JSON.stringify({ ...(thing as object) }),
      String(thing),
      Object.entries(thing as object).map(([name, value]) => `${name}${inspect(value, { depth: 20 })}`),
    ].join('\n');
  const secret = /(a7,? ?){3}|(b9,? ?){3}|(c4,? ?){3}|(167,\s*){3}|(185,\s*){3}|(196,\s*){3}|p6enp6|ubm5ub|xMTExM/;

  test.each([
    ['a key', key],
    ['an engine on node:crypto', engines[0]],
    ['an engine on WebCrypto', engines[1]],
  ])('%s', (_name, thing) => {
    expect(shown(thing)).not.toMatch(secret);
    expect(shown([{ thing }])).not.toMatch(secret);
  });

  test('a keyring, whose secrets agreed on elsewhere are the caller’s own map', () => {
    expect(inspect(keyring, { showHidden: true, depth: 20 })).toBe('Keyring(node 1, key 3, 2 members, secrets not shown)');
    expect(JSON.stringify({ keyring })).not.toMatch(secret);
  });

  test('the check itself would see one', () => {
    expect(shown({ signing })).toMatch(secret);
    expect(shown({ shared: Buffer.from(shared).toString('base64') })).toMatch(secret);
    expect(inspect(key)).toContain(hex(key.publicKey.signing));
  });

  test('nor does an error about a key quote it', () => {
    const path = join(folder, 'half.json');
    writeFileSync(path, `{"secret": "${hex(signing)}`, { mode: 0o600 });
    expect(codeOf(() => loadNodeKey(path))).toBe(`LC_KEY: the file ${path} holds text that is no JSON, not a node's key`);
  });
});

describe('key files', () => {
  test('a key is read back as it was written, by its owner alone', () => {
    const path = join(folder, 'one.json');
    const made = generateKeyFile(path, 4);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const read = loadNodeKey(path);
    expect(read.publicKey).toEqual(made.publicKey);
    const others = new Map([[2, generateNodeKey().publicKey]]);
    const sign = (key: NodeKey) =>
      new NodeEngine(new Keyring({ id: 1, key, domain: { protocol: 'p', cluster: 'c' }, others })).sign('x', 'authenticator');
    expect(sign(read)).toEqual(sign(made));
    const bare = join(folder, 'bare.json');
    saveNodeKey(bare, nodeKeyOf(1, new Uint8Array(32), null));
    expect(loadNodeKey(bare).publicKey.exchange).toBeNull();
  });

  test('nothing is overwritten', () => {
    const path = join(folder, 'two.json');
    generateKeyFile(path);
    const before = readFileSync(path, 'utf8');
    expect(codeOf(() => generateKeyFile(path))).toBe(`LC_FILE_EXISTS: the key file ${path} cannot be written (EEXIST)`);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  test.skipIf(process.platform === 'win32')('a file that others may read is refused', () => {
    const path = join(folder, 'three.json');
    generateKeyFile(path);
    for (const mode of [0o640, 0o604, 0o660, 0o644]) {
      chmodSync(path, mode);
      expect(codeOf(() => loadNodeKey(path))).toBe(
        `LC_KEY: the key file ${path} may be read by others (mode ${mode.toString(8)}): chmod 600 it`,
      );
    }
  });

  test('what is missing, damaged or no key is refused in one sentence', () => {
    const good = join(folder, 'good.json');
    generateKeyFile(good);
    const content = JSON.parse(readFileSync(good, 'utf8')) as { [name: string]: unknown };
    const refusal = (change: unknown): string => {
      const path = join(folder, 'bad.json');
      rmSync(path, { force: true });
      writeFileSync(path, typeof change === 'string' ? change : JSON.stringify(change), { mode: 0o600 });
      return codeOf(() => loadNodeKey(path)).replace(path, 'FILE');
    };
    expect(codeOf(() => loadNodeKey(join(folder, 'none.json')))).toMatch(/^LC_FILE: the key file .* cannot be read \(ENOENT\)$/);
    expect(refusal('null')).toBe("LC_KEY: the file FILE holds something else, not a node's key");
    expect(refusal({ ...content, version: 2 })).toMatch(/something else/);
    expect(refusal({ ...content, number: 0 })).toMatch(/something else/);
    expect(refusal({ ...content, secret: { signing: 'ab', exchange: null } })).toMatch(/seeds of another length/);
    expect(refusal({ ...content, secret: null })).toMatch(/seeds of another length/);
    expect(refusal({ ...content, public: '00'.repeat(32) })).toMatch(/a secret that does not belong to its public key/);
    expect(refusal('x'.repeat(5000))).toMatch(/5000 bytes/);
  });

  test('keys of another size are refused by number', () => {
    const { publicKey } = generateNodeKey();
    const secret = { signing: new Uint8Array(32), exchange: new Uint8Array(32) };
    expect(codeOf(() => new NodeKey({ ...publicKey, number: 0 }, secret))).toMatch(
      /LC_KEY: a key's number is an integer from 1 to 4294967295, not 0/,
    );
    expect(codeOf(() => new NodeKey({ ...publicKey, signing: new Uint8Array(31) }, secret))).toMatch(
      /LC_KEY: the public signing key of number 1 is not 32 bytes/,
    );
    expect(codeOf(() => new NodeKey(publicKey, { ...secret, signing: new Uint8Array(5) }))).toMatch(
      /LC_KEY: each secret part of key 1 must be 32 bytes/,
    );
    expect(codeOf(() => new NodeKey(publicKey, { ...secret, exchange: null }))).toMatch(
      /LC_KEY: key 1 has one half of its exchange key only/,
    );
    expect(codeOf(() => nodeKeyOf(1, new Uint8Array(3), null))).toMatch(/LC_KEY/);
  });
});
