/**
 * The world: nodes with their clocks, disks and links, and one queue of what happens next. It is the one `Effects` of
 * all nodes: what a node writes goes straight into the queue. The same plan gives the same run on every engine. It
 * knows no faults, workload or judge: those steer it through its methods and hear of it through a Director.
 */
import {
  type BeliefKind,
  type Effects,
  InvariantViolation,
  type LoadedInput,
  type MessageInput,
  type NodeId,
  type PersistedInput,
  Random,
  Reader,
  type Reply,
  type ReplyInput,
  type Request,
  type RequestInput,
  RollingHash,
  type Schema,
  type SignedInput,
  type StartInput,
  type TimerInput,
  type Token,
  type Value,
  type VerifiedInput,
  Writer,
} from '../core/index.ts';
import type { Adversary } from './adversary.ts';
import { type CrashMode, Disk } from './disk.ts';
import { EventQueue } from './event-queue.ts';
import { LocalClock } from './local-clock.ts';
import { Network } from './network.ts';
import type { Observer, Payload } from './observer.ts';
import type { Plan } from './plan.ts';
import type { AnyNode, Subject } from './subject.ts';
import { SymbolicCrypto } from './symbolic-crypto.ts';

const MESSAGE = 0;
const REQUEST = 1;
const REPLY = 2;
const TIMER = 3;
const SYNC = 4;
const LOADED = 5;
const SIGNED = 6;
const VERIFIED = 7;
/** From here on: the director's own events. */
const CONTROL = 8;

const payloadNames: readonly Payload[] = ['message', 'request', 'reply'];
const TIMERS = 16;
const SIGN_US = 40;
const VERIFY_US = 110;
const NEVER = Number.POSITIVE_INFINITY;

/** Who steers the world and hears what nodes say. */
export interface Director {
  control(what: number, index: number): void;
  indicated(node: NodeId, indication: unknown): void;
  believed(node: NodeId, kind: BeliefKind, value: Value, epoch: number): void;
  /** A client finished what it was asked. */
  completed(client: NodeId, reply: Reply, server: NodeId): void;
}

interface Held {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly payload: unknown;
}

type Own<T> = { -readonly [K in keyof T]: T[K] };

export class World implements Effects<unknown, unknown, unknown> {
  readonly subject: Subject;
  readonly plan: Plan;
  readonly servers: readonly NodeId[];
  /** Servers and clients. */
  readonly size: number;
  /** By id - 1; null while down. */
  readonly nodes: (AnyNode | null)[] = [];
  readonly clocks: LocalClock[] = [];
  readonly disks: Disk[] = [];
  readonly lives: Int32Array;
  readonly versions: Int32Array;
  readonly paused: Uint8Array;
  readonly network: Network;
  readonly crypto: SymbolicCrypto;
  readonly hash = new RollingHash();
  /** Rewrites what a node sends, by id - 1. */
  readonly adversaries: (Adversary | null)[] = [];
  /** Steps on live nodes so far. */
  steps = 0;
  stopped = false;
  /** Messages of a watched type under way, by type. */
  readonly inFlight = new Map<string, number>();
  readonly #queue = new EventQueue();
  readonly #director: Director;
  readonly #observer: Observer | null;
  readonly #randoms: Random[] = [];
  readonly #held: Held[][] = [];
  /** World time at which each timer is due, and at which it is in the queue; local time it was set for. */
  readonly #due: Float64Array;
  readonly #queued: Float64Array;
  readonly #localDue: Float64Array;
  readonly #timers: number;
  readonly #done: Token[] = [];
  readonly #writer = new Writer();
  readonly #watched: ReadonlySet<string>;
  #messages = 0;
  #current: NodeId = 0;
  #wrote = false;
  /** The server whose reply is being handed to a client. */
  #answering: NodeId = 0;
  readonly #message: Own<MessageInput<unknown>> = { kind: 'message', now: 0, from: 0, message: null };
  readonly #request: Own<RequestInput> = { kind: 'request', now: 0, from: 0, request: { id: 0, session: 0, op: null, mode: 'stale' } };
  readonly #reply: Own<ReplyInput> = { kind: 'reply', now: 0, from: 0, port: '', reply: { id: 0, session: 0, outcome: 'info' } };
  readonly #timer: Own<TimerInput> = { kind: 'timer', now: 0, timer: 0 };
  readonly #persisted: Own<PersistedInput> = { kind: 'persisted', now: 0, token: 0 };
  readonly #loaded: Own<LoadedInput> = { kind: 'loaded', now: 0, token: 0, value: null };
  readonly #signed: Own<SignedInput> = { kind: 'signed', now: 0, token: 0, signature: null };
  readonly #verified: Own<VerifiedInput> = { kind: 'verified', now: 0, token: 0, valid: false };

