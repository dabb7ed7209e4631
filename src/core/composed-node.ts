/** The node that compose() makes: routes inputs to modules and effects of modules to each other or to the host. */
import { type BeliefKind, moduleBelief } from './beliefs.ts';
import type { Writer } from './codec.ts';
import { ComposedJournal } from './composed-journal.ts';
import type { ComposedRecord, ModuleMessage } from './composed-schema.ts';
import { invariant } from './errors.ts';
import type { Place } from './module.ts';
import type { Schema } from './schema.ts';
import type { Effects, Input, Node, NodeId, Proof, Reply, Request, Token } from './step.ts';
import type { Value } from './value.ts';

type AnyInput = Input<unknown, unknown>;
type AnyNode = Node<unknown, unknown, unknown>;
type Host = Effects<ModuleMessage, ComposedRecord, unknown>;

/** Deliveries between modules in one step at most: more means that they talk in a circle. */
const MOST_DELIVERIES = 100_000;

/** A token of a module, waiting for its completion under the composition's token. */
interface Outstanding {
  readonly place: number;
  readonly token: Token;
}

export class ComposedNode<I> implements Node<ModuleMessage, ComposedRecord, I> {
  readonly #places: readonly Place[];
  readonly #nodes: readonly AnyNode[];
  readonly #schema: Schema<ComposedRecord>;
  readonly #effects: readonly ModuleEffects[];
  readonly #indexOf: ReadonlyMap<string, number>;
  #journal = new ComposedJournal();
  #lastToken = 0;
  /** By the composition's token; insertion order is ascending. */
  #outstanding = new Map<Token, Outstanding>();
  /** Records not yet durable of each place: the module's token and the composition's, both ascending. */
  #undurable: [Token, Token][][];
  /** Newest token that each place gave a record. */
  #lastRecord: Token[];
  /** Requests of modules below the root to other nodes: the asking place, by node, session and id. */
  #asked = new Map<string, number>();
  /** Deliveries still to be made in the step under way: place, input, place, input, ... */
  #queue: { readonly place: number; readonly input: AnyInput }[] = [];
  #now = 0;
  #out: Host | null = null;

  constructor(places: readonly Place[], nodes: readonly AnyNode[], schema: Schema<ComposedRecord>) {
    this.#places = places;
    this.#nodes = nodes;
    this.#schema = schema;
    this.#indexOf = new Map(places.map(({ name }, i) => [name, i]));
    this.#effects = places.map((_, i) => new ModuleEffects(this, i));
    this.#undurable = places.map(() => []);
    this.#lastRecord = places.map(() => 0);
  }

  step(input: Input<ModuleMessage, ComposedRecord>, out: Effects<ModuleMessage, ComposedRecord, I>): void {
    this.#out = out as unknown as Host;
    this.#now = input.now;
    this.#route(input);
    for (let i = 0; i < this.#queue.length; i++) {
      invariant(i < MOST_DELIVERIES, 'composition-ends', `${MOST_DELIVERIES} deliveries between modules in one step`);
      const { place, input: next } = this.#queue[i] as { place: number; input: AnyInput };
      (this.#nodes[place] as AnyNode).step(next, this.#effects[place] as ModuleEffects);
    }
    this.#queue = [];
    this.#out = null;
  }

  #deliver(place: number, input: AnyInput): void {
    this.#queue.push({ place, input });
  }

