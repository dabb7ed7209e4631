/**
 * Bracha's reliable broadcast among liars, as hearsay: one broadcast, by a liar or by an honest node. A state is what each
 * honest node has said and delivered. Each transition is made by the real node, which is put where it is and hears enough
 * words for one rule; liars say both values, each word twice, and send in the sender's name.
 */
import type { NodeId, Request } from '../../../core/index.ts';
import type { BrachaConfig, BrachaMessage, Broadcast, Delivered, ReliableBroadcast } from '../../../protocols/broadcast/index.ts';
import type { Hearsay, Judgement, Neighbour, Offer } from './hearsay.ts';
import { Life } from './life.ts';
import { subsets } from './subsets.ts';

export type BrachaClass = new (id: NodeId, peers: readonly NodeId[], config: BrachaConfig) => ReliableBroadcast;

export interface BroadcastWorld {
  readonly nodes: number;
  readonly liars: readonly NodeId[];
  readonly sender: NodeId;
}

type Type = BrachaMessage['type'];

/** Where a node is. */
interface Speaker {
  readonly id: NodeId;
  readonly said: readonly { readonly type: Type; readonly value: number }[];
  readonly delivered: readonly number[];
  /** An invariant of its own that it broke. */
  readonly broken: string | null;
}

interface Happening {
  /** It is the sender, and its client asks it, after it has heard what it hears. */
  readonly asked: boolean;
  readonly hears: readonly { readonly from: NodeId; readonly message: BrachaMessage }[];
}

/** What an honest sender sends, and what liars say as well. */
const VALUES = [1, 2] as const;
const NUMBER = 'game';
const CLIENT = 1000;
/** Honest nodes that may each have heard something else of liars. */
const MOST_APART = 3;
/** Once is right, and twice enough to see that it is not. */
const MOST_DELIVERED = 2;
const request: Request = { id: 1, session: 1, op: { f: 'broadcast', value: VALUES[0], game: NUMBER }, mode: 'write' };

export class BrachaWords implements Hearsay<Speaker, Happening> {
  readonly name: string;
  readonly nodes: readonly NodeId[];
  readonly alike: readonly number[];
  readonly judgements: readonly Judgement<Speaker>[];
  readonly #world: BroadcastWorld;
  readonly #peers: readonly NodeId[];
  readonly #create: (id: NodeId) => ReliableBroadcast;
  readonly #settled = new Map<string, boolean>();

  constructor(world: BroadcastWorld, node: BrachaClass) {
    const { nodes, liars, sender } = world;
    this.#world = world;
    this.#peers = Array.from({ length: nodes }, (_, i) => i + 1);
    const config: BrachaConfig = { faults: Math.floor((nodes - 1) / 3), resendUs: 1000 };
    this.#create = (id) => new node(id, this.#peers, config);
    this.nodes = this.#peers.filter((id) => !liars.includes(id));
    this.alike = this.nodes.flatMap((id, place) => (id === sender ? [] : [place]));
    const who = liars.map((id) => `n${id}`).join(' and ');
    this.name = `the words of bracha, ${nodes} nodes, ${who} of them liars, n${sender} sends`;
    this.judgements = this.#judgements();
  }

  #judgements(): Judgement<Speaker>[] {
    const always = (name: string, holds: (all: readonly Speaker[]) => boolean): Judgement<Speaker> => ({ name, kind: 'always', holds });
    const values = (all: readonly Speaker[]): Set<number> => new Set(all.flatMap(({ delivered }) => delivered));
    const honest = this.nodes.includes(this.#world.sender);
    return [
      always('agreement', (all) => values(all).size <= 1),
      always('integrity', (all) => all.every(({ delivered }) => delivered.length <= 1)),
      always(
        'an honest sender is heard',
        (all) => !honest || !all.some(({ said }) => said.some(({ type }) => type === 'init')) || this.#allDeliver(all),
      ),
      always('validity', (all) => !honest || [...values(all)].every((value) => value === VALUES[0])),
      always('one-word', (all) => all.every(({ said }) => new Set(said.map(({ type }) => type)).size === said.length)),
      always('totality', (all) => values(all).size === 0 || this.#allDeliver(all)),
      always('no-broken-invariant', (all) => all.every(({ broken }) => broken === null)),
      { name: 'all deliver', kind: 'sometimes', holds: (all) => all.every(({ delivered }) => delivered.length > 0) },
    ];
  }

  /** Do all deliver once they have heard each other, whatever liars said to each before that, and say no more? */
  #allDeliver(all: readonly Speaker[]): boolean {
    const key = all.map((each) => this.keyOf(each)).join('|');
    let deliver = this.#settled.get(key);
    if (deliver === undefined) {
      deliver = this.#liarsFirst().every((first) => this.#settles(all, first));
      this.#settled.set(key, deliver);
    }
    return deliver;
  }

