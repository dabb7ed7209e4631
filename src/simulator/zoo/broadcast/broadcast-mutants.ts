/** The classics of agreement among liars with one decision taken wrongly: what the simulator must find. */
import {
  type Broadcast,
  CardElection,
  type CardShown,
  HighestCard,
  OralGenerals,
  ReliableBroadcast,
  SignedGenerals,
} from '../../../protocols/broadcast/index.ts';
import type { BrachaClass } from '../../subjects/broadcast/bracha.ts';
import type { CardElectionClass, HighestCardClass } from '../../subjects/broadcast/cards.ts';
import type { OralClass, SignedClass } from '../../subjects/broadcast/generals.ts';
import type { KnownBug } from '../known-bug.ts';

export interface GameMutant<C> extends KnownBug {
  readonly node: C;
}

const mutant = <C>(id: string, about: string, expected: string, node: C): GameMutant<C> => ({ id, about, expected, node });

export const oralMutants: readonly GameMutant<OralClass>[] = [
  mutant(
    'no-vote',
    'a lieutenant believes the commander and asks nobody',
    'agreement',
    class extends OralGenerals {
      override majority(orders: readonly number[]): number {
        return orders[0] as number;
      }
    },
  ),
  mutant(
    'no-relay',
    'a lieutenant keeps to itself what it was told',
    'validity',
    class extends OralGenerals {
      override relays(): boolean {
        return false;
      }
    },
  ),
  mutant(
    'any-path',
    'a lieutenant takes words from whoever says to have heard them',
    'agreement',
    class extends OralGenerals {
      override isSound(game: Parameters<OralGenerals['isSound']>[0], _from: number, path: readonly number[]): boolean {
        return super.isSound(game, path.at(-1) as number, path);
      }
    },
  ),
  mutant(
    'one-relay-less',
    'words are relayed once less than there may be traitors',
    'agreement',
    class extends OralGenerals {
      override depth(): number {
        return Math.max(0, super.depth() - 1);
      }
    },
  ),
  mutant(
    'half-is-enough',
    'an order that half of the words carry is obeyed',
    'agreement',
    class extends OralGenerals {
      override majority(orders: readonly number[]): number {
        return [...orders].reverse().find((order) => orders.filter((other) => other === order).length * 2 >= orders.length) ?? 0;
      }
    },
  ),
];

export const signedMutants: readonly GameMutant<SignedClass>[] = [
  mutant(
    'no-verify',
    'a lieutenant takes signatures for valid',
    'agreement',
    class extends SignedGenerals {
      override mustVerify(): boolean {
        return false;
      }
    },
  ),
  mutant(
    'no-relay',
    'a lieutenant keeps to itself what it was told',
    'agreement',
    class extends SignedGenerals {
      override relays(): boolean {
        return false;
      }
    },
  ),
  mutant(
    'first-order',
    'of several orders a lieutenant obeys the one that came first',
    'agreement',
    class extends SignedGenerals {
      override choice(orders: readonly number[]): number {
        return orders[0] ?? 0;
      }
    },
  ),
  mutant(
    'any-signer',
    'a lieutenant does not ask whose signature comes first',
    'validity',
    class extends SignedGenerals {
      override isSound(
        game: Parameters<SignedGenerals['isSound']>[0],
        from: number,
        message: Parameters<SignedGenerals['isSound']>[2],
      ): boolean {
        return super.isSound({ ...game, commander: message.signers[0] as number }, from, message);
      }
    },
  ),
  mutant(
    'no-rounds',
    'signatures of the commander alone are enough, and nobody else is heard',
    'agreement',
    class extends SignedGenerals {
      override depth(): number {
        return 0;
      }
    },
  ),
];

