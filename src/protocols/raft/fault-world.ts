/**
 * A small world for Raft's own tests: nodes, a network that loses, delays and duplicates, disks that keep a prefix on a
 * crash, clocks. Every message and record goes through its codec on request; every step is watched by the invariants.
 * The real simulator is another room; this one has no faults as data, no shrinking, no clients.
 */
import {
  type Effects,
  type Input,
  type NodeId,
  type OrderingIndication,
  type Random,
  Reader,
  type Reply,
  type Request,
  type Value,
  Writer,
} from '../../core/index.ts';
import type { RaftConfig } from './config.ts';
import { EventHeap } from './fault-world-events.ts';
import { RaftInvariants } from './invariants.ts';
import { messageSchema, type RaftMessage } from './message.ts';
import { Raft } from './raft.ts';
import { type RaftRecord, recordSchema } from './record.ts';

/** One server: its present life, and what outlives it. */
interface Server {
  readonly id: NodeId;
  node: Raft | null;
  life: number;
  /** Written, in order; the first `durable` of them survive a crash for certain. */
  records: { readonly token: number; readonly record: RaftRecord; readonly complete: boolean }[];
  durable: number;
  durableToken: number;
  diskFreeUs: number;
  waiting: { readonly after: number; readonly to: NodeId; readonly message: RaftMessage }[];
  timers: Map<number, number>;
  applied: Value[];
  replies: Reply[];
  indications: OrderingIndication[];
}

export interface Weather {
  /** Per million. */
  lossPpm: number;
  duplicationPpm: number;
  minDelayUs: number;
  maxDelayUs: number;
  diskUs: number;
}

export type Create = (id: NodeId, peers: readonly NodeId[], config: RaftConfig) => Raft;

export class FaultWorld {
  readonly random: Random;
  readonly peers: readonly NodeId[];
  readonly configOf: (id: NodeId) => RaftConfig;
  readonly create: Create;
  readonly invariants = new RaftInvariants();
  readonly servers = new Map<NodeId, Server>();
  readonly weather: Weather = { lossPpm: 0, duplicationPpm: 0, minDelayUs: 500, maxDelayUs: 1500, diskUs: 200 };
  /** True: this message does not arrive. */
  cut: (from: NodeId, to: NodeId, message: RaftMessage) => boolean = () => false;
  /** After every step of a live node. */
  watch: (node: Raft) => void = () => undefined;
  /** Encode and decode everything. */
  codec = false;
  nowUs = 0;
  steps = 0;
  readonly #events = new EventHeap();
  readonly #writer = new Writer();

  constructor(
    random: Random,
    peers: readonly NodeId[],
    config: RaftConfig | ((id: NodeId) => RaftConfig),
    create: Create = (id, all, own) => new Raft(id, all, own),
  ) {
    this.random = random;
    this.peers = peers;
    this.configOf = typeof config === 'function' ? config : () => config;
    this.create = create;
  }

  /** Start `id`, for the first time or again after a crash. */
  start(id: NodeId): Raft {
    const server = this.servers.get(id) ?? fresh(id);
    this.servers.set(id, server);
    server.life++;
    server.timers = new Map();
    server.applied = [];
    this.invariants.restarted(id);
    const node = this.create(id, this.peers, this.configOf(id));
    server.node = node;
    const checkpoint = server.records.findLastIndex(({ complete }) => complete);
    // Tokens of an earlier life mean nothing in this one.
    server.records = server.records.slice(Math.max(checkpoint, 0)).map(({ record, complete }) => ({ token: 0, record, complete }));
    server.durable = server.records.length;
    server.durableToken = 0;
    this.#step(server, { kind: 'start', now: this.nowUs, records: server.records.map(({ record }) => record) });
    return node;
  }

  startAll(): void {
    for (const id of this.peers) this.start(id);
  }

  /** Memory is lost; of what is not durable the disk keeps a random prefix. */
  crash(id: NodeId): void {
    const server = this.server(id);
    if (server.node === null) return;
    server.node = null;
    server.life++;
    server.waiting = [];
    const kept = server.durable + this.random.below(server.records.length - server.durable + 1);
    for (const { record } of server.records.slice(server.durable, kept)) this.invariants.written(id, record);
    server.records.length = kept;
    server.durable = kept;
  }

  server(id: NodeId): Server {
    const server = this.servers.get(id);
    if (server === undefined) throw new Error(`no server ${id}`);
    return server;
  }

  /** The live node of `id`. */
  node(id: NodeId): Raft {
    const { node } = this.server(id);
    if (node === null) throw new Error(`server ${id} is down`);
    return node;
  }

  get live(): Raft[] {
    return [...this.servers.values()].flatMap(({ node }) => (node === null ? [] : [node]));
  }

  /** The leader of the newest term, if any. */
  get leader(): Raft | null {
    let found: Raft | null = null;
    for (const node of this.live) if (node.role === 'leader' && (found === null || node.term > found.term)) found = node;
    return found;
  }

