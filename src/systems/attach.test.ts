/** Attaching to clusters that run already, past everything that starts and breaks: what a run writes, and what is left of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { loopbackPorts, proxyLinks } from '../nemesis/index.ts';
import { findBinary } from './binaries.ts';
import { type AttachedSystem, type Endpoint, parseEndpoints, type System, systemNamed } from './index.ts';
import { loopback } from './link-book.ts';
import { JetStream } from './nats/jetstream.ts';
import { Nats } from './nats/protocol.ts';
import { always } from './patience.ts';
import { Postgres } from './postgres/protocol.ts';
import { waitUntil } from './readiness.ts';
import { Redis } from './redis-sentinel/resp.ts';
import { eventually, startForTest, type TestRun } from './testing.ts';
import { ZooKeeper } from './zookeeper/session.ts';

const PREFIX = 'lightcone_test_7';
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const lacks = (name: string): boolean => systemNamed(name).requires.some((requirement) => findBinary(requirement) === null);

async function cluster(name: string, nodes: number): Promise<TestRun> {
  const run = await startForTest(systemNamed(name), {}, nodes);
  closing.push(() => run.end());
  return run;
}

async function attached(name: string, endpoints: readonly Endpoint[]): Promise<AttachedSystem> {
  const links = await proxyLinks({});
  closing.push(() => links.close());
  const { signal } = new AbortController();
  const nodes = endpoints.map((_, i) => `n${i + 1}`);
  const attach = systemNamed(name).attach as NonNullable<System['attach']>;
  const system = await attach({ nodes, endpoints, settings: {}, links, signal, prefix: PREFIX, log: () => {} });
  await system.ready(20_000);
  return system;
}

/** A set, a register and a transaction or two: what it says is what was put in. */
async function writesAndReads(system: AttachedSystem): Promise<void> {
  const client = async (workload: string) => {
    const made = await system.client({ workload, node: 'n1', name: 'client-1', timeoutMs: 2000 });
    closing.push(() => made.close());
    return made;
  };
  const set = await client('set');
  for (const value of [1, 2, 3]) expect((await eventually(set, { f: 'add', value })).outcome).toBe('ok');
  expect([...((await eventually(set, { f: 'read' })).value as number[])].sort()).toEqual([1, 2, 3]);
  const register = await client('register');
  expect((await eventually(register, { f: 'write', key: 'k', value: 7 })).outcome).toBe('ok');
  expect(await eventually(register, { f: 'read', key: 'k' })).toMatchObject({ outcome: 'ok', value: 7 });
  expect(await register.invoke({ f: 'cas', key: 'k', value: [7, 8] })).toMatchObject({ outcome: 'ok' });
  expect(await eventually(register, { f: 'read', key: 'k' })).toMatchObject({ outcome: 'ok', value: 8 });
  expect((await system.beliefs('n1')).length).toBeGreaterThan(0);
}

