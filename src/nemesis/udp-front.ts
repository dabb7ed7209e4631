/**
 * Datagrams through a link: each sender gets a socket of its own towards the target, so that answers find back (as
 * behind a NAT). Lost datagrams stay lost, delayed ones may overtake each other, and what is under way is bounded.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Address, OpenLink } from './contract.ts';
import type { LinkGate } from './link-gate.ts';

/** Datagrams under way on a delayed link; more are dropped, as a router would. */
const UNDER_WAY = 4096;
/** Senders that are remembered; the one that has been silent longest makes room. */
const SENDERS = 256;

export interface DatagramGates {
  gate(from: string, to: string): LinkGate;
  /** The source of datagrams from a port of loopback. */
  senderOf(port: number, listener: number): Promise<string>;
}

interface Sender {
  readonly name: Promise<string>;
  readonly socket: Socket;
}

export class UdpFront {
  readonly link: OpenLink;
  readonly accepted = new Map<string, number>();
  readonly #gates: DatagramGates;
  readonly #socket = createSocket('udp4');
  readonly #senders = new Map<string, Sender>();
  #underWay = 0;
  #closed = false;

  constructor(link: OpenLink, gates: DatagramGates) {
    this.link = link;
    this.#gates = gates;
  }

  listen(): Promise<Address> {
    return new Promise((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind(0, '127.0.0.1', () => {
        this.#socket.on('error', () => {});
        const { port } = this.#socket.address();
        this.#socket.on(
          'message',
          (datagram, { address, port: source }) => void this.#heard(datagram, { host: address, port: source }, port),
        );
        resolve({ host: '127.0.0.1', port });
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.#socket.close();
    for (const { socket } of this.#senders.values()) socket.close();
  }

  async #heard(datagram: Buffer, source: Address, listener: number): Promise<void> {
    const key = `${source.host}:${source.port}`;
    const sender = this.#senders.get(key) ?? this.#meet(source, listener);
    this.#senders.delete(key);
    this.#senders.set(key, sender);
    if (this.#senders.size > SENDERS) this.#forgetOldest();
    const from = await sender.name;
    const { host, port } = this.link.target;
    this.#pass(this.#gates.gate(from, this.link.to), datagram, () => sender.socket.send(datagram, port, host, () => {}));
  }

  #meet(source: Address, listener: number): Sender {
    const { from, to } = this.link;
    const name = from === '*' ? this.#gates.senderOf(source.port, listener) : Promise.resolve(from);
    const socket = createSocket('udp4');
    socket.on('error', () => {});
    socket.on('message', async (answer) => {
      this.#pass(this.#gates.gate(to, await name), answer, () => this.#socket.send(answer, source.port, source.host, () => {}));
    });
    void name.then((found) => this.accepted.set(found, (this.accepted.get(found) ?? 0) + 1));
    return { name, socket };
  }

  #forgetOldest(): void {
    for (const [key, { socket }] of this.#senders) {
      this.#senders.delete(key);
      socket.close();
      return;
    }
  }

  #pass(gate: LinkGate, datagram: Buffer, send: () => void): void {
    if (this.#closed) return;
    const now = performance.now();
    const { at, lost } = gate.datagram(now, datagram.length);
    if (lost || this.#underWay >= UNDER_WAY) return;
    gate.bytes += datagram.length;
    const go = (): void => {
      // Its sender's socket may be gone by now, and a cut meets what is under way too.
      if (this.#closed || gate.cut) return;
      try {
        send();
      } catch {
        // A closed socket: the datagram is lost, as datagrams may be.
      }
    };
    if (at - now < 0.5) {
      go();
      return;
    }
    this.#underWay++;
    setTimeout(() => {
      this.#underWay--;
      go();
    }, at - now);
  }
}