  request(id: NodeId, request: Partial<Request> & { readonly op: Value }): void {
    const full: Request = { id: 1, session: 1, mode: 'write', ...request };
    this.#step(this.server(id), { kind: 'request', now: this.nowUs, from: 99, request: full });
  }

  admin(id: NodeId, op: Value, request = 1): void {
    this.request(id, { op, mode: 'admin', id: request });
  }

  /** Run until `until` says so, or for `us` microseconds; true when `until` did. */
  run(us: number, until: () => boolean = () => false): boolean {
    const end = this.nowUs + us;
    while (!until()) {
      const next = this.#events.takeUntil(end);
      if (next === null) {
        this.nowUs = end;
        return until();
      }
      this.nowUs = Math.max(this.nowUs, next.at);
      next.run();
    }
    return true;
  }

  at(delayUs: number, run: () => void): void {
    this.#events.add(this.nowUs + delayUs, run);
  }

  #step(server: Server, input: Input<RaftMessage, RaftRecord>): void {
    const { node } = server;
    if (node === null) return;
    this.steps++;
    node.step(input, this.#effects(server));
    this.invariants.stepped(node);
    this.watch(node);
  }

  #effects(server: Server): Effects<RaftMessage, RaftRecord, OrderingIndication> {
    const { id } = server;
    const none = (): never => {
      throw new Error('Raft does not do that');
    };
    return {
      send: (to, message, after) => {
        if (after <= server.durableToken) this.#send(id, to, message);
        else server.waiting.push({ after, to, message });
      },
      persist: (token, record) => this.#write(server, token, record, false),
      checkpoint: (token, record) => this.#write(server, token, record, true),
      timer: (timer, atUs) => this.#arm(server, timer, atUs),
      reply: (_to, reply) => {
        server.replies.push(reply);
      },
      indicate: (indication) => {
        server.indications.push(indication);
        if (indication.kind === 'restore') server.applied = [...(indication.snapshot as Value[])];
        if (indication.kind === 'apply') for (const command of indication.commands) if (command !== null) server.applied.push(command.op);
      },
      belief: () => undefined,
      choose: (n) => this.random.below(n),
      load: none,
      sign: none,
      verify: none,
      request: none,
    };
  }

  #arm(server: Server, timer: number, atUs: number): void {
    server.timers.set(timer, atUs);
    if (atUs === Number.POSITIVE_INFINITY) return;
    const { life } = server;
    this.at(Math.max(0, atUs - this.nowUs), () => {
      if (server.life !== life || server.timers.get(timer) !== atUs) return;
      server.timers.delete(timer);
      this.#step(server, { kind: 'timer', now: this.nowUs, timer });
    });
  }

  #send(from: NodeId, to: NodeId, message: RaftMessage): void {
    this.invariants.sent(from, to, message);
    const { lossPpm, duplicationPpm, minDelayUs, maxDelayUs } = this.weather;
    const copies = this.random.chance(duplicationPpm) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (this.random.chance(lossPpm)) continue;
      this.at(this.random.between(minDelayUs, maxDelayUs), () => {
        const server = this.servers.get(to);
        if (server === undefined || this.cut(from, to, message)) return;
        this.#step(server, { kind: 'message', now: this.nowUs, from, message: this.codec ? this.#throughBytes(message) : message });
      });
    }
  }

  #throughBytes(message: RaftMessage): RaftMessage {
    this.#writer.reset();
    messageSchema.write(this.#writer, message);
    const reader = new Reader(this.#writer.take());
    const decoded = messageSchema.read(reader);
    reader.done();
    return decoded;
  }

  #write(server: Server, token: number, record: RaftRecord, complete: boolean): void {
    const { life, id } = server;
    let kept = record;
    if (this.codec) {
      const writer = new Writer();
      recordSchema.write(writer, record);
      kept = recordSchema.read(new Reader(writer.take()));
    }
    server.records.push({ token, record: kept, complete });
    // Writes end in the order in which they began.
    server.diskFreeUs = Math.max(server.diskFreeUs, this.nowUs + this.weather.diskUs);
    this.at(server.diskFreeUs - this.nowUs, () => {
      if (server.life !== life) return;
      server.durable = server.records.findIndex((written) => written.token === token) + 1;
      server.durableToken = token;
      this.invariants.written(id, kept);
      const released = server.waiting.filter(({ after }) => after <= token);
      server.waiting = server.waiting.filter(({ after }) => after > token);
      for (const { to, message } of released) this.#send(id, to, message);
      this.#step(server, { kind: 'persisted', now: this.nowUs, token });
    });
  }
}

function fresh(id: NodeId): Server {
  return {
    id,
    node: null,
    life: 0,
    records: [],
    durable: 0,
    durableToken: 0,
    diskFreeUs: 0,
    waiting: [],
    timers: new Map(),
    applied: [],
    replies: [],
    indications: [],
  };
}
