/**
 * One direction of one connection. On a clear link a chunk goes straight from one socket into the other; else it waits
 * in a queue until its time. It reads no more than it can pass on: a cut link, a full queue or a slow receiver stop the
 * reading, and the sender's own kernel makes the sender wait. End and reset travel the same way as the bytes.
 */
import type { Socket } from 'node:net';
import type { LinkGate } from './link-gate.ts';

/** So many bytes may be under way on a slow link, per connection: bandwidth times delay of a long fat one. */
const QUEUE_BYTES = 1 << 20;

interface Piece {
  /** Null: the sender has no more to say. */
  readonly chunk: Buffer | null;
  at: number;
}

export class TcpPipe {
  readonly #gate: LinkGate;
  readonly #from: Socket;
  readonly #to: Socket;
  /** Of the gate, when this connection was made. */
  readonly #generation: number;
  readonly #queue: Piece[] = [];
  #queued = 0;
  /** The receiver's socket takes no more for now. */
  #full = false;
  /** The sender's socket is gone without an end: the receiver is to see a reset. */
  #broken = false;
  #timer: NodeJS.Timeout | null = null;
  #closing: NodeJS.Timeout | null = null;

  constructor(gate: LinkGate, from: Socket, to: Socket) {
    this.#gate = gate;
    this.#from = from;
    this.#to = to;
    this.#generation = gate.generation;
    from.on('data', (chunk: Buffer) => this.feed(chunk));
    from.on('end', () => this.#enqueue(null));
    from.on('close', (failed: boolean) => {
      if (failed || !from.readableEnded) this.break();
    });
    to.on('drain', () => {
      this.#full = false;
      this.#pump();
    });
    gate.carriers.add(this);
    this.conditionChanged();
  }

  /** The receiver sees a reset as soon as the link lets anything through. */
  break(): void {
    this.#broken = true;
    if (this.#gate.cut || this.#forgotten) return;
    const delayMs = this.#gate.closeDelayMs;
    if (delayMs > 0) this.#gate.met++;
    if (delayMs === 0) this.#reset();
    else this.#closing ??= setTimeout(() => this.conditionChanged(), delayMs);
  }

  /** It was open when the link forgot its connections: neither end is told anything more. */
  get #forgotten(): boolean {
    return this.#generation < this.#gate.generation;
  }

  close(): void {
    this.#gate.carriers.delete(this);
    for (const timer of [this.#timer, this.#closing]) if (timer !== null) clearTimeout(timer);
    this.#timer = null;
    this.#closing = null;
  }

  conditionChanged(): void {
    if (this.#gate.cut) this.#from.pause();
    else if (this.#gate.halfOpen && this.#forgotten) {
      this.#gate.met++;
      this.#from.pause();
    } else if (this.#forgotten) {
      // Whoever asks a host that has forgotten a connection is answered by a reset.
      this.#from.resetAndDestroy();
      this.#reset();
    } else if (this.#broken) this.#reset();
    else {
      // What was held back by a condition that is no more need not wait for it.
      if (this.#gate.clear) for (const piece of this.#queue) piece.at = 0;
      this.#pump();
    }
  }

  /** Takes what the sender sent; always true: whether to read on is said by pause and resume. */
  feed(chunk: Buffer): boolean {
    const gate = this.#gate;
    if (gate.clear && !this.#forgotten && this.#queue.length === 0) {
      gate.bytes += chunk.length;
      // A receiver that is gone takes nothing; the sender learns of it by the other direction.
      if (this.#to.destroyed || !this.#to.write(chunk)) {
        this.#full = true;
        this.#from.pause();
      }
      return true;
    }
    const step = gate.pieceBytes;
    if (chunk.length <= step) this.#enqueue(chunk);
    else for (let at = 0; at < chunk.length; at += step) this.#enqueue(chunk.subarray(at, at + step));
    return true;
  }

  #enqueue(chunk: Buffer | null): void {
    const now = performance.now();
    const last = this.#queue.at(-1)?.at ?? 0;
    const passage = this.#gate.stream(now, chunk?.length ?? 0, last);
    const { lost } = passage;
    const lateMs = chunk === null ? this.#gate.closeDelayMs : 0;
    if (lateMs > 0) this.#gate.met++;
    const at = passage.at + lateMs;
    if (lost) {
      this.#from.resetAndDestroy();
      this.#reset();
      return;
    }
    this.#queue.push({ chunk, at });
    this.#queued += chunk?.length ?? 0;
    if (this.#queued >= QUEUE_BYTES) this.#from.pause();
    this.#pump();
  }

  #pump(): void {
    const gate = this.#gate;
    const queue = this.#queue;
    if (this.#forgotten) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    while (queue.length > 0 && !gate.cut && !this.#full && !this.#to.destroyed) {
      const { chunk, at } = queue[0] as Piece;
      const wait = at - performance.now();
      if (wait > 0.5) {
        this.#timer = setTimeout(() => this.#pump(), wait);
        break;
      }
      queue.shift();
      if (chunk === null) this.#to.end();
      else {
        this.#queued -= chunk.length;
        gate.bytes += chunk.length;
        if (!this.#to.write(chunk)) this.#full = true;
      }
    }
    if (!gate.cut && !this.#full && !this.#to.destroyed && this.#queued < QUEUE_BYTES / 2 && this.#from.isPaused()) this.#from.resume();
  }

  #reset(): void {
    this.#queue.length = 0;
    this.#queued = 0;
    if (!this.#to.destroyed) this.#to.resetAndDestroy();
  }
}
