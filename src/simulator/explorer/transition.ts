/** What one input does to one node: the host of the steps that it causes, under one script of choices. */
import {
  type BeliefKind,
  digest,
  type Effects,
  encodeValue,
  InvariantViolation,
  type NodeId,
  type Proof,
  type Reply,
  type Request,
  type SignedInput,
  type Token,
  type Value,
  type VerifiedInput,
} from '../../core/index.ts';
import { type AnyNode, type Entry, type Held, INPUT, type LocalState, type Outcome, type Parcel, type Registry } from './local-state.ts';
import type { WorldEvent, WorldOptions } from './world-options.ts';

/** A signature that says all it stands for: a world without a table, where nobody signs for another. */
export const nameOf = (signer: NodeId, content: Value, proof: Proof): Value => `${proof} ${signer} ${digest(encodeValue(content))}`;

/** One transition under one script of choices: the host of the steps it makes. */
export class Transition implements Effects<unknown, unknown, unknown> {
  readonly taken: number[] = [];
  readonly ranges: number[] = [];
  readonly #states: Registry;
  readonly #script: readonly number[];
  readonly #sends: number[] = [];
  readonly #events: number[] = [];
  #id: NodeId = 0;
  #node: AnyNode | null = null;
  #now = 0;
  #journal: Entry[] = [];
  #durable = 0;
  #tokens: Token[] = [];
  #durableToken: Token = 0;
  #held: Held[] = [];
  #timers: number[] = [];
  #broken = false;
  readonly #answers: (SignedInput | VerifiedInput)[] = [];

  constructor(states: Registry, script: readonly number[]) {
    this.#states = states;
    this.#script = script;
  }

  run(state: LocalState, code: number): void {
    const what = Math.floor(code / 0x8000000);
    const which = code % 0x8000000;
    if (what === INPUT.crash) return this.#crash(state, which);
    this.#id = state.id;
    this.#node = state.node.clone();
    this.#now = state.now;
    this.#journal = [...state.journal];
    this.#durable = state.durable;
    this.#tokens = [...state.tokens];
    this.#durableToken = state.durableToken;
    this.#held = [...state.held];
    this.#timers = [...state.timers];
    if (what === INPUT.deliver) this.#deliver(this.#states.parcels[which] as Parcel);
    else if (what === INPUT.timer) this.#fire(which);
    else if (what === INPUT.sync) this.#sync();
    else {
      const input = this.#states.options.inputs[which] as WorldOptions['inputs'][number];
      this.#step({ kind: 'request', now: this.#now, from: input.from ?? 0, request: input.request });
    }
    this.#settle();
  }

  /** A node's life begins with `journal`, all of it durable. */
  begin(id: NodeId, journal: readonly Entry[]): void {
    this.#id = id;
    this.#node = this.#states.create(id);
    this.#journal = [...journal];
    this.#durable = journal.length;
    this.#timers = this.#states.options.protocol.timers.map(() => Number.POSITIVE_INFINITY);
    this.#step({ kind: 'start', now: 0, records: journal.map(({ record }) => this.#states.record(record)) });
    this.#settle();
  }

