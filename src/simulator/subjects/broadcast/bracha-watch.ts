/**
 * What reliable broadcast promises (Bracha 1987), checked as it is said: agreement, integrity, validity; and totality, once
 * nodes that have not delivered have heard enough others for long. Faulty in a broadcast are liars and those that restarted
 * in it: with more of them than f nothing is promised.
 */
import { InvariantViolation, type NodeId, type Request } from '../../../core/index.ts';
import type { BrachaMessage, Deal, Delivered } from '../../../protocols/broadcast/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { Invariants, type Reach } from '../../subject.ts';

function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

const PATIENCE_US = 4_000_000;

interface Watched {
  readonly number: string;
  readonly sender: NodeId;
  /** What the sender was asked to send; null: it was not, or lies. */
  value: number | null;
  readonly delivered: Map<NodeId, number>;
  readonly restarted: Set<NodeId>;
  /** The first word of each kind that a node said. */
  readonly words: Map<string, number>;
  /** Who told an undelivered node that it has delivered, since the other could not have missed it: by reader. */
  readonly heardReady: Map<NodeId, Set<NodeId>>;
}

export class BrachaWatch extends Invariants {
  readonly #reach: Reach;
  readonly #own: boolean;
  readonly #faults: (players: number) => number;
  readonly #broadcasts = new Map<string, Watched>();
  readonly #down = new Set<NodeId>();
  readonly #world: WatchedWorld;
  readonly #steppedAt = new Map<NodeId, number>();
  /** When each said something again, and since when each has had something that somebody may need: in this life. */
  readonly #againAt = new Map<NodeId, number>();
  readonly #openSince = new Map<NodeId, Map<string, number>>();
  /** By node: words that their reader has said it needs no more of. */
  readonly #needsNoMore = new Map<NodeId, Set<string>>();
  /** All servers make a step at the start. */
  #players = 0;

  constructor(reach: Reach, world: WatchedWorld, own: boolean, faults: (players: number) => number) {
    super();
    this.#reach = reach;
    this.#world = world;
    this.#own = own;
    this.#faults = faults;
  }

  override asked(id: NodeId, request: Request): void {
    const { game, value } = request.op as { readonly game: string; readonly value: number };
    this.#watched(id, game).value ??= value;
  }

