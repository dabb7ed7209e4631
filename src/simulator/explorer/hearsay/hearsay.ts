/**
 * A world in which what has been said is known to all, and may reach anybody at any time, in any part, any number of times: so
 * a state is what each honest node has become and has said, and there is no network. What a node has heard and has not acted
 * on is forgotten; it may hear it again. Liars need no state either: they say what they like.
 *
 * Every run of the real network is a run of this if whatever a node does, it does because it has heard enough of what was said,
 * and what it heard besides only restrains it: then it may hear just that here. Transitions are made by real nodes that are
 * put where they are (`after`). See docs/decisions/009-hearsay.md.
 */
import type { NodeId } from '../../../core/index.ts';
import type { ActionList, Model, Property, Successors } from '../model.ts';

/** Something that may happen to a node. */
export interface Offer<H> {
  readonly name: string;
  /** Equal keys, equal effect on the same local state. */
  readonly key: string;
  readonly happening: H;
}

/** What a node looks at when it looks at the others. */
export interface Neighbour<L> {
  /** Who it takes it for: of nodes that are alike, who is who changes nothing. */
  readonly id: NodeId;
  readonly local: L;
}

/** What must hold (or be seen) of the local states, in the order of nodes. */
export interface Judgement<L> {
  readonly name: string;
  readonly kind: 'always' | 'sometimes';
  holds(locals: readonly L[]): boolean;
}

export interface Hearsay<L, H> {
  readonly name: string;
  /** Those that are looked at, ascending: the honest ones. */
  readonly nodes: readonly NodeId[];
  /** Places among them of nodes that could change places; each takes itself for the first of them. */
  readonly alike: readonly number[];
  readonly judgements: readonly Judgement<L>[];
  first(id: NodeId): L;
  /** Everything that anybody may ever notice of it, who it is included. */
  keyOf(local: L): string;
  /** What may happen to it whatever others have said. */
  alone(local: L): readonly Offer<H>[];
  /** What may happen because `others` have said something. */
  together(local: L, others: readonly Neighbour<L>[]): readonly Offer<H>[];
  /** Null: that leads out of this world. */
  after(local: L, happening: H): L | null;
  render(local: L): string;
}

/** Actions: place of the node * MOST + place of the offer. */
const MOST = 0x10000;

export class HearsayModel<L, H> implements Model {
  readonly name: string;
  readonly width: number;
  readonly properties: readonly Property[];
  readonly #world: Hearsay<L, H>;
  readonly #locals: L[] = [];
  readonly #ids = new Map<string, number>();
  readonly #memo = new Map<string, number>();
  readonly #alone: (readonly Offer<H>[] | undefined)[] = [];
  /** By place: who each of the others is taken for. */
  readonly #names: readonly (readonly NodeId[])[];
  /** Offers of a state, remembered for as long as it is the newest. */
  #offeredTo = '';
  #offered: readonly (readonly Offer<H>[])[] = [];

  constructor(world: Hearsay<L, H>) {
    this.name = world.name;
    this.width = world.nodes.length;
    this.#world = world;
    this.#names = world.nodes.map((_, place) => namesFrom(world, place));
    this.properties = world.judgements.map(({ name, kind, holds }) => ({
      name,
      kind,
      holds: (state) => holds(this.locals(state)),
    }));
  }

  locals(state: Int32Array): L[] {
    return Array.from(state, (local) => this.#locals[local] as L);
  }

  #idOf(local: L): number {
    const key = this.#world.keyOf(local);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, this.#locals.length);
    return this.#locals.push(local) - 1;
  }

  /** Of what may happen to a node alone, that which changes something. */
  #aloneOf(id: number): readonly Offer<H>[] {
    const known = this.#alone[id];
    if (known !== undefined) return known;
    const seen = new Set<number>([-1, id]);
    const offers = this.#world.alone(this.#locals[id] as L).filter((offer) => {
      const after = this.#after(id, offer);
      return !seen.has(after) && seen.add(after);
    });
    this.#alone[id] = offers;
    return offers;
  }

  #offersOf(state: Int32Array): readonly (readonly Offer<H>[])[] {
    const key = state.join();
    if (key === this.#offeredTo) return this.#offered;
    const locals = this.locals(state);
    this.#offeredTo = key;
    this.#offered = locals.map((local, place) => {
      const names = this.#names[place] as readonly NodeId[];
      const others = locals.flatMap((other, at) => (at === place ? [] : [{ id: names[at] as NodeId, local: other }]));
      return [...this.#aloneOf(state[place] as number), ...this.#world.together(local, others)];
    });
    return this.#offered;
  }

  /** -1: outside. */
  #after(id: number, { key, happening }: Offer<H>): number {
    const name = `${id}/${key}`;
    let next = this.#memo.get(name);
    if (next === undefined) {
      const after = this.#world.after(this.#locals[id] as L, happening);
      next = after === null ? -1 : this.#idOf(after);
      this.#memo.set(name, next);
    }
    return next;
  }

  canonicalise(state: Int32Array): void {
    const { alike } = this.#world;
    const sorted = alike.map((place) => state[place] as number).sort((a, b) => a - b);
    alike.forEach((place, at) => {
      state[place] = sorted[at] as number;
    });
  }

  init(out: Successors): void {
    const at = out.copy(new Int32Array(this.width));
    for (let place = 0; place < this.width; place++) {
      out.words[at + place] = this.#idOf(this.#world.first(this.#names[place]?.[place] as NodeId));
    }
  }

  actions(state: Int32Array, out: ActionList): void {
    this.#offersOf(state).forEach((offers, place) => {
      const seen = new Set<number>([-1, state[place] as number]);
      offers.forEach((offer, i) => {
        const after = this.#after(state[place] as number, offer);
        if (seen.has(after)) return;
        seen.add(after);
        out.push(place * MOST + i);
      });
    });
  }

  #offerOf(state: Int32Array, action: number): Offer<H> | undefined {
    return this.#offersOf(state)[Math.floor(action / MOST)]?.[action % MOST];
  }

  next(state: Int32Array, action: number, out: Successors): void {
    const place = Math.floor(action / MOST);
    const offer = this.#offerOf(state, action);
    if (offer === undefined) return;
    const next = this.#after(state[place] as number, offer);
    out.words[out.copy(state) + place] = next;
  }

  label(state: Int32Array, action: number): string {
    const place = Math.floor(action / MOST);
    const { nodes } = this.#world;
    const name = this.#offerOf(state, action)?.name ?? '?';
    // It may take others for somebody else (`alike`): a story names who they are.
    const names = this.#names[place] as readonly NodeId[];
    const told = name.replace(/\bn(\d+)\b/g, (_all, id: string) => `n${nodes[names.indexOf(Number(id))] ?? id}`);
    return `n${nodes[place]} ${told}`;
  }

  render(state: Int32Array): string {
    return this.locals(state)
      .map((local, place) => `n${this.#world.nodes[place]} ${this.#world.render(local)}`)
      .join('; ');
  }

  actor(_state: Int32Array, action: number): number {
    return Math.floor(action / MOST);
  }
}

/** Who each node is to the one at `place`: of those that are alike it is the first itself, and the others follow in their order. */
function namesFrom({ nodes, alike }: { readonly nodes: readonly NodeId[]; readonly alike: readonly number[] }, place: number): NodeId[] {
  if (!alike.includes(place)) return [...nodes];
  const names = [...nodes];
  const others = alike.filter((other) => other !== place);
  [place, ...others].forEach((each, i) => {
    names[each] = nodes[alike[i] as number] as NodeId;
  });
  return names;
}
