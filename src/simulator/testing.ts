/**
 * A small ordering protocol to try the simulator on: one fixed sequencer (the lowest id) orders commands and applies
 * them once a majority has them on disk. Safe under every fault but disk loss and lies; without the sequencer it waits.
 */
import {
  type Command,
  type Effects,
  type Input,
  type Node,
  type NodeId,
  type OrderingIndication,
  type Schema,
  schema,
  Writer,
} from '../core/index.ts';
import { Client, KeyValue, Replica } from '../protocols/replication/index.ts';

export { drawToy, ToyAgreement, toyAgreement } from './adversaries/testing.ts';

import type { LinkPlan } from './network.ts';
import type { Plan } from './plan.ts';
import type { AnyNode, Subject } from './subject.ts';

export type ToyMessage =
  | { readonly type: 'append'; readonly first: number; readonly commands: readonly Command[]; readonly commit: number }
  | { readonly type: 'ack'; readonly have: number };

type Out = Effects<ToyMessage, Command, OrderingIndication>;
const RESEND = 0;
const RESEND_US = 20_000;

const commandSchema: Schema<Command> = schema.struct<Command>({ session: schema.uint, id: schema.uint, op: schema.value });
const messageSchema: Schema<ToyMessage> = schema.union<ToyMessage>({
  append: schema.struct({ first: schema.uint, commands: schema.list(commandSchema), commit: schema.uint }),
  ack: schema.struct({ have: schema.uint }),
});

export class ToySequencer implements Node<ToyMessage, Command, OrderingIndication> {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  log: Command[] = [];
  durable = 0;
  applied = 0;
  commit = 0;
  #token = 0;
  #have = new Map<NodeId, number>();

  constructor(id: NodeId, peers: readonly NodeId[]) {
    this.id = id;
    this.peers = peers;
  }

  get leads(): boolean {
    return this.id === this.peers[0];
  }

  step(input: Input<ToyMessage, Command>, out: Out): void {
    switch (input.kind) {
      case 'start':
        this.log = [...input.records];
        this.durable = this.log.length;
        if (!this.leads) break;
        out.belief('role', 'leader', 1);
        out.timer(RESEND, input.now + RESEND_US);
        this.advance(out);
        break;
      case 'timer':
        for (const peer of this.peers) if (peer !== this.id) this.#append(peer, out);
        out.timer(RESEND, input.now + RESEND_US);
        break;
      case 'persisted':
        this.durable++;
        if (this.leads) {
          for (const peer of this.peers) if (peer !== this.id) this.#append(peer, out);
          this.advance(out);
        } else out.send(this.peers[0] as NodeId, { type: 'ack', have: this.durable }, 0);
        break;
      case 'message':
        this.#message(input.from, input.message, out);
        break;
      case 'request': {
        const { session, id, op, mode } = input.request;
        if (!this.leads) out.reply(input.from, { session, id, outcome: 'fail', code: 'LC_NOT_LEADER', leader: this.peers[0] as NodeId });
        else if (mode === 'write') this.#write({ session, id, op }, out);
        else if (mode === 'linearizable') out.indicate({ kind: 'readReady', session, id, index: this.log.length });
      }
    }
  }

  #write(command: Command, out: Out): void {
    this.log.push(command);
    out.persist(++this.#token, command);
  }

