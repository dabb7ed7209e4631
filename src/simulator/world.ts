/**
 * The world: nodes with their clocks, disks and links, and one queue of what happens next. It is the one `Effects` of
 * all nodes: what a node writes goes straight into the queue. The same plan gives the same run on every engine. It
 * knows no faults, workload or judge: those steer it through its methods and hear of it through a Director.
 */
import {
  type BeliefKind,
  type Effects,
  InvariantViolation,
  type MessageInput,
  type NodeId,
  type Proof,
  Random,
  type Reply,
  type Request,
  RollingHash,
  type Token,
  type Value,
} from '../core/index.ts';
import { ForgeryWatch } from './adversaries/forgery-watch.ts';
import { ByteWire } from './byte-wire.ts';
import type { Director } from './director.ts';
import { type CrashMode, Disk, shrinkTo } from './disk.ts';
import { CONTROL, Inputs, LOADED, MESSAGE, REPLY, REQUEST, SIGNED, SYNC, TIMER, VERIFIED } from './event-kinds.ts';
import { EventQueue } from './event-queue.ts';
import { LocalClock } from './local-clock.ts';
import { Network } from './network.ts';
import type { Observer } from './observer.ts';
import type { Plan } from './plan.ts';
import { Post } from './post.ts';
import type { AnyNode, Invariants, Subject } from './subject.ts';
import { SymbolicCrypto } from './symbolic-crypto.ts';
import { TimerTable } from './timer-table.ts';

/** Timers a node has at least room for: clients are nodes too. */
const TIMERS = 16;
const SIGN_US = 40;
const VERIFY_US = 110;

interface Held {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly payload: unknown;
}

export class World implements Effects<unknown, unknown, unknown> {
  readonly subject: Subject;
  readonly plan: Plan;
  readonly servers: readonly NodeId[];
  /** Servers and clients. Each has a place of its own number; behind them are places for the twins of servers, where a liar runs twice. */
  readonly size: number;
  /** By place - 1; null while down. */
  readonly nodes: (AnyNode | null)[] = [];
  readonly clocks: LocalClock[] = [];
  readonly disks: Disk[] = [];
  readonly lives: Int32Array;
  readonly versions: Int32Array;
  readonly paused: Uint8Array;
  /** Servers that lie, or ever did in this run: they are not judged. */
  readonly liars = new Set<NodeId>();
  /** 1 for each server that never lied. */
  readonly #judged: Uint8Array;
  readonly #forgeries: ForgeryWatch;
  /** Whose clocks were set since their last input. */
  readonly #clocksSet: Uint8Array;
  readonly network: Network;
  readonly crypto: SymbolicCrypto;
  readonly hash = new RollingHash();
  /** Steps on live nodes so far. */
  steps = 0;
  stopped = false;
  readonly post: Post;
  readonly #queue = new EventQueue();
  readonly #director: Director;
  readonly #observer: Observer | null;
  readonly #invariants: Invariants;
  readonly #randoms: Random[] = [];
  readonly #held: Held[][] = [];
  readonly #timers: TimerTable;
  readonly #done: Token[] = [];
  readonly #wire = new ByteWire(this.hash);
  #current: NodeId = 0;
  #wrote = false;
  /** The server whose reply is being handed to a client. */
  #answering: NodeId = 0;
  readonly #inputs = new Inputs();

