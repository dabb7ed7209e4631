/**
 * One HTTP connection of one client, one exchange at a time. It tells an exchange that never left (the connection was
 * refused, or was not there in time) from one whose answer is missing: the first certainly had no effect. Answers are
 * bounded; a connection that timed out is thrown away, so that a late answer meets nobody.
 */
import { Agent, request } from 'node:http';
import type { Address } from '../nemesis/index.ts';
import { Broken } from './completion.ts';
import type { Patience } from './patience.ts';

const MAX_BYTES = 16 << 20;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export class HttpExchange {
  readonly #address: Address;
  readonly #patience: Patience;
  readonly #headers: { readonly [name: string]: string };
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** `headers` go along with each request. */
  constructor(address: Address, patience: Patience, headers: { readonly [name: string]: string } = {}) {
    this.#address = address;
    this.#patience = patience;
    this.#headers = headers;
  }

  /** Rejects with Broken and nothing else. */
  send(method: string, path: string, body = ''): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let sent = false;
      const { host, port } = this.#address;
      const headers = { ...this.#headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const asked = request({ host, port, method, path, headers, agent: this.#agent }, (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on('data', (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > MAX_BYTES) asked.destroy(new Broken('ANSWER_TOO_LONG', true));
          else pieces.push(piece);
        });
        response.on('end', () => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString('utf8') });
        });
        response.on('error', () => fail(new Broken('CONNECTION_LOST', true)));
      });
      const fail = (error: Broken): void => {
        clearTimeout(timer);
        reject(error);
      };
      const timer = setTimeout(() => asked.destroy(new Broken('LC_TIMEOUT', sent)), this.#patience());
      asked.on('socket', (socket) => {
        if (!socket.connecting) sent = true;
        else socket.once('connect', () => (sent = true));
      });
      asked.on('error', (error: NodeJS.ErrnoException) => {
        if (error instanceof Broken) return fail(error);
        fail(new Broken(sent ? 'CONNECTION_LOST' : (error.code ?? 'UNREACHABLE'), sent));
      });
      asked.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
