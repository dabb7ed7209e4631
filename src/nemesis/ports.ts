/**
 * Ports on loopback that nobody else gets: below the range from which the kernel draws for outgoing connections, in
 * blocks. A run holds a block by listening on its first port, so the kernel itself keeps concurrent runs apart and
 * gives the block back when a run dies. Each port is tried before it is handed out.
 */
import { createServer, type Server } from 'node:net';
import { LightconeError } from '../core/index.ts';
import type { Ports } from './contract.ts';

const FIRST = 10_240;
const LAST = 32_000;
const BLOCK = 64;

export interface LoopbackPorts extends Ports {
  /** Give the blocks back; ports that were taken may be given to others. */
  close(): Promise<void>;
}

/** Null where the port is taken. */
function listenOn(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(null));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

class BlockPorts implements LoopbackPorts {
  readonly #guards: Server[] = [];
  #next = 0;
  #end = 0;
  #turn: Promise<unknown> = Promise.resolve();

  take(): Promise<number> {
    const taken = this.#turn.then(() => this.#take());
    this.#turn = taken.catch(() => undefined);
    return taken;
  }

  async close(): Promise<void> {
    this.#next = this.#end;
    await Promise.all(this.#guards.splice(0).map(closed));
  }

  async #take(): Promise<number> {
    for (;;) {
      if (this.#next >= this.#end) await this.#claimBlock();
      const port = this.#next++;
      const server = await listenOn(port);
      if (server === null) continue;
      await closed(server);
      return port;
    }
  }

  /** Starts at a place that differs from process to process, so that runs seldom meet. */
  async #claimBlock(): Promise<void> {
    const blocks = Math.floor((LAST - FIRST) / BLOCK);
    const start = (process.pid * 37 + this.#guards.length) % blocks;
    for (let i = 0; i < blocks; i++) {
      const first = FIRST + ((start + i) % blocks) * BLOCK;
      const guard = await listenOn(first);
      if (guard === null) continue;
      this.#guards.push(guard);
      this.#next = first + 1;
      this.#end = first + BLOCK;
      return;
    }
    throw new LightconeError('LC_ENVIRONMENT', `no free block of ${BLOCK} ports between ${FIRST} and ${LAST} on 127.0.0.1`);
  }
}

/** Ports for one run. */
export const loopbackPorts = (): LoopbackPorts => new BlockPorts();
