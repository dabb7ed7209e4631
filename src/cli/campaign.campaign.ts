/** Campaigns on a service of one's own, as a user has them: what fails is made small, what dies loses nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readScenarioFile } from '../runner/index.ts';
import { findBinary } from '../systems/index.ts';
import { commandIn, type Started, writeExampleSystem } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-campaigns-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeExampleSystem(folder);
const { lightcone, started, alive } = commandIn(folder);

describe.skipIf(process.platform !== 'linux')('a campaign on a service of ones own', () => {
  it('keeps what fails, makes its schedule small, and the file of that fails again', { timeout: 240_000 }, async () => {
    const { code, out } = await lightcone(
      'check ./my-system.ts --time 2s --runs 1 --scenario local-reads --campaign stale --shrink 2/2 --shrink-time 1m',
    );
    expect([code, out]).toEqual([1, expect.stringContaining('FAIL: my-system.ts did not keep its promise in 1 of 1 runs.')]);
    expect(readdirSync(join(folder, 'stale', 'run-0001')).sort()).toEqual(
      expect.arrayContaining(['report.json', 'scenario.yaml', 'trace.jsonl']),
    );
    const [regression] = readdirSync(join(folder, 'stale')).filter((name) => name.startsWith('regression-linearizability'));
    const file = join('stale', regression as string);
    expect(out).toContain(`Again: npx lightcone check ./my-system.ts --scenario ${file}`);
    expect((await readScenarioFile(join(folder, file))).target).toBe('my-service');
    // A real run is no replay: of what failed twice in a row, one of four runs fails again.
    const again = await lightcone(`check ./my-system.ts --scenario ${file} --runs 4 --shrink no`);
    expect([again.code, again.out]).toEqual([1, expect.stringContaining('of 4 runs of my-system.ts')]);
  });

  it('whose system does not come up, or crashes, is told from one that passes', { timeout: 120_000 }, async () => {
    const text = readFileSync(join(folder, 'my-system.ts'), 'utf8');
    writeFileSync(
      join(folder, 'dead.ts'),
      text.replace('for (const node of nodes) await startNode(node);', "throw new Error('no such service');"),
    );
    writeFileSync(
      join(folder, 'crashing.ts'),
      text.replace('for (const node of nodes) await startNode(node);', "process.kill(process.pid, 'SIGKILL');"),
    );
    const dead = await lightcone('check ./dead.ts --time 1s --runs 9 --campaign dead');
    expect([dead.code, dead.out]).toEqual([5, expect.stringContaining('3 did not come up')]);
    expect(dead.out).toContain('no such service');
    const crashing = await lightcone('check ./crashing.ts --time 1s --runs 1 --campaign crashing');
    expect([crashing.code, crashing.out]).toEqual([3, expect.stringContaining('run 1 (seed 1) unknown: its process was ended by SIGKILL')]);
  });
});

const binary = findBinary({ binary: 'nats-server', paths: ['/usr/sbin'], package: 'nats-server' });
const ownServers: ChildProcess[] = [];
afterAll(() => {
  for (const server of ownServers) server.kill('SIGKILL');
});

async function natsServer(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  const words = ['-js', '-sd', join(folder, 'store'), '-a', '127.0.0.1', '-p', String(port), '--user', 'me', '--pass', 's3cret'];
  ownServers.push(spawn(binary as string, words, { stdio: 'ignore' }));
  return port;
}

describe.skipIf(binary === null)(`workers behind a queue${binary === null ? ' (not tested: no nats-server)' : ''}`, () => {
  it('are killed in the middle of their runs, and no run is lost', { timeout: 240_000 }, async () => {
    const port = await natsServer();
    const queue = `nats://127.0.0.1:${port}`;
    const login = { NATS_USER: 'me', NATS_PASSWORD: 's3cret' };
    // On a machine of its own: another folder, the same path from there.
    const worker = (name: string): Started => {
      const place = join(folder, name);
      mkdirSync(place);
      writeExampleSystem(place);
      return commandIn(place).started(`worker --queue ${queue} --allow-module ./my-system.ts`, login);
    };
    const campaign = started(
      `check ./my-system.ts --time 1s --runs 6 --scenario local-reads --shrink no --campaign many --queue nats://me:s3cret@127.0.0.1:${port}`,
    );
    const workers = [worker('w1'), worker('w2')];
    for (const { out } of workers) await expect.poll(out, { timeout: 60_000 }).toMatch(/run-000\d of .*local-reads, seed/);
    for (const { child } of workers) child.kill('SIGKILL');
    await Promise.all(workers.map(({ ended }) => ended));
    const last = worker('w3');
    const { code, out, err } = await campaign.ended;
    last.child.kill('SIGINT');
    const rest = await last.ended;
    expect([code, out]).toEqual([1, expect.stringContaining('6 of 6 runs of my-system.ts')]);
    const lines = readFileSync(join(folder, 'many', 'state.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const runs = lines.map((line) => (JSON.parse(line) as { run: { run: number; folder: string | null; verdict: string } }).run);
    expect(runs.map(({ run }) => run).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    for (const { folder: kept, verdict } of runs)
      if (verdict === 'violation') expect(existsSync(join(folder, kept as string, 'trace.jsonl'))).toBe(true);
    expect(rest.code).toBe(130);
    for (const text of [out, err, rest.out, rest.err, lines.join()]) expect(text).not.toContain('s3cret');
    await expect.poll(() => alive().length, { timeout: 15_000 }).toBe(1); // the queue's own server
  });
});
