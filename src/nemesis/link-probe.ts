/**
 * Probes: does a byte of `from` get to `to`? Each pair has a connection of its own for it, through the same gates, pipes
 * and listeners as the systems' connections, that ends at a sink instead of a product. It is kept, so that a probe asks
 * what becomes of a connection that was there before.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Address } from './contract.ts';
import { type GateFinder, TcpFront } from './tcp-front.ts';

interface ProbePath {
  readonly front: TcpFront;
  readonly address: Promise<Address>;
  socket: Socket | null;
}

const ID_BYTES = 4;

export class LinkProbes {
  readonly #gates: GateFinder;
  readonly #sink: Server;
  readonly #sinkSockets = new Set<Socket>();
  readonly #sinkAddress: Promise<Address>;
  readonly #paths = new Map<string, ProbePath>();
  readonly #waiting = new Map<number, () => void>();
  #nextId = 0;

  constructor(gates: GateFinder) {
    this.#gates = gates;
    this.#sink = createServer((socket) => this.#arrived(socket));
    this.#sinkAddress = new Promise((resolve, reject) => {
      this.#sink.once('error', reject);
      this.#sink.listen({ host: '127.0.0.1', port: 0 }, () => {
        const address = this.#sink.address();
        resolve({ host: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0 });
      });
    });
  }

  async probe(from: string, to: string, timeoutMs: number): Promise<boolean> {
    const path = await this.#path(from, to);
    const { port } = await path.address;
    const id = this.#nextId++ % 0xffffffff;
    const bytes = Buffer.alloc(ID_BYTES);
    bytes.writeUInt32BE(id);
    return new Promise((resolve) => {
      const done = (heard: boolean): void => {
        clearTimeout(timer);
        socket.off('close', broken);
        this.#waiting.delete(id);
        resolve(heard);
      };
      // What was under way on a connection that was reset does not arrive.
      const broken = (): void => done(false);
      const socket = this.#socket(path, port);
      const timer = setTimeout(() => done(false), timeoutMs);
      this.#waiting.set(id, () => done(true));
      socket.once('close', broken);
      socket.write(bytes);
    });
  }

  close(): void {
    this.#sink.close();
    for (const socket of this.#sinkSockets) socket.destroy();
    for (const { front, socket } of this.#paths.values()) {
      socket?.destroy();
      front.close();
    }
  }

  #socket(path: ProbePath, port: number): Socket {
    if (path.socket !== null && !path.socket.destroyed && path.socket.writable) return path.socket;
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.setMaxListeners(0);
    socket.on('error', () => {});
    socket.resume();
    path.socket = socket;
    return socket;
  }

  async #path(from: string, to: string): Promise<ProbePath> {
    const key = `${from}\n${to}`;
    const target = await this.#sinkAddress;
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    const front = new TcpFront({ from, to, target, service: 'probe' }, this.#gates);
    const path: ProbePath = { front, address: front.listen(), socket: null };
    this.#paths.set(key, path);
    return path;
  }

  #arrived(socket: Socket): void {
    let rest: Buffer = Buffer.alloc(0);
    this.#sinkSockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sinkSockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length >= ID_BYTES) {
        this.#waiting.get(rest.readUInt32BE(0))?.();
        rest = rest.subarray(ID_BYTES);
      }
    });
  }
}
