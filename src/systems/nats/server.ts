/**
 * A NATS cluster with JetStream: routes are links from each server to each other, what a server advertises to those who
 * learn of it later is a link whose source is found by the socket's owner. A power cut is told from a kill by what had
 * been forced to the disk: this server does so every two minutes, so within that time what it had at the start is left.
 */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LightconeError } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import { hostPort, LinkBook, loopback } from '../link-book.ts';
import { always } from '../patience.ts';
import { allServe, waitUntil } from '../readiness.ts';
import type { ClientOptions, ObservedBelief, RunningSystem, StartContext, SystemClient } from '../system.ts';
import { versionOf } from '../version.ts';
import { makeStream, natsClient, STREAM } from './client.ts';
import { JetStream } from './jetstream.ts';
import { Monitor } from './monitor.ts';
import { Nats } from './protocol.ts';

const OBSERVE_MS = 2000;
/** Shorter than `sync_interval`, two minutes. */
const UNSYNCED_MS = 110_000;

interface Place {
  readonly client: Address;
  readonly route: Address;
  readonly monitor: Address;
  readonly advertised: Address;
}

class NatsCluster implements RunningSystem {
  readonly version: string;
  readonly #context: StartContext;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #monitors: ReadonlyMap<string, Monitor>;
  readonly #book: LinkBook;
  /** When the copies of what is surely on the disks were made. */
  #keptAt: number | null = null;

  constructor(context: StartContext, version: string, places: ReadonlyMap<string, Place>) {
    this.#context = context;
    this.version = version;
    this.#places = places;
    this.#monitors = new Map([...places].map(([node, { monitor }]) => [node, new Monitor(monitor, OBSERVE_MS)]));
    this.#book = new LinkBook(context.links);
  }

  async client(options: ClientOptions): Promise<SystemClient> {
    return natsClient(await this.#book.address(options.name, options.node, this.#place(options.node).client), options);
  }

  async startNode(node: string): Promise<void> {
    const directory = join(this.#context.directory, node);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'nats.conf'), await this.#config(node, directory));
    await this.#context.processes.spawn({
      owner: node,
      command: this.#context.binary('nats-server'),
      args: ['-c', join(directory, 'nats.conf')],
      cwd: directory,
      logFile: this.#logFile(node),
    });
  }

  async ready(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    const nodes = [...this.#places.keys()];
    const wait = (serves: (node: string) => Promise<boolean>): Promise<void> =>
      allServe(nodes, Math.max(1, deadline - performance.now()), {
        system: 'nats',
        processes: this.#context.processes,
        signal: this.#context.signal,
        logFile: (node) => this.#logFile(node),
        serves,
      });
    await wait((node) => (this.#monitors.get(node) as Monitor).healthy());
    if (!(await waitUntil(() => this.#makeStream(), Math.max(1, deadline - performance.now()), this.#context.signal)))
      throw new LightconeError('LC_ENVIRONMENT', 'nats: the stream could not be made in time', { nodes });
    await wait((node) => (this.#monitors.get(node) as Monitor).follows(node, STREAM.name));
    if (this.#keptAt === null) await this.#keepDisks();
  }

  async beliefs(node: string): Promise<readonly ObservedBelief[]> {
    return await (this.#monitors.get(this.#place(node) && node) as Monitor).beliefs(node, STREAM.name);
  }

  async wipe(node: string): Promise<void> {
    await rm(this.#store(node), { recursive: true, force: true });
  }

  async losePower(node: string): Promise<void> {
    if (this.#keptAt === null || performance.now() - this.#keptAt > UNSYNCED_MS)
      throw new LightconeError('LC_FAULT_UNSUPPORTED', `nats: after ${UNSYNCED_MS} ms it is not known what ${node} has on its disk`, {
        node,
      });
    await this.wipe(node);
    await cp(this.#kept(node), this.#store(node), { recursive: true });
  }

  async stop(): Promise<void> {
    for (const monitor of this.#monitors.values()) monitor.close();
    await Promise.all([...this.#places.keys()].map((node) => this.#context.processes.stop(node, 2000)));
  }

  async #keepDisks(): Promise<void> {
    for (const node of this.#places.keys()) await cp(this.#store(node), this.#kept(node), { recursive: true });
    this.#keptAt = performance.now();
  }

  async #makeStream(): Promise<boolean> {
    const [first] = [...this.#places.values()] as [Place];
    const nats = await Nats.connect(first.client, always(OBSERVE_MS));
    try {
      await makeStream(new JetStream(nats), STREAM, Math.min(3, this.#places.size));
      return true;
    } finally {
      nats.close();
    }
  }

  async #config(node: string, directory: string): Promise<string> {
    const { client, route, monitor, advertised } = this.#place(node);
    const others = [...this.#places.keys()].filter((other) => other !== node);
    const routes = await Promise.all(others.map((other) => this.#book.address(node, other, this.#place(other).route, 'peer')));
    return `server_name: ${JSON.stringify(node)}
listen: "${hostPort(client)}"
http: "${hostPort(monitor)}"
max_payload: 8MB
jetstream { store_dir: ${JSON.stringify(join(directory, 'store'))}, max_memory_store: 64MB, max_file_store: 2GB }
cluster {
  name: lightcone
  listen: "${hostPort(route)}"
  cluster_advertise: "${hostPort(advertised)}"
  routes: [${routes.map((address) => `"nats://${hostPort(address)}"`).join(', ')}]
}
`;
  }

  #place(node: string): Place {
    const place = this.#places.get(node);
    if (place === undefined) throw new LightconeError('LC_SCENARIO_NODE', `nats has no node ${JSON.stringify(node)}`, { node });
    return place;
  }

  #store(node: string): string {
    return join(this.#context.directory, node, 'store');
  }

  #kept(node: string): string {
    return join(this.#context.directory, node, 'store-at-start');
  }

  #logFile(node: string): string {
    return join(this.#context.directory, node, 'nats.log');
  }
}

export async function startNats(context: StartContext): Promise<RunningSystem> {
  const version = await versionOf(context.binary('nats-server'), ['--version'], /v(\d\S*)/);
  const places = new Map<string, Place>();
  for (const node of context.nodes) {
    const [client, route, monitor] = [await context.ports.take(), await context.ports.take(), await context.ports.take()];
    const advertised = await context.links.open({ from: '*', to: node, target: loopback(route), service: 'route' });
    places.set(node, { client: loopback(client), route: loopback(route), monitor: loopback(monitor), advertised });
  }
  const cluster = new NatsCluster(context, version, places);
  await Promise.all(context.nodes.map((node) => cluster.startNode(node)));
  return cluster;
}