export const highestCardMutants: readonly GameMutant<HighestCardClass>[] = [
  mutant(
    'believes-holder',
    'a player believes what the holder says of its card',
    'agreement',
    class extends HighestCard {
      override believes(claims: readonly (number | null)[]): number {
        return claims[0] ?? 0;
      }
    },
  ),
  mutant(
    'believes-highest',
    'of several claims a player believes the highest',
    'agreement',
    class extends HighestCard {
      override believes(claims: readonly (number | null)[]): number {
        return Math.max(0, ...claims.map((claim) => claim ?? 0));
      }
    },
  ),
  mutant(
    'any-witness',
    'claims count whoever makes them, the last one of a card against all',
    'agreement',
    class extends HighestCard {
      override isWitness(): boolean {
        return true;
      }
      override isNew(): boolean {
        return true;
      }
      override heard(game: Parameters<HighestCard['isNew']>[0], from: number, message: never, out: never): void {
        const claim = message as { readonly holder: number; readonly card: number };
        super.heard(game, from, message, out);
        for (const key of [...game.claims.keys()]) if (key.startsWith(`${claim.holder}/`)) game.claims.set(key, claim.card);
      }
    },
  ),
  mutant(
    'lowest-card',
    'the lowest card wins',
    'validity',
    class extends HighestCard {
      override highest(cards: Parameters<HighestCard['highest']>[0]): number {
        return [...cards].sort((a, b) => a.card - b.card)[0]?.holder ?? 0;
      }
    },
  ),
];

export const cardElectionMutants: readonly GameMutant<CardElectionClass>[] = [
  mutant(
    'takes-ties',
    'the highest card wins, drawn by several or not: everybody thinks of the first that it saw',
    'agreement',
    class extends CardElection {
      override winner(cards: Parameters<CardElection['winner']>[0]): number | null {
        const highest = Math.max(...cards.map(({ card }) => card));
        const best = cards.filter(({ card }) => card === highest);
        return (best.find(({ player }) => player === this.id) ?? best[0])?.player ?? null;
      }
    },
  ),
  mutant(
    'lowest-wins',
    'the lowest card that one player alone drew wins',
    'validity',
    class extends CardElection {
      override winner(cards: Parameters<CardElection['winner']>[0]): number | null {
        return super.winner(cards.map(({ player, card }) => ({ player, card: 1000 - card })));
      }
    },
  ),
  mutant(
    'same-card-again',
    'all players always show their first card: who is equal stays equal',
    'termination',
    class extends CardElection {
      override draws(): number {
        return 1;
      }
    },
  ),
  mutant(
    'other-round',
    'cards of the next round count in this one',
    'agreement',
    class extends CardElection {
      override isSound(game: Parameters<CardElection['isSound']>[0], message: CardShown): boolean {
        if (message.round > game.round) return false;
        return super.isSound(game, message);
      }
    },
  ),
];

export const brachaMutants: readonly GameMutant<BrachaClass>[] = [
  mutant(
    'few-echoes',
    'f + 1 echoes allow a ready',
    'agreement',
    class extends ReliableBroadcast {
      override echoQuorum(): number {
        return this.config.faults + 1;
      }
    },
  ),
  mutant(
    'one-ready-is-enough',
    'one ready allows another',
    'agreement',
    class extends ReliableBroadcast {
      override readySupport(): number {
        return 1;
      }
    },
  ),
  mutant(
    'delivers-early',
    'f + 1 ready deliver',
    'totality',
    class extends ReliableBroadcast {
      override deliverQuorum(): number {
        return this.config.faults + 1;
      }
    },
  ),
  mutant(
    'echoes-all',
    'every value of the sender is echoed',
    'one-word',
    class extends ReliableBroadcast {
      override mayEcho(broadcast: Broadcast): boolean {
        return broadcast.delivered === null;
      }
    },
  ),
  mutant(
    'delivers-again',
    'a node delivers as often as it has reason to',
    'integrity',
    class extends ReliableBroadcast {
      override mayDeliver(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'anybody-sends',
    'a node takes an init from others than the sender',
    'validity',
    class extends ReliableBroadcast {
      override isSendersOwn(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'never-again',
    'nothing is said a second time',
    'says-again',
    class extends ReliableBroadcast {
      override resendsTo(): boolean {
        return false;
      }
    },
  ),
  mutant(
    'quorum-of-all',
    'all must be ready before anybody delivers',
    'liveness',
    class extends ReliableBroadcast {
      override deliverQuorum(): number {
        return this.peers.length;
      }
    },
  ),
  {
    ...mutant(
      'readies-all',
      'a node that is ready for one value may be ready for another',
      'nothing',
      class extends ReliableBroadcast {
        override mayReady(): boolean {
          return true;
        }
      },
    ),
    harmless: 'while no more than f lie, no second value finds enough echoes or enough who are ready',
  },
];

export const gameMutantNamed = <C>(mutants: readonly GameMutant<C>[], id: string): GameMutant<C> | null =>
  mutants.find((each) => each.id === id) ?? null;
