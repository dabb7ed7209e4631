/**
 * Judges synchronous games by what they promise to the faultless. Faulty in a game are liars, players that restarted in it
 * or were never told of it, and those whom an honest word did not reach before they decided: synchrony is what the papers
 * assume. With more faulty players than the game survives nothing is promised.
 */
import { InvariantViolation, type NodeId, type Request, type Schema, type Value } from '../../../core/index.ts';
import type { Decided, GameMessage } from '../../../protocols/broadcast/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { Invariants, type Reach } from '../../subject.ts';

/** One game, as far as it is known. */
export interface Played {
  readonly name: string;
  readonly players: number;
  /** What each player was told. */
  readonly told: ReadonlyMap<NodeId, { readonly [name: string]: Value }>;
  readonly decided: ReadonlyMap<NodeId, Value>;
  readonly faultless: readonly NodeId[];
  /** What each honest player said, once for all that it was said to, in order. */
  readonly said: ReadonlyMap<NodeId, readonly unknown[]>;
  lies(id: NodeId): boolean;
}

export interface GamePromise {
  readonly message: Schema<unknown>;
  /** Faulty players that are survived. */
  survives(players: number): number;
  /** `judge` asks what was said. */
  readonly listens?: boolean;
  /** Microseconds of the world until every faultless player has decided. */
  lastsUs(players: number): number;
  /** What is broken: an invariant and a sentence. */
  judge(game: Played, reach: Reach): readonly [string, string] | null;
}

interface Watched {
  readonly name: string;
  readonly players: number;
  readonly endUs: number;
  readonly told: Map<NodeId, { readonly [name: string]: Value }>;
  readonly decided: Map<NodeId, Value>;
  readonly faulty: Set<NodeId>;
  readonly said: Map<NodeId, unknown[]>;
  /** Honest words under way, by reader and speaker: a liar may say the same word, and another's is not heard by that. */
  readonly underway: Map<NodeId, Map<NodeId, Set<unknown>>>;
}

export class GameWatch extends Invariants {
  readonly #reach: Reach;
  readonly #world: WatchedWorld;
  readonly #promise: GamePromise;
  readonly #games = new Map<string, Watched>();
  readonly #steppedAt = new Map<NodeId, number>();
  #nextEndUs = Number.POSITIVE_INFINITY;

  constructor(reach: Reach, world: WatchedWorld, promise: GamePromise) {
    super();
    this.#reach = reach;
    this.#world = world;
    this.#promise = promise;
  }

  override asked(id: NodeId, request: Request): void {
    const op = request.op as { readonly [name: string]: Value };
    const name = op.game as string;
    let game = this.#games.get(name);
    if (game === undefined) {
      const players = op.players as number;
      const endUs = this.#world.now + this.#promise.lastsUs(players);
      game = { name, players, endUs, told: new Map(), decided: new Map(), faulty: new Set(), said: new Map(), underway: new Map() };
      this.#games.set(name, game);
      this.#nextEndUs = Math.min(this.#nextEndUs, endUs);
    }
    game.told.set(id, op);
  }

  #render = (message: unknown): string => this.#promise.message.render(message);

  override sent(from: NodeId, to: NodeId, message: unknown): void {
    const game = this.#games.get((message as GameMessage).game);
    if (game === undefined) return;
    const speakers = game.underway.get(to) ?? new Map<NodeId, Set<unknown>>();
    game.underway.set(to, speakers);
    speakers.set(from, (speakers.get(from) ?? new Set()).add(message));
    if (this.#promise.listens !== true) return;
    const said = game.said.get(from) ?? [];
    if (said.length === 0 || this.#render(said.at(-1)) !== this.#render(message)) said.push(message);
    game.said.set(from, said);
  }

  override received(id: NodeId, from: NodeId, message: unknown): void {
    const words = this.#games
      .get((message as GameMessage).game)
      ?.underway.get(id)
      ?.get(from);
    if (words === undefined || words.size === 0 || words.delete(message)) return;
    // Through bytes it is another object.
    const text = this.#render(message);
    for (const word of words)
      if (this.#render(word) === text) {
        words.delete(word);
        return;
      }
  }

  override restarted(id: NodeId): void {
    for (const game of this.#games.values()) game.faulty.add(id);
  }

  override indicated(id: NodeId, told: unknown): void {
    const { game: name, value } = told as Decided;
    const game = this.#games.get(name);
    if (game === undefined) return;
    if (game.decided.has(id) && !game.faulty.has(id)) throw new InvariantViolation('integrity', `n${id} decided game ${name} twice`);
    if (this.#unheard(game, id)) game.faulty.add(id);
    game.decided.set(id, value);
    this.#reach('decided');
    if (game.decided.size === game.players) this.#judge(game);
  }

  #unheard = (game: Watched, id: NodeId): boolean => [...(game.underway.get(id)?.values() ?? [])].some((words) => words.size > 0);

  override stepped(id: NodeId): void {
    this.#steppedAt.set(id, this.#world.now);
    this.#end();
  }

  #end(): void {
    if (this.#world.now < this.#nextEndUs) return;
    this.#nextEndUs = Number.POSITIVE_INFINITY;
    for (const game of this.#games.values()) {
      if (game.endUs <= this.#world.now) this.#judge(game);
      else this.#nextEndUs = Math.min(this.#nextEndUs, game.endUs);
    }
  }

  override finished(): void {
    this.#end();
  }

  /** Paused: it has not come to the time at which it would have decided. */
  #stoodStill = (game: Watched, id: NodeId): boolean =>
    (this.#steppedAt.get(id) ?? 0) < game.endUs - this.#promise.lastsUs(game.players) / 10;

  #judge(game: Watched): void {
    this.#games.delete(game.name);
    const { told, decided, faulty, players, name, said } = game;
    for (const id of told.keys())
      if (this.lies(id) || (!decided.has(id) && (this.#unheard(game, id) || this.#stoodStill(game, id)))) faulty.add(id);
    const faultless = [...told.keys()].filter((id) => !faulty.has(id)).sort((a, b) => a - b);
    if (players - faultless.length > this.#promise.survives(players)) return this.#reach('too-many-faulty');
    if (faultless.length < players) this.#reach('judged-with-faulty');
    const silent = faultless.find((id) => !decided.has(id));
    if (silent !== undefined)
      throw new InvariantViolation('termination', `n${silent} has not decided game ${name}, and nothing kept it from it`);
    const broken = this.#promise.judge({ name, players, told, decided, faultless, said, lies: (id) => this.lies(id) }, this.#reach);
    if (broken !== null) throw new InvariantViolation(broken[0], `game ${name}: ${broken[1]}`);
  }
}

/** Two faultless players that decided differently, in words. */
export function disagreement({ faultless, decided }: Played): string | null {
  const [first] = faultless;
  const other = faultless.find((id) => decided.get(id) !== decided.get(first as NodeId));
  return other === undefined ? null : `n${first} decided ${decided.get(first as NodeId)}, n${other} ${decided.get(other)}`;
}
