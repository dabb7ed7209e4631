/**
 * Links through a proxy in userspace: no root, any platform that has sockets. This is the side of the host; the bytes go
 * through a thread of their own (`proxy-thread.ts`), which dies with our process.
 */
import { Worker } from 'node:worker_threads';
import { LightconeError } from '../core/index.ts';
import type { Address, LinkCondition, Links, LinkTraffic, OpenLink } from './contract.ts';
import type { AnswerMessage, OrderAnswer, OrderMessage, ProxyOrder, ProxyStart } from './proxy-orders.ts';
import { siblingModule } from './sibling-module.ts';

/** Where the sources of connections to `*` listeners are looked for; `managedProcesses` is one. */
export interface SocketOwners {
  owners(): ReadonlyMap<number, string>;
  onChange(listener: () => void): void;
}

export interface ProxyOptions {
  /** Of delays and losses. */
  readonly seed?: number;
  readonly processes?: SocketOwners;
}

export interface ProxyLinks extends Links {
  /** What went through so far: evidence that a system does use its links. */
  traffic(): Promise<readonly LinkTraffic[]>;
}

/** The thread has closed everything and ends by itself, within milliseconds. */
const ENDS_MS = 1000;

interface Waiting {
  readonly resolve: (answer: OrderAnswer) => void;
  readonly reject: (error: Error) => void;
}

class ThreadLinks implements ProxyLinks {
  readonly #worker: Worker;
  readonly #ends: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #closing: Promise<void> | null = null;
  #broken: Error | null = null;

  constructor({ seed = 1, processes }: ProxyOptions) {
    this.#worker = new Worker(siblingModule('proxy-thread'), {
      workerData: { seed } satisfies ProxyStart,
      execArgv: [],
      name: 'lightcone-links',
    });
    this.#worker.on('message', (message: AnswerMessage) => this.#answered(message));
    this.#worker.on('error', (error) => this.#ended(error));
    this.#ends = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.on('exit', () => this.#ended(new LightconeError('LC_ENVIRONMENT', 'the links are closed')));
    this.#worker.unref();
    if (processes !== undefined) {
      const tell = (): void => {
        if (this.#closing === null) this.#order({ do: 'owners', owners: [...processes.owners()] }).catch(() => {});
      };
      processes.onChange(tell);
      tell();
    }
  }

  async open(link: OpenLink): Promise<Address> {
    const { from, to, target, service, protocol, patienceMs } = link;
    const plain: OpenLink = {
      from,
      to,
      target: { host: target.host, port: target.port },
      ...(service === undefined ? {} : { service }),
      ...(protocol === undefined ? {} : { protocol }),
      ...(patienceMs === undefined ? {} : { patienceMs }),
    };
    return (await this.#order({ do: 'open', link: plain })) as Address;
  }

  async set(from: string, to: string, condition: LinkCondition): Promise<void> {
    await this.#order({ do: 'set', from, to, condition });
  }

  async heal(): Promise<void> {
    await this.#order({ do: 'heal' });
  }

  async probe(from: string, to: string, timeoutMs: number): Promise<boolean> {
    return (await this.#order({ do: 'probe', from, to, timeoutMs })) as boolean;
  }

  async traffic(): Promise<readonly LinkTraffic[]> {
    return (await this.#order({ do: 'traffic' })) as readonly LinkTraffic[];
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#broken === null) await this.#order({ do: 'close' });
    if (await this.#endsInTime()) return;
    // Under heavy load one in some hundred threads neither ends nor tells that it was terminated (Node.js 24.21; why is not
    // known). Its links are closed: nobody is to wait for it.
    void this.#worker.terminate();
    await this.#endsInTime();
  }

  #endsInTime(): Promise<boolean> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, ENDS_MS, false);
      void this.#ends.then(() => {
        clearTimeout(late);
        resolve(true);
      });
    });
  }

  /** Nothing keeps our process alive but orders under way. */
  #order(order: ProxyOrder): Promise<OrderAnswer> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, order } satisfies OrderMessage);
    });
  }

  #answered(message: AnswerMessage): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('answer' in message) waiting?.resolve(message.answer);
    else waiting?.reject(new LightconeError('LC_ENVIRONMENT', `a link cannot be opened: ${message.error}`, { code: message.code }));
  }

  #ended(error: Error): void {
    this.#broken ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#broken);
    this.#waiting.clear();
  }
}

/** Links through a proxy of their own. Close them when the run is over; if our process dies, so do they. */
export async function proxyLinks(options: ProxyOptions = {}): Promise<ProxyLinks> {
  const links = new ThreadLinks(options);
  await links.heal();
  return links;
}
