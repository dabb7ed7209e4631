/** What goes wrong around a run: it ends with a named reason and exit 5 (environment) or 3 (unknown), never a pass, and leaves no process. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../tools/rooms.ts';
import { begin, type Ended, lightcone, ownFolder, processesOf } from './command-line.ts';
import { etcdBinary, ownEtcd } from './own-etcd.ts';

const folder = ownFolder('bad-input');
const bad = (name: string): string => join(root, 'test', 'bad-systems', `${name}.ts`);
const short = ['--time', '2s'];
const servers: Server[] = [];
const sockets = new Set<Socket>();
const undo: (() => void)[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  for (const socket of sockets) socket.destroy();
  for (const back of undo) back();
});

const home = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
};

/** Listens, and answers every piece with `answer`; null: says nothing. */
async function listening(answer: (() => Buffer | null) | null): Promise<number> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      const said = answer?.() ?? null;
      if (said !== null) socket.write(said);
    });
    sockets.add(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

function named({ code, out, err }: Ended, exit: number, reason: RegExp): void {
  expect([code, out]).toEqual([exit, '']);
  expect(err).toMatch(reason);
  expect(err).not.toMatch(/^ +at .*:\d+:\d+/m);
}

describe('the environment is at fault: exit 5', () => {
  it('no binary: which one, and what would install it', async () => {
    const cwd = home('no-binary');
    const ended = await lightcone(cwd, ['check', 'etcd', ...short], { PATH: '/nonexistent' });
    named(ended, 5, /^LC_ENVIRONMENT: etcd needs etcd, which is not here: install Debian's package etcd-server$/m);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('a port that somebody else has', async () => {
    const cwd = home('port-taken');
    const port = await listening(null);
    const ended = await lightcone(cwd, ['check', bad('port-taken'), ...short], { TAKEN_PORT: String(port) });
    expect([ended.code, ended.out]).toEqual([5, '']);
    expect(ended.err).toMatch(/^LC_ENVIRONMENT: port-taken could not be tested: n\d ended while it started \(exit code 1\)/);
    expect(ended.err).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
    expect(processesOf(cwd)).toEqual([]);
  });

  it('a node that dies at start: who, how, and the end of its log', async () => {
    const cwd = home('dies');
    const ended = await lightcone(cwd, ['check', bad('dies-at-start'), ...short]);
    named(
      ended,
      5,
      /^LC_ENVIRONMENT: dies-at-start could not be tested: n\d ended while it started \(exit code 3\); the end of its log:\nconfig: no such shard: 7 \(logs: /m,
    );
    expect(ended.ms).toBeLessThan(20_000);
    expect(processesOf(cwd)).toEqual([]);
  });

  it('a full disk of ours', async () => {
    const cwd = home('full');
    if (process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', cwd]).status === 0) {
      undo.push(() => spawnSync('umount', [cwd]));
      const ended = await lightcone(cwd, ['check', bad('fast'), '--time', '30s']);
      named(ended, 5, /^LC_DISK_FULL: .*no space is left/m);
      expect(ended.ms).toBeLessThan(25_000);
      expect(processesOf(cwd)).toEqual([]);
    }
    // Everywhere: no file of ours may become longer than this.
    const limited = home('limited');
    const run = begin(limited, ['check', bad('fast'), '--time', '30s'], {}, ['prlimit', '--fsize=1000000']);
    const ended = await run.ended;
    named(ended, 5, /^LC_DISK_FULL: .*no space is left to record the run in .*trace\.jsonl/m);
    expect(ended.ms).toBeLessThan(25_000);
    expect(processesOf(limited)).toEqual([]);
  });

  it.each([
    ['noise', () => Buffer.from(Array.from({ length: 64 }, (_, i) => (i * 37) % 256))],
    ['a web page', () => Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n<html>hi</html>')],
    ['empty JSON', () => Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')],
    ['nothing', null],
  ])('a system that answers with %s', async (_, answer) => {
    const port = await listening(answer);
    const ended = await lightcone(folder, ['check', 'etcd', '--attach', `127.0.0.1:${port}`, ...short]);
    named(ended, 5, /^LC_ENVIRONMENT: etcd could not be tested: etcd: it cannot be attached to: n1 /m);
  });
});

describe('nobody knows: exit 3', () => {
  it('a client that understands no answer at all has passed nothing', async () => {
    const { code, out } = await lightcone(home('throws'), ['check', bad('throws'), ...short]);
    expect([code, out]).toEqual([3, expect.stringContaining('not one operation was acknowledged')]);
  });

  it('a system that talks past the links that are cut: its partition bit nobody, which is no pass', async () => {
    const cwd = home('around');
    const file = join(cwd, 'around.yaml');
    writeFileSync(
      file,
      `scenario: 1
name: around
target: steady
nodes: 3
workload: { kind: register, clients: 3, operations: 100000, keys: 2, placement: pinned, ratePerSecond: 300, timeoutMs: 300 }
faults:
  - { fault: partition, shape: isolate, node: n2, atMs: 500, forMs: 1000 }
durationMs: 2000
seed: 3
`,
    );
    const { code, out } = await lightcone(cwd, ['check', bad('steady'), '--scenario', file]);
    expect([code, out]).toEqual([3, expect.stringMatching(/the system opened no\s+connection over them/)]);
    expect(processesOf(cwd)).toEqual([]);
  });
});

describe('it does not matter: the run goes on', () => {
  it('a client that hangs: its operations end with an unknown outcome, the others go on', async () => {
    const cwd = home('hangs');
    const { code, out, err, ms } = await lightcone(cwd, ['check', bad('hangs'), ...short]);
    expect(code === 0 ? '' : out + err).toBe('');
    expect(out).toMatch(/^ {2}[\d,]+ operations: [\d,]+ acknowledged .*, \d+ of unknown outcome/m);
    expect(out).toMatch(/LC_TIMEOUT \d+/);
    expect(ms).toBeLessThan(30_000);
    expect(processesOf(cwd)).toEqual([]);
  });

  it('a wall clock that jumps: runs are timed by the monotonic one, and it alone orders the history', async () => {
    const cwd = home('clock');
    const preload = join(root, 'test', 'bad-systems', 'jumping-clock.mjs');
    const { code, out, err } = await lightcone(cwd, ['check', bad('steady'), ...short], { NODE_OPTIONS: `--import=${preload}` });
    expect(code === 0 ? '' : out + err).toBe('');
    const [run = ''] = readdirSync(join(cwd, '.lightcone', 'runs'));
    const lines = readFileSync(join(cwd, '.lightcone', 'runs', run, 'trace.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const times = lines.map((line) => (JSON.parse(line) as { timeNs: number }).timeNs);
    expect(times.length).toBeGreaterThan(100);
    expect(times.every((time, i) => i === 0 || time >= (times[i - 1] as number))).toBe(true);
    expect(times.at(-1)).toBeLessThan(20e9);
  });

  it('a schedule that cuts what is already cut, and heals what another fault still holds', async () => {
    const cwd = home('cut-twice');
    const file = join(cwd, 'twice.yaml');
    const cut = (atMs: number, forMs: number): string =>
      `  - { fault: partition, shape: isolate, node: n2, atMs: ${atMs}, forMs: ${forMs} }`;
    writeFileSync(
      file,
      `scenario: 1
name: twice
target: broken-service
nodes: 3
workload: { kind: register, clients: 6, operations: 100000, keys: 2, placement: pinned, ratePerSecond: 150, timeoutMs: 1500 }
faults:
${[cut(500, 2000), cut(500, 2000), cut(1000, 800)].join('\n')}
  - { fault: pause, node: n3, atMs: 1000, forMs: 900 }
  - { fault: pause, node: n3, atMs: 1200, forMs: 300 }
durationMs: 4000
settings: { bug: '' }
seed: 3
`,
    );
    const system = join(root, 'examples', 'broken-service', 'system.ts');
    const { code, out, err } = await lightcone(cwd, ['check', system, '--scenario', file]);
    expect(code === 0 ? '' : out + err).toBe('');
    expect(out.match(/ bit: /g)).toHaveLength(5);
    expect(processesOf(cwd)).toEqual([]);
  });
});

describe.skipIf(etcdBinary === null)('a real system whose answers turn into garbage halfway', () => {
  it('is unknown, with what was seen until then', async () => {
    const cwd = home('halfway');
    const cluster = await ownEtcd(join(cwd, 'data'));
    try {
      const { port, spoil } = await garbling(cluster.ports[0] as number);
      const run = begin(cwd, ['check', 'etcd', '--attach', `127.0.0.1:${port}`, '--time', '4s']);
      await expect.poll(() => readTrace(cwd).length > 20_000, { timeout: 20_000, interval: 50 }).toBe(true);
      spoil();
      const { code, out } = await run.ended;
      expect([code, out]).toEqual([3, expect.stringContaining('after the heal not all nodes served again')]);
      expect(out).toContain('Left behind: what the run wrote could not be taken away from etcd');
    } finally {
      await cluster.end();
    }
  });

  function readTrace(cwd: string): string {
    try {
      const runs = join(cwd, '.lightcone', 'runs');
      return readFileSync(join(runs, readdirSync(runs)[0] ?? '', 'trace.jsonl'), 'utf8');
    } catch {
      return '';
    }
  }

  /** In front of a server: passes everything on, until it is told to answer with noise. */
  async function garbling(target: number): Promise<{ port: number; spoil: () => void }> {
    let spoilt = false;
    const server = createServer((socket) => {
      const other = connect(target, '127.0.0.1');
      socket.on('error', () => other.destroy());
      other.on('error', () => socket.destroy());
      socket.pipe(other);
      other.on('data', (piece) => socket.write(spoilt ? piece.map((byte) => byte ^ 0x55) : piece));
      sockets.add(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      port: (server.address() as { port: number }).port,
      spoil: () => {
        spoilt = true;
      },
    };
  }
});