  #watched(sender: NodeId, number: string): Watched {
    const key = `${sender}/${number}`;
    let broadcast = this.#broadcasts.get(key);
    if (broadcast === undefined) {
      const fresh = { delivered: new Map(), restarted: new Set(this.#down), words: new Map(), heardReady: new Map() };
      broadcast = { number, sender, value: null, ...fresh };
      this.#broadcasts.set(key, broadcast);
    }
    return broadcast;
  }

  override restarted(id: NodeId): void {
    this.#down.add(id);
    this.#openSince.delete(id);
    this.#needsNoMore.delete(id);
    this.#againAt.delete(id);
    for (const broadcast of this.#broadcasts.values()) broadcast.restarted.add(id);
  }

  override stepped(id: NodeId): void {
    if (id > this.#players) this.#players = id;
    this.#steppedAt.set(id, this.#world.now);
    if (this.#down.size > 0) this.#down.delete(id);
  }

  #faultless = (broadcast: Watched, id: NodeId): boolean => !broadcast.restarted.has(id) && !this.lies(id);

  /** Are there few enough faulty ones to promise anything? */
  #promised(broadcast: Watched): boolean {
    let faulty = 0;
    for (let id = 1; id <= this.#players; id++) if (!this.#faultless(broadcast, id)) faulty += 1;
    if (faulty > 0) this.#reach(faulty > this.#faults(this.#players) ? 'too-many-faulty' : 'judged-with-faulty');
    return faulty <= this.#faults(this.#players);
  }

  override indicated(id: NodeId, told: unknown): void {
    const { sender, number, value } = told as Delivered;
    this.#reach('delivered');
    if (!this.#own) return;
    const broadcast = this.#watched(sender, number);
    if (!this.#faultless(broadcast, id)) return;
    const before = broadcast.delivered.get(id);
    if (before !== undefined) fail('integrity', `n${id} delivered ${number} of n${sender} twice: ${before}, then ${value}`);
    broadcast.delivered.set(id, value);
    if (!this.#promised(broadcast)) return;
    let ready = 0;
    for (let other = 1; other <= this.#players; other++)
      if (!this.#faultless(broadcast, other) || broadcast.words.get(`ready/${other}`) === value) ready += 1;
    if (this.#players > 1 && ready <= 2 * this.#faults(this.#players))
      fail('totality', `n${id} delivered ${number} of n${sender}, and only ${ready} may have said that they are ready`);
    for (const [other, its] of broadcast.delivered)
      if (its !== value && this.#faultless(broadcast, other))
        fail('agreement', `of ${number} by n${sender}, n${other} delivered ${its} and n${id} ${value}`);
    if (this.#faultless(broadcast, sender) && value !== broadcast.value)
      fail('validity', `honest n${sender} sent ${broadcast.value ?? 'nothing'} as ${number}, and n${id} delivered ${value}`);
    if (this.lies(sender)) this.#reach('delivered-from-liar');
  }

  /** An honest node says one thing of a broadcast, of each kind. */
  override sent(from: NodeId, to: NodeId, message: unknown): void {
    const { type, number, value, sender, again } = message as BrachaMessage;
    if (!this.#own) return;
    this.#needs(from, to, `${sender}/${number}`, again);
    const broadcast = this.#watched(sender, number);
    if (broadcast.restarted.has(from)) return;
    const said = broadcast.words.get(`${type}/${from}`);
    if (said === undefined) broadcast.words.set(`${type}/${from}`, value);
    else if (said !== value) fail('one-word', `n${from} says ${type} ${said} and ${type} ${value} of ${number} by n${sender}`);
  }

  #needs(from: NodeId, to: NodeId, key: string, again: boolean): void {
    if (again) this.#againAt.set(from, this.#world.now);
    const since = this.#openSince.get(from) ?? new Map<string, number>();
    this.#openSince.set(from, since);
    const word = `${key} to ${to}`;
    if (!since.has(word) && this.#needsNoMore.get(from)?.has(word) !== true) since.set(word, this.#world.now);
  }

  /** Whoever has something that others may still need says it again, now and then. */
  #saysAgain(): void {
    const now = this.#world.now;
    for (const [id, since] of this.#openSince) {
      if (this.lies(id) || now - (this.#steppedAt.get(id) ?? 0) > PATIENCE_US / 8) continue;
      const oldest = Math.min(...since.values());
      if (now - oldest > PATIENCE_US && now - (this.#againAt.get(id) ?? 0) > PATIENCE_US)
        fail('says-again', `n${id} has said something that others may have missed, and has not said it again for long`);
    }
  }

  /** `id` knows that this word is needed no more, also before it has said it. */
  #heardDone(id: NodeId, word: string): void {
    this.#openSince.get(id)?.delete(word);
    const known = this.#needsNoMore.get(id) ?? new Set<string>();
    this.#needsNoMore.set(id, known.add(word));
  }

  /** Totality, where it can be seen: whoever has heard 2f + 1 honest nodes that delivered, delivers at once. */
  override received(id: NodeId, from: NodeId, message: unknown): void {
    const { type, number, sender, delivered } = message as BrachaMessage;
    if (delivered) this.#heardDone(id, `${sender}/${number} to ${from}`);
    if (!this.#own || type !== 'ready') return;
    const broadcast = this.#watched(sender, number);
    if (!this.#faultless(broadcast, from) || broadcast.delivered.has(id)) return;
    const heard = broadcast.heardReady.get(id) ?? new Set<NodeId>();
    broadcast.heardReady.set(id, heard);
    if (delivered || broadcast.words.has(`ready/${from}`)) heard.add(from);
  }

  override finished(): void {
    if (!this.#own) return;
    this.#saysAgain();
    for (const broadcast of this.#broadcasts.values()) {
      const [delivered] = [...broadcast.delivered].filter(([id]) => this.#faultless(broadcast, id));
      if (delivered === undefined || !this.#promised(broadcast)) continue;
      for (const [id, heard] of broadcast.heardReady) {
        if (broadcast.delivered.has(id) || !this.#faultless(broadcast, id)) continue;
        const honest = [...heard].filter((other) => this.#faultless(broadcast, other)).length;
        if (honest > 2 * this.#faults(this.#players))
          fail(
            'totality',
            `n${delivered[0]} delivered ${broadcast.number}, n${id} did not, and heard ${honest} honest nodes that were ready`,
          );
      }
    }
  }
}

/** `{ f: 'broadcast', value }` to one drawn sender; not to one that has just kept its client waiting in vain, if there is another. */
export const senderDrawn: Deal = (op, players, choose, silent) => {
  const heard = players.filter((player) => !silent.has(player));
  const senders = heard.length > 0 ? heard : players;
  return new Map([[senders[choose(senders.length)] as NodeId, op]]);
};
