/** What the tests of this room share: echo servers, clients that remember what they heard, waiting for a condition. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Address } from './contract.ts';

/** Resolves when `holds` does; rejects after `timeoutMs`. For what no event tells: other people's processes. */
export async function until(holds: () => boolean, timeoutMs = 5000): Promise<number> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return performance.now() - start;
}

export class TestServer {
  readonly server: Server;
  readonly sockets: Socket[] = [];
  heard = '';
  ends = 0;

  /** `echo` says back what it hears, `listen` only remembers it, `deaf` does not read. */
  constructor(manner: 'echo' | 'listen' | 'deaf' = 'echo') {
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.push(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('end', () => {
        this.ends++;
      });
      if (manner !== 'deaf') socket.on('data', (chunk: Buffer) => this.#hear(socket, chunk, manner === 'echo'));
    });
  }

  #hear(socket: Socket, chunk: Buffer, echo: boolean): void {
    this.heard += chunk.toString('latin1');
    if (echo) socket.write(chunk);
  }

  async listen(port = 0): Promise<Address> {
    await new Promise<void>((resolve) => this.server.listen({ host: '127.0.0.1', port }, resolve));
    return { host: '127.0.0.1', port: (this.server.address() as { port: number }).port };
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

export class TestClient {
  readonly socket: Socket;
  heard = '';
  ended = false;
  closed = false;
  code = '';
  readonly connected: Promise<void>;

  constructor({ host, port }: Address) {
    this.socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    this.connected = new Promise((resolve) => this.socket.once('connect', () => resolve()));
    this.socket.on('data', (chunk: Buffer) => {
      this.heard += chunk.toString('latin1');
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.code = error.code ?? '';
    });
    this.socket.on('end', () => {
      this.ended = true;
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  /** Sends, and resolves when so many characters were heard in all. */
  async ask(text: string, length: number, timeoutMs = 5000): Promise<string> {
    this.socket.write(text);
    await until(() => this.heard.length >= length, timeoutMs);
    return this.heard;
  }
}
