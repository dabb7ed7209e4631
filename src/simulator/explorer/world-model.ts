/**
 * A world of real nodes as a model: nodes x messages in flight x armed timers, client requests and crashes still to
 * come. A state is a few numbers: of local states (local-states.ts), of the network, of the history that an observer
 * keeps, of what was used of the bounds. Local transitions, network changes and history are all remembered, so most
 * next states cost a few table look-ups. Time is abstract: clocks stand still, any armed timer may fire next.
 */
import { LightconeError, type NodeId } from '../../core/index.ts';
import { ListTable, TupleTable } from './interning.ts';
import { type AnyNode, INPUT, inputCode, type LocalState, type Outcome, type Parcel } from './local-state.ts';
import { LocalStates } from './local-states.ts';
import type { ActionList, Model, Property, Successors } from './model.ts';
import type { Broken, Observer, WorldOptions } from './world-options.ts';

/** Actions: kind * 2^27 + detail. */
const DELIVER = 0;
const DUPLICATE = 1;
const DROP = 2;
const TIMER = 3;
const SYNC = 4;
const CRASH = 5;
const REQUEST = 6;
const DETAIL = 0x8000000;

/** Places of counters in the word of used bounds: seven bits each. */
const USED = { timers: 0, crashes: 7, drops: 14, duplicates: 21 } as const;
const MOST = 127;

interface History {
  readonly value: unknown;
  readonly broken: Broken | null;
}

export class WorldModel implements Model {
  readonly name: string;
  readonly width: number;
  readonly properties: readonly Property[];
  readonly options: WorldOptions;
  readonly locals: LocalStates;
  readonly #count: number;
  readonly #network: number;
  readonly #history: number;
  readonly #used: number;
  readonly #asked: number;
  /** Networks are lists of parcels: sorted (unordered), or by link in the order of sending (ordered). */
  readonly #networks = new ListTable();
  readonly #networkMemo = new TupleTable(3);
  readonly #networkNext: number[] = [];
  readonly #heededMemo = new TupleTable(2);
  readonly #heededNext: number[] = [];
  /** By network: the parcels that may arrive next, each once. */
  readonly #arrivals: (readonly number[] | undefined)[] = [];
  readonly #histories: History[] = [];
  readonly #historyIds = new Map<string, number>();
  readonly #historyMemo = new TupleTable(2);
  readonly #historyNext: number[] = [];
  readonly #indexOf: ReadonlyMap<NodeId, number>;

