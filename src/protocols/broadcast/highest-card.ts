/**
 * The game of the highest card. Each player holds a card that it sees itself and two others see: the next two around the
 * table. Everybody tells everybody the three cards it sees; then all name the holder of the highest one. Of each card's three
 * witnesses the majority is believed, so that one liar, whatever it tells to whom, changes nothing; two liars among the
 * witnesses of one card can, and can tell different players different things.
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

export interface CardClaim extends GameMessage {
  readonly holder: NodeId;
  readonly card: number;
}

export interface CardGame extends Game {
  /** What this player sees: holder to card. */
  readonly seen: ReadonlyMap<NodeId, number>;
  /** Claims, by `holder/witness`, the first that each witness made. */
  readonly claims: Map<string, number>;
}

/** Nobody's card is lower. */
export const NO_CARD = 0;
const VIEWERS = 2;

/** Who sees the card of `holder`: itself and the next two around the table. */
export function witnessesOf(holder: NodeId, peers: readonly NodeId[]): readonly NodeId[] {
  const at = peers.indexOf(holder);
  return [...new Set(Array.from({ length: VIEWERS + 1 }, (_, i) => peers[(at + i) % peers.length] as NodeId))];
}

export class HighestCard extends GameNode<CardClaim, CardGame> {
  protected opened(base: Game, op: Value): CardGame | null {
    const cards = fieldOf(op, 'cards');
    if (fieldOf(op, 'f') !== 'deal' || !Array.isArray(cards)) return null;
    const seen = new Map<NodeId, number>();
    for (const pair of cards as readonly Value[]) {
      const [holder, card] = Array.isArray(pair) ? (pair as readonly Value[]) : [];
      if (!isCount(holder) || !isCount(card) || !this.peers.includes(holder)) return null;
      seen.set(holder, card);
    }
    return { ...base, seen, claims: new Map() };
  }

  protected rounds(): number {
    return 1;
  }

  /** Decision: a claim counts if its sender sees that card. */
  isWitness(from: NodeId, holder: NodeId): boolean {
    return this.peers.includes(holder) && witnessesOf(holder, this.peers).includes(from);
  }

  /** Decision: the first claim of a witness counts. */
  isNew(game: CardGame, from: NodeId, holder: NodeId): boolean {
    return !game.claims.has(`${holder}/${from}`);
  }

  /** Decision: what a card is, by the claims of its witnesses (null: silent): what more than half of them say. */
  believes(claims: readonly (number | null)[]): number {
    for (const card of claims) if (card !== null && claims.filter((other) => other === card).length * 2 > claims.length) return card;
    return NO_CARD;
  }

  /** Decision: whose card is highest; of equal ones the first around the table. */
  highest(cards: readonly { readonly holder: NodeId; readonly card: number }[]): NodeId {
    let best = cards[0] as { readonly holder: NodeId; readonly card: number };
    for (const each of cards) if (each.card > best.card) best = each;
    return best.holder;
  }

  protected begin(game: CardGame, out: GameOut<CardClaim>): void {
    for (const [holder, card] of game.seen) {
      game.claims.set(`${holder}/${this.id}`, card);
      for (const peer of this.others()) out.send(peer, { game: game.name, holder, card }, 0);
    }
  }

  protected heard(game: CardGame, from: NodeId, { holder, card }: CardClaim, out: GameOut<CardClaim>): void {
    if (!this.isWitness(from, holder)) return this.drop('not-sound');
    if (!this.inTime(game, 1)) return this.drop('too-late');
    if (!this.isNew(game, from, holder)) return this.drop('not-new');
    game.claims.set(`${holder}/${from}`, card);
    const all = this.peers.reduce((sum, peer) => sum + witnessesOf(peer, this.peers).length, 0);
    if (this.config.roundUs === Number.POSITIVE_INFINITY && game.claims.size === all) this.finish(game, out);
  }

  protected decide(game: CardGame): Value {
    const claimed = (holder: NodeId) => witnessesOf(holder, this.peers).map((witness) => game.claims.get(`${holder}/${witness}`) ?? null);
    return this.highest(this.peers.map((holder) => ({ holder, card: this.believes(claimed(holder)) })));
  }

  protected messageSchema(): Schema<CardClaim> {
    return claimSchema;
  }

  protected copyGame(game: CardGame): CardGame {
    return { ...game, claims: new Map(game.claims) };
  }

  protected encodeGame(w: Writer, { seen, claims }: CardGame): void {
    w.uint(seen.size);
    w.uint(claims.size);
    for (const key of [...claims.keys()].sort()) {
      w.text(key);
      w.uint(claims.get(key) as number);
    }
  }
}

const { uint, text, struct } = schema;
export const claimSchema: Schema<CardClaim> = struct<CardClaim>({ game: text, holder: uint, card: uint });

export const highestCardProtocol: Protocol<GameConfig, CardClaim, object, Decided> = {
  name: 'highest-card',
  create: (id, peers, config) => new HighestCard(id, peers, config),
  message: claimSchema,
  record: noRecord,
  timers: gameTimers,
};
