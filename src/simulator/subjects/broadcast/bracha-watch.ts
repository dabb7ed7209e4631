/**
 * What reliable broadcast promises (Bracha 1987), checked as it is said: agreement, integrity, validity; and totality, once
 * nodes that have not delivered have heard enough others for long. Faulty in a broadcast are liars and those that restarted
 * in it: with more of them than f nothing is promised.
 */
import { InvariantViolation, type NodeId, type Request, type Value } from '../../../core/index.ts';
import type { BrachaMessage, Delivered } from '../../../protocols/broadcast/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { Invariants, type Reach } from '../../subject.ts';

function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

interface Watched {
  readonly number: string;
  readonly sender: NodeId;
  readonly players: number;
  /** What the sender was asked to send. */
  readonly value: number;
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

  constructor(reach: Reach, _world: WatchedWorld, own: boolean, faults: (players: number) => number) {
    super();
    this.#reach = reach;
    this.#own = own;
    this.#faults = faults;
  }

  override asked(id: NodeId, request: Request): void {
    const { game, players, value } = request.op as { readonly game: string; readonly players: number; readonly value: number };
    if (this.#broadcasts.has(game)) return;
    const fresh = { delivered: new Map(), restarted: new Set(this.#down), words: new Map(), heardReady: new Map() };
    this.#broadcasts.set(game, { number: game, sender: id, players, value, ...fresh });
  }

  override restarted(id: NodeId): void {
    this.#down.add(id);
    for (const broadcast of this.#broadcasts.values()) broadcast.restarted.add(id);
  }

  override stepped(id: NodeId): void {
    if (this.#down.size > 0) this.#down.delete(id);
  }

  #faultless = (broadcast: Watched, id: NodeId): boolean => !broadcast.restarted.has(id) && !this.lies(id);

  /** Are there few enough faulty ones to promise anything? */
  #promised(broadcast: Watched): boolean {
    let faulty = 0;
    for (let id = 1; id <= broadcast.players; id++) if (!this.#faultless(broadcast, id)) faulty += 1;
    if (faulty > 0) this.#reach(faulty > this.#faults(broadcast.players) ? 'too-many-faulty' : 'judged-with-faulty');
    return faulty <= this.#faults(broadcast.players);
  }

  override indicated(id: NodeId, told: unknown): void {
    const { sender, number, value } = told as Delivered;
    this.#reach('delivered');
    const broadcast = this.#broadcasts.get(number);
    if (!this.#own || broadcast === undefined || !this.#faultless(broadcast, id) || sender !== broadcast.sender) return;
    const before = broadcast.delivered.get(id);
    if (before !== undefined) fail('integrity', `n${id} delivered ${number} of n${sender} twice: ${before}, then ${value}`);
    broadcast.delivered.set(id, value);
    if (!this.#promised(broadcast)) return;
    for (const [other, its] of broadcast.delivered)
      if (its !== value && this.#faultless(broadcast, other))
        fail('agreement', `of ${number} by n${sender}, n${other} delivered ${its} and n${id} ${value}`);
    if (this.#faultless(broadcast, sender) && value !== broadcast.value)
      fail('validity', `honest n${sender} sent ${broadcast.value} as ${number}, and n${id} delivered ${value}`);
    if (this.lies(sender)) this.#reach('delivered-from-liar');
  }

  /** An honest node says one thing of a broadcast, of each kind. */
  override sent(from: NodeId, _to: NodeId, message: unknown): void {
    const { type, number, value, sender } = message as BrachaMessage;
    const broadcast = this.#broadcasts.get(number);
    if (!this.#own || broadcast === undefined || broadcast.sender !== sender || broadcast.restarted.has(from)) return;
    const said = broadcast.words.get(`${type}/${from}`);
    if (said === undefined) broadcast.words.set(`${type}/${from}`, value);
    else if (said !== value) fail('one-word', `n${from} says ${type} ${said} and ${type} ${value} of ${number} by n${sender}`);
  }

  /** Totality, where it can be seen: whoever has heard 2f + 1 honest nodes that delivered, delivers at once. */
  override received(id: NodeId, from: NodeId, message: unknown): void {
    const { type, number, sender, delivered } = message as BrachaMessage;
    const broadcast = this.#broadcasts.get(number);
    if (!this.#own || broadcast === undefined || broadcast.sender !== sender || type !== 'ready') return;
    if (!this.#faultless(broadcast, from) || broadcast.delivered.has(id)) return;
    const heard = broadcast.heardReady.get(id) ?? new Set<NodeId>();
    broadcast.heardReady.set(id, heard);
    if (delivered || broadcast.words.has(`ready/${from}`)) heard.add(from);
  }

  override finished(): void {
    if (!this.#own) return;
    for (const broadcast of this.#broadcasts.values()) {
      const [delivered] = [...broadcast.delivered].filter(([id]) => this.#faultless(broadcast, id));
      if (delivered === undefined || !this.#promised(broadcast)) continue;
      for (const [id, heard] of broadcast.heardReady) {
        if (broadcast.delivered.has(id) || !this.#faultless(broadcast, id)) continue;
        const honest = [...heard].filter((other) => this.#faultless(broadcast, other)).length;
        if (honest > 2 * this.#faults(broadcast.players))
          fail(
            'totality',
            `n${delivered[0]} delivered ${broadcast.number}, n${id} did not, and heard ${honest} honest nodes that were ready`,
          );
      }
    }
  }
}

/** `{ f: 'broadcast', value }` to one drawn sender. */
export const senderDrawn = (op: Value, players: readonly NodeId[], choose: (n: number) => number): ReadonlyMap<NodeId, Value> =>
  new Map([[players[choose(players.length)] as NodeId, op]]);
