/**
 * A laboratory for claims of the paper: a few nodes of one Raft class, with delivery, storage, time and chance in the
 * hands of the case. Messages wait in `network` until `settle` or `deliver`; writes are durable at once unless a disk
 * is `slow`; a timer fires when the case says so (`expire`) or when time passes (`pass`). Deterministic: a case that
 * fails once fails always. The class is handed in, so that a mutant can take its place.
 */
import type { Command, Input, Node, NodeId, OrderingIndication, Reply, Request, Value } from '../../../core/index.ts';
import { defaultRaftConfig, type RaftConfig } from '../config.ts';
import { entryKinds, makeEntry, messageTypes, type RaftMessage, type Snapshot } from '../message.ts';
import type { Raft } from '../raft.ts';
import { timers } from '../raft-timers.ts';
import type { RaftRecord } from '../record.ts';
import { LabHost, type RaftNode } from './lab-host.ts';

export type RaftClass = new (id: NodeId, peers: readonly NodeId[], config: RaftConfig) => Raft;

/** What is tried: the real classes, or a mutant's. */
export interface Implementation {
  readonly raft: RaftClass;
  /** The layer with state machine and sessions on top of `ordering`; it snapshots every `snapshotEvery` positions (0: never). */
  replica(ordering: Node<RaftMessage, RaftRecord, OrderingIndication>, snapshotEvery: number): RaftNode;
}

/** What a node's disk holds before its first start: terms of the entries 1, 2, ...; their operations are `e1`, `e2` ... */
export interface Disk {
  readonly terms?: readonly number[];
  readonly term?: number;
  readonly vote?: NodeId;
  readonly commit?: number;
}

export interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: RaftMessage;
}

export type MessageName = keyof typeof messageTypes;

/** The plain Raft of the paper: features that it does not have are off until a case asks for them. */
export const plainConfig: RaftConfig = {
  ...defaultRaftConfig,
  electionTimeoutUs: 100_000,
  heartbeatUs: 10_000,
  electionSlots: 10,
  preVote: false,
  checkQuorum: false,
};

export interface Shape {
  readonly config?: Partial<RaftConfig>;
  /** Settings of single nodes. */
  readonly each?: { readonly [id: number]: Partial<RaftConfig> };
  readonly disks?: { readonly [id: number]: Disk };
  /** Put the layer with sessions on top. */
  readonly replicas?: boolean;
  readonly snapshotEvery?: number;
}

export class Lab {
  readonly implementation: Implementation;
  /** Microseconds; every node's clock reads `now` plus its `skewUs`. */
  now = 1_000_000;
  network: Envelope[] = [];
  readonly #hosts = new Map<NodeId, LabHost>();
  readonly #cut = new Set<string>();
  readonly #held = new Set<string>();
  #requests = 0;

  constructor(implementation: Implementation) {
    this.implementation = implementation;
  }

  /** An empty laboratory for the same implementation. */
  another(): Lab {
    return new Lab(this.implementation);
  }

  /** Nodes 1 to `size`, followers with empty logs unless `disks` say otherwise. Returns their ids. */
  start(size: number, shape: Shape = {}): readonly NodeId[] {
    const ids = Array.from({ length: size }, (_, i) => i + 1);
    for (const id of ids) this.add(id, ids, shape);
    return ids;
  }

  /** One more node. `peers`: whom it takes for the initial voters. */
  add(id: NodeId, peers: readonly NodeId[], shape: Shape = {}): void {
    const config = { ...plainConfig, ...shape.config, ...shape.each?.[id] };
    const host = new LabHost(this, id, () => {
      const raft = new this.implementation.raft(id, peers, config);
      return { raft, top: shape.replicas ? this.implementation.replica(raft, shape.snapshotEvery ?? 0) : raft };
    });
    const disk = shape.disks?.[id];
    if (disk !== undefined) host.records.push(recordOf(disk));
    this.#hosts.set(id, host);
    host.start();
  }

