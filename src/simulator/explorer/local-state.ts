/**
 * One node of a world with everything that is its own: memory, journal, messages that wait for the journal, timers.
 * Local states are numbered by their canonical bytes; a transition is computed once for each (state, input) and
 * remembered, since `step` is deterministic. `choose` branches: the step is run again for each sequence of choices.
 */
import {
  type BeliefKind,
  type Effects,
  InvariantViolation,
  type Node,
  type NodeId,
  type Reply,
  type Request,
  type Token,
  type Value,
  Writer,
} from '../../core/index.ts';
import { ByteTable, ListTable, TupleTable } from './interning.ts';
import type { WorldEvent, WorldOptions } from './world-options.ts';

export type AnyNode = Node<unknown, unknown, unknown>;

/** What travels between nodes. */
export interface Parcel {
  readonly kind: 'message' | 'request' | 'reply';
  readonly from: NodeId;
  readonly to: NodeId;
  readonly payload: unknown;
}

/** A record in a journal. */
interface Entry {
  readonly record: number;
  readonly checkpoint: boolean;
}

interface Held {
  readonly parcel: number;
  readonly after: Token;
}

export interface LocalState {
  readonly id: NodeId;
  /** Never stepped: transitions step clones. */
  readonly node: AnyNode;
  /** The node's clock. It stands still but for timers, which fire at their time. */
  readonly now: number;
  /** Oldest first, the first `durable` of them durable. */
  readonly journal: readonly Entry[];
  readonly durable: number;
  /** Tokens of the journal's entries that are not durable. */
  readonly tokens: readonly Token[];
  readonly durableToken: Token;
  /** Messages that wait for a token. */
  readonly held: readonly Held[];
  /** Local times by timer; Infinity: not armed. */
  readonly timers: readonly number[];
  /** An invariant of its own that it broke: it makes no more steps. */
  readonly broken: boolean;
}

/** Inputs of a local state, as codes: what * 2^27 + which. */
export const INPUT = { deliver: 0, timer: 1, sync: 2, crash: 3, request: 4 } as const;
export const inputCode = (what: number, which: number): number => what * 0x8000000 + which;

/** What a transition may lead to: the new local state, the parcels that left, what was to be seen. */
export interface Outcome {
  readonly local: number;
  /** In ListTable `sends`, in the order of sending. */
  readonly sends: number;
  /** In ListTable `sights`. */
  readonly events: number;
}

/** Choices above this number are an error of the setting, not a branching worth exploring. */
const MOST_OUTCOMES = 100_000;

export class LocalStates {
  readonly options: WorldOptions;
  readonly states: LocalState[] = [];
  readonly parcels: Parcel[] = [];
  readonly events: WorldEvent[] = [];
  readonly sends = new ListTable();
  readonly sights = new ListTable();
  /** Steps really made; everything else was remembered. */
  steps = 0;
  readonly #stateIds = new ByteTable();
  readonly #parcelIds = new ByteTable();
  readonly #recordIds = new ByteTable();
  readonly #eventIds = new ByteTable();
  readonly #records: unknown[] = [];
  readonly #memo = new TupleTable(2);
  readonly #outcomes: (readonly Outcome[])[] = [];
  readonly #writer = new Writer(4096);
  readonly #peers: readonly NodeId[];

  constructor(options: WorldOptions) {
    this.options = options;
    this.#peers = options.nodes;
  }

  /** Outcomes of an input on a local state. */
  transition(local: number, code: number): readonly Outcome[] {
    const at = this.#memo.insert2(local, code);
    const known = this.#outcomes[at];
    if (known !== undefined) return known;
    const state = this.states[local] as LocalState;
    const outcomes = this.#branch((transition) => transition.run(state, code));
    this.#outcomes[at] = outcomes;
    return outcomes;
  }

  /** Outcomes of a node's first start. */
  start(id: NodeId): readonly Outcome[] {
    return this.#branch((transition) => transition.begin(id, []));
  }

