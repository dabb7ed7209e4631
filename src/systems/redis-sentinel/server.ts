/**
 * One primary, replicas, and a sentinel at each node. Every server and sentinel announces the address of a link, whose
 * source is found by the socket's owner. Configurations are written once: Redis and Sentinel rewrite them, and what
 * they wrote is what a restart finds.
 */
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LightconeError } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import { LinkBook, loopback } from '../link-book.ts';
import { allServe, waitUntil } from '../readiness.ts';
import { choiceSetting, numberSetting } from '../settings.ts';
import type { ClientOptions, ObservedBelief, RunningSystem, StartContext, SystemClient } from '../system.ts';
import { versionOf } from '../version.ts';
import { PRIMARY, redisClient } from './client.ts';
import { Observer } from './observer.ts';

const FOLLOW_MS = 10_000;

export interface Place {
  readonly name: string;
  readonly server: Address;
  readonly sentinel: Address;
  /** The links under which all others know the two. */
  readonly serverLink: Address;
  readonly sentinelLink: Address;
}

class SentinelCluster implements RunningSystem {
  readonly version: string;
  readonly #context: StartContext;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #observers: ReadonlyMap<string, Observer>;
  readonly #book: LinkBook;

  constructor(context: StartContext, version: string, places: readonly Place[]) {
    this.#context = context;
    this.version = version;
    this.#places = new Map(places.map((place) => [place.name, place]));
    this.#observers = new Map(places.map((place) => [place.name, new Observer(place, (port) => this.#nodeOf(port))]));
    this.#book = new LinkBook(context.links);
  }

