/**
 * A ZooKeeper ensemble. Each server has its own list of the others: their peer ports are links from it to them, their
 * election ports relays before such links (relay.ts says why). Lists differ, so reconfiguration is off. Where a service
 * has one address for everybody there is one list, and nothing to relay.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LightconeError } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import { LinkBook, loopback } from '../link-book.ts';
import { always } from '../patience.ts';
import { allServe } from '../readiness.ts';
import { numberSetting } from '../settings.ts';
import type { ClientOptions, ObservedBelief, RunningSystem, StartContext, SystemClient } from '../system.ts';
import { versionOf } from '../version.ts';
import { beliefsOf, modeOf } from './beliefs.ts';
import { makeFolders, zookeeperClient } from './client.ts';
import { ElectionRelay } from './relay.ts';
import { ZooKeeper } from './session.ts';

const OBSERVE_MS = 2000;
/**
 * Who is elected listens up to 200 ms after others have begun to follow. They call five times, 100 ms apart, where they
 * are refused, and start another election at once where they are dropped (Learner.connectToLeader).
 */
const PEER_PATIENCE_MS = 400;
const JVM = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];
/** Its log goes to stderr; without the time nobody can tell what an election waited for. */
const LOG = ['-Dorg.slf4j.simpleLogger.showDateTime=true', '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS'];
const MAIN = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';

interface Place {
  readonly client: Address;
  readonly peer: Address;
  readonly election: Address;
}

class Ensemble implements RunningSystem {
  readonly version: string;
  readonly #context: StartContext;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #book: LinkBook;
  readonly #relays = new Map<string, { readonly relay: ElectionRelay; readonly address: Address }>();

  constructor(context: StartContext, version: string, places: ReadonlyMap<string, Place>) {
    this.#context = context;
    this.version = version;
    this.#places = places;
    this.#book = new LinkBook(context.links);
  }

