/**
 * ZooKeeper's election connections carry the caller's real address, and a server with a larger number hangs up and calls
 * back there: past every link. This relay stands before a link and puts the address of the way back into the first
 * packet, which leaves no way around. It does nothing else: cuts and delays are the link's.
 */
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../nemesis/index.ts';
import { hostPort } from '../link-book.ts';

/** Version (negative), server number, length of the address text. */
const HEADER = 8 + 8 + 4;
const MAX_ADDRESS = 4096;

export class ElectionRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #back: Address | null = null;

  /** `link` leads to the called server's election port. */
  constructor(link: Address) {
    this.#server = createServer((caller) => {
      const called = createConnection({ ...link, noDelay: true });
      let head: Buffer | null = Buffer.alloc(0);
      this.#join(caller, called);
      caller.on('data', (piece: Buffer) => {
        if (head === null) return called.write(piece);
        head = Buffer.concat([head, piece]);
        const rewritten = this.#rewritten(head);
        if (rewritten === null) return;
        head = null;
        called.write(rewritten);
      });
      called.on('data', (piece: Buffer) => caller.write(piece));
    });
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
  }

  /** Where the called server finds the caller: the relay of the other direction. */
  returnBy(address: Address): void {
    this.#back = address;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(one: Socket, other: Socket): void {
    for (const [socket, peer] of [
      [one, other],
      [other, one],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        peer.destroy();
      });
    }
  }

  /** Null: not all there yet. What is no such packet goes through as it is. */
  #rewritten(bytes: Buffer): Buffer | null {
    if (bytes.length < 8) return null;
    if (bytes.readBigInt64BE(0) >= 0n || this.#back === null) return bytes;
    if (bytes.length < HEADER) return null;
    const length = bytes.readInt32BE(16);
    if (length < 0 || length > MAX_ADDRESS) return bytes;
    if (bytes.length < HEADER + length) return null;
    const address = Buffer.from(hostPort(this.#back));
    const head = Buffer.from(bytes.subarray(0, HEADER));
    head.writeInt32BE(address.length, 16);
    return Buffer.concat([head, address, bytes.subarray(HEADER + length)]);
  }
}