  /** Of what was not durable, `kept` records survive. It starts again at once: a node that is down is one that is slow. */
  #crash(state: LocalState, kept: number): void {
    const survived = state.journal.slice(0, state.durable + kept);
    const last = survived.findLastIndex(({ checkpoint }) => checkpoint);
    this.see({ kind: 'crash', node: state.id });
    this.begin(state.id, survived.slice(Math.max(0, last)));
  }

  #deliver({ kind, from, payload }: Parcel): void {
    const now = this.#now;
    if (kind === 'message') this.#step({ kind, now, from, message: payload });
    else if (kind === 'request') this.#step({ kind, now, from, request: payload as Request });
    else this.#step({ kind, now, from, port: '', reply: payload as Reply });
  }

  #fire(timer: number): void {
    this.#now = Math.max(this.#now, this.#timers[timer] as number);
    this.#timers[timer] = Number.POSITIVE_INFINITY;
    this.#step({ kind: 'timer', now: this.#now, timer });
  }

  /** The oldest record that is not durable becomes so; what waited for it leaves; the node hears of it. */
  #sync(): void {
    const token = this.#tokens.shift() as Token;
    this.#durable += 1;
    this.#durableToken = token;
    if (this.#journal[this.#durable - 1]?.checkpoint === true) {
      this.#journal = this.#journal.slice(this.#durable - 1);
      this.#durable = 1;
    }
    const stay: Held[] = [];
    for (const held of this.#held) {
      if (held.after <= token) this.#sends.push(held.parcel);
      else stay.push(held);
    }
    this.#held = stay;
    this.#step({ kind: 'persisted', now: this.#now, token });
  }

  /** On an instant disk nothing waits. */
  #settle(): void {
    if (this.#states.options.disk !== 'instant') return;
    while (this.#tokens.length > 0 && !this.#broken) this.#sync();
  }

  #step(input: Parameters<AnyNode['step']>[0]): void {
    this.#stepOnce(input);
    for (let answer = this.#answers.shift(); answer !== undefined; answer = this.#answers.shift()) {
      if (!this.#broken) this.#stepOnce(answer);
    }
  }

  #stepOnce(input: Parameters<AnyNode['step']>[0]): void {
    this.#states.steps += 1;
    try {
      (this.#node as AnyNode).step(input, this);
    } catch (error) {
      if (!(error instanceof InvariantViolation)) throw error;
      this.#broken = true;
      this.see({ kind: 'broken', node: this.#id, invariant: error.invariant, message: error.message });
    }
  }

  outcome(): Outcome {
    const states = this.#states;
    const local = states.stateId({
      id: this.#id,
      node: this.#node as AnyNode,
      now: this.#now,
      journal: this.#journal,
      durable: this.#durable,
      tokens: this.#tokens,
      durableToken: this.#durableToken,
      held: this.#held,
      timers: this.#timers,
      broken: this.#broken,
    });
    return { local, sends: states.sends.idOf(this.#sends), events: states.sights.idOf(this.#events) };
  }

  see(event: WorldEvent): void {
    if (this.#states.options.observer !== undefined) this.#events.push(this.#states.eventId(event));
  }

  #depart(parcel: Parcel, after: Token): void {
    const id = this.#states.parcelId(parcel);
    if (after > this.#durableToken && this.#tokens.some((token) => token <= after)) this.#held.push({ parcel: id, after });
    else this.#sends.push(id);
  }

  send(to: NodeId, message: unknown, after: Token): void {
    this.#depart({ kind: 'message', from: this.#id, to, payload: message }, after);
  }

  persist(token: Token, record: unknown): void {
    this.#journal.push({ record: this.#states.recordId(record), checkpoint: false });
    this.#tokens.push(token);
  }

  checkpoint(token: Token, record: unknown): void {
    this.#journal.push({ record: this.#states.recordId(record), checkpoint: true });
    this.#tokens.push(token);
  }

  load(): void {
    this.#unsupported('load');
  }

  /** Cryptography takes no time here: what was asked is answered before anything else happens. */
  sign(token: Token, content: Value, proof: Proof): void {
    this.#answers.push({ kind: 'signed', now: this.#now, token, signature: nameOf(this.#id, content, proof) });
  }

  verify(token: Token, signer: NodeId, content: Value, signature: Value, proof: Proof): void {
    this.#answers.push({ kind: 'verified', now: this.#now, token, valid: signature === nameOf(signer, content, proof) });
  }

  #unsupported(effect: string): never {
    throw new InvariantViolation('explorer-host', `node ${this.#id} asked its host to ${effect}, which the explorer cannot do`);
  }

  timer(timer: number, atUs: number): void {
    this.#timers[timer] = atUs;
  }

  request(to: NodeId | string, request: Request): void {
    if (typeof to === 'string') throw new InvariantViolation('explorer-host', `node ${this.#id} asked port ${to}, which nobody serves`);
    this.#depart({ kind: 'request', from: this.#id, to, payload: request }, 0);
  }

  /** Answers to nodes travel; answers to clients, which are not part of the world, are only seen. */
  reply(to: NodeId, reply: Reply): void {
    if (this.#states.options.nodes.includes(to)) this.#depart({ kind: 'reply', from: this.#id, to, payload: reply }, 0);
    else this.see({ kind: 'reply', node: this.#id, to, reply });
  }

  indicate(indication: unknown): void {
    this.see({ kind: 'indication', node: this.#id, indication });
  }

  belief(kind: BeliefKind, value: Value, epoch: number): void {
    this.see({ kind: 'belief', node: this.#id, belief: kind, value, epoch });
  }

  choose(n: number): number {
    const at = this.taken.length;
    const choice = this.#script[at] ?? 0;
    this.taken.push(choice);
    this.ranges.push(n);
    return choice;
  }
}
