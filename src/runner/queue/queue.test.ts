import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineScenario } from '../../scenario/index.ts';
import { findBinary } from '../../systems/index.ts';
import { Campaign } from '../campaign/campaign.ts';
import { CampaignState } from '../campaign/campaign-state.ts';
import { queueAddress } from './queue-address.ts';
import { QueueLauncher } from './queue-launcher.ts';
import { openQueue, RESULTS, RUNS, subjectsOf } from './queue-streams.ts';
import { type QueueWorkerOptions, workAtQueue } from './queue-worker.ts';

const binary = findBinary({ binary: 'nats-server', paths: ['/usr/sbin'], package: 'nats-server' });
const root = mkdtempSync(join(tmpdir(), 'lightcone-queue-'));
const own: ChildProcess[] = [];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function started(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: 'ignore' });
  own.push(child);
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

const base = defineScenario({ name: 'x', target: 'etcd', nodes: 3, workload: { kind: 'register', clients: 1, operations: 1 } });
const orders = { lightcone: '1.2.3', system: 'etcd', module: null, budget: null } as const;
const nowMs = (): number => performance.now();

/** A process whose runs take no time to speak of, and fail where the seed is odd; each leaves a line in `log`. */
function workerProgram(url: string, runMs: number, log: string): string {
  const file = join(root, `worker-${own.length}.mjs`);
  const here = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  writeFileSync(
    file,
    `import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { workAtQueue } from ${here('./queue-worker.ts')};
import { queueAddress } from ${here('./queue-address.ts')};
await workAtQueue({
  address: queueAddress(${JSON.stringify(url)}), systems: [{ name: 'etcd', token: 'etcd', module: null }], slots: 2, version: '1.2.3',
  worker: 'w' + process.pid, stopped: () => false, nowMs: () => performance.now(), log: () => {},
  async run({ name, scenario }) {
    appendFileSync(${JSON.stringify(log)}, name + ' ' + process.pid + '\\n');
    await new Promise((resolve) => setTimeout(resolve, ${runMs}));
    const directory = mkdtempSync(${JSON.stringify(join(root, 'run-'))});
    writeFileSync(directory + '/trace.jsonl', name);
    const odd = scenario.seed % 2 === 1;
    return { directory, outcome: { verdict: odd ? 'violation' : 'pass', said: name, broken: odd ? ['x'] : [], figures: { acknowledged: scenario.seed }, tookMs: 1 } };
  },
});`,
  );
  return file;
}

