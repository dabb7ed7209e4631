/**
 * A RabbitMQ cluster of Erlang nodes, each with a port mapper of its own that names links instead of ports: every directed
 * pair can be cut. The first node starts alone and the others join it, which is quicker than all at once: they would wait
 * for each other's locks. One queue, mirrored or a quorum queue, is what clients ask about.
 */
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LightconeError } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import { LinkBook } from '../link-book.ts';
import { always } from '../patience.ts';
import { allServe, waitUntil } from '../readiness.ts';
import { choiceSetting, numberSetting } from '../settings.ts';
import type { ClientOptions, ObservedBelief, RunningSystem, StartContext, SystemClient } from '../system.ts';
import { Amqp } from './amqp.ts';
import { QUEUE, rabbitmqClient } from './client.ts';
import { configuration, environment } from './configuration.ts';
import { Management } from './management.ts';
import { PortMapper } from './port-mapper.ts';

const OBSERVE_MS = 2000;
const FIRST_MS = 90_000;
const DECLARE_MS = 20_000;

export interface Place {
  readonly name: string;
  readonly client: Address;
  readonly management: Address;
  /** Where other nodes connect to. */
  readonly distribution: Address;
  /** Its own port mapper. */
  readonly mapper: Address;
}

export class RabbitCluster implements RunningSystem {
  version = 'unknown';
  readonly #context: StartContext;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #book: LinkBook;
  readonly #managements: ReadonlyMap<string, Management>;
  readonly #mappers: PortMapper[] = [];
  #declared = false;

  constructor(context: StartContext, places: readonly Place[]) {
    this.#context = context;
    this.#places = new Map(places.map((place) => [place.name, place]));
    this.#book = new LinkBook(context.links);
    this.#managements = new Map(places.map(({ name, management }) => [name, new Management(management, OBSERVE_MS)]));
  }

  async client(options: ClientOptions): Promise<SystemClient> {
    return rabbitmqClient(await this.#book.address(options.name, options.node, this.#place(options.node).client), options);
  }

  async startAll(): Promise<void> {
    const [first, ...others] = [...this.#places.keys()] as [string, ...string[]];
    for (const node of this.#places.keys()) await this.#openMapper(node);
    await this.startNode(first);
    await allServe(
      [first],
      FIRST_MS,
      this.#readiness(async (node) => (await this.#management(node).running()).includes(node)),
    );
    this.version = await this.#management(first).version();
    await Promise.all(others.map((node) => this.startNode(node)));
  }

  async startNode(node: string): Promise<void> {
    const directory = join(this.#context.directory, node);
    await mkdir(directory, { recursive: true });
    const { settings, processes } = this.#context;
    const place = this.#place(node);
    await rm(join(directory, '.erlang.cookie'), { force: true });
    await writeFile(join(directory, '.erlang.cookie'), 'lightcone');
    await chmod(join(directory, '.erlang.cookie'), 0o400);
    await writeFile(join(directory, 'enabled_plugins'), '[rabbitmq_management].\n');
    await writeFile(join(directory, 'advanced.config'), '[].\n');
    await writeFile(join(directory, 'rabbitmq.conf'), configuration(place, [...this.#places.keys()], settings));
    await processes.spawn({
      owner: node,
      command: this.#context.binary('rabbitmq-server'),
      args: [],
      cwd: directory,
      env: environment(place, directory, numberSetting(settings, 'netTickSeconds', 4)),
      logFile: this.#logFile(node),
    });
  }

  /** Every node sees every node, and the queue has all its replicas. */
  async ready(timeoutMs: number): Promise<void> {
    const nodes = [...this.#places.keys()];
    const deadline = performance.now() + timeoutMs;
    const left = (): number => Math.max(1, deadline - performance.now());
    await allServe(
      nodes,
      left(),
      this.#readiness(async (node) => (await this.#management(node).running()).length === nodes.length),
    );
    await this.#declare(Math.min(left(), DECLARE_MS));
    await allServe(
      nodes,
      left(),
      this.#readiness(async (node) => (await this.#management(node).queue(QUEUE))?.replicas === nodes.length),
    );
  }

  async beliefs(node: string): Promise<readonly ObservedBelief[]> {
    return await this.#management(node).beliefs(node, QUEUE);
  }

  async stop(): Promise<void> {
    for (const management of this.#managements.values()) management.close();
    // Stopping in good order takes each node longer than ending it, and nothing of it is kept.
    await Promise.all([...this.#places.keys()].map((node) => this.#context.processes.kill(node)));
    for (const mapper of this.#mappers) mapper.close();
  }

  async wipe(node: string): Promise<void> {
    throw new LightconeError(
      'LC_FAULT_UNSUPPORTED',
      `rabbitmq: ${node} would have to be forgotten by the others before it comes back empty`,
      {
        node,
      },
    );
  }

  async #declare(withinMs: number): Promise<void> {
    if (this.#declared) return;
    const [first] = [...this.#places.values()] as [Place];
    const kind = choiceSetting(this.#context.settings, 'queueType', ['quorum', 'mirrored']);
    if (kind === 'mirrored') await this.#management(first.name).mirror(`^${QUEUE}$`);
    const done = await waitUntil(
      async () => {
        const amqp = await Amqp.connect(first.client, always(OBSERVE_MS));
        await amqp.declare(QUEUE, { 'x-queue-type': kind === 'mirrored' ? 'classic' : 'quorum' }).finally(() => amqp.close());
        return true;
      },
      withinMs,
      this.#context.signal,
    );
    if (!done) throw new LightconeError('LC_ENVIRONMENT', 'rabbitmq: the queue could not be made in time', { queue: QUEUE });
    this.#declared = true;
  }

  /** For the node itself its own port, for each other that of the link to it. */
  async #openMapper(node: string): Promise<void> {
    const ports = new Map<string, number>();
    for (const [other, { distribution }] of this.#places) {
      const address = other === node ? distribution : await this.#book.address(node, other, distribution, 'peer');
      ports.set(other, address.port);
    }
    const mapper = new PortMapper(this.#place(node).mapper.port, node, ports);
    this.#mappers.push(mapper);
    await mapper.listen();
  }

  #readiness(serves: (node: string) => Promise<boolean>) {
    const { processes, signal } = this.#context;
    return { system: 'rabbitmq', processes, signal, logFile: (node: string) => this.#logFile(node), serves };
  }

  #management(node: string): Management {
    return this.#managements.get(this.#place(node).name) as Management;
  }

  #place(node: string): Place {
    const place = this.#places.get(node);
    if (place === undefined) throw new LightconeError('LC_SCENARIO_NODE', `rabbitmq has no node ${JSON.stringify(node)}`, { node });
    return place;
  }

  #logFile(node: string): string {
    return join(this.#context.directory, node, 'rabbitmq.log');
  }
}