describe('a cluster that runs already', () => {
  it.skipIf(lacks('redis-sentinel'))(
    'redis-sentinel: keys begin with the prefix and go; a login is for the servers',
    { timeout: 60_000 },
    async () => {
      const run = await cluster('redis-sentinel', 3);
      const port = (node: string, file: string): number =>
        Number(/^port (\d+)/m.exec(readFileSync(join(run.directory, node, file), 'utf8'))?.[1]);
      const primary = await Redis.connect(loopback(port('n1', 'redis.conf')), always(2000));
      closing.push(async () => primary.close());
      await primary.command('SET', 'theirs', '1');
      for (const node of run.nodes) {
        const server = await Redis.connect(loopback(port(node, 'redis.conf')), always(2000));
        await server.command('ACL', 'SETUSER', 'tester', 'on', '>pass', '~*', '+@all');
        server.close();
      }
      const endpoints = run.nodes.map((node) => ({ ...loopback(port(node, 'sentinel.conf')), user: 'tester', password: 'pass' }));
      const system = await attached('redis-sentinel', endpoints);
      expect(system.version).toMatch(/^\d+\.\d+/);
      await writesAndReads(system);
      const txn = await system.client({ workload: 'list-append', node: 'n2', name: 'client-2', timeoutMs: 2000 });
      closing.push(() => txn.close());
      const steps = [
        ['append', 'x', 1],
        ['r', 'x', null],
      ] as const;
      expect(await eventually(txn, { f: 'txn', value: steps })).toMatchObject({
        outcome: 'ok',
        value: [
          ['append', 'x', 1],
          ['r', 'x', [1]],
        ],
      });
      const keys = (await primary.command('KEYS', '*')) as string[];
      expect(keys.filter((key) => key !== 'theirs' && !key.startsWith(`${PREFIX}:`))).toEqual([]);
      expect(keys.length).toBeGreaterThan(3);
      await system.detach();
      expect(await primary.command('KEYS', '*')).toEqual(['theirs']);
      const wrong = await attached(
        'redis-sentinel',
        endpoints.map((one) => ({ ...one, password: 'wrong' })),
      );
      const refused = await wrong.client({ workload: 'set', node: 'n1', name: 'client-3', timeoutMs: 1000 });
      expect(await refused.invoke({ f: 'add', value: 1 })).toEqual({ outcome: 'fail', code: 'WRONGPASS' });
      await refused.close();
      await expect(wrong.detach()).rejects.toMatchObject({ code: 'WRONGPASS' });
    },
  );

  it.skipIf(lacks('zookeeper'))('zookeeper: everything lies below one node, which goes', { timeout: 60_000 }, async () => {
    const run = await cluster('zookeeper', 1);
    const config = readFileSync(join(run.directory, 'n1', 'zoo.cfg'), 'utf8');
    const address = loopback(Number(/^clientPort=(\d+)/m.exec(config)?.[1]));
    const session = await ZooKeeper.connect(address, always(2000), 6000);
    closing.push(async () => session.close());
    const before = await session.getChildren('/');
    const system = await attached('zookeeper', [address]);
    await writesAndReads(system);
    expect((await session.getChildren('/')).filter((child) => !before.includes(child))).toEqual([PREFIX]);
    await system.detach();
    expect(await session.getChildren('/')).toEqual(before);
  });

  it.skipIf(lacks('postgres'))('postgres: a schema of its own, which goes; passwords as SCRAM and MD5', { timeout: 60_000 }, async () => {
    const run = await cluster('postgres', 1);
    const data = join(run.directory, 'n1', 'data');
    const address = loopback(Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[3]));
    const admin = await Postgres.connect(address, always(2000));
    closing.push(async () => admin.close());
    const hba = join(data, 'pg_hba.conf');
    writeFileSync(
      hba,
      `host all scrammer all scram-sha-256\nhost all digester all md5\nhost all spoken all password\n${readFileSync(hba, 'utf8')}`,
    );
    const digest = `SET password_encryption = 'md5'; CREATE ROLE digester LOGIN PASSWORD 'p''w'; SET password_encryption = 'scram-sha-256'`;
    await admin.query(`${digest}; CREATE ROLE scrammer LOGIN PASSWORD 'pä§s'; CREATE ROLE spoken LOGIN PASSWORD 'open'`);
    await admin.query('GRANT CREATE ON DATABASE postgres TO scrammer, digester, spoken');
    await admin.query('SELECT pg_reload_conf()');
    for (const [user, password] of [
      ['scrammer', 'pä§s'],
      ['digester', "p'w"],
      ['spoken', 'open'],
    ] as const) {
      const system = await attached('postgres', [{ ...address, user, password }]);
      await writesAndReads(system);
      const schemas = "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'lightcone%'";
      expect((await admin.query(schemas)).rows).toEqual([['1']]);
      await system.detach();
      expect((await admin.query(schemas)).rows).toEqual([['0']]);
    }
    for (const login of [{ user: 'scrammer', password: 'wrong' }, { user: 'scrammer' }])
      await expect(attached('postgres', [{ ...address, ...login }])).rejects.toThrow(
        `n1 at 127.0.0.1:${address.port} says ${'password' in login ? 'SQL_28P01' : 'PASSWORD_WANTED'}`,
      );
  });

  describe.skipIf(lacks('nats'))('nats', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lightcone-attach-nats-'));
    let server: ChildProcess | null = null;
    afterAll(() => {
      server?.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    });

    it('a stream of its own, which goes; a login', { timeout: 60_000 }, async () => {
      const binary = findBinary((systemNamed('nats').requires as readonly [{ binary: string; package: string }])[0]) as string;
      const ports = loopbackPorts();
      closing.push(() => ports.close());
      const port = await ports.take();
      const address = loopback(port);
      server = spawn(binary, ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder, '--user', 'me', '--pass', 'secret'], {
        stdio: 'ignore',
      });
      const login = { user: 'me', password: 'secret' };
      const open = (): Promise<Nats> => Nats.connect(address, always(2000), login);
      const { signal } = new AbortController();
      const up = async (): Promise<boolean> => {
        (await open()).close();
        return true;
      };
      await waitUntil(up, 10_000, signal);
      const [endpoint] = parseEndpoints(`nats://me:secret@127.0.0.1:${port}`) as [Endpoint];
      const system = await attached('nats', [endpoint]);
      await writesAndReads(system);
      const nats = await open();
      closing.push(async () => nats.close());
      const names = async (): Promise<unknown> => (await new JetStream(nats).ask('STREAM.NAMES')).streams ?? [];
      expect(await names()).toEqual([PREFIX]);
      await system.detach();
      expect(await names()).toEqual([]);
      await expect(attached('nats', [{ ...endpoint, password: 'wrong' }])).rejects.toThrow(`n1 at 127.0.0.1:${port} says `);
    });
  });
});
