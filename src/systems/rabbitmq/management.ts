/** What a broker says of itself and its cluster over its management API. */
import type { Address } from '../../nemesis/index.ts';
import { Broken, codeOf, completionOf, Refused } from '../completion.ts';
import { HttpExchange } from '../http-exchange.ts';
import { always } from '../patience.ts';
import type { ObservedBelief } from '../system.ts';

const CREDENTIALS = `Basic ${Buffer.from('guest:guest').toString('base64')}`;
const VHOST = encodeURIComponent('/');

type Json = { readonly [field: string]: unknown };
interface Queue {
  readonly node?: string;
  readonly leader?: string;
  /** Of a quorum queue: who takes part now. */
  readonly online?: readonly string[];
  /** Of a mirrored one, its leader left out. */
  readonly synchronised_slave_nodes?: readonly string[];
  readonly type?: string;
}

/** `n1` of `n1@127.0.0.1`. */
const bare = (name: string | undefined): string | null => name?.split('@')[0] ?? null;

export class Management {
  readonly #http: HttpExchange;

  constructor(address: Address, timeoutMs: number) {
    this.#http = new HttpExchange(address, always(timeoutMs), CREDENTIALS);
  }

  close(): void {
    this.#http.close();
  }

  /** The broker's. */
  async version(): Promise<string> {
    const { rabbitmq_version: version } = (await this.#ask('GET', 'overview')) as { readonly rabbitmq_version?: string };
    return version ?? 'unknown';
  }

  /** The nodes that it sees running. */
  async running(): Promise<readonly string[]> {
    const nodes = (await this.#ask('GET', 'nodes?columns=name,running')) as readonly {
      readonly name?: string;
      readonly running?: boolean;
    }[];
    return nodes.flatMap(({ name, running }) => (running === true ? [bare(name) as string] : []));
  }

  /** How many replicas of the queue are up to date, and who leads; null where it is not there. */
  async queue(name: string): Promise<{ readonly leader: string | null; readonly replicas: number } | null> {
    let queue: Queue;
    try {
      queue = (await this.#ask('GET', `queues/${VHOST}/${name}`)) as Queue;
    } catch (error) {
      if (error instanceof Refused && error.code === 'HTTP_404') return null;
      throw error;
    }
    const { node, leader, online, synchronised_slave_nodes: mirrors = [], type } = queue;
    const replicas = type === 'quorum' ? (online?.length ?? 0) : 1 + mirrors.length;
    return { leader: bare(leader ?? node), replicas };
  }

  /** All queues of this name have a copy on every node. */
  async mirror(pattern: string): Promise<void> {
    const definition = { 'ha-mode': 'all', 'ha-sync-mode': 'automatic' };
    await this.#ask('PUT', `policies/${VHOST}/mirrored`, { pattern, definition, 'apply-to': 'queues' });
  }

  async beliefs(node: string, queue: string): Promise<readonly ObservedBelief[]> {
    try {
      const [running, seen] = [await this.running(), await this.queue(queue)];
      const leader = seen?.leader ?? null;
      return [
        { kind: 'leader', value: leader },
        { kind: 'role', value: leader === node ? 'leader' : 'follower' },
        { kind: 'x-running', value: [...running].sort() },
      ];
    } catch (error) {
      completionOf(error, true);
      return [];
    }
  }

  async #ask(method: string, path: string, body?: Json): Promise<unknown> {
    const { status, body: text } = await this.#http.send(method, `/api/${path}`, body === undefined ? '' : JSON.stringify(body));
    if (status >= 300) throw new Refused(codeOf(`HTTP ${status}`), true);
    if (text === '') return {};
    try {
      return JSON.parse(text);
    } catch {
      throw new Broken('NOT_JSON', true);
    }
  }
}
