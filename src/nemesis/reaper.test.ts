import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pidFolder, readPidFiles } from './pid-files.ts';
import { allProcesses, bootId, environmentOf, isAlive, processEntry } from './process-table.ts';
import { reapLeftovers } from './reaper.ts';
import { until } from './testing-sockets.ts';

let runs: string;
const started: ChildProcess[] = [];
/** What hosts started: their watchdogs end it. */
const hosted: number[] = [];

beforeEach(() => {
  runs = mkdtempSync(join(tmpdir(), 'lightcone-runs-'));
});

afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await until(() => !hosted.some(alive), 15_000);
  hosted.length = 0;
  rmSync(runs, { recursive: true, force: true });
});

const alive = (pid: number): boolean => isAlive(processEntry(pid));
/** Signals a pid that this test started, directly or through a host of its own. */
const kill = (pid: number): boolean => process.kill(pid, 'SIGKILL');

interface Host {
  readonly child: ChildProcess;
  readonly pids: readonly number[];
  readonly watchdog: number;
}

/** A process of its own that starts a server with children, and ends as `end` says once told to. */
async function host(end: string): Promise<Host> {
  const directory = join(runs, 'run');
  const module = new URL('./managed-processes.ts', import.meta.url).href;
  const script = `
    import { managedProcesses } from ${JSON.stringify(module)};
    const processes = managedProcesses({ directory: ${JSON.stringify(directory)} });
    const server = 'require("net").createServer().listen(0,"127.0.0.1",()=>console.log("up"))';
    const go = (owner, command, args) =>
      processes.spawn({ owner, command, args, cwd: ${JSON.stringify(runs)}, logFile: ${JSON.stringify(join(runs, 'log'))} });
    const all = [
      await go('n1', process.execPath, ['-e', server]),
      await go('n2', 'sh', ['-c', 'sleep 2001 & setsid sleep 2002 & wait']),
    ];
    console.log('pids ' + all.map((one) => one.pid).join(' '));
    process.stdin.once('data', () => { ${end} });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  started.push(child);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await until(() => /^pids .*\n/m.test(text), 15_000);
  await until(() => existsSync(join(runs, 'log')) && readFileSync(join(runs, 'log'), 'utf8').includes('up'), 15_000);
  const run = readPidFiles(pidFolder(directory))[0]?.run as string;
  const marked = (): number[] => allProcesses().flatMap(({ pid }) => (environmentOf(pid, 'LIGHTCONE_RUN') === run ? [pid] : []));
  await until(() => marked().length === 4);
  hosted.push(...marked());
  const watchdog = allProcesses().find(({ parent, pid }) => parent === child.pid && !marked().includes(pid))?.pid;
  return { child, pids: marked(), watchdog: watchdog as number };
}

describe('when the host ends, all that it started ends within a second', () => {
  it.each([
    ['of kill -9', 'process.kill(process.pid, "SIGKILL")'],
    ['of an exception that nobody caught', 'throw new Error("ours")'],
    ['of SIGTERM', 'process.kill(process.pid, "SIGTERM")'],
    ['of Ctrl-C', 'process.kill(process.pid, "SIGINT")'],
    ['as planned, without having stopped them', 'process.exit(0)'],
  ])('%s', async (_, end) => {
    const { child, pids, watchdog } = await host(end);
    expect(pids).toHaveLength(4);
    child.stdin?.write('end\n');
    await new Promise((resolve) => child.once('exit', resolve));
    const tookMs = await until(() => !pids.some(alive));
    expect(tookMs).toBeLessThan(1000);
    await until(() => !alive(watchdog) && !existsSync(pidFolder(join(runs, 'run'))));
  });
});

it('the watchdog ends the run also when its folder has been taken away', async () => {
  const { child, pids } = await host('');
  rmSync(join(runs, 'run'), { recursive: true });
  child.kill('SIGKILL');
  await until(() => !pids.some(alive));
});

describe('a later run', () => {
  it('ends what a killed one left, when the watchdog was killed too', async () => {
    const { child, pids, watchdog } = await host('');
    kill(watchdog);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    await until(() => !alive(watchdog));
    expect(pids.every(alive)).toBe(true);
    const ended = reapLeftovers(runs);
    expect(ended.map(({ pid }) => pid).sort()).toEqual([...pids].sort());
    expect(ended.filter(({ owner }) => owner !== '').map(({ owner }) => owner)).toEqual(['n1', 'n2']);
    expect(pids.some(alive)).toBe(false);
    expect(reapLeftovers(runs)).toEqual([]);
  });

  it('leaves a living run alone', async () => {
    const { pids } = await host('process.exit(0)');
    expect(reapLeftovers(runs)).toEqual([]);
    expect(pids.every(alive)).toBe(true);
  });

  it('leaves a process alone that has the pid but not the start time, or another boot, or a spoilt file', async () => {
    const bystander = spawn('sleep', ['2003'], { stdio: 'ignore' });
    started.push(bystander);
    const pid = bystander.pid as number;
    const startTime = processEntry(pid)?.startTime as string;
    const file = { pid, startTime, run: 'dead-run', boot: bootId(), owner: 'n1', command: 'sleep' };
    const bad = [
      { ...file, startTime: `${Number(startTime) - 1}` },
      { ...file, boot: 'another' },
      { ...file, pid: 1 },
      { ...file, run: '' },
    ];
    bad.forEach((content, i) => {
      const folder = pidFolder(join(runs, `run-${i}`));
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'host.json'), JSON.stringify({ ...file, pid: 4_000_000 }));
      writeFileSync(join(folder, `${pid}.json`), JSON.stringify(content));
      writeFileSync(join(folder, '77.json'), '{"pid": 7');
    });
    expect(reapLeftovers(runs)).toEqual([]);
    expect(alive(pid)).toBe(true);
    expect(reapLeftovers(join(runs, 'not-there'))).toEqual([]);
  });
});
