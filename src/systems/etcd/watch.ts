/**
 * A watch over one key: what the server tells, in the order in which it tells it. The stream is asked for again from
 * the last revision seen when it breaks; that is what etcd's clients do, and what the checker judges is the sum of it.
 */
import { type ClientRequest, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Value } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import type { Access } from './gateway.ts';

const MAX_LINE = 1 << 20;
const RETRY_MS = 100;
const POLL_MS = 5;

interface Event {
  readonly kv?: { readonly value?: string; readonly mod_revision?: string };
}
interface Told {
  readonly result?: { readonly header?: { readonly revision?: string }; readonly events?: readonly Event[] };
}

export class Watch {
  readonly #address: Address;
  readonly #access: Access;
  #key: string | null = null;
  #request: ClientRequest | null = null;
  #retry: NodeJS.Timeout | undefined;
  #told: Value[] = [];
  #revision = 0;
  #closed = false;

  constructor(address: Address, access: Access = {}) {
    this.#address = address;
    this.#access = access;
  }

  /** From the beginning of the key's history. */
  follow(key: string): void {
    if (this.#key !== null) return;
    this.#key = key;
    this.#ask();
  }

  /** False when the stream did not get as far as `revision` within `withinMs`. */
  async reached(revision: number, withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    while (this.#revision < revision && !this.#closed && performance.now() < deadline) await sleep(POLL_MS);
    return this.#revision >= revision;
  }

  /** What was told since the last call. */
  take(): readonly Value[] {
    const told = this.#told;
    this.#told = [];
    return told;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#request?.destroy();
  }

  #ask(): void {
    const { host, port } = this.#address;
    const { prefix = '', token = null } = this.#access;
    const headers = token === null ? {} : { authorization: token };
    const key = Buffer.from(prefix + (this.#key ?? '')).toString('base64');
    const asked = request({ host, port, method: 'POST', path: '/v3/watch', headers }, (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        const lines = (rest + piece).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#line(line);
        if (rest.length > MAX_LINE) asked.destroy();
      });
      response.on('error', () => {});
    });
    asked.on('error', () => {});
    asked.on('close', () => {
      if (!this.#closed) this.#retry = setTimeout(() => this.#ask(), RETRY_MS);
    });
    this.#request = asked;
    const progress = { progress_notify: true, start_revision: this.#revision + 1 };
    asked.end(JSON.stringify({ create_request: { key, ...progress } }));
  }

  #line(line: string): void {
    try {
      const told = JSON.parse(line) as Told;
      for (const { kv } of told.result?.events ?? []) {
        this.#told.push(JSON.parse(Buffer.from(kv?.value ?? '', 'base64').toString('utf8')) as Value);
        this.#revision = Math.max(this.#revision, Number(kv?.mod_revision ?? 0));
      }
    } catch {
      // Garbage: asked for again, from the last revision that was understood.
      this.#request?.destroy();
    }
  }
}