  host(id: NodeId): LabHost {
    const host = this.#hosts.get(id);
    if (host === undefined) throw new Error(`the laboratory has no node ${id}`);
    return host;
  }

  raft(id: NodeId): Raft {
    return this.host(id).raft;
  }

  get ids(): readonly NodeId[] {
    return [...this.#hosts.keys()];
  }

  /** The nodes that take themselves for leader. */
  leaders(): readonly NodeId[] {
    return this.ids.filter((id) => this.host(id).up && this.raft(id).role === 'leader');
  }

  // Time.

  /** `id`'s election time-out passes, now or as soon as it is due; nobody else's does. */
  expire(id: NodeId): void {
    const { role, term } = this.raft(id);
    const quiet = this.network.length;
    // A timer may be set for an earlier time than the time-out ends at: it then only sets itself anew.
    for (let i = 0; i < 4; i++) {
      this.#fire(id, timers.election);
      if (this.raft(id).role !== role || this.raft(id).term !== term || this.network.length > quiet) return;
    }
  }

  /** `id` sends its next heartbeats. */
  beat(id: NodeId): void {
    this.#fire(id, timers.heartbeat);
  }

  #fire(id: NodeId, timer: number): void {
    const host = this.host(id);
    const due = host.timers[timer] ?? Number.POSITIVE_INFINITY;
    if (!Number.isFinite(due)) return;
    this.now = Math.max(this.now, due - host.skewUs);
    this.step(id, { kind: 'timer', now: 0, timer });
  }

  /** Time passes: timers fire in order, messages arrive at once (where links allow). */
  pass(us: number): void {
    const end = this.now + us;
    for (;;) {
      let next: LabHost | null = null;
      let timer = 0;
      let at = end;
      for (const host of this.#hosts.values()) {
        if (!host.up) continue;
        for (let t = 0; t < host.timers.length; t++) {
          const due = (host.timers[t] ?? Number.POSITIVE_INFINITY) - host.skewUs;
          if (due <= at && (next === null || due < at)) [next, timer, at] = [host, t, due];
        }
      }
      if (next === null) break;
      this.now = Math.max(this.now, at);
      this.step(next.id, { kind: 'timer', now: 0, timer });
      this.settle();
    }
    this.now = end;
  }

  // The network.

  /** Deliver until nothing is left to deliver; messages on cut links are lost, on held links they wait. */
  settle(): void {
    for (let count = 0; count < 10_000; count++) {
      const at = this.network.findIndex(({ from, to }) => !this.#held.has(`${from}>${to}`));
      if (at < 0) return;
      const [envelope] = this.network.splice(at, 1);
      this.#arrive(envelope as Envelope);
    }
    throw new Error('the nodes never stop talking');
  }

  /** Deliver the messages under way that fit, and not what they cause. How many there were. */
  deliver(type: MessageName, from?: NodeId, to?: NodeId): number {
    const taken = this.take(type, from, to);
    for (const envelope of taken) this.#arrive(envelope);
    return taken.length;
  }

  /** Messages under way that fit. */
  sent(type: MessageName, from?: NodeId, to?: NodeId): readonly RaftMessage[] {
    return this.network.filter((envelope) => fits(envelope, type, from, to)).map(({ message }) => message);
  }

  /** Take messages off the network: lost, or handed over later by `hand`. */
  take(type: MessageName, from?: NodeId, to?: NodeId): readonly Envelope[] {
    const taken = this.network.filter((envelope) => fits(envelope, type, from, to));
    this.network = this.network.filter((envelope) => !taken.includes(envelope));
    return taken;
  }

  hand(envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) this.#arrive(envelope);
  }

  /** A made-up message; fields not given are empty. */
  tell(from: NodeId, to: NodeId, type: MessageName, fields: Partial<RaftMessage>): void {
    const empty = { index: 0, logTerm: 0, commit: 0, reject: false, hint: 0, context: 0, version: 2, entries: [], snapshot: null };
    this.#arrive({ from, to, message: { term: 0, ...empty, ...fields, type: messageTypes[type] } });
  }

