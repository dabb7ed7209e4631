/**
 * The proxy itself, in a thread of its own: a recorder that is busy does not slow the links, nor they the recorder.
 * Started by `proxyLinks`.
 */
import type { Socket } from 'node:net';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Random } from '../core/index.ts';
import { type Ends, OwnerFinder } from './connection-owner.ts';
import type { LinkTraffic, OpenLink } from './contract.ts';
import { LinkGate } from './link-gate.ts';
import { LinkProbes } from './link-probe.ts';
import type { AnswerMessage, OrderAnswer, OrderMessage, ProxyOrder, ProxyStart } from './proxy-orders.ts';
import { TcpFront } from './tcp-front.ts';
import { UdpFront } from './udp-front.ts';

/** Whoever connects and is none of the processes that were started: what a client is called. */
const CLIENT = 'client';
/** A process may connect before we are told of it: so long we wait for the news. */
const NEWS_MS = 25;

class LinkProxy {
  readonly #seed: number;
  readonly #gates = new Map<string, LinkGate>();
  readonly #ends = new Map<LinkGate, { readonly from: string; readonly to: string }>();
  readonly #fronts: (TcpFront | UdpFront)[] = [];
  readonly #owners = new OwnerFinder();
  readonly #probes = new LinkProbes(this);

  constructor(seed: number) {
    this.#seed = seed;
  }

  gate(from: string, to: string): LinkGate {
    const key = `${from}\n${to}`;
    let gate = this.#gates.get(key);
    if (gate === undefined) {
      gate = new LinkGate(new Random(this.#seed, 'link', from, to));
      this.#gates.set(key, gate);
      this.#ends.set(gate, { from, to });
    }
    return gate;
  }

  sourceOf(socket: Socket): Promise<string> {
    return this.#nodeOf({ protocol: 'tcp', source: socket.remotePort ?? 0, listener: socket.localPort ?? 0 });
  }

  senderOf(source: number, listener: number): Promise<string> {
    return this.#nodeOf({ protocol: 'udp', source, listener });
  }

  async #nodeOf(ends: Ends): Promise<string> {
    let owner = await this.#owners.find(ends);
    if (owner === undefined) {
      await new Promise((resolve) => setTimeout(resolve, NEWS_MS));
      owner = await this.#owners.find(ends);
    }
    return owner === null || owner === undefined ? CLIENT : (owner.split('/', 1)[0] as string);
  }

  async carryOut(order: ProxyOrder): Promise<OrderAnswer> {
    switch (order.do) {
      case 'open':
        return this.#open(order.link);
      case 'set':
        this.gate(order.from, order.to).set(order.condition);
        return null;
      case 'heal':
        for (const gate of this.#gates.values()) gate.set({});
        return null;
      case 'probe':
        return this.#probes.probe(order.from, order.to, order.timeoutMs);
      case 'owners':
        this.#owners.known = new Map(order.owners);
        return null;
      case 'traffic':
        return this.#traffic();
      case 'close':
        this.#probes.close();
        for (const front of this.#fronts.splice(0)) front.close();
        return null;
    }
  }

  async #open(link: OpenLink): Promise<OrderAnswer> {
    const front = link.protocol === 'udp' ? new UdpFront(link, this) : new TcpFront(link, this);
    const address = await front.listen();
    this.#fronts.push(front);
    return address;
  }

  #traffic(): LinkTraffic[] {
    const connections = new Map<LinkGate, number>();
    for (const { link, accepted } of this.#fronts) {
      for (const [from, count] of accepted) {
        const gate = this.gate(from, link.to);
        connections.set(gate, (connections.get(gate) ?? 0) + count);
      }
    }
    return [...this.#ends].map(([gate, ends]) => ({ ...ends, connections: connections.get(gate) ?? 0, bytes: gate.bytes, met: gate.met }));
  }
}

function serve(port: MessagePort, proxy: LinkProxy): void {
  const answer = (message: AnswerMessage): void => port.postMessage(message);
  port.on('message', ({ id, order }: OrderMessage) => {
    proxy.carryOut(order).then(
      (result) => {
        answer({ id, answer: result });
        if (order.do === 'close') port.close();
      },
      (error: NodeJS.ErrnoException) => answer({ id, error: error.message, code: error.code ?? '' }),
    );
  });
}

if (parentPort !== null) serve(parentPort, new LinkProxy((workerData as ProxyStart).seed));
