/**
 * The link proxy: what it costs etcd (three nodes; peers and clients through it, against the same without), what it adds to
 * a round trip of one byte, how much it carries, and how soon a cut is in force on every link. Etcd is measured in short
 * turns, with and without, so that both meet the same noise; medians. Needs `etcd` on PATH.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Address,
  type Links,
  loopbackPorts,
  managedProcesses,
  type Ports,
  type Processes,
  programPath,
  proxyLinks,
} from '../src/nemesis/index.ts';
import { type Figure, median } from './measure.ts';

export const name = 'links';

const nodes = ['n1', 'n2', 'n3'] as const;
const loopback = (port: number): Address => ({ host: '127.0.0.1', port });
const url = ({ host, port }: Address): string => `http://${host}:${port}`;

interface Place {
  readonly directory: string;
  readonly ports: Ports;
  readonly processes: Processes;
}

/** The address of each node's clients; `links` null: nothing in between. */
async function startEtcd(cluster: string, links: Links | null, { directory, ports, processes }: Place): Promise<Address[]> {
  const real = await Promise.all(
    nodes.map(async (node) => ({ node, peer: loopback(await ports.take()), client: loopback(await ports.take()) })),
  );
  const seen = await Promise.all(
    real.map(async ({ node, peer, client }) =>
      links === null
        ? { peer, client }
        : {
            peer: await links.open({ from: '*', to: node, target: peer, service: 'peer' }),
            client: await links.open({ from: 'client', to: node, target: client, service: 'client' }),
          },
    ),
  );
  const initial = nodes.map((node, i) => `${node}=${url((seen[i] as { peer: Address }).peer)}`).join(',');
  for (const [i, { node, peer, client }] of real.entries()) {
    const advertised = url((seen[i] as { peer: Address }).peer);
    await processes.spawn({
      owner: links === null ? `direct-${node}` : node,
      command: programPath('etcd') as string,
      args: [
        ...['--name', node, '--data-dir', join(directory, cluster, node), '--initial-cluster', initial, '--initial-cluster-token', cluster],
        ...['--listen-peer-urls', url(peer), '--initial-advertise-peer-urls', advertised, '--listen-client-urls', url(client)],
        ...['--advertise-client-urls', url(client), '--heartbeat-interval', '100', '--election-timeout', '1000', '--logger', 'zap'],
      ],
      cwd: directory,
      logFile: join(directory, `${cluster}-${node}.log`),
    });
  }
  return seen.map(({ client }) => client);
}

const body = (key: number): string =>
  JSON.stringify({ key: Buffer.from(`key${key % 100}`).toString('base64'), value: Buffer.from(`v${key}`).toString('base64') });
const request = (key: number): string =>
  `POST /v3/kv/put HTTP/1.1\r\nHost: etcd\r\nContent-Length: ${body(key).length}\r\nContent-Type: application/json\r\n\r\n${body(key)}`;

/** One connection that writes a request and waits for its answer, over and over. */
class PutClient {
  readonly #socket: Socket;
  #text = '';
  #answered: ((status: string) => void) | null = null;

