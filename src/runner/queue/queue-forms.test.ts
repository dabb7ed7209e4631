import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { defineScenario } from '../../scenario/index.ts';
import { queueAddress, withoutSecrets } from './queue-address.ts';
import { token } from './queue-streams.ts';
import { packFiles, unpackFiles } from './run-files.ts';
import { type RunOrder, readOrder, sameModule, systemToken } from './run-order.ts';
import { ResultCollector, resultSubject } from './run-result.ts';

const root = mkdtempSync(join(tmpdir(), 'lightcone-queue-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

describe('the address of a queue', () => {
  it('is a URL or several; who we are comes from it, or from the environment', () => {
    expect(queueAddress('nats://h')).toEqual({ servers: ['h:4222'], shown: 'nats://h:4222', encrypted: false });
    expect(queueAddress('10.0.0.5:1')).toMatchObject({ servers: ['10.0.0.5:1'] });
    expect(queueAddress('tls://a:1,tls://b')).toEqual({ servers: ['a:1', 'b:4222'], shown: 'tls://a:1,tls://b:4222', encrypted: true });
    expect(queueAddress('nats://me:p%40ss@h:1')).toMatchObject({ user: 'me', password: 'p@ss', shown: 'nats://h:1' });
    expect(queueAddress('nats://t0ken@h')).toMatchObject({ token: 't0ken', shown: 'nats://h:4222' });
    expect(queueAddress('nats://h', { NATS_USER: 'me', NATS_PASSWORD: 'pw' })).toMatchObject({ user: 'me', password: 'pw' });
    const file = join(root, 'me.creds');
    writeFileSync(file, 'seed');
    expect(queueAddress('nats://h', { NATS_CREDS: file })).toMatchObject({ credentials: 'seed' });
    expect(() => queueAddress('nats://h', { NATS_CREDS: join(root, 'none') })).toThrow('(NATS_CREDS) cannot be read: ENOENT');
  });

  it.each(['http://me:s3cret@h', 'nats://me:s3cret@', 'nats://me:s3cret@h/path', 'me:s3cret@h:port'])(
    '%s is refused, without its secret',
    (given) => {
      let said = '';
      try {
        queueAddress(given);
      } catch (error) {
        said = JSON.stringify([(error as Error).message, (error as { data?: unknown }).data]);
      }
      expect(said).toContain('--queue takes a URL such as nats://host:4222');
      expect(said).not.toContain('s3cret');
    },
  );

  it('takes secrets out of what others say', () => {
    const address = queueAddress('nats://me:s3cret@h');
    expect(withoutSecrets(new Error('s3cret of nats://me:other@h'), address)).toBe('*** of nats://h');
  });
});

describe('an order', () => {
  const scenario = defineScenario({ name: 'x', target: 'etcd', nodes: 3, workload: { kind: 'register', clients: 1, operations: 1 } });
  const order: RunOrder = {
    ...{ order: 1, lightcone: '0.1.0', campaign: 'c-1', session: 'a1', name: 'run-0001', system: 'etcd', module: null },
    ...{ budget: '10s,1GB', keeps: true, scenario },
  };

  it('is read back as it was', () => {
    expect(readOrder(bytes(order))).toEqual(order);
  });

  it.each([
    ['no JSON', 'x', 'no JSON'],
    ['another version', { ...order, order: 2 }, 'not of this version'],
    ['a name that is a path', { ...order, name: '../../etc/passwd' }, '`name`'],
    ['a campaign with spaces', { ...order, campaign: 'a b' }, '`campaign`'],
    ['a budget that is an option', { ...order, budget: '--html x' }, '`budget`'],
    ['a module that is no hash', { ...order, module: 'x' }, '`module`'],
    ['no scenario', { ...order, scenario: { scenario: 1 } }, 'an order of the queue'],
  ])('with %s is refused', (_what, value, said) => {
    expect(() => readOrder(bytes(value))).toThrow(said);
  });

  it('names a module by its path from the project, wherever that lies', () => {
    expect(sameModule('.\\lightcone\\my-system.ts')).toBe(sameModule('lightcone/my-system.ts'));
    expect(systemToken('./my-system.ts', true)).toBe(systemToken('my-system.ts', true));
    expect(systemToken('a/my-system.ts', true)).not.toBe(systemToken('my-system.ts', true));
    expect(token('a.b>*c')).toBe('a_b__c');
  });
});

describe('files of a run', () => {
  const directory = join(root, 'run');
  mkdirSync(directory);
  writeFileSync(join(directory, 'report.json'), '{}');
  writeFileSync(join(directory, 'trace.jsonl'), 'a line\n'.repeat(100_000));
  writeFileSync(join(directory, 'secrets.txt'), 'not ours');
  const outcome = { verdict: 'violation', said: 'lost', broken: ['durability'], figures: { lost: 3 }, tookMs: 9, worker: 'w' } as const;

  it('arrive as they were, in parts of any size, in any company; others are not sent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 2000 }), (size) => {
        const { content, files, sha256, left } = packFiles(directory);
        const collector = new ResultCollector();
        for (let at = 0; at < content.length; at += size) {
          collector.take(resultSubject('c', 'run-0001', 'a1', 'part'), content.subarray(at, at + size));
          // Of a worker that died in the middle.
          collector.take(resultSubject('c', 'run-0001', 'dead', 'part'), bytes('rest'));
        }
        const arrived = collector.take(resultSubject('c', 'run-0001', 'a1', 'done'), bytes({ result: 1, outcome, files, sha256, left }));
        expect(arrived).toMatchObject({ name: 'run-0001', outcome });
        const to = mkdtempSync(join(root, 'to-'));
        expect(arrived?.unpack(to)).toBe('');
        expect(readFileSync(join(to, 'trace.jsonl'), 'utf8')).toBe('a line\n'.repeat(100_000));
        expect(files.map(({ name }) => name)).toEqual(['report.json', 'trace.jsonl']);
      }),
      { numRuns: 30 },
    );
  });

  it('beyond the limit are left, and named', () => {
    const { files, left } = packFiles(directory, 100);
    expect([files.map(({ name }) => name), left]).toEqual([['report.json'], [{ name: 'trace.jsonl', bytes: 700_000 }]]);
  });

  it('that are not what was sent, or would be written elsewhere, are not written', () => {
    const { content, files, sha256 } = packFiles(directory);
    const to = join(root, 'never');
    expect(unpackFiles(to, files, content.subarray(1), sha256)).toBe(false);
    expect(unpackFiles(to, files, content, 'x')).toBe(false);
    expect(
      unpackFiles(
        to,
        files.map((file) => ({ ...file, name: '../evil' })),
        content,
        sha256,
      ),
    ).toBe(false);
    expect(() => readFileSync(to)).toThrow('ENOENT');
  });

  it('a result that is none is passed over', () => {
    const collector = new ResultCollector();
    for (const value of ['x', {}, { result: 1 }, { result: 1, outcome: { verdict: 'fine' }, sha256: '' }])
      expect(collector.take('lightcone.results.c.run.a.done', bytes(value))).toBe(null);
  });
});
