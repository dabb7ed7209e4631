/** Generator and recorder on one core: 64 connections over raw TCP to a server in another process that answers a byte. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../src/core/index.ts';
import { Clients, Recorder } from '../src/runner/index.ts';
import type { RunningSystem, SystemClient } from '../src/systems/index.ts';
import { type Completion, workloadNamed } from '../src/workloads/index.ts';
import type { Figure } from './measure.ts';

export const name = 'recorder';

const CONNECTIONS = 64;
const OPERATIONS = 1_000_000;
const SERVER = `require('net').createServer((s) => { s.setNoDelay(true); s.on('data', () => s.write('.')); s.on('error', () => {}); })
  .listen(0, '127.0.0.1', function () { process.stdout.write(String(this.address().port)); });`;

async function client(port: number): Promise<SystemClient> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  let answer: (completion: Completion) => void = () => undefined;
  const ok: Completion = { outcome: 'ok' };
  socket.on('data', () => answer(ok));
  return {
    invoke: ({ f, key, value }) =>
      new Promise((resolve) => {
        answer = resolve;
        socket.write(`${f} ${key} ${value}\n`);
      }),
    close: async () => void socket.destroy(),
  };
}

async function measure(server: ChildProcess, file: string): Promise<Figure[]> {
  const [told] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const running = { version: '1', client: () => client(Number(told.toString())) } as unknown as RunningSystem;
  const recorder = new Recorder(file, { type: 'header', trace: 1, model: 'register' });
  const generator = workloadNamed('register').generator({ seed: 1, clients: CONNECTIONS, keys: 16, readShare: 0.5 });
  const clients = new Clients({
    ...{ running, workload: 'register', generator, recorder, nodes: ['n1'], clients: CONNECTIONS, placement: 'pinned' as const },
    ...{ timeoutMs: 5000, operations: OPERATIONS, ratePerSecond: undefined, chance: new Random(1) },
  });
  const before = process.cpuUsage();
  await clients.work(new AbortController().signal);
  const used = process.cpuUsage(before);
  await clients.close();
  const { history } = recorder.close();
  if (history.count !== OPERATIONS) throw new Error(`${history.count} operations were recorded`);
  const cpuSeconds = (used.user + used.system) / 1e6;
  return [
    {
      metric: 'operations over raw TCP, 64 connections',
      value: Math.round(OPERATIONS / cpuSeconds),
      unit: 'ops per CPU s',
      bar: '>= 20000',
    },
    { metric: 'trace of 1,000,000 operations', value: Math.round(statSync(file).size / 1e6), unit: 'MB', bar: '<= 200' },
    { metric: 'peak resident memory', value: Math.round(process.resourceUsage().maxRSS / 1024), unit: 'MiB', bar: '<= 1024' },
  ];
}

export async function run(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lightcone-bench-'));
  const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    return await measure(server, join(folder, 'trace.jsonl'));
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
}