  constructor({ host, port }: Address) {
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.on('error', () => this.#answered?.('error'));
    this.#socket.on('close', () => this.#answered?.('closed'));
    this.#socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      const head = this.#text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(this.#text)?.[1] ?? Number.NaN);
      if (head < 0 || !(this.#text.length >= head + 4 + length)) return;
      const status = this.#text.slice(9, 12);
      this.#text = '';
      this.#answered?.(status);
    });
  }

  put(key: number): Promise<string> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.write(request(key));
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

async function serving(addresses: readonly Address[]): Promise<void> {
  for (const address of addresses) {
    for (const end = performance.now() + 20_000; ; ) {
      const client = new PutClient(address);
      const status = await client.put(0);
      client.close();
      if (status === '200') break;
      if (performance.now() > end) throw new Error(`etcd at ${address.port} does not serve: ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function leaderFirst(addresses: readonly Address[]): Promise<Address[]> {
  const leads = await Promise.all(
    addresses.map(async (address) => {
      const answer = await fetch(`${url(address)}/v3/maintenance/status`, { method: 'POST', body: '{}' });
      const { header, leader } = (await answer.json()) as { header: { member_id: string }; leader: string };
      return header.member_id === leader;
    }),
  );
  return [...addresses.filter((_, i) => leads[i]), ...addresses.filter((_, i) => !leads[i])];
}

interface Load {
  readonly perSecond: number;
  readonly p50: number;
}

async function load(addresses: readonly Address[], clients: number, forMs: number): Promise<Load> {
  const times: number[] = [];
  const start = performance.now();
  const work = async (i: number): Promise<void> => {
    const client = new PutClient(addresses[i % addresses.length] as Address);
    for (let key = i; performance.now() - start < forMs; key += clients) {
      const sent = performance.now();
      if ((await client.put(key)) !== '200') throw new Error('a put failed');
      times.push(performance.now() - sent);
    }
    client.close();
  };
  await Promise.all(Array.from({ length: clients }, (_, i) => work(i)));
  return { perSecond: (times.length * 1000) / (performance.now() - start), p50: median(times) };
}

async function etcdFigures(links: Links, place: Place): Promise<Figure[]> {
  if (programPath('etcd') === null) return [];
  const clusters = [await startEtcd('direct', null, place), await startEtcd('through', links, place)];
  await Promise.all(clusters.map(serving));
  // A follower sends what it is asked on to the leader: one client asks the leader in both clusters, many ask all nodes.
  const [direct, through] = (await Promise.all(clusters.map(leaderFirst))) as [Address[], Address[]];
  const figures: Figure[] = [];
  for (const clients of [1, 32]) {
    const without: Load[] = [];
    const withProxy: Load[] = [];
    for (let turn = 0; turn < 12; turn++) {
      if (turn % 2 === 0) without.push(await load(direct, clients, 1000));
      withProxy.push(await load(through, clients, 1000));
      if (turn % 2 === 1) without.push(await load(direct, clients, 1000));
    }
    const rate = (loads: readonly Load[]): number => median(loads.map(({ perSecond }) => perSecond));
    const p50 = (loads: readonly Load[]): number => median(loads.map((one) => one.p50));
    const note = `${rate(without).toFixed(0)} puts/s direct, ${rate(withProxy).toFixed(0)} through; p50 ${p50(without).toFixed(2)} and ${p50(withProxy).toFixed(2)} ms`;
    const share = (100 * rate(withProxy)) / rate(without);
    if (clients === 1) {
      figures.push({ metric: 'etcd, 1 client: p50 added to a put', value: p50(withProxy) - p50(without), unit: 'ms', bar: '<= 0.5', note });
    } else {
      figures.push({ metric: `etcd, ${clients} clients: puts through it, of direct`, value: share, unit: '%', bar: '>= 85', note });
    }
  }
  for (const node of nodes) await Promise.all([place.processes.kill(node), place.processes.kill(`direct-${node}`)]);
  return figures;
}

async function echoServer(): Promise<Server> {
  const server = createServer({ noDelay: true }, (socket) => socket.on('error', () => {}).pipe(socket));
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  return server;
}

async function roundTrips(address: Address, count: number): Promise<number> {
  const socket = connect({ ...address, noDelay: true });
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    socket.write('x');
    await new Promise((resolve) => socket.once('data', resolve));
    times.push(performance.now() - start);
  }
  socket.destroy();
  return median(times);
}

/** MB/s there and back again. */
async function stream(address: Address, megabytes: number): Promise<number> {
  const socket = connect({ ...address, noDelay: true });
  const chunk = Buffer.alloc(1 << 16);
  const start = performance.now();
  let received = 0;
  const done = new Promise<void>((resolve) => {
    socket.on('data', (data: Buffer) => {
      received += data.length;
      if (received >= megabytes << 20) resolve();
    });
  });
  for (let sent = 0; sent < megabytes << 20; sent += chunk.length) {
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  await done;
  socket.destroy();
  return (megabytes * 1000) / (performance.now() - start);
}

async function rawFigures(links: Links): Promise<Figure[]> {
  const server = await echoServer();
  const target = loopback((server.address() as { port: number }).port);
  const through = await links.open({ from: 'a', to: 'b', target });
  const added: number[] = [];
  const carried: number[] = [];
  for (let turn = 0; turn < 9; turn++) {
    const direct = await roundTrips(target, 500);
    added.push((await roundTrips(through, 500)) - direct);
    carried.push(await stream(through, 64));
  }
  server.close();
  return [
    { metric: 'one byte there and back: p50 added', value: median(added), unit: 'ms' },
    { metric: 'one connection, both directions at once', value: median(carried), unit: 'MB/s', note: 'an echo of 64 MB' },
  ];
}

/** A five-node cluster, one node cut off: from the order until all 20 links answer probes as they should. */
async function cutFigures(links: Links): Promise<Figure[]> {
  const names = ['c1', 'c2', 'c3', 'c4', 'c5'];
  const pairs = names.flatMap((from) => names.filter((to) => to !== from).map((to) => [from, to] as const));
  const isCut = ([from, to]: readonly [string, string]): boolean => from === 'c1' || to === 'c1';
  const inForce: number[] = [];
  let wrong = 0;
  for (let turn = 0; turn < 50; turn++) {
    const before = await Promise.all(pairs.map(([from, to]) => links.probe(from, to, 2000)));
    const start = performance.now();
    await Promise.all(pairs.filter(isCut).map(([from, to]) => links.set(from, to, { cut: true })));
    inForce.push(performance.now() - start);
    const after = await Promise.all(pairs.map((pair) => links.probe(...pair, isCut(pair) ? 50 : 2000)));
    wrong += pairs.filter((pair, i) => before[i] !== true || after[i] === isCut(pair)).length;
    await links.heal();
  }
  const note = '5 nodes, one cut off, 8 of 20 links; 50 turns';
  return [
    { metric: 'a cut is in force on every link, worst', value: Math.max(...inForce), unit: 'ms', bar: '<= 50', note },
    { metric: 'links that a probe found otherwise', value: wrong, unit: 'links', bar: '= 0', note: '1,000 probes before, 1,000 during' },
  ];
}

export async function run(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'lightcone-bench-links-'));
  const ports = loopbackPorts();
  const processes = managedProcesses({ directory });
  const links = await proxyLinks({ processes });
  try {
    return [...(await etcdFigures(links, { directory, ports, processes })), ...(await rawFigures(links)), ...(await cutFigures(links))];
  } finally {
    await processes.stopAll(0);
    await Promise.all([links.close(), ports.close()]);
    rmSync(directory, { recursive: true, force: true });
  }
}