  /** `properties` may look at the world through the methods below. Throws LC_USAGE on bounds that do not fit. */
  constructor(options: WorldOptions, properties: (world: WorldModel) => readonly Property[] = () => []) {
    checkOptions(options);
    this.options = options;
    this.name = options.name;
    this.locals = new LocalStates(options);
    this.#count = options.nodes.length;
    this.#network = this.#count;
    this.#history = this.#count + 1;
    this.#used = this.#count + 2;
    this.#asked = this.#count + 3;
    this.width = this.#count + 4;
    this.#indexOf = new Map(options.nodes.map((id, i) => [id, i]));
    this.#historyId(options.observer?.initial ?? null);
    this.properties = [...this.#observed(), ...properties(this)];
  }

  #observed(): Property[] {
    const names = this.options.observer?.invariants ?? [];
    return names.map((name) => ({
      name,
      kind: 'always',
      holds: (state) => (this.#histories[state[this.#history] as number] as History).broken?.invariant !== name,
    }));
  }

  // Looking at a state.

  /** The local state of a node. */
  local(state: Int32Array, id: NodeId): LocalState {
    return this.locals.states[state[this.#indexOf.get(id) as number] as number] as LocalState;
  }

  /** The node itself: to look at, never to step. */
  node(state: Int32Array, id: NodeId): AnyNode {
    return this.local(state, id).node;
  }

  /** Messages in flight. */
  inFlight(state: Int32Array): readonly Parcel[] {
    return this.#networks.list(state[this.#network] as number).map((parcel) => this.locals.parcels[parcel] as Parcel);
  }

  history(state: Int32Array): unknown {
    return (this.#histories[state[this.#history] as number] as History).value;
  }

  broken(state: Int32Array): Broken | null {
    return (this.#histories[state[this.#history] as number] as History).broken;
  }

  // The model.

  init(out: Successors): void {
    const empty = new Int32Array(this.width);
    const start = (index: number, state: Int32Array): void => {
      if (index === this.#count) return void out.copy(state);
      for (const outcome of this.locals.start(this.options.nodes[index] as NodeId)) {
        const next = state.slice();
        this.#take(next, 0, index, outcome, -1);
        start(index + 1, next);
      }
    };
    start(0, empty);
  }

  actions(state: Int32Array, out: ActionList): void {
    const { bounds } = this.options;
    const used = state[this.#used] as number;
    const arrivals = this.#arrivalsOf(state[this.#network] as number);
    const duplicates = left(used, USED.duplicates, bounds.duplicates);
    const drops = left(used, USED.drops, bounds.drops);
    for (let i = 0; i < arrivals.length; i++) {
      const parcel = arrivals[i] as number;
      out.push(DELIVER * DETAIL + parcel);
      if (duplicates) out.push(DUPLICATE * DETAIL + parcel);
      if (drops) out.push(DROP * DETAIL + parcel);
    }
    const timers = left(used, USED.timers, bounds.timers);
    const crashes = left(used, USED.crashes, bounds.crashes);
    for (let index = 0; index < this.#count; index++) {
      const local = this.locals.states[state[index] as number] as LocalState;
      if (local.broken) continue;
      if (timers) {
        for (let timer = 0; timer < local.timers.length; timer++)
          if (local.timers[timer] !== Number.POSITIVE_INFINITY) out.push(TIMER * DETAIL + index * 256 + timer);
      }
      const waiting = local.tokens.length;
      if (waiting > 0) out.push(SYNC * DETAIL + index * 256);
      if (crashes) for (let kept = 0; kept <= waiting; kept++) out.push(CRASH * DETAIL + index * 256 + kept);
    }
    const asked = state[this.#asked] as number;
    for (let i = 0; i < this.options.inputs.length; i++) if ((asked & (1 << i)) === 0) out.push(REQUEST * DETAIL + i);
  }

  next(state: Int32Array, action: number, out: Successors): void {
    const kind = Math.floor(action / DETAIL);
    const detail = action % DETAIL;
    switch (kind) {
      case DELIVER:
      case DUPLICATE:
        return this.#deliver(state, detail, kind === DUPLICATE, out);
      case DROP: {
        const at = out.copy(state);
        out.words[at + this.#network] = this.#networkAfter(state[this.#network] as number, detail, 0);
        return this.#use(out.words, at, USED.drops, this.options.bounds.drops);
      }
      case TIMER:
        return this.#local(state, detail >> 8, inputCode(INPUT.timer, detail & 255), out, USED.timers);
      case SYNC:
        return this.#local(state, detail >> 8, inputCode(INPUT.sync, 0), out, -1);
      case CRASH:
        return this.#local(state, detail >> 8, inputCode(INPUT.crash, detail & 255), out, USED.crashes);
      default:
        this.#request(state, detail, out);
    }
  }

  #deliver(state: Int32Array, parcel: number, again: boolean, out: Successors): void {
    const index = this.#indexOf.get((this.locals.parcels[parcel] as Parcel).to) as number;
    const local = state[index] as number;
    if ((this.locals.states[local] as LocalState).broken) return;
    const outcomes = this.locals.transition(local, inputCode(INPUT.deliver, parcel));
    for (let i = 0; i < outcomes.length; i++) {
      const at = out.copy(state);
      this.#take(out.words, at, index, outcomes[i] as Outcome, again ? -1 : parcel);
      if (again) this.#use(out.words, at, USED.duplicates, this.options.bounds.duplicates);
    }
  }

  #local(state: Int32Array, index: number, code: number, out: Successors, use: number): void {
    const outcomes = this.locals.transition(state[index] as number, code);
    const { timers, crashes } = this.options.bounds;
    for (let i = 0; i < outcomes.length; i++) {
      const at = out.copy(state);
      this.#take(out.words, at, index, outcomes[i] as Outcome, -1);
      if (use >= 0) this.#use(out.words, at, use, use === USED.timers ? timers : crashes);
    }
  }

  #request(state: Int32Array, which: number, out: Successors): void {
    const index = this.#indexOf.get((this.options.inputs[which] as WorldOptions['inputs'][number]).node) as number;
    if ((this.locals.states[state[index] as number] as LocalState).broken) return;
    const outcomes = this.locals.transition(state[index] as number, inputCode(INPUT.request, which));
    for (let i = 0; i < outcomes.length; i++) {
      const at = out.copy(state);
      this.#take(out.words, at, index, outcomes[i] as Outcome, -1);
      out.words[at + this.#asked] = (state[this.#asked] as number) | (1 << which);
    }
  }

  /** Applies an outcome of node `index` to the world at `words[at..]`; `arrived`: the parcel that caused it, or -1. */
  #take(words: Int32Array, at: number, index: number, { local, sends, events }: Outcome, arrived: number): void {
    words[at + index] = local;
    if (sends !== 0 || arrived >= 0) words[at + this.#network] = this.#networkAfter(words[at + this.#network] as number, arrived, sends);
    if (this.options.ignores !== undefined) words[at + this.#network] = this.#heeded(words, at);
    if (events !== 0) words[at + this.#history] = this.#historyAfter(words[at + this.#history] as number, events);
  }

  #use(words: Int32Array, at: number, place: number, bound: number): void {
    if (bound !== Number.POSITIVE_INFINITY) words[at + this.#used] = (words[at + this.#used] as number) + (1 << place);
  }

  // Networks.

  /** The network without what its receivers will ignore. */
  #heeded(words: Int32Array, at: number): number {
    let network = words[at + this.#network] as number;
    for (let index = 0; index < this.#count; index++) {
      const local = words[at + index] as number;
      const place = this.#heededMemo.insert2(network, local);
      this.#heededNext[place] ??= this.#without(network, index, local);
      network = this.#heededNext[place] as number;
    }
    return network;
  }

  #without(network: number, index: number, local: number): number {
    const { node } = this.locals.states[local] as LocalState;
    const id = this.options.nodes[index];
    const heeded = this.#networks.list(network).filter((parcel) => {
      const { kind, from, to, payload } = this.locals.parcels[parcel] as Parcel;
      return to !== id || kind !== 'message' || this.options.ignores?.(node, from, payload) !== true;
    });
    return this.#networks.idOf([...heeded]);
  }

  #networkAfter(network: number, arrived: number, sends: number): number {
    const at = this.#networkMemo.insert3(network, arrived, sends);
    const known = this.#networkNext[at];
    if (known !== undefined) return known;
    const parcels = [...this.#networks.list(network)];
    if (arrived >= 0) parcels.splice(parcels.indexOf(arrived), 1);
    // What is sent to nobody in this world is gone.
    for (const parcel of this.locals.sends.list(sends))
      if (this.#indexOf.has((this.locals.parcels[parcel] as Parcel).to)) parcels.push(parcel);
    const next = this.#networks.idOf(this.#arranged(parcels));
    this.#networkNext[at] = next;
    return next;
  }

  /** Canonical order; sorting is stable, so that on ordered links what was sent first stays first. */
  #arranged(parcels: number[]): number[] {
    if (this.options.network === 'unordered') return parcels.sort((a, b) => a - b);
    return parcels.sort((a, b) => this.#link(a) - this.#link(b));
  }

  #link(parcel: number): number {
    const { from, to } = this.locals.parcels[parcel] as Parcel;
    return from * 65536 + to;
  }

  #arrivalsOf(network: number): readonly number[] {
    const known = this.#arrivals[network];
    if (known !== undefined) return known;
    const parcels = this.#networks.list(network);
    const first =
      this.options.network === 'unordered' ? (a: number, b: number) => a === b : (a: number, b: number) => this.#link(a) === this.#link(b);
    const arrivals = parcels.filter((parcel, i) => i === 0 || !first(parcel, parcels[i - 1] as number));
    while (this.#arrivals.length <= network) this.#arrivals.push(undefined);
    this.#arrivals[network] = arrivals;
    return arrivals;
  }

  // Histories.

  #historyAfter(history: number, events: number): number {
    const at = this.#historyMemo.insert2(history, events);
    const known = this.#historyNext[at];
    if (known !== undefined) return known;
    const observer = this.options.observer as Observer<unknown>;
    let { value } = this.#histories[history] as History;
    for (const event of this.locals.sights.list(events)) value = observer.observe(value, this.locals.events[event] as never);
    const next = this.#historyId(value);
    this.#historyNext[at] = next;
    return next;
  }

  #historyId(value: unknown): number {
    const { observer } = this.options;
    const key = observer?.key(value) ?? '';
    const known = this.#historyIds.get(key);
    if (known !== undefined) return known;
    const id = this.#histories.length;
    this.#histories.push({ value, broken: observer?.broken(value) ?? null });
    this.#historyIds.set(key, id);
    return id;
  }

  // Telling.

  label(state: Int32Array, action: number): string {
    const kind = Math.floor(action / DETAIL);
    const detail = action % DETAIL;
    const name = (index: number): string => `n${this.options.nodes[index]}`;
    switch (kind) {
      case DELIVER:
        return this.#told(detail);
      case DUPLICATE:
        return `${this.#told(detail)} (a duplicate)`;
      case DROP:
        return `lost: ${this.#told(detail)}`;
      case TIMER:
        return `${name(detail >> 8)}: timer ${this.options.protocol.timers[detail & 255]}`;
      case SYNC:
        return `${name(detail >> 8)}: oldest record becomes durable`;
      case CRASH: {
        const { tokens } = this.locals.states[state[detail >> 8] as number] as LocalState;
        const lost = tokens.length - (detail & 255);
        return `${name(detail >> 8)}: crashes and restarts${lost > 0 ? `, loses ${lost} record${lost > 1 ? 's' : ''} not yet durable` : ''}`;
      }
      default: {
        const { node, request } = this.options.inputs[detail] as WorldOptions['inputs'][number];
        return `n${node}: client asks ${JSON.stringify(request.op)}`;
      }
    }
  }

  #told(parcel: number): string {
    const { kind, from, to, payload } = this.locals.parcels[parcel] as Parcel;
    const told = kind === 'message' ? this.options.protocol.message.render(payload) : `${kind} ${JSON.stringify(payload)}`;
    return `n${from} -> n${to}: ${told}`;
  }

  actor(_state: Int32Array, action: number): number {
    const kind = Math.floor(action / DETAIL);
    const detail = action % DETAIL;
    if (kind <= DROP) return kind * 0x1000000 + this.#link(detail);
    return kind * 0x1000000 + (kind === REQUEST ? detail : detail >> 8);
  }

  render(state: Int32Array): string {
    const nodes = this.options.nodes.map((id, i) => `n${id} #${state[i]}`).join(' ');
    const parcels = this.inFlight(state).length;
    const { broken } = this.#histories[state[this.#history] as number] as History;
    return `${nodes}; ${parcels} in flight${broken === null ? '' : `; ${broken.message}`}`;
  }
}

function left(used: number, place: number, bound: number): boolean {
  return bound === Number.POSITIVE_INFINITY || ((used >>> place) & MOST) < bound;
}

function checkOptions({ bounds, inputs, nodes }: WorldOptions): void {
  for (const [name, bound] of Object.entries(bounds) as [string, number][]) {
    if (bound !== Number.POSITIVE_INFINITY && !(Number.isInteger(bound) && bound >= 0 && bound <= MOST))
      throw new LightconeError('LC_USAGE', `the bound ${name} is ${bound}: 0 to ${MOST}, or Infinity`, { name, bound });
  }
  if (inputs.length > 30) throw new LightconeError('LC_USAGE', `${inputs.length} inputs: at most 30`, { inputs: inputs.length });
  for (const { node } of inputs)
    if (!nodes.includes(node))
      throw new LightconeError('LC_SCENARIO_NODE', `an input for node ${node}, which the world does not have`, { node });
}