  constructor(subject: Subject, plan: Plan, director: Director, observer: Observer | null) {
    this.subject = subject;
    this.plan = plan;
    this.#director = director;
    this.#observer = observer;
    this.size = plan.nodes + plan.clients;
    this.servers = Array.from({ length: plan.nodes }, (_, i) => i + 1);
    this.network = new Network(this.size, plan.seed);
    this.crypto = new SymbolicCrypto(plan.seed);
    this.lives = new Int32Array(this.size);
    this.versions = new Int32Array(this.size).fill(1);
    this.paused = new Uint8Array(this.size);
    this.#timers = Math.max(TIMERS, subject.timers.length);
    this.#due = new Float64Array(this.size * this.#timers).fill(NEVER);
    this.#queued = new Float64Array(this.size * this.#timers).fill(NEVER);
    this.#localDue = new Float64Array(this.size * this.#timers).fill(NEVER);
    this.#watched = new Set(subject.watchedMessages ?? []);
    for (const name of this.#watched) this.inFlight.set(name, 0);
    for (let id = 1; id <= this.size; id++) {
      const random = new Random(plan.seed, 'clock', id);
      const server = id <= plan.nodes;
      const offset = server ? random.below(plan.clockOffsetUs + 1) : 0;
      const drift = server ? random.between(-plan.clockDriftPpm, plan.clockDriftPpm) : 0;
      this.clocks.push(new LocalClock(offset, drift));
      this.disks.push(new Disk(plan.disk, new Random(plan.seed, 'disk', id)));
      this.nodes.push(null);
      this.adversaries.push(null);
      this.#held.push([]);
      this.#randoms.push(new Random(plan.seed, 'choose', id, 0));
    }
  }

  get now(): number {
    return this.#queue.now;
  }

  localNow(id: NodeId): number {
    return (this.clocks[id - 1] as LocalClock).local(this.#queue.now);
  }

  isUp(id: NodeId): boolean {
    return this.nodes[id - 1] !== null;
  }

  /** Ask to be called: `director.control(what, index)` at `atUs`. */
  schedule(atUs: number, what: number, index: number): void {
    this.#queue.add(atUs, CONTROL + what, 0, index, 0, undefined);
  }

  /** Run until stopped, or until nothing is left to happen. */
  run(): void {
    const queue = this.#queue;
    while (!this.stopped) {
      const event = queue.pop();
      if (event < 0) return;
      const kind = queue.kind[event] as number;
      const index = queue.node[event] as number;
      const a = queue.a[event] as number;
      const b = queue.b[event] as number;
      const payload = queue.payload[event];
      queue.payload[event] = undefined;
      if (kind >= CONTROL) {
        this.hash.word(kind ^ Math.imul(a, 31));
        this.#director.control(kind - CONTROL, a);
      } else if (this.paused[index] !== 0) (this.#held[index] as Held[]).push({ kind, a, b, payload });
      else this.#happen(kind, index, a, b, payload);
    }
  }

  #happen(kind: number, index: number, a: number, b: number, payload: unknown): void {
    const node = this.nodes[index] as AnyNode | null;
    if (kind === TIMER) {
      if (this.#timerDue(index, a)) {
        this.#timer.timer = a;
        this.#step(index, node as AnyNode, this.#timer, TIMER + (a << 4));
      }
      return;
    }
    if (kind <= REPLY) {
      if (this.#watched.size > 0) this.#landed(payload);
      if (node === null) {
        this.#observer?.dropped(a, index + 1, payloadNames[kind] as Payload, payload, b);
        return;
      }
      this.#observer?.delivered(a, index + 1, payloadNames[kind] as Payload, payload, b);
      if (kind === MESSAGE) {
        this.#message.from = a;
        this.#message.message = payload;
        this.#step(index, node, this.#message, b);
      } else if (kind === REQUEST) {
        this.#request.from = a;
        this.#request.request = payload as Request;
        this.#step(index, node, this.#request, b);
      } else {
        this.#reply.from = a;
        this.#reply.reply = payload as Reply;
        this.#answering = a;
        this.#step(index, node, this.#reply, b);
        this.#answering = 0;
      }
      return;
    }
    if (node === null || b !== this.lives[index]) return;
    if (kind === SYNC) this.#synced(index);
    else this.#worked(kind, index, node, a, payload);
  }

  #step(index: number, node: AnyNode, input: { now: number }, mark: number): void {
    const now = (this.clocks[index] as LocalClock).local(this.#queue.now);
    input.now = now;
    this.#current = index + 1;
    this.steps++;
    this.hash.word(now ^ Math.imul(mark, 0x9e3779b1) ^ (index << 24));
    node.step(input as MessageInput<unknown>, this);
    if (this.#wrote) this.#beginSync(index);
  }

  #worked(kind: number, index: number, node: AnyNode, token: Token, payload: unknown): void {
    if (kind === LOADED) {
      this.#loaded.token = token;
      this.#loaded.value = payload;
      this.#step(index, node, this.#loaded, token);
    } else if (kind === SIGNED) {
      this.#signed.token = token;
      this.#signed.signature = payload as Value;
      this.#step(index, node, this.#signed, token);
    } else if (kind === VERIFIED) {
      this.#verified.token = token;
      this.#verified.valid = payload as boolean;
      this.#step(index, node, this.#verified, token);
    }
  }

  // Timers stay where they are in the queue when they are set to a later time: most are set again before they fire.

  /** A timer's event came up: is it due now? */
  #timerDue(index: number, timer: number): boolean {
    const at = index * this.#timers + timer;
    const now = this.#queue.now;
    if (this.#queued[at] !== now) return false;
    this.#queued[at] = NEVER;
    const due = this.#due[at] as number;
    if (due === NEVER) return false;
    if (due > now) {
      this.#queued[at] = due;
      this.#queue.add(due, TIMER, index, timer, 0, undefined);
      return false;
    }
    this.#due[at] = NEVER;
    return true;
  }

  timer(timer: number, atUs: number): void {
    const index = this.#current - 1;
    const at = index * this.#timers + timer;
    this.#localDue[at] = atUs;
    if (atUs === NEVER) {
      this.#due[at] = NEVER;
      return;
    }
    this.#arm(index, timer, at);
  }

  #arm(index: number, timer: number, at: number): void {
    const due = (this.clocks[index] as LocalClock).world(this.#localDue[at] as number, this.#queue.now);
    this.#due[at] = due;
    if ((this.#queued[at] as number) <= due) return;
    this.#queued[at] = due;
    this.#queue.add(due, TIMER, index, timer, 0, undefined);
  }

  /** After a change of a node's clock: its timers are due at other world times. */
  rearm(id: NodeId): void {
    const index = id - 1;
    for (let timer = 0; timer < this.#timers; timer++) {
      const at = index * this.#timers + timer;
      if (this.#due[at] !== NEVER) this.#arm(index, timer, at);
    }
  }

  // The network.

  send(to: NodeId, message: unknown, after: Token): void {
    const disk = this.disks[this.#current - 1] as Disk;
    if (after > disk.durable) {
      disk.waitingFor.push(after);
      disk.waitingTo.push(to);
      disk.waitingMessages.push(message);
      return;
    }
    this.#depart(MESSAGE, this.#current, to, message);
  }

  request(to: NodeId | string, request: Request): void {
    if (typeof to === 'string')
      throw new InvariantViolation('host-contract', `node ${this.#current} asked port ${to}, which nobody serves`);
    this.#depart(REQUEST, this.#current, to, request);
  }

  reply(to: NodeId, reply: Reply): void {
    if (to === 0) {
      this.hash.word(reply.id ^ (reply.outcome === 'ok' ? 1 : 2));
      this.#director.completed(this.#current, reply, this.#answering);
    } else this.#depart(REPLY, this.#current, to, reply);
  }

  #depart(kind: number, from: NodeId, to: NodeId, payload: unknown): void {
    const adversary = this.adversaries[from - 1] as Adversary | null;
    if (adversary !== null && kind === MESSAGE) adversary.rewrite(this, from, to, payload);
    else this.transmit(kind, from, to, payload, 0);
  }

  /** Put something on a link; `extraUs` is an adversary's delay. */
  transmit(kind: number, from: NodeId, to: NodeId, original: unknown, extraUs: number): void {
    const id = ++this.#messages;
    const payload = this.plan.encoded && kind === MESSAGE ? this.#throughBytes(this.subject.message, original) : original;
    this.#observer?.sent(from, to, payloadNames[kind] as Payload, payload, id);
    const now = this.#queue.now;
    if (from === to) {
      this.#queue.add(now, kind, to - 1, from, id, payload);
      if (this.#watched.size > 0) this.#departed(payload);
      return;
    }
    const link = this.network.link(from, to);
    const at = this.network.send(link, now);
    if (at < 0) this.#observer?.dropped(from, to, payloadNames[kind] as Payload, payload, id);
    else {
      this.#queue.add(at + extraUs, kind, to - 1, from, id, payload);
      if (this.#watched.size > 0) this.#departed(payload);
    }
    const copyAt = this.network.copyAt(link, now);
    if (copyAt < 0) return;
    this.#queue.add(copyAt + extraUs, kind, to - 1, from, id, payload);
    if (this.#watched.size > 0) this.#departed(payload);
  }

  #departed(payload: unknown): void {
    const { type } = payload as { type?: string };
    if (type !== undefined && this.#watched.has(type)) this.inFlight.set(type, (this.inFlight.get(type) as number) + 1);
  }

  #landed(payload: unknown): void {
    const { type } = payload as { type?: string };
    if (type !== undefined && this.#watched.has(type)) this.inFlight.set(type, (this.inFlight.get(type) as number) - 1);
  }

  /** Encode, decode, encode: the same bytes, and the rolling hash has seen them. */
  #throughBytes<T>(schema: Schema<T>, value: T): T {
    const w = this.#writer;
    w.reset();
    schema.write(w, value);
    const bytes = w.take();
    const reader = new Reader(bytes);
    const copy = schema.read(reader);
    reader.done();
    w.reset();
    schema.write(w, copy);
    let same = w.length === bytes.length;
    for (let i = 0; same && i < bytes.length; i++) same = w.bytes[i] === bytes[i];
    if (!same) throw new InvariantViolation('codec-round-trip', `${schema.render(value)} is not the same after encoding and decoding`);
    this.hash.bytes(bytes);
    return copy;
  }

  // Disks and slow work.

  persist(token: Token, record: unknown): void {
    this.#write(token, record, false);
  }

  checkpoint(token: Token, record: unknown): void {
    this.#write(token, record, true);
  }

  #write(token: Token, original: unknown, checkpoint: boolean): void {
    const record = this.plan.encoded ? this.#throughBytes(this.subject.record, original) : original;
    (this.disks[this.#current - 1] as Disk).write(token, record, checkpoint);
    this.#wrote = true;
  }

  #beginSync(index: number): void {
    this.#wrote = false;
    const latency = (this.disks[index] as Disk).beginSync();
    if (latency >= 0) this.#queue.add(this.#queue.now + latency, SYNC, index, 0, this.lives[index] as number, undefined);
  }

  /** Try again to make things durable: there is room now. */
  resumeDisk(id: NodeId): void {
    if (this.isUp(id)) this.#beginSync(id - 1);
  }

  #synced(index: number): void {
    const disk = this.disks[index] as Disk;
    if (disk.full) {
      disk.syncing = 0;
      return;
    }
    const done = this.#done;
    done.length = 0;
    disk.endSync(done);
    this.#release(disk, index + 1);
    for (let i = 0; i < done.length; i++) {
      this.#persisted.token = done[i] as Token;
      this.#step(index, this.nodes[index] as AnyNode, this.#persisted, done[i] as Token);
    }
    this.#beginSync(index);
  }

  #release(disk: Disk, id: NodeId): void {
    const { waitingFor, waitingTo, waitingMessages, durable } = disk;
    const total = waitingFor.length;
    let left = 0;
    for (let i = 0; i < total; i++) {
      if ((waitingFor[i] as Token) <= durable) this.#depart(MESSAGE, id, waitingTo[i] as NodeId, waitingMessages[i]);
      else {
        waitingFor[left] = waitingFor[i] as Token;
        waitingTo[left] = waitingTo[i] as NodeId;
        waitingMessages[left++] = waitingMessages[i];
      }
    }
    waitingFor.length = left;
    waitingTo.length = left;
    waitingMessages.length = left;
  }

  load(token: Token, query: Value): void {
    const index = this.#current - 1;
    const value = this.subject.load?.((this.disks[index] as Disk).journal, query) ?? null;
    this.#queue.add(this.#queue.now + this.plan.disk.syncMaxUs, LOADED, index, token, this.lives[index] as number, value);
  }

  sign(token: Token, content: Value): void {
    const index = this.#current - 1;
    const signature = this.crypto.sign(this.#current, content);
    this.#queue.add(this.#queue.now + SIGN_US, SIGNED, index, token, this.lives[index] as number, signature);
  }

  verify(token: Token, signer: NodeId, content: Value, signature: Value): void {
    const index = this.#current - 1;
    const valid = this.crypto.verify(signer, content, signature);
    this.#queue.add(this.#queue.now + VERIFY_US, VERIFIED, index, token, this.lives[index] as number, valid);
  }

  // What nodes say.

  indicate(indication: unknown): void {
    this.#observer?.indicated(this.#current, indication);
    this.#director.indicated(this.#current, indication);
  }

  belief(kind: BeliefKind, value: Value, epoch: number): void {
    this.#observer?.believed(this.#current, kind, value, epoch);
    this.#director.believed(this.#current, kind, value, epoch);
  }

  choose(n: number): number {
    const drawn = (this.#randoms[this.#current - 1] as Random).below(n);
    this.hash.word(drawn);
    return drawn;
  }

  // What is done to nodes.

  /** Give `id` a new life with what its disk kept. */
  start(id: NodeId): void {
    const index = id - 1;
    if (this.nodes[index] !== null) return;
    const { plan, subject } = this;
    const life = (this.lives[index] as number) + 1;
    this.lives[index] = life;
    this.#randoms[index] = new Random(plan.seed, 'choose', id, life);
    let node: AnyNode | null;
    if (id <= plan.nodes) node = subject.create(id, this.servers, plan.settings, this.versions[index] as number);
    else {
      const pinned = plan.workload.placement === 'pinned';
      const ask = pinned ? [this.servers[(id - plan.nodes - 1) % plan.nodes] as NodeId] : this.servers;
      node = subject.client(id, ask, plan.settings, life);
    }
    if (node === null) return;
    this.nodes[index] = node;
    const input: Own<StartInput<unknown>> = { kind: 'start', now: 0, records: (this.disks[index] as Disk).journal.slice() };
    this.#step(index, node, input, life);
  }

  /** Kill `id`; how many unsynced records its disk lost. */
  crash(id: NodeId, mode: CrashMode): number {
    const index = id - 1;
    if (this.nodes[index] === null) return 0;
    this.nodes[index] = null;
    this.lives[index] = (this.lives[index] as number) + 1;
    for (let timer = 0; timer < this.#timers; timer++) this.#due[index * this.#timers + timer] = NEVER;
    this.#unpause(index, false);
    return (this.disks[index] as Disk).crash(mode);
  }

  pause(id: NodeId): void {
    this.paused[id - 1] = 1;
  }

  /** Everything that waited for `id` happens now, in order. */
  resume(id: NodeId): void {
    const index = id - 1;
    if (this.paused[index] !== 0) this.#unpause(index, true);
  }

  #unpause(index: number, deliver: boolean): void {
    this.paused[index] = 0;
    const held = this.#held[index] as Held[];
    for (const { kind, a, b, payload } of held) {
      if (!deliver) {
        if (kind === TIMER) this.#queued[index * this.#timers + a] = NEVER;
        else if (kind <= REPLY && this.#watched.size > 0) this.#landed(payload);
        continue;
      }
      if (kind === TIMER) this.#queued[index * this.#timers + a] = this.#queue.now;
      this.#queue.add(this.#queue.now, kind, index, a, b, payload);
    }
    held.length = 0;
  }

  /** Ask a client node to do something. */
  invoke(client: NodeId, request: Request): void {
    const node = this.nodes[client - 1] as AnyNode | null;
    if (node === null) return;
    this.#observer?.invoked(client, request);
    this.#request.from = 0;
    this.#request.request = request;
    this.#step(client - 1, node, this.#request, request.id);
  }
}
