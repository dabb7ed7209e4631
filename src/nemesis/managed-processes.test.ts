import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ManagedProcess } from './contract.ts';
import { managedProcesses, type RunProcesses } from './managed-processes.ts';
import { pidFolder, readPidFiles } from './pid-files.ts';
import { family, isAlive, processEntry } from './process-table.ts';
import { proxyLinks } from './proxy-links.ts';
import { TestServer, until } from './testing-sockets.ts';

let directory: string;
let processes: RunProcesses;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lightcone-processes-'));
  processes = managedProcesses({ directory });
});

afterEach(async () => {
  await processes.stopAll(50);
  rmSync(directory, { recursive: true, force: true });
});

const start = (owner: string, command: string, ...args: string[]): Promise<ManagedProcess> =>
  processes.spawn({ owner, command, args, cwd: directory, logFile: join(directory, `${owner.replace('/', '-')}.log`) });
const shell = (owner: string, script: string): Promise<ManagedProcess> => start(owner, 'sh', '-c', script);
const alive = (pid: number): boolean => isAlive(processEntry(pid));
const log = (owner: string): string => readFileSync(join(directory, `${owner}.log`), 'utf8');

describe('a process', () => {
  it('leaves a pid file with its start time and run while it runs', async () => {
    const sleep = await start('n1', 'sleep', '1000');
    const [file] = readPidFiles(pidFolder(directory));
    expect(file).toMatchObject({ pid: sleep.pid, owner: 'n1', run: processes.runId, startTime: processEntry(sleep.pid)?.startTime });
    await processes.kill('n1');
    expect(await sleep.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect([sleep.running, alive(sleep.pid), processes.of('n1')]).toEqual([false, false, []]);
    expect(readPidFiles(pidFolder(directory))).toEqual([]);
  });

  it('appends what it says to its log and tells its code', async () => {
    expect(await (await shell('n1', 'echo one; exit 3')).exited).toEqual({ code: 3, signal: null });
    await (await shell('n1', 'echo two >&2')).exited;
    expect(log('n1')).toBe('one\ntwo\n');
  });

  it('that cannot be started is told by name', async () => {
    await expect(start('n1', 'no-such-program-anywhere')).rejects.toMatchObject({
      code: 'LC_ENVIRONMENT',
      message: expect.stringContaining('no-such-program-anywhere of n1 cannot be started'),
    });
  });

  it.skipIf(process.getuid?.() !== 0)('runs as another user where we are root', async () => {
    await (
      await processes.spawn({ owner: 'n1', command: 'id', args: ['-un'], cwd: '/', user: 'nobody', logFile: join(directory, 'n1.log') })
    ).exited;
    expect(log('n1')).toBe('nobody\n');
    await expect(
      processes.spawn({ owner: 'n1', command: 'id', args: [], cwd: '/', user: 'no-such-user', logFile: join(directory, 'n1.log') }),
    ).rejects.toMatchObject({ code: 'LC_ENVIRONMENT' });
  });
});

describe('an owner', () => {
  it('is killed with its helpers and all their children, those that left the group too', async () => {
    await shell('n1', 'sleep 1001 & setsid sleep 1002 & sleep 1003 & wait');
    await shell('n1/sentinel', 'sleep 1004');
    const other = await start('n10', 'sleep', '1005');
    await until(() => family(processes.of('n1').map(({ pid }) => pid)).length >= 5);
    const pids = family(processes.of('n1').map(({ pid }) => pid)).map(({ pid }) => pid);
    await processes.kill('n1');
    expect(pids.filter(alive)).toEqual([]);
    expect(alive(other.pid)).toBe(true);
  });

  it('is killed with what its dead processes left', async () => {
    const parent = await shell('n1', 'setsid sleep 1006 & echo $!; sleep 0.05');
    await parent.exited;
    const orphan = Number(log('n1'));
    expect(alive(orphan)).toBe(true);
    await processes.kill('n1');
    expect(alive(orphan)).toBe(false);
  });

  it('stands still with its children, and goes on', async () => {
    await shell('n1', 'sleep 1007 & wait');
    await until(() => family(processes.of('n1').map(({ pid }) => pid)).length === 2);
    const states = (): string[] => family(processes.of('n1').map(({ pid }) => pid)).map(({ state }) => state);
    processes.pause('n1');
    await until(() => states().every((state) => state === 'T'));
    processes.resume('n1');
    await until(() => states().every((state) => state === 'S'));
    processes.pause('n1');
    await processes.kill('n1');
    expect(states()).toEqual([]);
  });

  it('is stopped in an orderly way, and killed when that takes too long', async () => {
    const polite = await shell('n1', 'trap "exit 0" TERM; echo ready; while :; do sleep 0.01; done');
    const stubborn = await shell('n2', 'trap "" TERM; echo ready; while :; do sleep 0.01; done');
    await until(() => log('n1') === 'ready\n' && log('n2') === 'ready\n');
    await processes.stop('n1', 5000);
    await processes.stop('n2', 50);
    expect([await polite.exited, await stubborn.exited]).toEqual([
      { code: 0, signal: null },
      { code: null, signal: 'SIGKILL' },
    ]);
  });

  it('of a stopped run has nothing left; the pid files are gone and the run may go on', async () => {
    await start('n1', 'sleep', '1008');
    await processes.stopAll(1000);
    expect(existsSync(pidFolder(directory))).toBe(false);
    const again = await start('n1', 'sleep', '1009');
    await until(() => alive(again.pid));
    expect(readdirSync(pidFolder(directory))).toContain(`${again.pid}.json`);
  });
});

it('the source of a connection to an open listener is the process, or parent of the process, that has the socket', async () => {
  const links = await proxyLinks({ processes });
  const server = new TestServer('echo');
  try {
    const { port } = await links.open({ from: '*', to: 'n9', target: await server.listen() });
    const script = `const s=require('net').connect(${port},'127.0.0.1',()=>s.write(process.argv[1]));setInterval(()=>{},1e9)`;
    const node = (owner: string): Promise<ManagedProcess> => start(owner, process.execPath, '-e', script, owner);
    await node('n1');
    await node('n2/sentinel');
    await processes.spawn({
      owner: 'n3',
      command: 'sh',
      args: ['-c', '"$0" -e "$1" n3 & wait', process.execPath, script],
      cwd: directory,
      logFile: join(directory, 'n3.log'),
    });
    const ours = connect(port, '127.0.0.1', () => ours.write('ours'));
    await until(() => server.heard.length === 'n1n2/sentineln3ours'.length);
    const told = (await links.traffic()).filter(({ to }) => to === 'n9').map(({ from, connections, bytes }) => [from, connections, bytes]);
    expect(told.sort()).toEqual([
      ['client', 1, 4],
      ['n1', 1, 2],
      ['n2', 1, 11],
      ['n3', 1, 2],
    ]);
    ours.destroy();
  } finally {
    server.close();
    await links.close();
  }
});

it('a run ends nobody but its own', async () => {
  const bystander = spawn('sleep', ['1010'], { stdio: 'ignore' });
  await start('n1', 'sleep', '1011');
  await processes.stopAll(100);
  expect(alive(bystander.pid as number)).toBe(true);
  bystander.kill();
});