describe.skipIf(binary === null)(`the work queue${binary === null ? ' (not tested: no nats-server)' : ''}`, () => {
  let port = 0;
  let server: ChildProcess;
  const store = join(root, 'store');
  const url = (): string => `nats://me:s3cret@127.0.0.1:${port}`;
  const begin = async (): Promise<void> => {
    server = started(binary as string, ['-js', '-sd', store, '-a', '127.0.0.1', '-p', String(port), '--user', 'me', '--pass', 's3cret']);
    for (let look = 0; look < 100; look++) {
      const queue = await openQueue(queueAddress(url()), 'test').catch(() => null);
      if (queue !== null) return await queue.connection.close();
      await sleep(50);
    }
    throw new Error('nats-server did not start');
  };

  beforeAll(async () => {
    port = await freePort();
    await begin();
  });
  afterAll(async () => {
    for (const child of own) if (child.exitCode === null && child.signalCode === null) await killed(child);
    rmSync(root, { recursive: true, force: true });
  });

  const open = (campaign: string, stopped = () => false, more: object = {}): Promise<QueueLauncher> =>
    QueueLauncher.open({
      address: queueAddress(url()),
      systemToken: 'etcd',
      done: [],
      stopped,
      nowMs,
      orders: { ...orders, campaign, ...more },
    });
  const begun = (campaign: string, runs: number): CampaignState =>
    CampaignState.begin(join(root, campaign), {
      ...{ campaign: 1, id: campaign, system: 'etcd', runs, seed: 0 },
      options: {},
      base,
      draws: null,
    });
  const carriedOut = (state: CampaignState, launcher: QueueLauncher, stopped = () => false): Promise<void> =>
    new Campaign({ state, launcher, stopped, nowMs, expectedMs: 1 }).run();
  const inQueue = async (): Promise<number> => {
    const queue = await openQueue(queueAddress(url()), 'test');
    const left =
      (await subjectsOf(queue.manager, RUNS, 'lightcone.runs.>')).size +
      (await subjectsOf(queue.manager, RESULTS, 'lightcone.results.>')).size;
    await queue.connection.close();
    return left;
  };
  /** In this process, until it has nothing more to do. */
  const workHere = (more: Partial<QueueWorkerOptions>): Promise<number> =>
    workAtQueue({
      ...{
        address: queueAddress(url()),
        systems: [{ name: 'etcd', token: 'etcd', module: null }],
        slots: 1,
        version: '1.2.3',
        worker: 'here',
      },
      ...{ stopped: () => false, nowMs, log: () => {}, idleMs: 300 },
      run: async ({ name }) => ({ outcome: { verdict: 'pass', said: name, broken: [], figures: {}, tookMs: 1 }, directory: null }),
      ...more,
    });

  it('loses no run when workers are killed in the middle of theirs, and the server too', async () => {
    const log = join(root, 'runs.log');
    const worker = (): ChildProcess => started(process.execPath, [workerProgram(url(), 400, log)]);
    const workers = [worker(), worker(), worker()];
    const state = begun('killed', 40);
    const launcher = await open('killed');
    const over = carriedOut(state, launcher);
    const ended = (count: number) => expect.poll(() => state.done.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
    await ended(3);
    // With two runs each in their hands.
    await killed(workers[0] as ChildProcess);
    await killed(workers[1] as ChildProcess);
    await ended(10);
    await killed(server);
    await begin();
    worker();
    await over;
    expect(state.done.map(({ run, seed, verdict, figures }) => [run, seed, verdict, figures.acknowledged])).toEqual(
      Array.from({ length: 40 }, (_, i) => [i, i, i % 2 === 1 ? 'violation' : 'pass', i]),
    );
    for (const { folder, said } of state.done) if (folder !== null) expect(readFileSync(join(folder, 'trace.jsonl'), 'utf8')).toBe(said);
    // Those who were killed had begun runs that others did again.
    const begunRuns = readFileSync(log, 'utf8').trim().split('\n');
    expect(begunRuns.length).toBeGreaterThan(40);
    expect(new Set(state.done.map(({ worker: who }) => who)).size).toBeGreaterThanOrEqual(2);
    await launcher.close(true);
    expect(await inQueue()).toBe(0);
    for (const child of own) if (child !== server && child.exitCode === null && child.signalCode === null) await killed(child);
  });

  it('hands over results that came while no campaign listened, and takes back what nobody had begun', async () => {
    let stopped = false;
    const state = begun('resumed', 6);
    const first = await open('resumed', () => stopped);
    const over = carriedOut(state, first, () => stopped);
    // Published; a worker does two of them, and then the campaign is gone, as with kill -9.
    let done = 0;
    await workHere({
      stopped: () => done >= 2,
      run: async ({ name }) => ({
        outcome: { verdict: 'violation', said: `${name} ${++done}`, broken: ['x'], figures: {}, tookMs: 1 },
        directory: null,
      }),
    });
    stopped = true;
    await over;
    await first.close(false);
    expect(await inQueue()).toBe(2);
    const again = CampaignState.open(state.folder);
    const second = await open('resumed');
    const rest = carriedOut(again, second);
    const ran: string[] = [];
    await workHere({
      run: async ({ name }) => {
        ran.push(name);
        return { outcome: { verdict: 'pass', said: name, broken: [], figures: {}, tookMs: 1 }, directory: null };
      },
    });
    await rest;
    await second.close(true);
    expect(ran).toEqual(['run-0003', 'run-0004', 'run-0005', 'run-0006']);
    expect(again.done.map(({ verdict }) => verdict)).toEqual(['violation', 'violation', 'pass', 'pass', 'pass', 'pass']);
    expect(await inQueue()).toBe(0);
  });

  it('gives a run up that ended one worker after the other, as unknown', async () => {
    const state = begun('cursed', 1);
    const launcher = await open('cursed');
    const over = carriedOut(state, launcher);
    const queue = await openQueue(queueAddress(url()), 'test');
    const consumer = await queue.streams.consumers.get(RUNS, 'etcd');
    for (let worker = 0; worker < 5; worker++) (await consumer.next({ expires: 5000 }))?.nak();
    await queue.connection.flush();
    await queue.connection.close();
    await workHere({});
    await over;
    await launcher.close(true);
    expect(state.done).toMatchObject([{ verdict: 'unknown', said: 'given up: 5 workers ended in the middle of this run' }]);
  });

  it('runs nothing that a worker was not started with, and says why', async () => {
    const refused = async (campaign: string, more: object, worker: Partial<QueueWorkerOptions>): Promise<string | undefined> => {
      const state = begun(campaign, 1);
      const launcher = await open(campaign, () => false, more);
      const over = carriedOut(state, launcher);
      await workHere({ ...worker, run: () => Promise.reject(new Error('it was run')) });
      await over;
      await launcher.close(true);
      return state.done[0]?.said;
    };
    expect(await refused('version', { lightcone: '9.9.9' }, {})).toBe('here has lightcone 1.2.3, and the campaign 9.9.9: use the same');
    expect(await refused('path', { system: '../evil.ts' }, {})).toBe('here was not told that it may run ../evil.ts (--allow-module)');
    expect(await refused('module', { module: 'a'.repeat(64) }, {})).toBe(
      'etcd on here is not the file that the campaign has: use the same',
    );
    expect(await refused('failing', {}, {})).toBe('it was run');
  });

  it('that cannot be reached, or does not let us in, is one sentence without a secret', async () => {
    await expect(openQueue(queueAddress(`nats://me:wr0ng@127.0.0.1:${port}`), 'test')).rejects.toThrow(
      new RegExp(`^the queue at nats://127.0.0.1:${port} cannot be reached: (?!.*wr0ng).*uthoriz`, 'i'),
    );
    await expect(openQueue(queueAddress('nats://me:s3cret@127.0.0.1:1'), 'test')).rejects.toThrow(
      /^the queue at nats:\/\/127.0.0.1:1 cannot be reached: (?!.*s3cret)/,
    );
    const bare = await freePort();
    own.push(spawn(binary as string, ['-a', '127.0.0.1', '-p', String(bare)], { stdio: 'ignore' }));
    await expect
      .poll(() => openQueue(queueAddress(`127.0.0.1:${bare}`), 'test').catch((error: Error) => error.message), { timeout: 10_000 })
      .toMatch(/^the queue at .* cannot be used: .*jetstream.* \(nats-server -js\)$/i);
  });
});
