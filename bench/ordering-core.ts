/**
 * The core of an ordering protocol alone: three nodes in one process, 256-byte values offered one request at a time, 256 in
 * flight, every write to the (instant) disk and every message its own event; as they are, or each message through its codec.
 */
import {
  type Effects,
  type Input,
  type Node,
  type NodeId,
  type OrderingIndication,
  Reader,
  type Schema,
  Writer,
} from '../src/core/index.ts';
import { cpuSeconds, median } from './measure.ts';

export interface OrderingCore<M, R> {
  create(id: NodeId, peers: readonly NodeId[]): Node<M, R, OrderingIndication> & { readonly id: NodeId; readonly applied: number };
  readonly message: Schema<M>;
}

const IN_FLIGHT = 256;
const VALUE_BYTES = 256;
const RUNS = 5;
const COMPACT_EVERY = 5_000;
const SEGMENT_BYTES = 1 << 18;

/** A group that delivers everything in the order in which it was sent. */
class Group<M, R> {
  readonly nodes: ReturnType<OrderingCore<M, R>['create']>[] = [];
  readonly #core: OrderingCore<M, R>;
  readonly #outs: Effects<M, R, OrderingIndication>[] = [];
  readonly #codec: boolean;
  #writer = new Writer(SEGMENT_BYTES);
  /** Three parallel queues: to whom, from whom (0: storage), what (a message, its bytes, or a token). */
  #to: number[] = [];
  #from: number[] = [];
  #what: (M | Uint8Array | number)[] = [];
  #waiting: { after: number; to: number; message: M }[][] = [[], [], [], []];
  #durable = [0, 0, 0, 0];
  applied = 0;
  steps = 0;
  readonly #message = { kind: 'message' as const, now: 1, from: 0, message: null as unknown as M };
  readonly #persisted = { kind: 'persisted' as const, now: 1, token: 0 };

  constructor(core: OrderingCore<M, R>, codec: boolean) {
    this.#core = core;
    this.#codec = codec;
    for (const id of [1, 2, 3]) {
      this.nodes.push(core.create(id, [1, 2, 3]));
      this.#outs.push(this.#effects(id));
    }
    for (const id of [1, 2, 3]) this.step(id, { kind: 'start', now: 0, records: [] });
    this.step(1, { kind: 'request', now: 1, from: 9, request: { id: 1, session: 1, mode: 'admin', op: { type: 'campaign' } } });
    this.drain();
  }

  step(id: NodeId, input: Input<M, R>): void {
    this.steps++;
    this.nodes[id - 1]?.step(input, this.#outs[id - 1] as Effects<M, R, OrderingIndication>);
  }

  /** Deliver until nothing is under way. */
  drain(until: () => boolean = () => false): void {
    let at = 0;
    while (at < this.#to.length && !until()) {
      const to = this.#to[at] as number;
      const from = this.#from[at] as number;
      const what = this.#what[at++] as M | Uint8Array | number;
      if (typeof what === 'number') this.#written(to, what);
      else {
        this.#message.from = from;
        this.#message.message = what instanceof Uint8Array ? this.#core.message.read(new Reader(what)) : what;
        this.step(to, this.#message);
      }
      if (at > 4096) {
        this.#drop(at);
        at = 0;
      }
    }
    this.#drop(at);
  }

  #drop(count: number): void {
    this.#to.splice(0, count);
    this.#from.splice(0, count);
    this.#what.splice(0, count);
  }

  #push(to: number, from: number, what: M | number): void {
    this.#to.push(to);
    this.#from.push(from);
    if (typeof what === 'number' || !this.#codec) {
      this.#what.push(what);
      return;
    }
    // Messages lie one after the other in large buffers that are not written to again, as on their way to a socket.
    if (this.#writer.length > SEGMENT_BYTES / 2) this.#writer = new Writer(SEGMENT_BYTES);
    const start = this.#writer.length;
    this.#core.message.write(this.#writer, what);
    this.#what.push(this.#writer.bytes.subarray(start, this.#writer.length));
  }

  #written(id: number, token: number): void {
    this.#durable[id] = token;
    const waiting = this.#waiting[id] as { after: number; to: number; message: M }[];
    if (waiting.length > 0) {
      let kept = 0;
      for (const item of waiting) {
        if (item.after <= token) this.#push(item.to, id, item.message);
        else waiting[kept++] = item;
      }
      waiting.length = kept;
    }
    this.#persisted.token = token;
    this.step(id, this.#persisted);
  }

  #effects(id: number): Effects<M, R, OrderingIndication> {
    const ignore = (): void => undefined;
    return {
      send: (to, message, after) => {
        if (after <= (this.#durable[id] as number)) this.#push(to, id, message);
        else (this.#waiting[id] as object[]).push({ after, to, message });
      },
      persist: (token) => this.#push(id, 0, token),
      checkpoint: (token) => this.#push(id, 0, token),
      indicate: (indication) => {
        if (id === 1 && indication.kind === 'apply') this.applied += indication.commands.length;
      },
      choose: () => 0,
      load: ignore,
      sign: ignore,
      verify: ignore,
      timer: ignore,
      request: ignore,
      reply: (_to, { code }) => {
        if (code !== undefined) throw new Error(`refused: ${code}`);
      },
      belief: ignore,
    };
  }

  /** Offer `count` values one by one, never more than 256 not yet applied. */
  offer(count: number): void {
    const value = new Uint8Array(VALUE_BYTES);
    const goal = this.applied + count;
    let offered = this.applied;
    let compacted = this.applied;
    while (this.applied < goal) {
      const room = Math.min(goal - offered, IN_FLIGHT - (offered - this.applied));
      for (let i = 0; i < room; i++) {
        offered++;
        this.step(1, { kind: 'request', now: 1, from: 9, request: { id: offered, session: 1, mode: 'write', op: value } });
      }
      const before = this.applied;
      this.drain(() => this.applied > before);
      if (this.applied - compacted >= COMPACT_EVERY) {
        compacted = this.applied;
        this.#compact();
      }
    }
    this.drain();
  }

  #compact(): void {
    for (const node of this.nodes) {
      const op = { type: 'compact', index: node.applied, snapshot: null };
      this.step(node.id, { kind: 'request', now: 1, from: 9, request: { id: 1, session: 1, mode: 'admin', op } });
    }
  }
}

/** Entries per CPU-second. */
export function orderingRate<M, R>(core: OrderingCore<M, R>, codec: boolean, entries: number): number {
  const rates: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const group = new Group(core, codec);
    group.offer(10_000);
    const seconds = cpuSeconds(() => group.offer(entries));
    // The first run warms up.
    if (run > 0) rates.push(entries / seconds);
  }
  return median(rates);
}