  constructor(subject: Subject, plan: Plan, director: Director, observer: Observer | null, invariants: Invariants) {
    this.#invariants = invariants;
    observer?.begin?.(this);
    this.subject = subject;
    this.plan = plan;
    this.#director = director;
    this.#observer = observer;
    this.size = plan.nodes + plan.clients;
    this.servers = Array.from({ length: plan.nodes }, (_, i) => i + 1);
    this.network = new Network(this.size, plan.seed);
    this.crypto = new SymbolicCrypto(plan.seed, subject.keyGraceUs?.(plan.settings) ?? 0);
    const places = mayHaveTwins(plan) ? this.size + plan.nodes : this.size;
    this.lives = new Int32Array(places);
    this.versions = new Int32Array(places).fill(subject.version);
    this.paused = new Uint8Array(places);
    this.#clocksSet = new Uint8Array(places);
    this.#judged = new Uint8Array(places).fill(1, 0, plan.nodes);
    this.#forgeries = new ForgeryWatch(subject.speech, this.crypto);
    this.post = new Post(subject, plan, this.#queue, this.network, this.#wire, observer, invariants);
    for (let id = 1; id <= places; id++) {
      const random = new Random(plan.seed, 'clock', id);
      const server = id <= plan.nodes;
      const offset = server ? random.below(plan.clockOffsetUs + 1) : 0;
      const drift = server ? random.between(-plan.clockDriftPpm, plan.clockDriftPpm) : 0;
      this.clocks.push(new LocalClock(offset, drift));
      this.disks.push(new Disk(plan.disk, new Random(plan.seed, 'disk', id), (record) => this.#durable(id, record)));
      this.nodes.push(null);
      this.#held.push([]);
      this.#randoms.push(new Random(plan.seed, 'choose', id, 0));
    }
    this.#timers = new TimerTable(this.#queue, this.clocks, Math.max(TIMERS, subject.timers.length));
  }

  get now(): number {
    return this.#queue.now;
  }

  /** Whose place this is. */
  identity(place: number): NodeId {
    return place > this.size ? place - this.size : place;
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

  /** Run until stopped, until nothing is left to happen, or for `maxSteps`. */
  run(maxSteps: number): void {
    const queue = this.#queue;
    while (!this.stopped && this.steps < maxSteps) {
      if (!queue.pop()) return;
      const { kind, node: index, a, b, payload } = queue;
      if (kind >= CONTROL) this.#director.control(kind - CONTROL, a);
      else if (this.paused[index] !== 0) (this.#held[index] as Held[]).push({ kind, a, b, payload });
      else this.#happen(kind, index, a, b, payload);
    }
  }

  #happen(kind: number, index: number, a: number, b: number, payload: unknown): void {
    const node = this.nodes[index] as AnyNode | null;
    if (kind === TIMER) {
      if (this.#timers.fires(index, a)) {
        this.#inputs.timer.timer = a;
        this.#step(index, node as AnyNode, this.#inputs.timer, TIMER + (a << 4));
      }
      return;
    }
    if (kind <= REPLY) {
      this.post.arrive(kind, a, index < this.size ? index + 1 : this.identity(index + 1), b, payload, node !== null);
      if (node === null) return;
      if (kind === MESSAGE) {
        this.#inputs.message.from = a;
        this.#inputs.message.message = payload;
        if (this.#judged[index] !== 0) this.#invariants.received(index + 1, a, payload);
        this.#step(index, node, this.#inputs.message, b);
      } else if (kind === REQUEST) {
        this.#inputs.request.from = a;
        this.#inputs.request.request = payload as Request;
        if (this.#judged[index] !== 0) this.#invariants.asked(index + 1, payload as Request);
        this.#step(index, node, this.#inputs.request, b);
      } else {
        this.#inputs.reply.from = a;
        this.#inputs.reply.reply = payload as Reply;
        this.#answering = a;
        this.#step(index, node, this.#inputs.reply, b);
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
    if (this.#clocksSet[index] !== 0) this.#tellClock(index, node, now);
    node.step(input as MessageInput<unknown>, this);
    if (this.#judged[index] !== 0) {
      this.#invariants.stepped(index + 1, node);
      if (this.post.forgeries > 0) this.#forgeries.stepped(index + 1, node);
    }
    if (this.#wrote) this.#beginSync(index);
  }

  #tellClock(index: number, node: AnyNode, now: number): void {
    this.#clocksSet[index] = 0;
    this.#inputs.clock.now = now;
    node.step(this.#inputs.clock, this);
  }

  #worked(kind: number, index: number, node: AnyNode, token: Token, payload: unknown): void {
    if (kind === LOADED) {
      this.#inputs.loaded.token = token;
      this.#inputs.loaded.value = payload;
      this.#step(index, node, this.#inputs.loaded, token);
    } else if (kind === SIGNED) {
      this.#inputs.signed.token = token;
      this.#inputs.signed.signature = payload as Value;
      this.#step(index, node, this.#inputs.signed, token);
    } else if (kind === VERIFIED) {
      this.#inputs.verified.token = token;
      this.#inputs.verified.valid = payload as boolean;
      this.#step(index, node, this.#inputs.verified, token);
    }
  }

  timer(timer: number, atUs: number): void {
    this.#timers.set(this.#current - 1, timer, atUs);
  }

  /** After a change of a node's clock; `set`: not of its rate alone. */
  rearm(id: NodeId, set = false): void {
    this.#timers.rearm(id - 1);
    if (set && this.isUp(id)) this.#clocksSet[id - 1] = 1;
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
    this.post.depart(MESSAGE, this.#current, to, message);
  }

  request(to: NodeId | string, request: Request): void {
    if (typeof to === 'string')
      throw new InvariantViolation('host-contract', `node ${this.#current} asked port ${to}, which nobody serves`);
    this.post.depart(REQUEST, this.#current, to, request);
  }

  reply(to: NodeId, reply: Reply): void {
    if (to === 0) {
      this.hash.word(reply.id ^ (reply.outcome === 'ok' ? 1 : 2));
      this.#director.completed(this.#current, reply, this.#answering);
    } else this.post.depart(REPLY, this.#current, to, reply);
  }

  // Disks and slow work.

  persist(token: Token, record: unknown): void {
    this.#write(token, record, false);
  }

  checkpoint(token: Token, record: unknown): void {
    this.#write(token, record, true);
  }

  #write(token: Token, original: unknown, checkpoint: boolean): void {
    const record = this.plan.encoded ? this.#wire.through(this.subject.record, original) : original;
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
    shrinkTo(done, 0);
    disk.endSync(done);
    for (let i = 0; i < done.length; i++) {
      this.#inputs.persisted.token = done[i] as Token;
      this.#step(index, this.nodes[index] as AnyNode, this.#inputs.persisted, done[i] as Token);
    }
    this.#beginSync(index);
  }

  /** One record after another: what waits for the first goes out before the second counts. */
  #durable(id: NodeId, record: unknown): void {
    if (this.#judged[id - 1] !== 0) this.#invariants.written(id, record);
    const disk = this.disks[id - 1] as Disk;
    if (disk.waitingFor.length > 0) disk.release((to, message) => this.post.depart(MESSAGE, id, to, message));
  }

  load(token: Token, query: Value): void {
    const index = this.#current - 1;
    const value = this.subject.load?.((this.disks[index] as Disk).journal, query) ?? null;
    this.#queue.add(this.#queue.now + this.plan.disk.syncMaxUs, LOADED, index, token, this.lives[index] as number, value);
  }

  sign(token: Token, content: Value, proof: Proof): void {
    const index = this.#current - 1;
    const signature = this.crypto.sign(this.identity(this.#current), content, proof);
    this.#queue.add(this.#queue.now + SIGN_US, SIGNED, index, token, this.lives[index] as number, signature);
  }

  verify(token: Token, signer: NodeId, content: Value, signature: Value, proof: Proof): void {
    const index = this.#current - 1;
    const valid = this.crypto.verify(signer, content, signature, proof, this.identity(this.#current), this.now);
    this.#queue.add(this.#queue.now + VERIFY_US, VERIFIED, index, token, this.lives[index] as number, valid);
  }

  // What nodes say.

  // Of a twin nobody hears but those whom it talks to.

  indicate(indication: unknown): void {
    const key = this.subject.newKey?.(indication) ?? null;
    if (key !== null) {
      const { node, number, proof } = key;
      this.crypto.keys.told(this.identity(this.#current), node, number, this.crypto.keyOf(proof), this.now);
    }
    if (this.#current > this.size) return;
    this.#observer?.indicated(this.#current, indication);
    this.#director.indicated(this.#current, indication);
  }

  belief(kind: BeliefKind, value: Value, epoch: number): void {
    if (this.#current > this.size) return;
    this.#observer?.believed(this.#current, kind, value, epoch);
    this.#director.believed(this.#current, kind, value, epoch);
  }

  choose(n: number): number {
    const drawn = (this.#randoms[this.#current - 1] as Random).below(n);
    this.hash.word(drawn);
    return drawn;
  }

  // What is done to nodes.

  /** Give `place` (a node, or a server's twin) a new life with what its disk kept. */
  start(place: number): void {
    const index = place - 1;
    if (this.nodes[index] !== null) return;
    const { plan, subject } = this;
    const id = this.identity(place);
    const life = (this.lives[index] as number) + 1;
    this.lives[index] = life;
    this.#randoms[index] = new Random(plan.seed, 'choose', place, life);
    let node: AnyNode | null;
    if (id <= plan.nodes) node = subject.create(id, this.servers, plan.settings, this.versions[index] as number);
    else {
      const pinned = plan.workload.placement === 'pinned';
      const ask = pinned ? [this.servers[(id - plan.nodes - 1) % plan.nodes] as NodeId] : this.servers;
      node = subject.client(id, ask, plan.settings, life);
    }
    if (node === null) return;
    this.nodes[index] = node;
    this.crypto.keys.restarted(id);
    this.#inputs.start.records = (this.disks[index] as Disk).journal.slice();
    this.#step(index, node, this.#inputs.start, life);
  }

  /** A second copy of server `id`, with what the first has on its disk now. */
  startTwin(id: NodeId): void {
    const place = this.size + id;
    (this.disks[place - 1] as Disk).journal = (this.disks[id - 1] as Disk).journal.slice();
    this.versions[place - 1] = this.versions[id - 1] as number;
    this.start(place);
  }

  /** Kill `id`; how many unsynced records its disk lost. */
  crash(id: NodeId, mode: CrashMode): number {
    const index = id - 1;
    if (this.nodes[index] === null) return 0;
    this.nodes[index] = null;
    this.#clocksSet[index] = 0;
    this.lives[index] = (this.lives[index] as number) + 1;
    this.#timers.disarmAll(index);
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
      if (kind === TIMER) this.#timers.heldBack(index, a, deliver);
      else if (deliver) this.#queue.add(this.#queue.now, kind, index, a, b, payload);
      else if (kind <= REPLY) this.post.arrive(kind, a, this.identity(index + 1), b, payload, false);
    }
    held.length = 0;
  }

  /** This server lies from now on: what it does is judged no more, in this run. */
  lied(id: NodeId): void {
    this.liars.add(id);
    this.#judged[id - 1] = 0;
    this.#invariants.lied(id);
  }

  /** Ask a client node to do something. */
  invoke(client: NodeId, request: Request): void {
    const node = this.nodes[client - 1] as AnyNode | null;
    if (node === null) return;
    this.#inputs.request.from = 0;
    this.#inputs.request.request = request;
    this.#step(client - 1, node, this.#inputs.request, request.id);
  }
}

const mayHaveTwins = ({ faults }: Plan): boolean =>
  faults.some((fault) => fault.fault === 'adversary' && fault.behaviour.includes('twins'));
