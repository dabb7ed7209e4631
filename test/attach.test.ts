import { readdirSync, readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../tools/rooms.ts';
import { begin, lightcone, ownFolder } from './command-line.ts';
import { etcdBinary, type OwnEtcd, ownEtcd } from './own-etcd.ts';

const folder = ownFolder('attach');
const TIME = ['--time', '3s'];
let cluster: OwnEtcd;

const stateOf = (pid: number | undefined): string => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
const startTimes = (): string[] => cluster.processes.map(({ pid }) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')[21] as string);
const keyCount = async (headers = {}): Promise<unknown> =>
  (await cluster.ask('kv/range', { key: 'AA==', range_end: 'AA==', count_only: true }, headers)).count ?? '0';
const everyFile = (path: string): string[] =>
  statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => everyFile(join(path, name))) : [path];

describe.skipIf(etcdBinary === null)('a cluster that somebody else runs', () => {
  beforeAll(async () => {
    cluster = await ownEtcd(folder);
    await cluster.ask('kv/put', { key: Buffer.from('theirs').toString('base64'), value: 'MQ==' });
  });
  afterAll(() => cluster.end());

  it('is checked without a fault, and left as it was: the same processes, only its own keys', async () => {
    const before = startTimes();
    const { code, out, err } = await lightcone(folder, ['check', 'etcd', '--attach', cluster.addresses, ...TIME]);
    expect(code === 0 ? '' : out + err).toBe('');
    expect(out).toContain('scenario etcd-attached');
    expect(out).toMatch(/^ {2}[\d,]{3,} operations: /m);
    expect(startTimes()).toEqual(before);
    expect(await keyCount()).toBe('1');
  });

  it('meets what was allowed by name: our clients are slow, a process stands still and goes on', async () => {
    const allow = ['--allow', 'delay,pause', '--pids', cluster.pids];
    const { code, out, err } = await lightcone(folder, ['check', 'etcd', '--attach', cluster.addresses, '--time', '5s', ...allow]);
    expect(code === 0 ? '' : out + err).toBe('');
    expect(out).toMatch(/^ {2}delay from .* bit: /m);
    expect(out).toMatch(/^ {2}pause from .* bit: /m);
    expect(out).toContain(`--attach ${cluster.addresses.replaceAll('http://', '')} --allow delay,pause --pids ${cluster.pids}`);
    expect(cluster.processes.map(({ pid }) => stateOf(pid))).not.toContain('T');
    expect(await keyCount()).toBe('1');
  });

  it('goes on also when kill -9 ends us while one of its processes stands still', async () => {
    const args = ['check', 'etcd', '--attach', cluster.addresses, '--time', '20s', '--allow', 'pause', '--pids', cluster.pids];
    const run = begin(folder, args);
    const still = (): boolean => cluster.processes.some(({ pid }) => stateOf(pid) === 'T');
    await expect.poll(still, { timeout: 20_000, interval: 50 }).toBe(true);
    run.child.kill('SIGKILL');
    await run.ended;
    await expect.poll(still, { timeout: 5000, interval: 20 }).toBe(false);
    // The keys of a run that was killed stay; they tell whose they were.
    await cluster.ask('kv/deleterange', {
      key: Buffer.from('lightcone/').toString('base64'),
      range_end: Buffer.from('lightcone0').toString('base64'),
    });
  });

  it('refuses a pid that is not who listens at the address', async () => {
    const [first, second, third] = cluster.processes.map(({ pid }) => pid);
    const swapped = ['--allow', 'pause', '--pids', `n1=${second},n2=${first},n3=${third}`];
    const { code, err } = await lightcone(folder, ['check', 'etcd', '--attach', cluster.addresses, ...TIME, ...swapped]);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(`LC_USAGE: --pids: process ${second} does not listen at 127.0.0.1:${cluster.ports[0]}, so it is not n1`),
    ]);
  });

  it('that does not answer is the environment: exit 5, with its address', async () => {
    const { code, err } = await lightcone(folder, ['check', 'etcd', '--attach', '127.0.0.1:9', ...TIME]);
    expect([code, err]).toEqual([5, expect.stringContaining('n1 at 127.0.0.1:9 says ECONNREFUSED')]);
  });

  it('with passwords is entered with the one given, which is printed and kept nowhere', async () => {
    const secret = 'Zr8-not-for-eyes';
    await cluster.ask('auth/user/add', { name: 'root', password: secret });
    await cluster.ask('auth/user/grant', { user: 'root', role: 'root' });
    await cluster.ask('auth/enable', {});
    const withSecret = (password: string): string => cluster.ports.map((port) => `http://root:${password}@127.0.0.1:${port}`).join(',');
    const wrong = await lightcone(folder, ['check', 'etcd', '--attach', withSecret('other'), ...TIME]);
    expect([wrong.code, wrong.err]).toEqual([5, expect.stringContaining('does not know the user that was given')]);
    const { code, out, err } = await lightcone(folder, ['check', 'etcd', '--attach', withSecret(secret), ...TIME]);
    expect(code === 0 ? '' : out + err).toBe('');
    expect(out).toContain(`***@127.0.0.1:${cluster.ports[0]},***@`);
    expect(out + err + wrong.err).not.toContain(secret);
    const kept = everyFile(join(folder, '.lightcone')).filter((path) => readFileSync(path, 'utf8').includes(secret));
    expect(kept).toEqual([]);
    const { token } = await cluster.ask('auth/authenticate', { name: 'root', password: secret });
    expect(await keyCount({ authorization: String(token) })).toBe('1');
  });
});

describe('a system of a user that runs already', () => {
  const values = new Map<string, string>();
  let server: Server;
  let address: string;
  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => {});
      createInterface({ input: socket }).on('line', (line) => {
        const [word, key = '', value = ''] = line.split(' ');
        if (word === 'set') values.set(key, value);
        if (word === 'drop') for (const name of values.keys()) if (name.startsWith(key)) values.delete(name);
        socket.write(`${word === 'version' ? '7.1' : word === 'get' ? (values.get(key) ?? '') : 'ok'}\n`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    values.set('theirs', '1');
  });
  afterAll(() => {
    server.close();
  });

  it('is attached to by its own `attach`, meets a slow network, and is left as it was', async () => {
    const module = join(root, 'test', 'bad-systems', 'attachable.ts');
    const args = ['--attach', address, '--allow', 'delay', ...TIME];
    const { code, out, err } = await lightcone(folder, ['check', module, ...args]);
    expect(code === 0 ? '' : out + err).toBe('');
    expect(out).toMatch(/^lines 7\.1, 1 node: scenario lines-attached/);
    expect(out).toMatch(/^ {2}delay from .* bit: /m);
    expect([...values]).toEqual([['theirs', '1']]);
  });

  it('without an `attach` it is refused', async () => {
    const module = join(root, 'test', 'bad-systems', 'steady.ts');
    const { code, err } = await lightcone(folder, ['check', module, '--attach', address]);
    expect([code, err]).toEqual([2, expect.stringContaining('LC_USAGE: steady cannot be attached to: it has no `attach`')]);
  });
});
