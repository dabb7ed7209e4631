/**
 * One life of a node, from what its disk kept to the crash that ends it: writes are durable at once, its clock stands still
 * until a time-out, proofs are checked at once and signatures are there at once or once they are released. What it says, writes and tells its host is kept.
 */
import {
  type Effects,
  type Input,
  InvariantViolation,
  type Node,
  type NodeId,
  type Proof,
  type Request,
  type Token,
  type Value,
} from '../../../core/index.ts';
import { nameOf } from '../transition.ts';

export class Life<M, R, I> implements Effects<M, R, I> {
  readonly id: NodeId;
  readonly node: Node<M, R, I>;
  /** What its disk would keep. */
  records: R[];
  /** Each message once, however many it went to. */
  readonly said = new Set<M>();
  readonly told: I[] = [];
  /** The invariant of its own that it broke: it has made no step since. */
  broken: string | null = null;
  readonly #timers: number[] = [];
  readonly #answers: Input<M, R>[] = [];
  /** Null: they do not wait. */
  #unsigned: Input<M, R>[] | null;
  #now = 0;

  /** `slowSignatures`: they wait until they are released. */
  constructor(id: NodeId, node: Node<M, R, I>, records: readonly R[], slowSignatures = false) {
    this.id = id;
    this.node = node;
    this.records = [...records];
    this.#unsigned = slowSignatures ? [] : null;
    this.#step({ kind: 'start', now: 0, records });
  }

  hear(from: NodeId, message: M): void {
    this.#step({ kind: 'message', now: this.#now, from, message });
  }

  /** What was to be signed is, and whatever follows from that. */
  release(): void {
    const waiting = this.#unsigned ?? [];
    this.#unsigned = null;
    for (const signed of waiting) this.#step(signed);
  }

  ask(from: NodeId, request: Request): void {
    this.#step({ kind: 'request', now: this.#now, from, request });
  }

  /** Whether it was armed. */
  fire(timer: number): boolean {
    const atUs = this.#timers[timer] ?? Number.POSITIVE_INFINITY;
    if (atUs === Number.POSITIVE_INFINITY) return false;
    this.#now = Math.max(this.#now, atUs);
    this.#timers[timer] = Number.POSITIVE_INFINITY;
    this.#step({ kind: 'timer', now: this.#now, timer });
    return true;
  }

  #step(input: Input<M, R>): void {
    this.#stepOnce(input);
    for (let answer = this.#answers.shift(); answer !== undefined; answer = this.#answers.shift()) this.#stepOnce(answer);
  }

  #stepOnce(input: Input<M, R>): void {
    if (this.broken !== null) return;
    try {
      this.node.step(input, this);
    } catch (error) {
      if (!(error instanceof InvariantViolation)) throw error;
      this.broken = error.invariant;
    }
  }

  send(_to: NodeId, message: M): void {
    this.said.add(message);
  }

  persist(token: Token, record: R): void {
    this.records.push(record);
    this.#answers.push({ kind: 'persisted', now: this.#now, token });
  }

  checkpoint(token: Token, record: R): void {
    this.records = [];
    this.persist(token, record);
  }

  sign(token: Token, content: Value, proof: Proof): void {
    const signed: Input<M, R> = { kind: 'signed', now: this.#now, token, signature: nameOf(this.id, content, proof) };
    (this.#unsigned ?? this.#answers).push(signed);
  }

  verify(token: Token, signer: NodeId, content: Value, signature: Value, proof: Proof): void {
    this.#answers.push({ kind: 'verified', now: this.#now, token, valid: signature === nameOf(signer, content, proof) });
  }

  timer(timer: number, atUs: number): void {
    this.#timers[timer] = atUs;
  }

  indicate(indication: I): void {
    this.told.push(indication);
  }

  load(): void {
    this.#unsupported('load');
  }

  request(): void {
    this.#unsupported('ask another node');
  }

  choose(): number {
    return this.#unsupported('choose');
  }

  /** Clients are not part of it. */
  reply(): void {}
  belief(): void {}

  #unsupported(effect: string): never {
    throw new InvariantViolation('explorer-host', `node ${this.id} asked its host to ${effect}, which nobody does here`);
  }
}
