/**
 * A listener that stands for a node's service, and the connections through it. A proxy cannot drop a SYN: on a cut link
 * a connection is accepted and silent. What the answering side sends is another link's affair. A connection
 * counts as arrived when the first direction lets it: messages are directed, handshakes are not modelled. Nor can it refuse:
 * who calls a target that does not listen is accepted, and then dropped (OpenLink's `patienceMs`).
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Address, OpenLink } from './contract.ts';
import type { Carrier, LinkGate } from './link-gate.ts';
import { TcpPipe } from './tcp-pipe.ts';

/** How long a connection that waited behind a cut is looked at for its end, before the target hears of it. */
const SETTLE_MS = 10;
/** Between two calls of a target that does not listen yet. */
const CALL_AGAIN_MS = 20;
/**
 * What all targets answer is read into it and copied out at once: a socket left to itself allocates 64 KiB for every
 * chunk, however small, a tenth of what a hop costs. (Accepted sockets have no such option.)
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(1 << 16);

export interface GateFinder {
  gate(from: string, to: string): LinkGate;
  /** The source of a connection to a listener that is open to anybody. */
  sourceOf(socket: Socket): Promise<string>;
}

export interface Traffic {
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly connections: number;
}

export class TcpFront {
  readonly link: OpenLink;
  /** Connections so far, by source. */
  readonly accepted = new Map<string, number>();
  readonly #gates: GateFinder;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(link: OpenLink, gates: GateFinder) {
    this.link = link;
    this.#gates = gates;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => void this.#accept(socket));
  }

  listen(): Promise<Address> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
        const address = this.#server.address();
        resolve({ host: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0 });
      });
    });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    // The 'close' that follows says what is to be done.
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #accept(socket: Socket): Promise<void> {
    this.#keep(socket);
    const { to } = this.link;
    const from = this.link.from === '*' ? await this.#gates.sourceOf(socket) : this.link.from;
    if (socket.destroyed) return;
    this.accepted.set(from, (this.accepted.get(from) ?? 0) + 1);
    const there = this.#gates.gate(from, to);
    const back = this.#gates.gate(to, from);
    if (there.cut) await arrival(there, socket);
    if (!socket.destroyed) this.#call(socket, there, back, performance.now() + (this.link.patienceMs ?? 0));
  }

  /** Of the last call the caller hears whatever becomes of it; of those before only when it is answered. */
  #call(socket: Socket, there: LinkGate, back: LinkGate, lastMs: number): void {
    const { host, port } = this.link.target;
    let answers: TcpPipe | null = null;
    const onread = {
      buffer: READ_BUFFER,
      callback: (bytes: number): boolean => answers?.feed(Buffer.from(READ_BUFFER.subarray(0, bytes))) ?? true,
    };
    const upstream = connect({ host, port, allowHalfOpen: true, noDelay: true, onread });
    this.#keep(upstream);
    const join = (): void => {
      if (socket.destroyed) upstream.destroy();
      else answers = this.#join(socket, upstream, there, back);
    };
    const callAgain = (): void => {
      if (!socket.destroyed) this.#call(socket, there, back, lastMs);
    };
    if (performance.now() >= lastMs) join();
    else {
      upstream.once('connect', join);
      upstream.once('close', () => {
        if (answers === null) setTimeout(callAgain, CALL_AGAIN_MS);
      });
    }
  }

  /** The pipe of the answers. */
  #join(socket: Socket, upstream: Socket, there: LinkGate, back: LinkGate): TcpPipe {
    const answers = new TcpPipe(back, upstream, socket);
    const pipes = [new TcpPipe(there, socket, upstream), answers];
    let open = 2;
    const closed = (): void => {
      if (--open === 0) for (const pipe of pipes) pipe.close();
    };
    socket.once('close', closed);
    upstream.once('close', closed);
    return answers;
  }
}

/**
 * Resolves when the link lets a waiting connection through. Who gave up meanwhile never arrives: behind a real cut
 * its SYN was lost, so what it sent must not reach the target afterwards.
 */
function arrival(gate: LinkGate, socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const early: Buffer[] = [];
    const carrier: Carrier = {
      conditionChanged: () => {
        if (gate.cut) return;
        gate.carriers.delete(carrier);
        socket.on('data', gather).on('end', giveUp).resume();
        setTimeout(settled, SETTLE_MS);
      },
    };
    const gather = (chunk: Buffer): void => {
      early.push(chunk);
    };
    const giveUp = (): void => {
      socket.destroy();
    };
    const settled = (): void => {
      socket.off('data', gather).off('end', giveUp);
      socket.pause();
      if (!socket.destroyed && early.length > 0) socket.unshift(Buffer.concat(early));
      resolve();
    };
    socket.once('close', () => {
      gate.carriers.delete(carrier);
      resolve();
    });
    gate.carriers.add(carrier);
  });
}
