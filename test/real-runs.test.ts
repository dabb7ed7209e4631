import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemNamed } from 'lightcone/systems';
import { checkSystem } from 'lightcone/vitest';
import { afterAll, describe, expect, it } from 'vitest';
import { loopbackPorts } from '../src/nemesis/index.ts';
import { root } from '../tools/rooms.ts';
import { begin, lightcone, ownFolder, processesOf } from './command-line.ts';
import { etcdBinary } from './own-etcd.ts';

const folder = ownFolder('real-runs');
const bystanders: ChildProcess[] = [];
const ports = loopbackPorts();
afterAll(async () => {
  for (const child of bystanders) child.kill('SIGKILL');
  await ports.close();
});

const alive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** A server of the same kind that is none of ours, and would be met by anybody who ends servers by their name. */
async function bystander(): Promise<ChildProcess> {
  const data = join(ownFolder('bystander'), 'data');
  const [client, peer] = (await Promise.all([ports.take(), ports.take()])).map((port) => `http://127.0.0.1:${port}`) as [string, string];
  const options = [`--data-dir=${data}`, `--listen-client-urls=${client}`, `--advertise-client-urls=${client}`];
  const peers = [`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`];
  const child = spawn(etcdBinary ?? 'etcd', [...options, ...peers], { stdio: 'ignore' });
  bystanders.push(child);
  return child;
}

const home = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
};

describe.skipIf(etcdBinary === null)('a run on a real cluster', { concurrent: false }, () => {
  it('of three etcd nodes under partitions passes, and says so as text, JSON, JUnit and HTML', async () => {
    const cwd = home('reports');
    const args = ['check', 'etcd', '--time', '5s', '--json', '--junit', 'report.xml', '--html', 'report.html'];
    const { code, out, err } = await lightcone(cwd, args);
    expect(code === 0 ? '' : out + err).toBe('');
    const report = JSON.parse(out);
    expect([report.system, report.verdict, report.scenario.nodes.length, report.faults.length]).toEqual(['etcd', 'pass', 3, 2]);
    expect(report.faults.every(({ bit }: { bit: boolean }) => bit)).toBe(true);
    expect(report.counts.acknowledged).toBeGreaterThan(100);
    const junit = readFileSync(join(cwd, 'report.xml'), 'utf8');
    expect(junit).toMatch(/<testsuite [^>]*failures="0"/);
    const page = readFileSync(join(cwd, 'report.html'), 'utf8');
    expect(page.length).toBeLessThan(3e6);
    expect(page).toContain('etcd: etcd-default');
    const [run = ''] = readdirSync(join(cwd, '.lightcone', 'runs'));
    const kept = readdirSync(join(cwd, '.lightcone', 'runs', run));
    expect(kept).toEqual(expect.arrayContaining(['trace.jsonl', 'report.json', 'scenario.json', 'versions.json', 'n1']));
    expect(existsSync(join(cwd, '.lightcone', 'runs', run, 'processes'))).toBe(false);
    expect(processesOf(cwd)).toEqual([]);
    // The trace that was written is a history that can be judged again.
    const again = await lightcone(cwd, ['check', '--history', join('.lightcone', 'runs', run, 'trace.jsonl')]);
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('PASS linearizability')]);
  });

  it('inside a test of the user (lightcone/vitest)', async () => {
    const report = await checkSystem(systemNamed('etcd'), 'kill-leader', { durationMs: 5000, root: home('vitest') });
    expect([report.verdict, report.counts.lost]).toEqual(['pass', 0]);
    await expect(
      checkSystem(systemNamed('etcd'), 'stale-reads', { durationMs: 4000, root: home('expected'), expect: 'pass' }),
    ).rejects.toThrow(/expected pass, but the verdict is violation\n[\s\S]*FAIL linearizability/);
  });

  it.each(['leader-killed'])('of a scenario file that the simulator runs too: %s', async (name) => {
    const cwd = home(name);
    const { code, out, err } = await lightcone(cwd, ['check', 'etcd', '--scenario', join(root, 'examples', 'scenarios', `${name}.yaml`)]);
    expect(code === 0 ? '' : out + err).toBe('');
    expect(out).not.toContain('did not bite');
  });
});

describe.skipIf(etcdBinary === null)('a run that is ended in the middle', () => {
  const atWork = async (cwd: string) => {
    const run = begin(cwd, ['check', 'etcd', '--time', '60s']);
    await expect.poll(() => processesOf(cwd).filter((line) => line.includes('--data-dir')).length, { timeout: 20_000 }).toBe(3);
    await expect.poll(() => existsSync(trace(cwd)) && readFileSync(trace(cwd), 'utf8').length > 10_000, { timeout: 20_000 }).toBe(true);
    return run;
  };
  const trace = (cwd: string): string => {
    const runs = join(cwd, '.lightcone', 'runs');
    return join(runs, existsSync(runs) ? (readdirSync(runs)[0] ?? '') : '', 'trace.jsonl');
  };

  it('by Ctrl-C sums up, says 130, and leaves no process; nobody else is touched', async () => {
    const cwd = home('interrupted');
    const other = await bystander();
    const run = await atWork(cwd);
    run.child.kill('SIGINT');
    const { code, out } = await run.ended;
    expect(out).toContain('UNKNOWN: interrupted; nothing wrong was found until then.');
    expect(out).toMatch(/^ {2}[\d,]+ operations: [\d,]+ acknowledged/m);
    expect(code).toBe(130);
    expect(processesOf(cwd)).toEqual([]);
    expect(alive(other)).toBe(true);
  });

  it('by kill -9 leaves no server and no proxy within seconds; nobody else is touched', async () => {
    const cwd = home('killed');
    const other = bystanders[0] ?? (await bystander());
    const run = await atWork(cwd);
    run.child.kill('SIGKILL');
    await run.ended;
    await expect.poll(() => processesOf(cwd), { timeout: 5000, interval: 50 }).toEqual([]);
    expect(alive(other)).toBe(true);
    // What was recorded until then is there, and can be read.
    const lines = readFileSync(trace(cwd), 'utf8').split('\n').slice(0, -1);
    for (const line of lines.slice(0, 100)) expect(JSON.parse(line)).toHaveProperty('type');
  });
});
