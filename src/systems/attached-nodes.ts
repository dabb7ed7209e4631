/** The nodes of a cluster that somebody else runs: their endpoints by name, the clients' ways to them, waiting until all of them answer. */
import { LightconeError } from '../core/index.ts';
import type { Address } from '../nemesis/index.ts';
import { hostPort, LinkBook } from './link-book.ts';
import { waitUntil } from './readiness.ts';
import type { AttachContext, ClientOptions, Endpoint } from './system.ts';

export class AttachedNodes {
  readonly #system: string;
  readonly #context: AttachContext;
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  readonly #book: LinkBook;

  constructor(system: string, context: AttachContext) {
    this.#system = system;
    this.#context = context;
    this.#endpoints = new Map(context.nodes.map((node, i) => [node, context.endpoints[i] as Endpoint]));
    this.#book = new LinkBook(context.links);
  }

  get names(): readonly string[] {
    return [...this.#endpoints.keys()];
  }

  endpoint(node: string): Endpoint {
    const endpoint = this.#endpoints.get(node);
    if (endpoint === undefined)
      throw new LightconeError('LC_SCENARIO_NODE', `${this.#system} was attached to without a node ${JSON.stringify(node)}`, { node });
    return endpoint;
  }

  /** A link of the client's own to its node, or to what the node names (`target`). */
  way({ name, node }: Pick<ClientOptions, 'name' | 'node'>, target: Address = this.endpoint(node)): Promise<Address> {
    const { host, port } = target;
    return this.#book.address(name, node, { host, port }, `client of ${hostPort(target)}`);
  }

  /** Rejects with LC_ENVIRONMENT and the address of who does not answer. */
  async allServe(timeoutMs: number, serves: (node: string) => Promise<boolean>): Promise<void> {
    await Promise.all(
      this.names.map(async (node) => {
        if (await waitUntil(() => serves(node), timeoutMs, this.#context.signal)) return;
        const at = hostPort(this.endpoint(node));
        throw new LightconeError('LC_ENVIRONMENT', `${this.#system}: ${node} at ${at} does not serve`, { node, address: at });
      }),
    );
  }
}
