/**
 * The Multi-Paxos core alone: three nodes in one process, 256-byte values offered one request at a time, 256 in flight, every
 * write to the (instant) disk and every message its own event. Once as it is, once with each message through its codec.
 */
import { type Effects, type Input, type NodeId, type OrderingIndication, Reader, Writer } from '../src/core/index.ts';
import { defaultPaxosConfig, messageSchema, Paxos, type PaxosMessage, type PaxosRecord } from '../src/protocols/paxos/index.ts';
import { cpuSeconds, type Figure, median } from './measure.ts';

export const name = 'paxos';

const IN_FLIGHT = 256;
const VALUE_BYTES = 256;
const RUNS = 5;
const COMPACT_EVERY = 5_000;
const SEGMENT_BYTES = 1 << 18;

type Out = Effects<PaxosMessage, PaxosRecord, OrderingIndication>;

/** A group that delivers everything in the order in which it was sent. */
class Group {
  readonly nodes: Paxos[] = [];
  readonly #outs: Out[] = [];
  readonly #codec: boolean;
  #writer = new Writer(SEGMENT_BYTES);
  /** Three parallel queues: to whom, from whom (0: storage), what (a message, its bytes, or a token). */
  #to: number[] = [];
  #from: number[] = [];
  #what: (PaxosMessage | Uint8Array | number)[] = [];
  #waiting: { after: number; to: number; message: PaxosMessage }[][] = [[], [], [], []];
  #durable = [0, 0, 0, 0];
  applied = 0;
  steps = 0;
  readonly #message = { kind: 'message' as const, now: 1, from: 0, message: null as unknown as PaxosMessage };
  readonly #persisted = { kind: 'persisted' as const, now: 1, token: 0 };

  constructor(codec: boolean) {
    this.#codec = codec;
    for (const id of [1, 2, 3]) {
      this.nodes.push(new Paxos(id, [1, 2, 3], defaultPaxosConfig));
      this.#outs.push(this.#effects(id));
    }
    for (const id of [1, 2, 3]) this.step(id, { kind: 'start', now: 0, records: [] });
    this.step(1, { kind: 'request', now: 1, from: 9, request: { id: 1, session: 1, mode: 'admin', op: { type: 'campaign' } } });
    this.drain();
  }

  step(id: NodeId, input: Input<PaxosMessage, PaxosRecord>): void {
    this.steps++;
    (this.nodes[id - 1] as Paxos).step(input, this.#outs[id - 1] as Out);
  }

  /** Deliver until nothing is under way. */
  drain(until: () => boolean = () => false): void {
    let at = 0;
    while (at < this.#to.length && !until()) {
      const to = this.#to[at] as number;
      const from = this.#from[at] as number;
      const what = this.#what[at++] as PaxosMessage | Uint8Array | number;
      if (typeof what === 'number') this.#written(to, what);
      else {
        this.#message.from = from;
        this.#message.message = what instanceof Uint8Array ? messageSchema.read(new Reader(what)) : what;
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

  #push(to: number, from: number, what: PaxosMessage | number): void {
    this.#to.push(to);
    this.#from.push(from);
    if (typeof what === 'number' || !this.#codec) {
      this.#what.push(what);
      return;
    }
    // Messages lie one after the other in large buffers that are not written to again, as on their way to a socket.
    if (this.#writer.length > SEGMENT_BYTES / 2) this.#writer = new Writer(SEGMENT_BYTES);
    const start = this.#writer.length;
    messageSchema.write(this.#writer, what);
    this.#what.push(this.#writer.bytes.subarray(start, this.#writer.length));
  }

  #written(id: number, token: number): void {
    this.#durable[id] = token;
    const waiting = this.#waiting[id] as { after: number; to: number; message: PaxosMessage }[];
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

  #effects(id: number): Out {
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
function rate(codec: boolean, entries: number): number {
  const rates: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const group = new Group(codec);
    group.offer(10_000);
    const seconds = cpuSeconds(() => group.offer(entries));
    // The first run warms up.
    if (run > 0) rates.push(entries / seconds);
  }
  return median(rates);
}

export async function run(): Promise<Figure[]> {
  return [
    { metric: 'entries, no codec', value: Math.round(rate(false, 200_000)), unit: 'entries/CPU-s' },
    {
      metric: 'entries, every message encoded and decoded',
      value: Math.round(rate(true, 100_000)),
      unit: 'entries/CPU-s',
    },
  ];
}