  #arrive({ from, to, message }: Envelope): void {
    const host = this.#hosts.get(to);
    if (host === undefined || !host.up || this.#cut.has(`${from}>${to}`)) return;
    this.step(to, { kind: 'message', now: 0, from, message });
  }

  /** Messages from `from` to `to` are lost from now on. */
  cut(from: NodeId, to: NodeId): void {
    this.#cut.add(`${from}>${to}`);
  }

  isolate(...ids: readonly NodeId[]): void {
    for (const id of ids)
      for (const other of this.ids)
        if (!ids.includes(other)) {
          this.cut(id, other);
          this.cut(other, id);
        }
  }

  heal(): void {
    this.#cut.clear();
  }

  /** Messages from `from` to `to` wait from now on. */
  hold(from: NodeId, to: NodeId): void {
    this.#held.add(`${from}>${to}`);
  }

  release(): void {
    this.#held.clear();
  }

  // What is done to nodes.

  step(id: NodeId, input: Input<RaftMessage, RaftRecord>): void {
    this.host(id).step(input);
  }

  /** `id` campaigns, everything is delivered. */
  elect(id: NodeId): void {
    this.expire(id);
    this.settle();
  }

  ask(id: NodeId, request: Partial<Request>): number {
    const full: Request = { id: ++this.#requests, session: 0, op: null, mode: 'write', ...request };
    this.step(id, { kind: 'request', now: 0, from: 99, request: full });
    return full.id;
  }

  /** Propose `op` at `id`; the request's id. Nothing is delivered yet. */
  propose(id: NodeId, op: Value): number {
    return this.ask(id, { op });
  }

  read(id: NodeId): number {
    return this.ask(id, { mode: 'linearizable' });
  }

  order(id: NodeId, op: Value): number {
    return this.ask(id, { mode: 'admin', op });
  }

  /** The answer to request `id` that node `node` gave, or null. */
  reply(node: NodeId, id: number): Reply | null {
    return this.host(node).replies.find((reply) => reply.id === id) ?? null;
  }

  /** The index at which node `node` may answer read `id`, or null while it may not. */
  readReady(node: NodeId, id: number): number | null {
    return this.host(node).reads.find((read) => read.id === id)?.index ?? null;
  }

  /** What `id` applied, null for empty entries and membership changes. */
  applied(id: NodeId): readonly Value[] {
    return this.host(id).applied.map((command: Command | null) => command?.op ?? null);
  }

  /** Terms of the entries in `id`'s log, from its first on. */
  terms(id: NodeId): readonly number[] {
    const { log } = this.raft(id);
    return Array.from({ length: log.last - log.base }, (_, i) => log.term(log.base + 1 + i));
  }

  // Facts.

  /** The case fails unless `actual` is `expected`. */
  equal(actual: unknown, expected: unknown, what: string): void {
    const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
  }

  holds(fact: boolean, what: string): void {
    if (!fact) throw new Error(`it does not hold that ${what}`);
  }
}

export const entryOf = (term: number, op: Value) => makeEntry(term, entryKinds.normal, 0, 0, op, op === null ? 0 : 8);

function recordOf({ terms = [], term = terms.at(-1) ?? 0, vote = 0, commit = 0 }: Disk): RaftRecord {
  const entries = terms.map((each, i) => entryOf(each, `e${i + 1}`));
  return { term, vote, commit, first: 1, entries, snapshot: null, baseTerm: 0 };
}

export const snapshotOf = (index: number, term: number, voters: readonly NodeId[], data: Value = null): Snapshot => ({
  index,
  term,
  configuration: { voters, outgoing: [], learners: [], learnersNext: [], witnesses: [], autoLeave: false },
  data,
});

function fits({ from, to, message }: Envelope, type: MessageName, sender?: NodeId, receiver?: NodeId): boolean {
  return message.type === messageTypes[type] && (sender === undefined || sender === from) && (receiver === undefined || receiver === to);
}
