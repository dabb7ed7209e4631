/**
 * What all synchronous games here share (Lamport, Shostak, Pease 1982, section 3: messages arrive, their sender is known,
 * their absence is noticed). A client tells every player at about the same time that a game begins, which starts that
 * player's clock for it; a message of round k counts if it comes within k rounds of that. A round must be longer than twice
 * the longest delay, drift of clocks included. Nothing is kept on disk: who restarts in a game is one of its faulty.
 */
import type { Effects, Input, Node, NodeId, RequestInput, Schema, Token, Value, Writer } from '../../core/index.ts';
import { schema } from '../../core/index.ts';

/** This player has decided: what a game is about. */
export interface Decided {
  readonly kind: 'decided';
  readonly game: string;
  readonly value: Value;
}

export interface GameMessage {
  /** The name that its client gave it: unique for ever. */
  readonly game: string;
}

export type GameOut<M> = Effects<M, object, Decided>;

export interface Game {
  readonly name: string;
  readonly begunUs: number;
  /** Whom to answer. */
  readonly from: NodeId;
  readonly session: number;
  readonly id: number;
  decided: boolean;
}

export interface GameConfig {
  readonly roundUs: number;
}

/** Nothing is written. */
export const noRecord: Schema<object> = schema.struct<object>({});

export const gameTimers: readonly string[] = ['deadline'];
const DEADLINE = 0;

/** Games that have not begun here and those that are over, at most; messages kept for one that has not begun. */
const MOST_EARLY_GAMES = 32;
const MOST_EARLY_MESSAGES = 256;
const MOST_OVER = 256;

export type Refusal = 'stranger' | 'too-early' | 'too-late' | 'not-sound' | 'not-new' | 'not-proved' | 'over';

export abstract class GameNode<M extends GameMessage, G extends Game> implements Node<M, object, Decided> {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  readonly config: GameConfig;
  games = new Map<string, G>();
  /** Messages of games that have not begun here. */
  protected early = new Map<string, { readonly from: NodeId; readonly message: M }[]>();
  protected over = new Set<string>();
  protected now = 0;
  protected token: Token = 0;
  /** What was received and not taken, by reason. No behaviour depends on it. */
  readonly dropped = new Map<Refusal, number>();

  constructor(id: NodeId, peers: readonly NodeId[], config: GameConfig) {
    this.id = id;
    this.peers = peers;
    this.config = config;
  }

  /** What the client asks for, as a game; null when it is not one. */
  protected abstract opened(base: Game, op: Value): G | null;
  /** The clock of this game starts: the first messages. */
  protected abstract begin(game: G, out: GameOut<M>): void;
  protected abstract heard(game: G, from: NodeId, message: M, out: GameOut<M>): void;
  /** Rounds that this game takes. */
  protected abstract rounds(game: G): number;
  /** The last round is over: what this player decides; null when another round is needed. */
  protected abstract decide(game: G, out: GameOut<M>): Value | null;
  protected abstract messageSchema(): Schema<M>;
  protected abstract copyGame(game: G): G;
  protected abstract encodeGame(w: Writer, game: G): void;
  protected signed(_token: Token, _signature: Value, _out: GameOut<M>): void {}
  protected verified(_token: Token, _valid: boolean, _out: GameOut<M>): void {}

  /** Decision: does a message of round `round` still count? */
  inTime(game: G, round: number): boolean {
    return this.now <= game.begunUs + round * this.config.roundUs;
  }

  step(input: Input<M, object>, out: GameOut<M>): void {
    this.now = input.now;
    switch (input.kind) {
      case 'request':
        this.#open(input, out);
        break;
      case 'message':
        this.#receive(input.from, input.message, out);
        break;
      case 'signed':
        this.signed(input.token, input.signature, out);
        break;
      case 'verified':
        this.verified(input.token, input.valid, out);
        break;
      case 'timer':
        for (const game of [...this.games.values()]) if (this.now >= this.deadline(game)) this.finish(game, out);
        this.arm(out);
    }
  }

