/**
 * The addresses under which somebody sees a node's service. Each is opened once: a client that dies and its successor
 * go the same way, so that a cut outlives them both.
 */
import type { Address, Links } from '../nemesis/index.ts';

export class LinkBook {
  readonly #links: Links;
  readonly #opened = new Map<string, Promise<Address>>();

  constructor(links: Links) {
    this.#links = links;
  }

  /** `to`'s service (by default its clients') as seen by `from`; `patienceMs` is OpenLink's. */
  address(from: string, to: string, target: Address, service = 'client', patienceMs = 0): Promise<Address> {
    const key = `${from}\n${to}\n${service}`;
    const opened = this.#opened.get(key) ?? this.#links.open({ from, to, target, service, patienceMs });
    this.#opened.set(key, opened);
    return opened;
  }
}

export const loopback = (port: number): Address => ({ host: '127.0.0.1', port });
export const hostPort = ({ host, port }: Address): string => `${host}:${port}`;