  async client(options: ClientOptions): Promise<SystemClient> {
    const { node, name } = options;
    const own = this.#place(node);
    const routes = {
      sentinel: await this.#book.address(name, node, own.sentinel, 'sentinel'),
      replica: await this.#book.address(name, node, own.server),
      server: async ({ port }: Address): Promise<Address | null> => {
        const target = this.#nodeOf(port);
        if (target === null) return null;
        // It stands at its node: whom that cannot reach, the client cannot reach either.
        return this.#book.address(target === node ? name : node, target, this.#place(target).server);
      },
    };
    return redisClient(routes, options, this.#context.settings);
  }

  /** Sentinels ask the primary for its replicas at once, then every 10 s: they start when there is something to hear. */
  async startAll(): Promise<void> {
    const nodes = [...this.#places.keys()];
    for (const node of nodes) await this.#startServer(node);
    const first = this.#observers.get(nodes[0] as string) as Observer;
    await waitUntil(() => first.leads(nodes.length - 1), FOLLOW_MS, this.#context.signal);
    for (const node of nodes) await this.startNode(node);
  }

  async startNode(node: string): Promise<void> {
    await this.#startServer(node);
    const directory = join(this.#context.directory, node);
    await this.#writeOnce(join(directory, 'sentinel.conf'), this.#sentinelConfig(node, directory));
    await this.#spawn(`${node}/sentinel`, directory, 'sentinel', ['--sentinel']);
  }

  async #startServer(node: string): Promise<void> {
    const directory = join(this.#context.directory, node);
    await mkdir(join(directory, 'data'), { recursive: true });
    await this.#writeOnce(join(directory, 'redis.conf'), this.#serverConfig(node, directory));
    await this.#spawn(node, directory, 'redis', []);
  }

  async ready(timeoutMs: number): Promise<void> {
    const others = this.#places.size - 1;
    await allServe([...this.#places.keys()], timeoutMs, {
      system: 'redis-sentinel',
      processes: this.#context.processes,
      signal: this.#context.signal,
      logFile: (node) => join(this.#context.directory, node, 'redis.log'),
      serves: (node) => (this.#observers.get(node) as Observer).agrees(others),
    });
  }

  async beliefs(node: string): Promise<readonly ObservedBelief[]> {
    return (await this.#observers.get(this.#place(node).name)?.beliefs()) ?? [];
  }

  /** The data; what the node knows of the cluster is configuration and stays. */
  async wipe(node: string): Promise<void> {
    await rm(join(this.#context.directory, node, 'data'), { recursive: true, force: true });
  }

  readonly actions = {
    /** An operator asks the sentinel of the node for a fail-over. */
    failover: async (node: string): Promise<void> => {
      await this.#observers.get(this.#place(node).name)?.failover();
    },
  };

  async stop(): Promise<void> {
    for (const observer of this.#observers.values()) observer.close();
    const { processes } = this.#context;
    // Sentinels first: they would take the end for a fault.
    for (const owner of ['/sentinel', ''])
      await Promise.all([...this.#places.keys()].map((node) => processes.stop(`${node}${owner}`, 2000)));
  }

  #place(node: string): Place {
    const place = this.#places.get(node);
    if (place === undefined) throw new LightconeError('LC_SCENARIO_NODE', `redis-sentinel has no node ${JSON.stringify(node)}`, { node });
    return place;
  }

  #nodeOf(port: number): string | null {
    for (const { name, serverLink, server } of this.#places.values()) if (serverLink.port === port || server.port === port) return name;
    return null;
  }

  async #spawn(owner: string, directory: string, kind: 'redis' | 'sentinel', args: readonly string[]): Promise<void> {
    const { processes } = this.#context;
    if (processes.of(owner).some((process) => process.owner === owner && process.running)) return;
    await processes.spawn({
      owner,
      command: this.#context.binary('redis-server'),
      args: [join(directory, `${kind}.conf`), ...args],
      cwd: directory,
      logFile: join(directory, `${kind}.log`),
    });
  }

  async #writeOnce(path: string, config: readonly (readonly (string | number)[])[]): Promise<void> {
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (!there) await writeFile(path, `${config.map((line) => line.join(' ')).join('\n')}\n`);
  }

  #serverConfig(node: string, directory: string): (readonly (string | number)[])[] {
    const { settings } = this.#context;
    const { server, serverLink } = this.#place(node);
    const [first] = [...this.#places.values()] as [Place];
    const fsync = choiceSetting(settings, 'appendfsync', ['everysec', 'always', 'no']);
    return [
      ['bind', '127.0.0.1'],
      // It is bound to loopback; who comes through packet filters has another address all the same.
      ['protected-mode', 'no'],
      ['port', server.port],
      ['dir', JSON.stringify(join(directory, 'data'))],
      ['appendonly', 'yes'],
      ['appendfsync', fsync],
      ['save', '""'],
      ['repl-diskless-sync-delay', 0],
      ['repl-timeout', 10],
      ['repl-ping-replica-period', 1],
      ['replica-announce-ip', serverLink.host],
      ['replica-announce-port', serverLink.port],
      ['min-replicas-to-write', numberSetting(settings, 'minReplicasToWrite', 0)],
      ['min-replicas-max-lag', numberSetting(settings, 'minReplicasMaxLag', 10)],
      ...(node === first.name ? [] : [['replicaof', first.serverLink.host, first.serverLink.port]]),
    ];
  }

  #sentinelConfig(node: string, directory: string): (readonly (string | number)[])[] {
    const { settings } = this.#context;
    const { sentinel, sentinelLink } = this.#place(node);
    const [first] = [...this.#places.values()] as [Place];
    const quorum = Math.floor(this.#places.size / 2) + 1;
    return [
      ['bind', '127.0.0.1'],
      ['protected-mode', 'no'],
      ['port', sentinel.port],
      ['dir', JSON.stringify(directory)],
      ['sentinel', 'announce-ip', sentinelLink.host],
      ['sentinel', 'announce-port', sentinelLink.port],
      ['sentinel', 'monitor', PRIMARY, first.serverLink.host, first.serverLink.port, quorum],
      ['sentinel', 'down-after-milliseconds', PRIMARY, numberSetting(settings, 'downAfterMs', 1000)],
      ['sentinel', 'failover-timeout', PRIMARY, numberSetting(settings, 'failoverTimeoutMs', 2000)],
      ['sentinel', 'parallel-syncs', PRIMARY, 1],
    ];
  }
}

export async function startRedisSentinel(context: StartContext): Promise<RunningSystem> {
  const version = await versionOf(context.binary('redis-server'), ['--version'], /v=(\S+)/);
  const places: Place[] = [];
  for (const name of context.nodes) {
    const server = loopback(await context.ports.take());
    const sentinel = loopback(await context.ports.take());
    const serverLink = await context.links.open({ from: '*', to: name, target: server, service: 'peer' });
    const sentinelLink = await context.links.open({ from: '*', to: name, target: sentinel, service: 'sentinel-peer' });
    places.push({ name, server, sentinel, serverLink, sentinelLink });
  }
  const cluster = new SentinelCluster(context, version, places);
  await cluster.startAll();
  return cluster;
}
