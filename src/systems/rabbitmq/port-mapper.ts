/**
 * Erlang nodes find each other through a port mapper (EPMD) of their host. Here each node has one of its own, which names
 * for every other node the port of the link to it: so each directed pair goes its own way. Ports are known beforehand; that
 * the owner registers itself only says that it is there: it looks first whether somebody has its name. (Erlang's distribution protocol, EPMD.)
 */
import { createServer, type Server, type Socket } from 'node:net';

const REQUEST = { alive: 120, port: 122, names: 110 } as const;
const ANSWER = { alive: 118, port: 119 } as const;
const NORMAL_NODE = 77;
const [HIGHEST, LOWEST] = [6, 5];
const MAX_REQUEST = 4096;

/** Behind the port, four numbers and the length. */
function aliveName(request: Buffer): string {
  if (request.length < 11) return '';
  return request.toString('utf8', 11, 11 + request.readUInt16BE(9));
}

export class PortMapper {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #port: number;
  readonly #owner: string;
  readonly #ports: ReadonlyMap<string, number>;
  /** The connection that registered the owner. */
  #registered: Socket | null = null;
  #creation = 0;

  /** `ports`: of every node by the part of its name before the `@`, as `owner` reaches it. */
  constructor(port: number, owner: string, ports: ReadonlyMap<string, number>) {
    this.#port = port;
    this.#owner = owner;
    this.#ports = ports;
    this.#server = createServer((socket) => this.#serve(socket));
    // A start that failed closes nothing, and must not keep us.
    this.#server.unref();
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', () => resolve());
    });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    let bytes = Buffer.alloc(0);
    this.#sockets.add(socket);
    socket.unref();
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (this.#registered === socket) this.#registered = null;
    });
    socket.on('error', () => {});
    socket.on('data', (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      if (bytes.length > MAX_REQUEST) return socket.destroy();
      if (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE(0)) return;
      const request = bytes.subarray(2, 2 + bytes.readUInt16BE(0));
      bytes = bytes.subarray(2 + request.length);
      this.#answer(socket, request);
    });
  }

  #answer(socket: Socket, request: Buffer): void {
    const name = request.toString('utf8', 1);
    switch (request[0]) {
      case REQUEST.alive:
        // As long as this connection stands. Tools of the node register under names of their own.
        if (aliveName(request) === this.#owner) this.#registered = socket;
        this.#creation = (this.#creation % 0xffff) + 1;
        socket.write(Buffer.from([ANSWER.alive, 0, 0, 0, this.#creation >> 8, this.#creation & 0xff]));
        return;
      case REQUEST.port:
        socket.end(this.#portOf(name));
        return;
      case REQUEST.names: {
        const known = [...this.#ports].filter(([node]) => this.#knows(node));
        const lines = known.map(([node, port]) => `name ${node} at port ${port}\n`).join('');
        const own = Buffer.alloc(4);
        own.writeUInt32BE(this.#port);
        socket.end(Buffer.concat([own, Buffer.from(lines)]));
        return;
      }
      default:
        socket.destroy();
    }
  }

  #knows(node: string): boolean {
    return node !== this.#owner || this.#registered !== null;
  }

  #portOf(name: string): Buffer {
    const port = this.#ports.get(name);
    if (port === undefined || !this.#knows(name)) return Buffer.from([ANSWER.port, 1]);
    const node = Buffer.from(name);
    return Buffer.concat([
      Buffer.from([ANSWER.port, 0, port >> 8, port & 0xff, NORMAL_NODE, 0, 0, HIGHEST, 0, LOWEST, node.length >> 8, node.length & 0xff]),
      node,
      Buffer.from([0, 0]),
    ]);
  }
}
