/**
 * Generator and recorder on one core, 64 connections to a server in another process that does nothing: over raw TCP it
 * answers a byte, over HTTP an empty body.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../src/core/index.ts';
import { Clients, Recorder } from '../src/runner/index.ts';
import { HttpExchange, type RunningSystem, type SystemClient } from '../src/systems/index.ts';
import { type Completion, workloadNamed } from '../src/workloads/index.ts';
import type { Figure } from './measure.ts';

export const name = 'recorder';

const CONNECTIONS = 64;
const NODES = ['n1', 'n2', 'n3'];
const TCP_OPERATIONS = 1_000_000;
const HTTP_OPERATIONS = 200_000;
const TCP_SERVER = `require('net').createServer((s) => { s.setNoDelay(true); s.on('data', () => s.write('.')); s.on('error', () => {}); })`;
const HTTP_SERVER = `require('http').createServer((request, response) => { request.resume(); response.end(); })`;
const listening = `.listen(0, '127.0.0.1', function () { process.stdout.write(String(this.address().port)); });`;

async function tcpClient(port: number): Promise<SystemClient> {
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

async function httpClient(port: number): Promise<SystemClient> {
  const exchange = new HttpExchange({ host: '127.0.0.1', port }, () => 5000);
  return {
    invoke: async ({ f, key, value }) => {
      const { status } = await exchange.send(f === 'read' ? 'GET' : 'PUT', `/${key}`, value === undefined ? '' : String(value));
      return { outcome: status === 200 ? 'ok' : 'info' };
    },
    close: async () => exchange.close(),
  };
}

/** Operations per CPU second of this process. */
async function work(file: string, operations: number, client: () => Promise<SystemClient>): Promise<number> {
  const running = { version: '1', client } as unknown as RunningSystem;
  const recorder = new Recorder(file, { type: 'header', trace: 1, model: 'register', processNodes: NODES });
  const generator = workloadNamed('register').generator({ seed: 1, clients: CONNECTIONS, keys: 16, readShare: 0.5 });
  const clients = new Clients({
    ...{ running, workload: 'register', generator, recorder, nodes: NODES, clients: CONNECTIONS, placement: 'pinned' as const },
    ...{ timeoutMs: 5000, operations, ratePerSecond: undefined, chance: new Random(1) },
  });
  const before = process.cpuUsage();
  await clients.work(new AbortController().signal);
  const used = process.cpuUsage(before);
  await clients.close();
  const { history } = recorder.close();
  if (history.count !== operations) throw new Error(`${history.count} operations were recorded`);
  return operations / ((used.user + used.system) / 1e6);
}

async function served<T>(server: string, use: (port: number) => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, ['-e', server + listening], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [told] = (await once(child.stdout, 'data')) as [Buffer];
    return await use(Number(told.toString()));
  } finally {
    child.kill();
  }
}

export async function run(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lightcone-bench-'));
  const file = join(folder, 'tcp.jsonl');
  const unit = 'ops per CPU s';
  try {
    const tcp = await served(TCP_SERVER, (port) => work(file, TCP_OPERATIONS, () => tcpClient(port)));
    const memory = process.resourceUsage().maxRSS / 1024;
    const http = await served(HTTP_SERVER, (port) => work(join(folder, 'http.jsonl'), HTTP_OPERATIONS, () => httpClient(port)));
    return [
      { metric: 'operations over raw TCP, 64 connections', value: Math.round(tcp), unit, bar: '>= 20000' },
      { metric: 'operations over HTTP, 64 connections', value: Math.round(http), unit, bar: '>= 8000' },
      { metric: 'trace of 1,000,000 operations', value: Math.round(statSync(file).size / 1e6), unit: 'MB', bar: '<= 200' },
      { metric: 'peak resident memory', value: Math.round(memory), unit: 'MiB', bar: '<= 1024' },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
