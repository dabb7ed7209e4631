/**
 * A cluster in the hand of a test: every message, record, timer and crash happens when the test says so. Uses all of a
 * host's freedom (README of core) and keeps its duties.
 */
import {
  type BeliefKind,
  type Effects,
  InvariantViolation,
  type Node,
  type NodeId,
  type Protocol,
  type Random,
  type Reply,
  type Request,
  type Token,
  type Value,
} from '../../core/index.ts';

export interface Parcel {
  readonly kind: 'message' | 'request' | 'reply';
  readonly from: NodeId;
  readonly to: NodeId;
  readonly payload: unknown;
}

/** What a test is told as it happens. */
export interface Watcher<I> {
  belief?(node: NodeId, kind: BeliefKind, value: Value, epoch: number): void;
  indication?(node: NodeId, indication: I): void;
  /** An answer to a client: any id that is no node's. */
  reply?(from: NodeId, to: NodeId, reply: Reply): void;
  /** One line about anything that a node did. */
  line?(text: string): void;
}

interface Written<R> {
  readonly token: Token;
  readonly record: R;
  readonly checkpoint: boolean;
}

/** One machine: its node while it is up, its disk always. */
interface Machine<M, R, I> {
  node: Node<M, R, I> | null;
  journal: Written<R>[];
  durable: number;
  held: { readonly after: Token; readonly parcel: Parcel }[];
  timers: number[];
}

export class Cluster<M, R, I> implements Effects<M, R, I> {
  readonly protocol: Pick<Protocol<never, M, R, I>, 'message' | 'record' | 'timers'>;
  readonly ids: readonly NodeId[];
  readonly watcher: Watcher<I>;
  net: Parcel[] = [];
  nowUs = 0;
  readonly #create: (id: NodeId) => Node<M, R, I>;
  readonly #machines = new Map<NodeId, Machine<M, R, I>>();
  readonly #random: Random;
  #current: NodeId = 0;

  constructor(
    protocol: Pick<Protocol<never, M, R, I>, 'message' | 'record' | 'timers'>,
    create: (id: NodeId) => Node<M, R, I>,
    ids: readonly NodeId[],
    random: Random,
    watcher: Watcher<I> = {},
  ) {
    this.protocol = protocol;
    this.ids = ids;
    this.watcher = watcher;
    this.#create = create;
    this.#random = random;
    for (const id of ids) this.#machines.set(id, { node: null, journal: [], durable: 0, held: [], timers: [] });
  }

