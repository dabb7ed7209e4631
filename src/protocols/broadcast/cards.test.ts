/** The games of cards: what one liar and what two can do; how long chance takes. */
import { describe, expect, test } from 'vitest';
import { type NodeId, Random, type Value } from '../../core/index.ts';
import { CardElection } from './card-election.ts';
import { type CardClaim, HighestCard, witnessesOf } from './highest-card.ts';
import { GameLab, type Treason } from './testing.ts';

const ids = (n: number): readonly NodeId[] => Array.from({ length: n }, (_, i) => i + 1);

function highest(cards: readonly number[], traitors: ReadonlyMap<NodeId, Treason<CardClaim>>, seed = 1): GameLab<CardClaim> {
  const players = ids(cards.length);
  const seen = (viewer: NodeId): Value =>
    players.filter((holder) => witnessesOf(holder, players).includes(viewer)).map((holder) => [holder, cards[holder - 1] as number]);
  const nodes = players.map((id) => new HighestCard(id, players, { roundUs: 1000 }));
  return new GameLab(seed, nodes as never, traitors).play(new Map(players.map((id) => [id, { f: 'deal', cards: seen(id) }])));
}

const honest = (lab: GameLab<CardClaim>, liars: readonly NodeId[]): Value[] =>
  [...lab.decided].filter(([id]) => !liars.includes(id)).map(([, named]) => named);

describe('highest card', () => {
  test('each card has three witnesses: its holder and two viewers', () => {
    for (const n of [3, 4, 7]) for (const id of ids(n)) expect(witnessesOf(id, ids(n))).toHaveLength(3);
    expect(witnessesOf(4, ids(4))).toEqual([4, 1, 2]);
  });

  test('one liar of four, in all its ways (true, none, highest of all, silent; to each of three, of each of three cards) changes nothing', () => {
    // 4^9 ways; the three cards are independent of each other, so each card's 4^3 are enough for each of them.
    for (const liar of ids(4))
      for (let strategy = 0; strategy < 64; strategy++) {
        const says: Treason<CardClaim> = ({ to, message }) => {
          const reader = to < liar ? to - 1 : to - 2;
          const choice = Math.floor(strategy / 4 ** reader) % 4;
          return choice === 3 ? [] : [{ ...message, card: [message.card, 0, 99][choice] as number }];
        };
        const lab = highest([10, 40, 30, 20], new Map([[liar, says]]), strategy + 1);
        expect([liar, strategy, ...new Set(honest(lab, [liar]))]).toEqual([liar, strategy, 2]);
      }
  });

  test('two liars that see one card change it, and differently for different players', () => {
    const says: Treason<CardClaim> = ({ to, message }) => [message.holder === 1 ? { ...message, card: to === 4 ? 99 : 0 } : message];
    const lab = highest(
      [10, 40, 30, 20, 5],
      new Map([
        [1, says],
        [2, says],
      ]),
    );
    expect(new Set(honest(lab, [1, 2])).size).toBe(2);
  });

  test('two liars with no card in common change nothing', () => {
    const says: Treason<CardClaim> = ({ to, message }) => [{ ...message, card: to % 2 === 0 ? 99 : 0 }];
    const lab = highest(
      [10, 40, 30, 20, 5, 7],
      new Map([
        [1, says],
        [4, says],
      ]),
    );
    expect(new Set(honest(lab, [1, 4]))).toEqual(new Set([2]));
  });

  test('3 n (n - 1) messages in one round; equal cards: the first around the table', () => {
    const lab = highest([10, 40, 40, 20], new Map());
    expect([lab.sent, lab.rounds, ...new Set(lab.decided.values())]).toEqual([36, 1, 2]);
  });

  test('who does not see a card cannot speak of it, nobody twice', () => {
    const node = new HighestCard(1, ids(4), { roundUs: 1000 });
    const lab = new GameLab<CardClaim>(1, [node as never]);
    lab.ask(1, { f: 'deal', cards: [[1, 5]], game: 'game' });
    const say = (from: NodeId, holder: NodeId): void => lab.step(1, { kind: 'message', from, message: { game: 'game', holder, card: 9 } });
    say(2, 3);
    say(3, 3);
    say(3, 3);
    say(4, 9);
    expect([...node.dropped].sort()).toEqual([
      ['not-new', 1],
      ['not-sound', 2],
    ]);
  });
});

/** Of n cards drawn from a deck, some card is drawn exactly once: by counting all draws. */
function someoneAlone(n: number, deck: number): number {
  let alone = 0;
  const total = deck ** n;
  for (let draw = 0; draw < total; draw++) {
    const counts = new Array<number>(deck).fill(0);
    for (let i = 0, rest = draw; i < n; i++, rest = Math.floor(rest / deck)) counts[rest % deck] = (counts[rest % deck] as number) + 1;
    if (counts.includes(1)) alone += 1;
  }
  return alone / total;
}

describe('election by cards', () => {
  test.each([
    [2, 2],
    [2, 6],
    [3, 2],
    [4, 3],
  ])('%i players, a deck of %i: one leader for all, after 1 / P rounds on average', (n, deck) => {
    const runs = 400;
    let rounds = 0;
    for (let seed = 1; seed <= runs; seed++) {
      const nodes = ids(n).map((id) => new CardElection(id, ids(n), { roundUs: 1000, deck }));
      const lab = new GameLab(seed, nodes as never).play(new Map(ids(n).map((id) => [id, { f: 'elect' }])));
      expect(lab.decided.size).toBe(n);
      expect(new Set(lab.decided.values()).size).toBe(1);
      rounds += lab.rounds;
    }
    const p = someoneAlone(n, deck);
    const deviation = Math.sqrt((1 - p) / (p * p) / runs);
    expect(Math.abs(rounds / runs - 1 / p)).toBeLessThan(4 * deviation + 1e-9);
  });

  test('without chance nobody is ever elected: equals stay equal (Angluin 1980)', () => {
    class NoChance extends CardElection {
      override draws(): number {
        return 1;
      }
    }
    const nodes = ids(3).map((id) => new NoChance(id, ids(3), { roundUs: 1000, deck: 13 }));
    const lab = new GameLab(1, nodes as never).play(new Map(ids(3).map((id) => [id, { f: 'elect' }])), 30);
    expect([lab.rounds, lab.decided.size]).toEqual([30, 0]);
  });

  test('the highest card drawn by one player alone wins', () => {
    const node = new CardElection(1, ids(5), { roundUs: 1000, deck: 9 });
    const random = new Random(5);
    for (let i = 0; i < 200; i++) {
      const cards = ids(5).map((player) => ({ player, card: 1 + random.below(4) }));
      const alone = cards.filter(({ card }) => cards.filter((other) => other.card === card).length === 1).sort((a, b) => b.card - a.card);
      expect(node.winner(cards)).toBe(alone[0]?.player ?? null);
    }
  });
});
