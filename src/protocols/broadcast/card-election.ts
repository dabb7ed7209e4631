/**
 * Election by cards: all players draw a card and show it; the highest card that only one of them drew wins; if there is
 * none, all draw again. Players that are equal in everything can elect nobody by any rule without chance (Angluin 1980);
 * chance ends it with probability one, after 1 / P(some card is drawn once) rounds on average (as Itai, Rodeh 1990 for
 * rings). It survives no liar: whoever shows different cards to different players splits the election.
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
  noRecord,
} from './game.ts';

export interface CardShown extends GameMessage {
  readonly round: number;
  readonly card: number;
}

export interface ElectionConfig extends GameConfig {
  /** Cards are 1 to this. */
  readonly deck: number;
}

export interface ElectionGame extends Game {
  round: number;
  /** By `round/player`, this round's and the next one's (others may be ahead). */
  readonly cards: Map<string, number>;
}

export class CardElection extends GameNode<CardShown, ElectionGame> {
  declare readonly config: ElectionConfig;

  constructor(id: NodeId, peers: readonly NodeId[], config: ElectionConfig) {
    super(id, peers, config);
  }

  protected opened(base: Game, op: Value): ElectionGame | null {
    return fieldOf(op, 'f') === 'elect' ? { ...base, round: 1, cards: new Map() } : null;
  }

  protected rounds({ round }: ElectionGame): number {
    return round;
  }

  protected begin(game: ElectionGame, out: GameOut<CardShown>): void {
    const card = this.draws(out);
    game.cards.set(`${game.round}/${this.id}`, card);
    for (const peer of this.others()) out.send(peer, { game: game.name, round: game.round, card }, 0);
  }

  /** Decision: which card to show. */
  draws(out: GameOut<CardShown>): number {
    return 1 + out.choose(this.config.deck);
  }

  /** Decision: a card is of this round or, from who is ahead, of the next one, and in the deck. */
  isSound(game: ElectionGame, { round, card }: CardShown): boolean {
    return (round === game.round || round === game.round + 1) && card >= 1 && card <= this.config.deck;
  }

  /** Decision: the first card that a player shows in a round counts. */
  isNew(game: ElectionGame, from: NodeId, round: number): boolean {
    return !game.cards.has(`${round}/${from}`);
  }

  /** Decision: who wins with these cards; null: draw again. */
  winner(cards: readonly { readonly player: NodeId; readonly card: number }[]): NodeId | null {
    let best: { readonly player: NodeId; readonly card: number } | null = null;
    for (const each of cards) {
      if (cards.filter(({ card }) => card === each.card).length > 1) continue;
      if (best === null || each.card > best.card) best = each;
    }
    return best?.player ?? null;
  }

  protected heard(game: ElectionGame, from: NodeId, message: CardShown, out: GameOut<CardShown>): void {
    if (!this.isSound(game, message)) return this.drop('not-sound');
    if (!this.inTime(game, message.round)) return this.drop('too-late');
    if (!this.isNew(game, from, message.round)) return this.drop('not-new');
    game.cards.set(`${message.round}/${from}`, message.card);
    if (this.config.roundUs !== Number.POSITIVE_INFINITY) return;
    while (!game.decided && this.peers.every((player) => game.cards.has(`${game.round}/${player}`))) this.finish(game, out);
  }

  protected decide(game: ElectionGame, out: GameOut<CardShown>): Value | null {
    const shown = this.peers.flatMap((player) => {
      const card = game.cards.get(`${game.round}/${player}`);
      return card === undefined ? [] : [{ player, card }];
    });
    const winner = this.winner(shown);
    if (winner !== null) return winner;
    for (const { player } of shown) game.cards.delete(`${game.round}/${player}`);
    game.round += 1;
    this.begin(game, out);
    return null;
  }

  protected messageSchema(): Schema<CardShown> {
    return cardSchema;
  }

  protected copyGame(game: ElectionGame): ElectionGame {
    return { ...game, cards: new Map(game.cards) };
  }

  protected encodeGame(w: Writer, { round, cards }: ElectionGame): void {
    w.uint(round);
    w.uint(cards.size);
    for (const key of [...cards.keys()].sort()) {
      w.text(key);
      w.uint(cards.get(key) as number);
    }
  }
}

const { uint, text, struct } = schema;
export const cardSchema: Schema<CardShown> = struct<CardShown>({ game: text, round: uint, card: uint });

export const cardElectionProtocol: Protocol<ElectionConfig, CardShown, object, Decided> = {
  name: 'card-election',
  create: (id, peers, config) => new CardElection(id, peers, config),
  message: cardSchema,
  record: noRecord,
  timers: gameTimers,
};
