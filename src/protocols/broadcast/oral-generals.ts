/**
 * Byzantine generals with oral messages, OM(m) (Lamport, Shostak, Pease 1982, section 3): with more than 3m generals,
 * whatever m traitors say, IC1 all loyal lieutenants obey one order, IC2 a loyal commander's order is the one. Every
 * lieutenant relays what it heard to those who have not, m times over: a tree of paths, decided by majorities from its
 * leaves up. It takes m + 1 rounds and (n-1) + (n-1)(n-2) + ... messages.
 */
import { type NodeId, type Protocol, type Schema, schema, type Value, type Writer } from '../../core/index.ts';
import {
  type Decided,
  fieldOf,
  type Game,
  type GameConfig,
  type GameMessage,
  GameNode,
  type GameOut,
  gameTimers,
  isCount,
  noRecord,
} from './game.ts';

/** The order when there is none, or no majority: retreat. */
export const RETREAT = 0;

export interface OralMessage extends GameMessage {
  /** Who said it to whom so far: from the commander to the sender. */
  readonly path: readonly NodeId[];
  readonly order: number;
}

export interface OralConfig extends GameConfig {
  /** m: traitors that are to be survived. */
  readonly traitors: number;
}

export interface OralGame extends Game {
  readonly commander: NodeId;
  /** The commander's own order; null on lieutenants. */
  readonly order: number | null;
  /** What each path said, first word first. */
  readonly said: Map<string, number>;
}

export const pathKey = (path: readonly NodeId[]): string => path.join('.');

export class OralGenerals extends GameNode<OralMessage, OralGame> {
  declare readonly config: OralConfig;

  constructor(id: NodeId, peers: readonly NodeId[], config: OralConfig) {
    super(id, peers, config);
  }

  protected opened(base: Game, op: Value): OralGame | null {
    const [commander, order] = [fieldOf(op, 'commander'), fieldOf(op, 'order')];
    if (fieldOf(op, 'f') !== 'attack' || !isCount(commander) || !this.peers.includes(commander)) return null;
    const isCommander = commander === this.id;
    if (isCommander && !isCount(order)) return null;
    return { ...base, commander, order: isCommander ? (order as number) : null, said: new Map() };
  }

  protected rounds(): number {
    return this.depth() + 1;
  }

  /** Decision: so many times is a word relayed. */
  depth(): number {
    return this.config.traitors;
  }

  /** Decision: a path begins with the commander and ends with its sender, names nobody twice, nor its reader, and is not too long. */
  isSound(game: OralGame, from: NodeId, path: readonly NodeId[]): boolean {
    if (path[0] !== game.commander || path.at(-1) !== from || path.length > this.depth() + 1) return false;
    return new Set(path).size === path.length && !path.includes(this.id) && path.every((id) => this.peers.includes(id));
  }

  /** Decision: the first word that came by a path counts, no later one. */
  isNew(game: OralGame, path: readonly NodeId[]): boolean {
    return !game.said.has(pathKey(path));
  }

  /** Decision: a word that has not been relayed m times yet is. */
  relays(path: readonly NodeId[]): boolean {
    return path.length <= this.depth();
  }

  /** Decision: what silence means. */
  whenSilent(): number {
    return RETREAT;
  }

  /** Decision: what more than half of them say; retreat when no order has that many. */
  majority(orders: readonly number[]): number {
    for (const order of orders) if (orders.filter((other) => other === order).length * 2 > orders.length) return order;
    return RETREAT;
  }

  protected begin(game: OralGame, out: GameOut<OralMessage>): void {
    if (game.order === null) return;
    for (const peer of this.others()) out.send(peer, { game: game.name, path: [this.id], order: game.order }, 0);
    if (this.config.roundUs === Number.POSITIVE_INFINITY) this.finish(game, out);
  }

  protected heard(game: OralGame, from: NodeId, { path, order }: OralMessage, out: GameOut<OralMessage>): void {
    if (!this.isSound(game, from, path)) return this.drop('not-sound');
    if (!this.inTime(game, path.length)) return this.drop('too-late');
    if (!this.isNew(game, path)) return this.drop('not-new');
    game.said.set(pathKey(path), order);
    if (!this.relays(path)) return this.#maybeAll(game, out);
    const longer = [...path, this.id];
    for (const peer of this.others(path)) out.send(peer, { game: game.name, path: longer, order }, 0);
    this.#maybeAll(game, out);
  }

  /** Where no deadline is set (Infinity), the game is over when every path has spoken. */
  #maybeAll(game: OralGame, out: GameOut<OralMessage>): void {
    if (this.config.roundUs === Number.POSITIVE_INFINITY && game.said.size === this.#paths()) this.finish(game, out);
  }

  /** Paths to one lieutenant. */
  #paths(): number {
    let [paths, all] = [1, 1];
    for (let k = 2; k <= this.depth() + 1; k++) {
      paths *= this.peers.length - k;
      all += paths;
    }
    return all;
  }

  protected decide(game: OralGame): Value {
    return game.order ?? this.#resolve(game, [game.commander]);
  }

  /** What the order that came by `path` was, by those who heard it (OM's recursion). */
  #resolve(game: OralGame, path: readonly NodeId[]): number {
    const own = game.said.get(pathKey(path)) ?? this.whenSilent();
    if (path.length > this.depth()) return own;
    return this.majority([own, ...this.others(path).map((peer) => this.#resolve(game, [...path, peer]))]);
  }

  protected messageSchema(): Schema<OralMessage> {
    return oralSchema;
  }

  protected copyGame(game: OralGame): OralGame {
    return { ...game, said: new Map(game.said) };
  }

  protected encodeGame(w: Writer, { commander, order, said }: OralGame): void {
    w.uint(commander);
    w.int(order ?? -1);
    w.uint(said.size);
    for (const path of [...said.keys()].sort()) {
      w.text(path);
      w.uint(said.get(path) as number);
    }
  }
}

const { uint, text, list, struct } = schema;
export const oralSchema: Schema<OralMessage> = struct<OralMessage>({ game: text, path: list(uint), order: uint });

export const oralProtocol: Protocol<OralConfig, OralMessage, object, Decided> = {
  name: 'oral-generals',
  create: (id, peers, config) => new OralGenerals(id, peers, config),
  message: oralSchema,
  record: noRecord,
  timers: gameTimers,
};

/** Messages of OM(m) among n generals when all speak: (n-1) + (n-1)(n-2) + ... (m + 1 terms). */
export function oralMessages(n: number, m: number): number {
  let [product, sum] = [1, 0];
  for (let k = 1; k <= m + 1; k++) {
    product *= n - k;
    sum += product;
  }
  return sum;
}