  #machine(id: NodeId): Machine<M, R, I> {
    const machine = this.#machines.get(id);
    if (machine === undefined) throw new InvariantViolation('test-cluster', `there is no node ${id}`);
    return machine;
  }

  /** The node while it is up. */
  node(id: NodeId): Node<M, R, I> | null {
    return this.#machine(id).node;
  }

  start(id: NodeId): void {
    const machine = this.#machine(id);
    machine.node = this.#create(id);
    machine.timers = this.protocol.timers.map(() => Number.POSITIVE_INFINITY);
    this.#step(id, { kind: 'start', now: this.nowUs, records: machine.journal.map(({ record }) => record) });
  }

  /** Of the records that are not durable, the first `kept` survive. */
  crash(id: NodeId, kept: number): void {
    const machine = this.#machine(id);
    let survived = machine.journal.slice(0, machine.durable + kept);
    survived = survived.slice(
      Math.max(
        0,
        survived.findLastIndex(({ checkpoint }) => checkpoint),
      ),
    );
    machine.node = null;
    machine.journal = survived.map((written) => ({ ...written, token: 0 }));
    machine.durable = survived.length;
    machine.held = [];
    machine.timers = [];
  }

  #step(id: NodeId, input: Parameters<Node<M, R, I>['step']>[0]): void {
    const { node } = this.#machine(id);
    if (node === null) return;
    this.#current = id;
    node.step(input, this);
  }

  ask(to: NodeId, request: Request, from: NodeId): void {
    this.#step(to, { kind: 'request', now: this.nowUs, from, request });
  }

  /** The parcel arrives (and stays in the network when `again`). */
  deliver(parcel: Parcel, again = false): void {
    if (!again) this.net.splice(this.net.indexOf(parcel), 1);
    const { kind, from, to, payload } = parcel;
    const now = this.nowUs;
    if (kind === 'message') this.#step(to, { kind, now, from, message: payload as M });
    else if (kind === 'request') this.#step(to, { kind, now, from, request: payload as Request });
    else this.#step(to, { kind, now, from, port: '', reply: payload as Reply });
  }

  pending(id: NodeId): number {
    const { journal, durable } = this.#machine(id);
    return journal.length - durable;
  }

  sync(id: NodeId): void {
    const machine = this.#machine(id);
    const written = machine.journal[machine.durable];
    if (written === undefined) return;
    machine.durable += 1;
    if (written.checkpoint) {
      machine.journal = machine.journal.slice(machine.durable - 1);
      machine.durable = 1;
    }
    const free = machine.held.filter(({ after }) => after <= written.token);
    machine.held = machine.held.filter(({ after }) => after > written.token);
    this.net.push(...free.map(({ parcel }) => parcel));
    this.#step(id, { kind: 'persisted', now: this.nowUs, token: written.token });
  }

  armed(id: NodeId): readonly number[] {
    return this.#machine(id).timers.flatMap((atUs, timer) => (atUs === Number.POSITIVE_INFINITY ? [] : [timer]));
  }

  fire(id: NodeId, timer: number): void {
    const { timers } = this.#machine(id);
    this.nowUs = Math.max(this.nowUs, timers[timer] as number);
    timers[timer] = Number.POSITIVE_INFINITY;
    this.#step(id, { kind: 'timer', now: this.nowUs, timer });
  }

  /** The armed timer that is due first, over all nodes that are up. */
  nextTimer(): { readonly id: NodeId; readonly timer: number } | null {
    let next: { readonly id: NodeId; readonly timer: number } | null = null;
    let earliest = Number.POSITIVE_INFINITY;
    for (const id of this.ids) {
      this.#machine(id).timers.forEach((atUs, timer) => {
        if (atUs >= earliest) return;
        earliest = atUs;
        next = { id, timer };
      });
    }
    return next;
  }

  /** Everything under way happens, no time passes. */
  settle(): void {
    for (let left = 100_000; left > 0; left--) {
      const waiting = this.ids.find((id) => this.pending(id) > 0);
      if (waiting !== undefined) this.sync(waiting);
      else if (this.net.length > 0) this.deliver(this.net[0] as Parcel);
      else return;
    }
    throw new InvariantViolation('test-cluster', 'the cluster does not come to rest');
  }

  // Effects.

  send(to: NodeId, message: M, after: Token): void {
    this.watcher.line?.(`n${this.#current} -> n${to}: ${this.protocol.message.render(message)}`);
    this.#depart({ kind: 'message', from: this.#current, to, payload: message }, after);
  }

  #depart(parcel: Parcel, after: Token): void {
    if (!this.ids.includes(parcel.to)) return;
    const { journal, durable, held } = this.#machine(this.#current);
    if (journal.slice(durable).some(({ token }) => token <= after)) held.push({ after, parcel });
    else this.net.push(parcel);
  }

  persist(token: Token, record: R): void {
    this.watcher.line?.(`n${this.#current} writes ${this.protocol.record.render(record)}`);
    this.#machine(this.#current).journal.push({ token, record, checkpoint: false });
  }

  checkpoint(token: Token, record: R): void {
    this.watcher.line?.(`n${this.#current} writes checkpoint`);
    this.#machine(this.#current).journal.push({ token, record, checkpoint: true });
  }

  load(): void {
    throw new InvariantViolation('test-cluster', 'load is not served here');
  }
  sign(): void {
    throw new InvariantViolation('test-cluster', 'sign is not served here');
  }
  verify(): void {
    throw new InvariantViolation('test-cluster', 'verify is not served here');
  }

  timer(timer: number, atUs: number): void {
    this.#machine(this.#current).timers[timer] = atUs;
  }

  request(to: NodeId | string, request: Request): void {
    if (typeof to === 'string') throw new InvariantViolation('test-cluster', `nobody serves port ${to}`);
    this.#depart({ kind: 'request', from: this.#current, to, payload: request }, 0);
  }

  reply(to: NodeId, reply: Reply): void {
    this.watcher.line?.(`n${this.#current} answers ${to}: ${reply.outcome} ${JSON.stringify(reply.value ?? reply.code ?? null)}`);
    if (this.ids.includes(to)) this.#depart({ kind: 'reply', from: this.#current, to, payload: reply }, 0);
    else this.watcher.reply?.(this.#current, to, reply);
  }

  indicate(indication: I): void {
    this.watcher.indication?.(this.#current, indication);
  }

  belief(kind: BeliefKind, value: Value, epoch: number): void {
    this.watcher.line?.(`n${this.#current} believes ${kind} ${JSON.stringify(value)}`);
    this.watcher.belief?.(this.#current, kind, value, epoch);
  }

  choose(n: number): number {
    return this.#random.below(n);
  }
}