  #append(to: NodeId, out: Out): void {
    const first = this.#have.get(to) ?? 0;
    out.send(to, { type: 'append', first, commands: this.log.slice(first, Math.min(first + 64, this.durable)), commit: this.commit }, 0);
  }

  #message(from: NodeId, message: ToyMessage, out: Out): void {
    if (message.type === 'ack') {
      this.#have.set(from, Math.max(message.have, this.#have.get(from) ?? 0));
      this.advance(out);
      return;
    }
    for (const [i, command] of message.commands.entries()) {
      if (message.first + i === this.log.length) this.#write(command, out);
    }
    this.commit = Math.max(this.commit, Math.min(message.commit, this.log.length));
    this.#apply(out);
    if (message.commands.length === 0 || this.durable === this.log.length) out.send(from, { type: 'ack', have: this.durable }, 0);
  }

  /** Decision: what a majority has is agreed. */
  quorum(): number {
    return Math.floor(this.peers.length / 2) + 1;
  }

  advance(out: Out): void {
    const have = this.peers.map((peer) => (peer === this.id ? this.durable : (this.#have.get(peer) ?? 0))).sort((a, b) => b - a);
    this.commit = Math.max(this.commit, have[this.quorum() - 1] as number);
    this.#apply(out);
  }

  #apply(out: Out): void {
    if (this.applied >= this.commit) return;
    out.indicate({ kind: 'apply', first: this.applied + 1, commands: this.log.slice(this.applied, this.commit) });
    this.applied = this.commit;
    out.belief('position', this.applied, 0);
  }

  clone(): ToySequencer {
    const copy = new (this.constructor as new (id: NodeId, peers: readonly NodeId[]) => ToySequencer)(this.id, this.peers);
    copy.log = [...this.log];
    copy.durable = this.durable;
    copy.applied = this.applied;
    copy.commit = this.commit;
    copy.#token = this.#token;
    copy.#have = new Map(this.#have);
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.log.length);
    for (const command of this.log) commandSchema.write(w, command);
    for (const number of [this.durable, this.applied, this.commit]) w.uint(number);
  }
}

/** `make`: the sequencer, or one with a bug. */
export function toySubject(
  make: (id: NodeId, peers: readonly NodeId[]) => ToySequencer = (id, peers) => new ToySequencer(id, peers),
): Subject {
  return {
    name: 'toy',
    version: 1,
    message: messageSchema as Schema<unknown>,
    record: commandSchema as Schema<unknown>,
    timers: ['resend'],
    model: 'kv',
    tolerates: () => [
      'partition',
      'loss',
      'delay',
      'duplicate',
      'reorder',
      'kill',
      'pause',
      'restart',
      'torn-write',
      'slow-disk',
      'clock-jump',
    ],
    create: (id, peers) =>
      new Replica(make(id, peers), new KeyValue(), { snapshotEvery: 0, maxSessions: 100, maxWaitingReads: 100 }) as AnyNode,
    client: (id, servers, _settings, incarnation) =>
      new Client(id, { servers, attemptUs: 100_000, giveUpUs: 1_000_000, backoffUs: 10_000, incarnation, duplicates: true }) as AnyNode,
    drawSettings: () => ({}),
    stateDigest(node) {
      const w = new Writer();
      (node as Replica<unknown, unknown>).machine.encode(w);
      return String(w.take());
    },
    mayStall: (_world, _beliefs, core) => (core.includes(1) ? null : 'the sequencer is frozen'),
    goals: [],
  };
}

export const calmLinks: LinkPlan = { minUs: 200, maxUs: 2000, tailPpm: 0, tailUs: 0, lossPpm: 0, duplicatePpm: 0, reorderPpm: 0 };

export function toyPlan(changes: Partial<Plan> = {}): Plan {
  return {
    seed: 1,
    nodes: 3,
    clients: 3,
    durationMs: 2000,
    settings: {},
    links: calmLinks,
    clientLinks: calmLinks,
    disk: { syncMinUs: 100, syncMaxUs: 800 },
    clockOffsetUs: 1000,
    clockDriftPpm: 100,
    workload: {
      keys: 3,
      thinkMinUs: 100,
      thinkMaxUs: 5000,
      readPpm: 400_000,
      casPpm: 100_000,
      staleReads: false,
      adminPpm: 0,
      operations: 100_000,
      placement: 'roaming',
      keyOrder: 'uniform',
    },
    faults: [],
    encoded: false,
    liveness: { commits: 10, boundMs: 3000, freeze: 'nobody' },
    ...changes,
  };
}