  /** What each has heard of liars first: nothing, or all words for one value or the other. Of more than three, all have heard the same. */
  #liarsFirst(): (readonly Happening['hears'][])[] {
    const { liars } = this.#world;
    const said = (value: number): Happening['hears'] =>
      liars.flatMap((from) => [this.#heard(from, 'echo', value), this.#heard(from, 'ready', value)]);
    const one = [[], ...VALUES.map(said)];
    if (this.nodes.length > MOST_APART) return one.map((hears) => this.nodes.map(() => hears));
    return this.nodes.reduce<Happening['hears'][][]>(
      (before, _node) => before.flatMap((each) => one.map((hears) => each.concat([hears]))),
      [[]],
    );
  }

  #settles(all: readonly Speaker[], first: readonly Happening['hears'][]): boolean {
    // Here each is itself.
    let now = all.map((each, i): Speaker => ({ ...each, id: this.nodes[i] as NodeId }));
    for (let changed = true; changed; ) {
      const next = now.map((each, i) => {
        const words = now.flatMap((other) =>
          other.id === each.id ? [] : other.said.map(({ type, value }) => this.#heard(other.id, type, value)),
        );
        return this.after(each, { asked: false, hears: [...(first[i] ?? []), ...words] });
      });
      changed = next.some((each, i) => this.keyOf(each) !== this.keyOf(now[i] as Speaker));
      now = next;
    }
    return now.every(({ delivered }) => delivered.length > 0);
  }

  #heard(from: NodeId, type: Type, value: number): Happening['hears'][number] {
    const { sender } = this.#world;
    return { from, message: { type, sender, number: NUMBER, value, delivered: false, again: false } };
  }

  // The world.

  first(id: NodeId): Speaker {
    return { id, said: [], delivered: [], broken: null };
  }

  keyOf({ id, said, delivered, broken }: Speaker): string {
    return `${id} ${said.map(({ type, value }) => `${type} ${value}`).join()} ${delivered.join()} ${broken ?? ''}`;
  }

  alone({ id }: Speaker): readonly Offer<Happening>[] {
    const { liars, sender } = this.#world;
    const types: readonly Type[] = ['init', 'echo', 'ready'];
    const lies = types.flatMap((type) =>
      VALUES.map((value) =>
        offer(
          `${type} ${value} of liars, twice`,
          [...liars, ...liars].map((from) => this.#heard(from, type, value)),
        ),
      ),
    );
    if (id !== sender) return lies;
    return [
      ...lies,
      ...[offer('nothing', []), ...lies].map(({ name, key, happening }) => ({
        name: `${name}, and is asked`,
        key: `${key}!`,
        happening: { ...happening, asked: true },
      })),
    ];
  }

  /** For each word: any of those who say it, and any number of liars who say the same. */
  together(_speaker: Speaker, others: readonly Neighbour<Speaker>[]): readonly Offer<Happening>[] {
    const { liars } = this.#world;
    const said = (type: Type, value: number): NodeId[] =>
      others.flatMap(({ id, local }) => (local.said.some((word) => word.type === type && word.value === value) ? [id] : []));
    return (['init', 'echo', 'ready'] as const).flatMap((type) =>
      VALUES.flatMap((value) =>
        subsets(said(type, value)).flatMap((honest) =>
          honest.length === 0
            ? []
            : Array.from({ length: liars.length + 1 }, (_, lying) => [...honest, ...liars.slice(0, lying)]).map((who) =>
                offer(
                  `${type} ${value} of ${who.map((id) => `n${id}`).join(' ')}`,
                  who.map((from) => this.#heard(from, type, value)),
                ),
              ),
        ),
      ),
    );
  }

  after(speaker: Speaker, { asked, hears }: Happening): Speaker {
    const { id } = speaker;
    const node = this.#create(id);
    // Of what has not begun here it knows nothing.
    const begun = speaker.said.length > 0 || speaker.delivered.length > 0;
    if (begun) node.broadcasts.set(`${this.#world.sender}/${NUMBER}`, this.#broadcast(speaker));
    const life = new Life<BrachaMessage, object, Delivered>(id, node, []);
    for (const { from, message } of hears) life.hear(from, message);
    if (asked) life.ask(CLIENT, request);
    const said = [...speaker.said];
    for (const { type, value, again } of life.said)
      if (!again && !said.some((word) => word.type === type && word.value === value)) said.push({ type, value });
    const delivered = [...speaker.delivered, ...life.told.map(({ value }) => value)].slice(0, MOST_DELIVERED);
    return {
      id,
      broken: speaker.broken ?? life.broken,
      said: said.sort((a, b) => (`${a.type}${a.value}` < `${b.type}${b.value}` ? -1 : 1)),
      delivered,
    };
  }

  /** The real node's, of which it remembers what it has said itself. */
  #broadcast({ id, said, delivered }: Speaker): Broadcast {
    const last = (type: Type): number | null => said.findLast((word) => word.type === type)?.value ?? null;
    const own = (value: number | null): Map<NodeId, number> => new Map(value === null ? [] : [[id, value]]);
    const [echoed, readied] = [last('echo'), last('ready')];
    return {
      sender: this.#world.sender,
      opener: this.#world.sender,
      number: NUMBER,
      init: last('init'),
      echoed,
      readied,
      delivered: delivered.at(-1) ?? null,
      echoes: own(echoed),
      readies: own(readied),
      done: new Set(),
      asker: null,
    };
  }

  render({ said, delivered }: Speaker): string {
    const words = said.map(({ type, value }) => `${type} ${value}`).join(', ');
    return `(${words})${delivered.length === 0 ? '' : ` delivered ${delivered.join(' and ')}`}`;
  }
}

const offer = (name: string, hears: Happening['hears']): Offer<Happening> => ({
  name: `hears ${name}`,
  key: name,
  happening: { asked: false, hears },
});