  async client(options: ClientOptions): Promise<SystemClient> {
    const address = await this.#book.address(options.name, options.node, this.#place(options.node).client);
    return zookeeperClient(address, options, this.#context.settings);
  }

  async openRelays(): Promise<void> {
    if (this.#oneAddress) return;
    const pairs = this.#context.nodes.flatMap((from) => this.#context.nodes.filter((to) => to !== from).map((to) => [from, to] as const));
    for (const [from, to] of pairs) {
      const relay = new ElectionRelay(await this.#book.address(from, to, this.#place(to).election, 'election'));
      const address = loopback(await this.#context.ports.take());
      await relay.listen(address.port);
      this.#relays.set(`${from}>${to}`, { relay, address });
    }
    for (const [from, to] of pairs) this.#relay(from, to).relay.returnBy(this.#relay(to, from).address);
  }

  async startNode(node: string): Promise<void> {
    const directory = join(this.#context.directory, node);
    await mkdir(join(directory, 'data'), { recursive: true });
    await writeFile(join(directory, 'data', 'myid'), `${this.#number(node)}\n`);
    await writeFile(join(directory, 'zoo.cfg'), await this.#config(node, directory));
    const classes = [this.#context.binary('zookeeper.jar'), this.#context.binary('slf4j-simple.jar')].join(':');
    await this.#context.processes.spawn({
      owner: node,
      command: this.#context.binary('java'),
      args: [...JVM, ...LOG, '-Dzookeeper.4lw.commands.whitelist=*', '-cp', classes, MAIN, join(directory, 'zoo.cfg')],
      cwd: directory,
      logFile: this.#logFile(node),
    });
  }

  async ready(timeoutMs: number): Promise<void> {
    await allServe([...this.#places.keys()], timeoutMs, {
      system: 'zookeeper',
      processes: this.#context.processes,
      signal: this.#context.signal,
      logFile: (node) => this.#logFile(node),
      serves: async (node) => (await modeOf(this.#place(node).client, OBSERVE_MS)) !== null,
    });
    await this.#makeFolders();
  }

  async beliefs(node: string): Promise<readonly ObservedBelief[]> {
    return await beliefsOf(node, this.#place(node).client, OBSERVE_MS);
  }

  async wipe(node: string): Promise<void> {
    await rm(join(this.#context.directory, node, 'data'), { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#places.keys()].map((node) => this.#context.processes.stop(node, 2000)));
    for (const { relay } of this.#relays.values()) relay.close();
  }

  async #makeFolders(): Promise<void> {
    const [first] = [...this.#places.values()] as [Place];
    const session = await ZooKeeper.connect(first.client, always(OBSERVE_MS), OBSERVE_MS);
    try {
      await makeFolders(session);
    } finally {
      session.close();
    }
  }

  async #config(node: string, directory: string): Promise<string> {
    const { settings } = this.#context;
    const servers: string[] = [];
    for (const [other, place] of this.#places) {
      const { peer, election } = await this.#seenBy(node, other, place);
      servers.push(`server.${this.#number(other)}=${peer.host}:${peer.port}:${election.port}`);
    }
    const lines = [
      `tickTime=${numberSetting(settings, 'tickMs', 500)}`,
      `initLimit=${numberSetting(settings, 'initLimit', 20)}`,
      `syncLimit=${numberSetting(settings, 'syncLimit', 4)}`,
      'maxSessionTimeout=60000',
      'maxClientCnxns=0',
      `dataDir=${join(directory, 'data')}`,
      'clientPortAddress=127.0.0.1',
      `clientPort=${this.#place(node).client.port}`,
      'admin.enableServer=false',
      'reconfigEnabled=false',
      // Then the address stands for all that the node has.
      `quorumListenOnAllIPs=${this.#oneAddress}`,
      ...servers,
    ];
    return `${lines.join('\n')}\n`;
  }

  get #oneAddress(): boolean {
    return this.#context.links.oneAddress === true;
  }

  async #seenBy(node: string, other: string, { peer, election }: Place): Promise<Pick<Place, 'peer' | 'election'>> {
    if (this.#oneAddress) {
      const open = (target: Address, service: string) => this.#context.links.open({ from: '*', to: other, target, service });
      return { peer: await open(peer, 'peer'), election: await open(election, 'election') };
    }
    if (other === node) return { peer, election };
    return { peer: await this.#book.address(node, other, peer, 'peer', PEER_PATIENCE_MS), election: this.#relay(node, other).address };
  }

  #relay(from: string, to: string) {
    const relay = this.#relays.get(`${from}>${to}`);
    if (relay === undefined) throw new LightconeError('LC_SCENARIO_NODE', `zookeeper has no way from ${from} to ${to}`, { from, to });
    return relay;
  }

  #number(node: string): number {
    return [...this.#places.keys()].indexOf(node) + 1;
  }

  #place(node: string): Place {
    const place = this.#places.get(node);
    if (place === undefined) throw new LightconeError('LC_SCENARIO_NODE', `zookeeper has no node ${JSON.stringify(node)}`, { node });
    return place;
  }

  #logFile(node: string): string {
    return join(this.#context.directory, node, 'zookeeper.log');
  }
}

export async function startZooKeeper(context: StartContext): Promise<RunningSystem> {
  const classes = context.binary('zookeeper.jar');
  const version = await versionOf(
    context.binary('java'),
    ['-cp', classes, 'org.apache.zookeeper.version.VersionInfoMain'],
    /version (\d[\w.]*)/,
  );
  const places = new Map<string, Place>();
  for (const node of context.nodes) {
    const [client, peer, election] = [await context.ports.take(), await context.ports.take(), await context.ports.take()];
    places.set(node, { client: loopback(client), peer: loopback(peer), election: loopback(election) });
  }
  const ensemble = new Ensemble(context, version, places);
  await ensemble.openRelays();
  for (const node of context.nodes) await ensemble.startNode(node);
  return ensemble;
}