  #route(input: Input<ModuleMessage, ComposedRecord>): void {
    switch (input.kind) {
      case 'start':
        return this.#start(input.records);
      case 'message':
        return this.#message(input.from, input.message);
      case 'timer':
        return this.#timer(input.timer);
      case 'clock':
        return this.#nodes.forEach((_, place) => {
          this.#deliver(place, { ...input });
        });
      case 'reply':
        return this.#deliver(this.#asker(input.from, input.port, input.reply), { ...input });
      case 'persisted':
      case 'loaded':
      case 'signed':
      case 'verified': {
        const { place, token } = this.#complete(input.token, input.kind === 'persisted');
        return this.#deliver(place, { ...input, token });
      }
      default:
        this.#deliver(0, { ...input });
    }
  }

  /** All modules start, the lowest first, before any hears from another. */
  #start(records: readonly ComposedRecord[]): void {
    const byModule = this.#journal.replay(records);
    for (let place = this.#places.length - 1; place >= 0; place--) {
      const { name } = this.#places[place] as Place;
      this.#deliver(place, { kind: 'start', now: this.#now, records: byModule.get(name) ?? [] });
    }
  }

  /** A message for a module that this node does not have (another version) is dropped. */
  #message(from: NodeId, { module, message }: ModuleMessage): void {
    const place = this.#indexOf.get(module);
    if (place !== undefined) this.#deliver(place, { kind: 'message', now: this.#now, from, message });
  }

  #timer(timer: number): void {
    let place = this.#places.length - 1;
    while ((this.#places[place] as Place).firstTimer > timer) place -= 1;
    this.#deliver(place, { kind: 'timer', now: this.#now, timer: timer - (this.#places[place] as Place).firstTimer });
  }

  #asker(from: NodeId, port: string, reply: Reply): number {
    if (port !== '' || this.#asked.size === 0) return 0;
    const key = `${from} ${reply.session} ${reply.id}`;
    const place = this.#asked.get(key) ?? 0;
    if (reply.more !== true) this.#asked.delete(key);
    return place;
  }

  #complete(token: Token, durable: boolean): Outstanding {
    const outstanding = this.#outstanding.get(token);
    invariant(outstanding !== undefined, 'composition-token', `token ${token} was completed and is not under way`);
    this.#outstanding.delete(token);
    if (durable) (this.#undurable[outstanding.place] as [Token, Token][]).shift();
    return outstanding;
  }

  // What the modules write, by ModuleEffects.

  host(): Host {
    invariant(this.#out !== null, 'composition-step', 'a module wrote an effect outside a step');
    return this.#out;
  }

  begin(place: number, token: Token): Token {
    this.#lastToken += 1;
    this.#outstanding.set(this.#lastToken, { place, token });
    return this.#lastToken;
  }

  send(place: number, to: NodeId, message: unknown, after: Token): void {
    this.host().send(to, { module: (this.#places[place] as Place).name, message }, this.#awaited(place, after));
  }

  /** The composition's token of the newest record of this module up to `after` that is not durable yet; 0 when all are. */
  #awaited(place: number, after: Token): Token {
    if (after === 0) return 0;
    const last = this.#lastRecord[place] as number;
    invariant(after <= last, 'composition-after', `a send waits for token ${after}, the newest record has ${last}`);
    let awaited = 0;
    for (const [token, composed] of this.#undurable[place] as [Token, Token][]) {
      if (token > after) break;
      awaited = composed;
    }
    return awaited;
  }

  record(place: number, token: Token, record: unknown, checkpoint: boolean): void {
    const composed = this.begin(place, token);
    (this.#undurable[place] as [Token, Token][]).push([token, composed]);
    this.#lastRecord[place] = token;
    const entry = { module: (this.#places[place] as Place).name, record };
    if (!checkpoint) return this.host().persist(composed, this.#journal.append(entry));
    const written = this.#journal.checkpoint(entry);
    if (written.type === 'journal') this.host().checkpoint(composed, written);
    else this.host().persist(composed, written);
  }

  timer(place: number, timer: number, atUs: number): void {
    const { firstTimer, protocol, name } = this.#places[place] as Place;
    const { length } = protocol.timers;
    invariant(timer >= 0 && timer < length, 'composition-timer', `module ${name} arms timer ${timer} and names ${length}`);
    this.host().timer(firstTimer + timer, atUs);
  }

  request(place: number, to: NodeId | string, request: Request): void {
    if (typeof to === 'string') {
      const { below, name } = this.#places[place] as Place;
      const target = below.get(to);
      if (target !== undefined) return this.#deliver(target, { kind: 'request', now: this.#now, from: 0, request });
      invariant(place === 0, 'composition-port', `module ${name} asks port ${to}, which is bound to nothing`);
    } else if (place !== 0) {
      this.#asked.set(`${to} ${request.session} ${request.id}`, place);
    }
    this.host().request(to, request);
  }

  reply(place: number, to: NodeId, reply: Reply): void {
    const { above, port } = this.#places[place] as Place;
    if (to !== 0 || above < 0) return this.host().reply(to, reply);
    this.#deliver(above, { kind: 'reply', now: this.#now, from: 0, port, reply });
  }

  indicate(place: number, indication: unknown): void {
    const { above, port } = this.#places[place] as Place;
    if (above < 0) return this.host().indicate(indication);
    this.#deliver(above, { kind: 'indication', now: this.#now, port, indication });
  }

  belief(place: number, kind: BeliefKind, value: Value, epoch: number): void {
    this.host().belief(place === 0 ? kind : moduleBelief((this.#places[place] as Place).name, kind), value, epoch);
  }

  /** The module at a path (`raft`, `store/raft`), for invariants and tests that look inside; null when there is none. */
  module(path: string): AnyNode | null {
    const place = this.#indexOf.get(path);
    return place === undefined ? null : (this.#nodes[place] as AnyNode);
  }

  /** The place of the module that waits for `token`, -1 when none does. */
  placeOf(token: Token): number {
    return this.#outstanding.get(token)?.place ?? -1;
  }

  clone(): ComposedNode<I> {
    const copy = new ComposedNode<I>(
      this.#places,
      this.#nodes.map((node) => node.clone()),
      this.#schema,
    );
    copy.#journal = this.#journal.clone();
    copy.#lastToken = this.#lastToken;
    copy.#outstanding = new Map(this.#outstanding);
    copy.#undurable = this.#undurable.map((pairs) => [...pairs]);
    copy.#lastRecord = [...this.#lastRecord];
    copy.#asked = new Map(this.#asked);
    return copy;
  }

  encode(w: Writer): void {
    for (const node of this.#nodes) node.encode(w);
    this.#journal.encode(w, this.#schema);
    // Tokens count from the newest: what they are called changes nothing.
    w.uint(this.#outstanding.size);
    for (const [token, outstanding] of this.#outstanding) {
      w.uint(this.#lastToken - token);
      w.uint(outstanding.place);
      w.int((this.#lastRecord[outstanding.place] as number) - outstanding.token);
    }
    for (const pairs of this.#undurable) {
      w.uint(pairs.length);
      for (const [, composed] of pairs) w.uint(this.#lastToken - composed);
    }
    w.uint(this.#asked.size);
    for (const key of [...this.#asked.keys()].sort()) {
      w.text(key);
      w.uint(this.#asked.get(key) as number);
    }
  }
}

/** The effects object of one module. */
class ModuleEffects implements Effects<unknown, unknown, unknown> {
  readonly #node: ComposedNode<unknown>;
  readonly #place: number;

  constructor(node: ComposedNode<never>, place: number) {
    this.#node = node as unknown as ComposedNode<unknown>;
    this.#place = place;
  }

  send(to: NodeId, message: unknown, after: Token): void {
    this.#node.send(this.#place, to, message, after);
  }
  persist(token: Token, record: unknown): void {
    this.#node.record(this.#place, token, record, false);
  }
  checkpoint(token: Token, record: unknown): void {
    this.#node.record(this.#place, token, record, true);
  }
  load(token: Token, query: Value): void {
    this.#node.host().load(this.#node.begin(this.#place, token), query);
  }
  sign(token: Token, content: Value, proof: Proof): void {
    this.#node.host().sign(this.#node.begin(this.#place, token), content, proof);
  }
  verify(token: Token, signer: NodeId, content: Value, signature: Value, proof: Proof): void {
    this.#node.host().verify(this.#node.begin(this.#place, token), signer, content, signature, proof);
  }
  timer(timer: number, atUs: number): void {
    this.#node.timer(this.#place, timer, atUs);
  }
  request(to: NodeId | string, request: Request): void {
    this.#node.request(this.#place, to, request);
  }
  reply(to: NodeId, reply: Reply): void {
    this.#node.reply(this.#place, to, reply);
  }
  indicate(indication: unknown): void {
    this.#node.indicate(this.#place, indication);
  }
  belief(kind: BeliefKind, value: Value, epoch: number): void {
    this.#node.belief(this.#place, kind, value, epoch);
  }
  choose(n: number): number {
    return this.#node.host().choose(n);
  }
}
