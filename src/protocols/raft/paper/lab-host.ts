/** One node of the laboratory with its disk and timers: it writes down every effect, and keeps what a crash leaves. */
import type {
  BeliefKind,
  Command,
  Effects,
  Input,
  Node,
  NodeId,
  OrderingIndication,
  ReadReadyIndication,
  Reply,
  Token,
  Value,
} from '../../../core/index.ts';
import type { RaftMessage } from '../message.ts';
import type { Raft } from '../raft.ts';
import type { RaftRecord } from '../record.ts';
import type { Lab } from './lab.ts';

export type RaftNode = Node<RaftMessage, RaftRecord, OrderingIndication>;

interface Write {
  readonly token: Token;
  readonly record: RaftRecord;
  readonly complete: boolean;
}

interface Made {
  readonly raft: Raft;
  readonly top: RaftNode;
}

export class LabHost implements Effects<RaftMessage, RaftRecord, OrderingIndication> {
  readonly id: NodeId;
  readonly #lab: Lab;
  readonly #make: () => Made;
  #made: Made | null = null;
  /** Durable, oldest first. */
  records: RaftRecord[] = [];
  /** Handed over and not durable. */
  writes: Write[] = [];
  #durable: Token = 0;
  #waiting: { readonly to: NodeId; readonly message: RaftMessage; readonly after: Token }[] = [];
  /** While true nothing becomes durable but by `sync`. */
  slow = false;
  skewUs = 0;
  timers: number[] = [];
  applied: (Command | null)[] = [];
  reads: ReadReadyIndication[] = [];
  replies: Reply[] = [];
  /** The slot that `choose` draws. */
  slot: number;
  /** How many values each draw could have had. */
  draws: number[] = [];

  constructor(lab: Lab, id: NodeId, make: () => Made) {
    this.#lab = lab;
    this.id = id;
    this.#make = make;
    this.slot = id - 1;
  }

  get up(): boolean {
    return this.#made !== null;
  }

  get raft(): Raft {
    if (this.#made === null) throw new Error(`node ${this.id} is down`);
    return this.#made.raft;
  }

  get top(): RaftNode {
    if (this.#made === null) throw new Error(`node ${this.id} is down`);
    return this.#made.top;
  }

  /** A new life with what the disk kept. */
  start(): void {
    this.#made = this.#make();
    this.#durable = 0;
    this.step({ kind: 'start', now: 0, records: this.records.slice() });
  }

  /** Writes that are not durable are gone, and what waited for them; `keep` of them made it to the disk. */
  crash(keep = 0): void {
    for (const write of this.writes.slice(0, keep)) this.#store(write);
    this.#made = null;
    this.writes = [];
    this.#waiting = [];
    this.timers = [];
    this.applied = [];
    this.reads = [];
  }

  restart(): void {
    if (this.up) this.crash();
    this.start();
  }

  step(input: Input<RaftMessage, RaftRecord>): void {
    this.top.step({ ...input, now: this.#lab.now + this.skewUs }, this);
    if (!this.slow) this.sync();
  }

  /** Everything written becomes durable, what waited for it goes, and the node hears of it. */
  sync(count = Number.POSITIVE_INFINITY): void {
    for (let left = count; left > 0 && this.writes.length > 0; left--) {
      const write = this.writes.shift() as Write;
      this.#store(write);
      this.#durable = write.token;
      this.#waiting = this.#waiting.filter((held) => {
        if (held.after > this.#durable) return true;
        this.#depart(held.to, held.message);
        return false;
      });
      this.top.step({ kind: 'persisted', now: this.#lab.now + this.skewUs, token: write.token }, this);
    }
  }

  #store({ record, complete }: Write): void {
    if (complete) this.records = [];
    this.records.push(record);
  }

  #depart(to: NodeId, message: RaftMessage): void {
    this.#lab.network.push({ from: this.id, to, message });
  }

  send(to: NodeId, message: RaftMessage, after: Token): void {
    if (after > this.#durable) this.#waiting.push({ to, message, after });
    else this.#depart(to, message);
  }

  persist(token: Token, record: RaftRecord): void {
    this.writes.push({ token, record, complete: false });
  }

  checkpoint(token: Token, record: RaftRecord): void {
    this.writes.push({ token, record, complete: true });
  }

  timer(timer: number, atUs: number): void {
    this.timers[timer] = atUs;
  }

  indicate(indication: OrderingIndication): void {
    switch (indication.kind) {
      case 'apply':
        this.applied.push(...indication.commands);
        return;
      case 'readReady':
        this.reads.push(indication);
        return;
      case 'restore':
        this.applied = [{ session: 0, id: 0, op: { restored: indication.snapshot, index: indication.index } }];
    }
  }

  reply(_to: NodeId, reply: Reply): void {
    this.replies.push(reply);
  }

  choose(n: number): number {
    this.draws.push(n);
    return this.slot % n;
  }

  belief(_kind: BeliefKind, _value: Value, _epoch: number): void {}
  load(): void {}
  sign(): void {}
  verify(): void {}
  request(): void {}
}
