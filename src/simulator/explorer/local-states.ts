/**
 * Local states by number, their canonical bytes told apart in full. A transition is computed once for each (state,
 * input) and remembered, since `step` is deterministic. `choose` branches: the step is run again for each sequence of
 * choices.
 */
import { InvariantViolation, type NodeId, type Value, Writer } from '../../core/index.ts';
import { ByteTable, ListTable, TupleTable } from './interning.ts';
import type { AnyNode, LocalState, Outcome, Parcel, Registry } from './local-state.ts';
import { Transition } from './transition.ts';
import type { WorldEvent, WorldOptions } from './world-options.ts';

/** Choices above this number are an error of the setting, not a branching worth exploring. */
const MOST_OUTCOMES = 100_000;

export class LocalStates implements Registry {
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
