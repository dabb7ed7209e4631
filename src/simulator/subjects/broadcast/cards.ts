/** The games of cards as subjects: the highest card with two viewers and a liar, and election by chance. */
import type { NodeId, Schema } from '../../../core/index.ts';
import {
  type CardClaim,
  CardElection,
  type CardShown,
  cardSchema,
  claimSchema,
  type Deal,
  type ElectionConfig,
  type GameConfig,
  HighestCard,
  witnessesOf,
} from '../../../protocols/broadcast/index.ts';
import type { AnyNode, LyingSpeech, Subject } from '../../subject.ts';
import { gameSubject } from './game-subject.ts';
import { disagreement, type Played } from './game-watch.ts';

export type HighestCardClass = new (id: NodeId, peers: readonly NodeId[], config: GameConfig) => HighestCard;
export type CardElectionClass = new (id: NodeId, peers: readonly NodeId[], config: ElectionConfig) => CardElection;

const HIGHEST = 52;
/** Draws again until at most this often: longer than any luck. */
const MOST_ROUNDS = 40;

/** A card for each player; each is told of those that it sees. */
export const dealCards: Deal = (_op, players, choose) => {
  const cards = new Map(players.map((player) => [player, 1 + choose(HIGHEST)]));
  return new Map(
    players.map((viewer) => {
      const seen = players.filter((holder) => witnessesOf(holder, players).includes(viewer));
      return [viewer, { f: 'deal', cards: seen.map((holder) => [holder, cards.get(holder) as number]) }];
    }),
  );
};

function judgeHighest(game: Played): readonly [string, string] | null {
  const differ = disagreement(game);
  if (differ !== null) return ['agreement', differ];
  let [holder, highest] = [0, 0];
  // Whoever is faulty, each card has faultless witnesses.
  const cards = new Map<number, number>();
  for (const id of game.faultless)
    for (const [of, card] of (game.told.get(id) as unknown as { readonly cards: readonly (readonly [number, number])[] }).cards)
      cards.set(of, card);
  for (const [of, card] of [...cards].sort(([a], [b]) => a - b)) if (card > highest) [holder, highest] = [of, card];
  const [first] = game.faultless;
  const named = first === undefined ? holder : game.decided.get(first);
  return named === holder ? null : ['validity', `n${holder} holds the highest card, ${highest}, and n${first} names n${named}`];
}

const cardSpeech: LyingSpeech<CardClaim> = {
  proved: () => null,
  withProof: (message) => message,
  // Higher than all, or none; or as if it saw another card.
  lie(random, message, from) {
    if (random.below(4) === 0) return { ...message, holder: 1 + ((message.holder + random.below(3)) % Math.max(4, from)), card: HIGHEST };
    return { ...message, card: random.below(2) === 0 ? HIGHEST + 1 : 0 };
  },
};

export function highestCardSubject(parts: { readonly node?: HighestCardClass; readonly invariants?: boolean } = {}): Subject {
  const NodeClass = parts.node ?? HighestCard;
  return gameSubject(
    {
      name: 'highest-card',
      message: claimSchema as Schema<unknown>,
      speech: cardSpeech as LyingSpeech,
      deal: dealCards,
      goals: [],
      operation: () => ({ f: 'deal' }),
      judge: judgeHighest,
      create: (id, peers, { roundMs }) => new NodeClass(id, peers, { roundUs: roundMs * 1000 }) as unknown as AnyNode,
      survives: (players) => (players >= 3 ? 1 : 0),
      rounds: () => 1,
    },
    parts.invariants ?? true,
  );
}

/** By the cards that were shown: the highest that one player alone showed, in the first round that had one. */
function judgeElection(game: Played): readonly [string, string] | null {
  const differ = disagreement(game);
  if (differ !== null) return ['agreement', differ];
  const [first] = game.faultless;
  if (first === undefined || game.players === 1) return null;
  const elected = game.decided.get(first);
  for (let round = 1; ; round++) {
    const shown = [...game.said].flatMap(([player, words]) =>
      (words as readonly CardShown[]).filter((word) => word.round === round).map(({ card }) => ({ player, card })),
    );
    if (shown.length < game.players) return ['validity', `n${elected} was elected, and nobody won within ${round - 1} rounds`];
    if (shown.some(({ card }) => card < 1)) return ['validity', 'a card was shown that is in no deck'];
    const alone = shown.filter(({ card }) => shown.filter((other) => other.card === card).length === 1);
    const best = alone.sort((a, b) => b.card - a.card)[0];
    if (best !== undefined)
      return best.player === elected ? null : ['validity', `n${best.player} won round ${round}, and n${elected} was elected`];
  }
}

export function cardElectionSubject(parts: { readonly node?: CardElectionClass; readonly invariants?: boolean } = {}): Subject {
  const NodeClass = parts.node ?? CardElection;
  return gameSubject(
    {
      name: 'card-election',
      message: cardSchema as Schema<unknown>,
      speech: null,
      deal: (_op, players) => new Map(players.map((player) => [player, { f: 'elect' }])),
      goals: [],
      operation: () => ({ f: 'elect' }),
      judge: judgeElection,
      listens: true,
      create: (id, peers, { roundMs, deck }) => new NodeClass(id, peers, { roundUs: roundMs * 1000, deck }) as unknown as AnyNode,
      survives: () => 0,
      rounds: () => MOST_ROUNDS,
    },
    parts.invariants ?? true,
  );
}
