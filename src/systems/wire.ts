/**
 * One TCP connection, one question at a time: what clients of binary protocols have in common. The parser gets all
 * bytes that have come since the question and says how many make up the answer. After a time-out the connection is
 * thrown away: a late answer must not be taken for that of the next question. What is kept of an answer is bounded.
 */
import { createConnection, type Socket } from 'node:net';
import type { Address } from '../nemesis/index.ts';
import { Broken, Refused } from './completion.ts';

const FINISH_MS = 500;
const MAX_BYTES = 32 << 20;

export interface Parsed<T> {
  readonly value: T;
  readonly used: number;
}
/** Null: not all of it is there yet. Throws where the bytes are no answer: Broken, or whatever a number out of bounds throws. */
export type Parser<T> = (bytes: Buffer) => Parsed<T> | null;

interface Waiting {
  readonly feed: () => void;
  readonly fail: (code: string) => void;
}

export class Wire {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #waiting: Waiting | null = null;
  #open = true;
  #turn: Promise<void> = Promise.resolve();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (piece: Buffer) => {
      this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
      if (this.#rest.length > MAX_BYTES) this.#end('ANSWER_TOO_LONG');
      else this.#waiting?.feed();
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#end('CONNECTION_LOST'));
  }

  /** Rejects with Broken that says that nothing was sent. */
  static connect(address: Address, timeoutMs: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ ...address, noDelay: true });
      const timer = setTimeout(() => socket.destroy(new Error('LC_TIMEOUT')), timeoutMs);
      const refuse = (error: NodeJS.ErrnoException): void => {
        clearTimeout(timer);
        reject(new Broken(error.code ?? error.message, false));
      };
      socket.once('error', refuse);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.off('error', refuse);
        resolve(new Wire(socket));
      });
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Without waiting for an answer. */
  write(bytes: Buffer | string): void {
    if (this.#open) this.#socket.write(bytes);
  }

  /** Questions of several askers wait for each other. Rejects with Broken, or the Refused that `parse` throws. */
  async ask<T>(question: Buffer | string, parse: Parser<T>, timeoutMs: number): Promise<T> {
    const answer = this.#turn.then(() => this.#ask(question, parse, timeoutMs));
    this.#turn = answer.then(
      () => {},
      () => {},
    );
    return await answer;
  }

  #ask<T>(question: Buffer | string, parse: Parser<T>, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#open) return reject(new Broken('CONNECTION_LOST', false));
      const timer = setTimeout(() => this.#end('LC_TIMEOUT'), timeoutMs);
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiting = null;
      };
      const feed = (): void => {
        try {
          const parsed = parse(this.#rest);
          if (parsed === null) return;
          settle();
          this.#rest = this.#rest.subarray(parsed.used);
          resolve(parsed.value);
        } catch (error) {
          settle();
          this.close();
          // Bytes that are no answer may be wrong in any way: the question was sent, and nothing is known.
          reject(error instanceof Broken || error instanceof Refused ? error : new Broken('GARBLED_ANSWER', true));
        }
      };
      const fail = (code: string): void => {
        settle();
        reject(new Broken(code, true));
      };
      this.#waiting = { feed, fail };
      this.#socket.write(question);
      // A server may speak first, or have spoken already.
      if (this.#rest.length > 0) feed();
    });
  }

  close(): void {
    this.#end('CLOSED');
  }

  /** What was written still goes out, as far as somebody takes it. */
  finish(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#waiting?.fail('CLOSED');
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), FINISH_MS).unref();
  }

  #end(code: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#rest = Buffer.alloc(0);
    this.#socket.destroy();
    this.#waiting?.fail(code);
  }
}