  /** Runs a transition for every sequence of choices; equal outcomes are one. */
  #branch(run: (transition: Transition) => void): readonly Outcome[] {
    const outcomes: Outcome[] = [];
    let script: number[] = [];
    for (;;) {
      const transition = new Transition(this, script);
      run(transition);
      const outcome = transition.outcome();
      if (!outcomes.some(({ local, sends, events }) => local === outcome.local && sends === outcome.sends && events === outcome.events))
        outcomes.push(outcome);
      const next = followingScript(transition.taken, transition.ranges);
      if (next === null) return outcomes;
      if (outcomes.length > MOST_OUTCOMES)
        throw new InvariantViolation('explorer-choices', `more than ${MOST_OUTCOMES} outcomes of one step`);
      script = next;
    }
  }

  create(id: NodeId): AnyNode {
    return this.options.create(id, this.#peers);
  }

  parcelId(parcel: Parcel): number {
    const w = this.#writer;
    w.reset();
    w.text(parcel.kind);
    w.uint(parcel.from);
    w.uint(parcel.to);
    if (parcel.kind === 'message') this.options.protocol.message.write(w, parcel.payload);
    else w.value(plain(parcel.payload));
    const id = this.#parcelIds.idOf(w);
    if (id === this.parcels.length) this.parcels.push(parcel);
    return id;
  }

  recordId(record: unknown): number {
    const w = this.#writer;
    w.reset();
    this.options.protocol.record.write(w, record);
    const id = this.#recordIds.idOf(w);
    if (id === this.#records.length) this.#records.push(record);
    return id;
  }

  record(id: number): unknown {
    return this.#records[id];
  }

  eventId(event: WorldEvent): number {
    const w = this.#writer;
    w.reset();
    w.value(plain(event));
    const id = this.#eventIds.idOf(w);
    if (id === this.events.length) this.events.push(event);
    return id;
  }

  /** The number of a local state. Times count from its clock, tokens by their order: what they are called changes nothing. */
  stateId(state: LocalState): number {
    const w = this.#writer;
    w.reset();
    w.uint(state.id);
    w.bool(state.broken);
    if (!state.broken) state.node.encode(w);
    w.uint(state.durable);
    w.uint(state.journal.length);
    for (const { record, checkpoint } of state.journal) w.uint(record * 2 + (checkpoint ? 1 : 0));
    w.uint(state.held.length);
    for (const { parcel, after } of state.held) {
      w.uint(parcel);
      w.uint(state.tokens.filter((token) => token <= after).length);
    }
    for (const atUs of state.timers) {
      if (atUs === Number.POSITIVE_INFINITY) w.u8(0);
      else {
        w.u8(1);
        w.uint(Math.max(0, atUs - state.now));
      }
    }
    const id = this.#stateIds.idOf(w);
    if (id === this.states.length) this.states.push(state);
    return id;
  }
}

/** Values without absent fields: requests, replies and events have optional ones. */
function plain(value: unknown): Value {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return (value ?? null) as Value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, plain(inner)]])));
}

/** The next sequence of choices in lexicographic order; null after the last. */
function followingScript(taken: readonly number[], ranges: readonly number[]): number[] | null {
  for (let i = taken.length - 1; i >= 0; i--) {
    if ((taken[i] as number) + 1 < (ranges[i] as number)) return [...taken.slice(0, i), (taken[i] as number) + 1];
  }
  return null;
}

/** One transition under one script of choices: the host of the steps it makes. */
class Transition implements Effects<unknown, unknown, unknown> {
  readonly taken: number[] = [];
  readonly ranges: number[] = [];
  readonly #states: LocalStates;
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

  constructor(states: LocalStates, script: readonly number[]) {
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

  sign(): void {
    this.#unsupported('sign');
  }

  verify(): void {
    this.#unsupported('verify');
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
