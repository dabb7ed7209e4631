/**
 * The host of one vote node in a process (the duties of core's README): one input at a time, signatures by the engine, clocks
 * and timers of the system. Where messages go, what the disk is and how the service is asked, its owner says.
 */
import type { Input, NodeId, Reply, Value } from '../core/index.ts';
import { type Engine, Prover } from '../crypto/index.ts';
import type { VoteIndication, VoteMessage, VoteNode, VoteRecord } from '../protocols/vote/index.ts';

export interface MachineOwner {
  send(to: NodeId, message: VoteMessage): void;
  /** Returns once the record is durable. */
  persist(record: VoteRecord): void;
  /** Calls back later, never at once. */
  load(query: Value, answer: (value: unknown) => void): void;
  reply(reply: Reply): void;
  indicate(indication: VoteIndication): void;
}

type VoteInput = Input<VoteMessage, VoteRecord>;
type Out = Parameters<VoteNode['step']>[1];
/** An input before the clock is read. */
type Timeless<I> = I extends unknown ? Omit<I, 'now'> : never;

export class Machine {
  readonly node: VoteNode;
  readonly #owner: MachineOwner;
  readonly #now: () => number;
  readonly #prover: Prover;
  readonly #waiting: VoteInput[] = [];
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #out: Out;
  #closed = false;

  /** `nowMs`: the clock by which things expire. */
  constructor(node: VoteNode, engine: Engine, owner: MachineOwner, nowMs: () => number = Date.now) {
    this.node = node;
    this.#owner = owner;
    this.#now = () => Math.floor(nowMs() * 1000);
    this.#prover = new Prover(engine, this.#now);
    this.#out = this.#effects();
  }

  /** What happened to the node; returns when everything that follows at once has happened, too. */
  step(input: Timeless<VoteInput>): void {
    if (this.#closed) return;
    this.#waiting.push({ ...input, now: this.#now() } as VoteInput);
    if (this.#waiting.length > 1) return;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      this.node.step(next, this.#out);
      for (let answer = this.#prover.take(); answer !== null; answer = this.#prover.take()) this.node.step(answer, this.#out);
      this.#waiting.shift();
    }
  }

  #effects(): Out {
    const nobody = (): never => {
      throw new Error('a vote node asks for nothing of this kind');
    };
    return {
      // The disk is written within `persist`: what a message waits for is always durable.
      send: (to, message) => this.#owner.send(to, message),
      persist: (token, record) => {
        this.#owner.persist(record);
        this.#waiting.push({ kind: 'persisted', now: this.#now(), token });
      },
      checkpoint: nobody,
      load: (token, query) => this.#owner.load(query, (value) => this.step({ kind: 'loaded', token, value })),
      sign: (token, content, proof) => this.#prover.sign(token, content, proof),
      verify: (token, signer, content, signature, proof) => this.#prover.verify(token, signer, content, signature, proof),
      timer: (timer, atUs) => this.#arm(timer, atUs),
      request: nobody,
      reply: (_to, reply) => this.#owner.reply(reply),
      indicate: (indication) => this.#owner.indicate(indication),
      belief: () => undefined,
      choose: nobody,
    };
  }

  #arm(timer: number, atUs: number): void {
    clearTimeout(this.#timers.get(timer));
    this.#timers.delete(timer);
    if (atUs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(0, Math.ceil((atUs - this.#now()) / 1000));
    this.#timers.set(
      timer,
      setTimeout(() => this.step({ kind: 'timer', timer }), waitMs),
    );
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}