  #open({ from, request }: RequestInput, out: GameOut<M>): void {
    const { id, session, op } = request;
    const name = fieldOf(op, 'game');
    if (typeof name === 'string' && (this.games.has(name) || this.over.has(name))) return;
    const game = typeof name !== 'string' ? null : this.opened({ name, begunUs: this.now, from, session, id, decided: false }, op);
    if (typeof name !== 'string' || game === null) return out.reply(from, { id, session, outcome: 'fail', code: 'LC_HISTORY_OPERATION' });
    this.games.set(name, game);
    this.begin(game, out);
    for (const { from: sender, message } of this.early.get(name) ?? []) this.heard(game, sender, message, out);
    this.early.delete(name);
    this.arm(out);
  }

  #receive(from: NodeId, message: M, out: GameOut<M>): void {
    if (!this.peers.includes(from) || from === this.id) return this.drop('stranger');
    const game = this.games.get(message.game);
    if (game !== undefined) return this.heard(game, from, message, out);
    if (this.over.has(message.game)) return this.drop('over');
    const early = this.early.get(message.game) ?? [];
    if (early.length >= MOST_EARLY_MESSAGES) return this.drop('too-early');
    if (early.length === 0 && this.early.size >= MOST_EARLY_GAMES) this.early.delete(this.early.keys().next().value as string);
    early.push({ from, message });
    this.early.set(message.game, early);
  }

  protected deadline(game: G): number {
    return game.begunUs + this.rounds(game) * this.config.roundUs;
  }

  protected finish(game: G, out: GameOut<M>): void {
    const value = this.decide(game, out);
    if (value === null) return;
    game.decided = true;
    this.games.delete(game.name);
    this.over.add(game.name);
    if (this.over.size > MOST_OVER) this.over.delete(this.over.keys().next().value as string);
    out.indicate({ kind: 'decided', game: game.name, value });
    out.reply(game.from, { id: game.id, session: game.session, outcome: 'ok', value });
  }

  protected arm(out: GameOut<M>): void {
    let next = Number.POSITIVE_INFINITY;
    for (const game of this.games.values()) next = Math.min(next, this.deadline(game));
    out.timer(DEADLINE, next);
  }

  protected others(but: readonly NodeId[] = []): readonly NodeId[] {
    return this.peers.filter((peer) => peer !== this.id && !but.includes(peer));
  }

  protected drop(reason: Refusal): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
  }

  /** A node of the same class. */
  protected blank(): this {
    type Made = new (id: NodeId, peers: readonly NodeId[], config: GameConfig) => this;
    return new (this.constructor as unknown as Made)(this.id, this.peers, this.config);
  }

  clone(): this {
    const copy = this.blank();
    for (const [name, game] of this.games) copy.games.set(name, this.copyGame(game));
    for (const [name, early] of this.early) copy.early.set(name, [...early]);
    copy.over = new Set(this.over);
    copy.now = this.now;
    copy.token = this.token;
    for (const [reason, count] of this.dropped) copy.dropped.set(reason, count);
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.games.size);
    for (const game of this.games.values()) {
      w.text(game.name);
      w.int(game.begunUs);
      this.encodeGame(w, game);
    }
    w.uint(this.early.size);
    for (const [name, early] of this.early) {
      w.text(name);
      w.uint(early.length);
      for (const { from, message } of early) {
        w.uint(from);
        this.messageSchema().write(w, message);
      }
    }
    w.uint(this.over.size);
    for (const name of this.over) w.text(name);
    w.uint(this.token);
  }
}

/** A field of an operation. */
export function fieldOf(op: Value, name: string): Value | undefined {
  if (op === null || typeof op !== 'object' || Array.isArray(op) || op instanceof Uint8Array) return undefined;
  return (op as { readonly [field: string]: Value })[name];
}

export const isCount = (value: Value | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
