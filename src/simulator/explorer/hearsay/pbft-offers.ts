/**
 * What may happen to a replica of a small PBFT next: for each rule of the protocol, it hears just enough for that rule, of
 * what others have said and of what the liar may say. More than enough changes nothing, less is nothing that counts.
 */
import type { NodeId } from '../../../core/index.ts';
import { type MessageType, messageTypes, NULL_DIGEST, type ViewChange } from '../../../protocols/pbft/index.ts';
import type { Offer } from './hearsay.ts';
import { type Heard, heard, type PbftLiar } from './pbft-liar.ts';
import { type Happening, type Replica, saidBy } from './pbft-replica.ts';
import type { PbftWords } from './pbft-words.ts';
import { subsets } from './subsets.ts';

/** What others have said, as one replica hears it. */
export interface Surroundings {
  readonly said: readonly Heard[];
  /** What each of the others has executed. */
  readonly executed: readonly { readonly from: NodeId; readonly words: string }[];
  /** New views that somebody may begin, each with a choice that follows. */
  newViews(view: number): readonly Heard[];
}

const voteTypes: readonly MessageType[] = [messageTypes.prepare, messageTypes.commit];

const changeIn = ({ message: { body } }: Heard): ViewChange | null => (body?.type === 'viewChange' ? body.change : null);

export class PbftOffers {
  readonly #peers: readonly NodeId[];
  readonly #allViews: readonly number[];
  readonly #digests: readonly string[];
  readonly #liar: PbftLiar;
  readonly #words: PbftWords;

  constructor(peers: readonly NodeId[], views: number, liar: PbftLiar, words: PbftWords) {
    this.#peers = peers;
    this.#allViews = Array.from({ length: views }, (_, view) => view);
    this.#digests = [...words.batches.keys(), NULL_DIGEST];
    this.#liar = liar;
    this.#words = words;
  }

  /** What may happen whatever others have said: it hears the liar, or its time is out. */
  alone(replica: Replica): Offer<Happening>[] {
    const hears = this.#allViews.flatMap((view) => [...this.#lies(view), ...this.#lyingVotes(view, replica)]);
    const claims = this.#digests.map((digest) => [this.#liar.claim(digest)]);
    const offers = [...hears, ...claims, ...this.#falseStart(replica)].map((each) => offer(each, false));
    return [...offers, ...this.#impatience(replica).map((each) => offer(each, true))];
  }

  /** What may happen because others have said something. */
  together(replica: Replica, around: Surroundings): Offer<Happening>[] {
    const hears = [
      ...this.#proposals(around),
      ...this.#votes(around),
      ...this.#claims(around),
      ...this.#follows(replica, around),
      ...this.#begins(replica, around),
      ...this.#allViews.flatMap((view) => (view === 0 ? [] : around.newViews(view).map((each) => [each]))),
    ];
    const offers = [...hears.map((each) => offer(each, false)), ...this.#beginsWithout(replica, around)];
    return replica.active || this.#isLast(replica) ? offers : [...offers, offer(this.#waiting(replica, around), true)];
  }

  #othersThan({ id }: Replica): NodeId[] {
    return this.#peers.filter((peer) => peer !== id && peer !== this.#liar.id);
  }

  #isLast({ view }: Replica): boolean {
    return view + 1 >= this.#allViews.length;
  }

  // The normal case.

  #lies(view: number): Heard[][] {
    const liar = this.#liar;
    return [...liar.proposals(view), ...liar.answers(view), ...liar.requests(view)].map((each) => [each]);
  }

  #lyingVotes(view: number, replica: Replica): Heard[][] {
    return voteTypes.flatMap((type) =>
      this.#digests.flatMap((digest) => {
        const lies = this.#liar.votes(type, view, digest);
        return [lies, [...this.#liar.forgedVotes(type, view, digest, this.#othersThan(replica)), ...lies]];
      }),
    );
  }

  #proposals({ said }: Surroundings): Heard[][] {
    return said.filter(({ message }) => message.type === messageTypes.prePrepare).map((each) => [each]);
  }

  /** All votes for the same, the liar's among them. */
  #votes({ said }: Surroundings): Heard[][] {
    const alike = new Map<string, Heard[]>();
    for (const vote of said) {
      if (!voteTypes.includes(vote.message.type)) continue;
      const others = alike.get(vote.words);
      if (others === undefined) alike.set(vote.words, [vote]);
      else others.push(vote);
    }
    return [...alike.values()].map((votes) => {
      const [{ message }] = votes as [Heard];
      return [...votes, ...this.#liar.votes(message.type, message.view, message.digest)];
    });
  }

  /** Who has executed something says so to whoever is behind; the liar says the same. */
  #claims({ executed }: Surroundings): Heard[][] {
    return this.#digests.flatMap((digest) => {
      const claim = this.#liar.claim(digest);
      const honest = executed.filter(({ words }) => words === this.#words.digest(digest));
      return honest.length === 0 ? [] : [[claim, ...honest.map(({ from }) => heard(from, claim.words, saidBy(from, claim.message)))]];
    });
  }

  // The view change.

  #changesFrom(view: number, { said }: Surroundings): Heard[] {
    return said.filter((each) => (changeIn(each)?.view ?? -1) >= view);
  }

  /** One honest replica has left for a later view, and the liar says so of itself, too. */
  #follows({ view }: Replica, around: Surroundings): Heard[][] {
    return this.#allViews.flatMap((to) => {
      const [lie] = this.#liar.changeMessages(to);
      return to <= view || lie === undefined ? [] : this.#changesFrom(to, around).map((each) => [lie, each]);
    });
  }

  #leads({ view, id, active }: Replica): boolean {
    return !active && view > 0 && this.#peers[view % this.#peers.length] === id;
  }

  /** The same before its own view change is signed: it begins without that one. */
  #beginsWithout(replica: Replica, around: Surroundings): Offer<Happening>[] {
    return this.#begins(replica, around).map((hears) => {
      const { name, key, happening } = offer(hears, false);
      return { name: `${name} before it has signed`, key: `${key}~`, happening: { ...happening, slowSignatures: true } };
    });
  }

  /** A primary hears view changes for its view, any of them, in any order that matters: it begins once it has enough. */
  #begins(replica: Replica, { said }: Surroundings): Heard[][] {
    if (!this.#leads(replica)) return [];
    const changes = said.filter((each) => changeIn(each)?.view === replica.view);
    return [changes, ...this.#liar.changeMessages(replica.view).map((lie) => [...changes, lie])].flatMap((all) =>
      subsets(all).flatMap((some) => some.map((last) => [...some.filter((each) => each !== last), last])),
    );
  }

  /** It hears view changes that nobody made. */
  #falseStart(replica: Replica): Heard[][] {
    return this.#leads(replica) ? [this.#liar.forgedChanges(replica.view, this.#othersThan(replica))] : [];
  }

  /** What an active replica hears before its time is out: of a request. */
  #impatience(replica: Replica): Heard[][] {
    return !replica.active || this.#isLast(replica) ? [] : this.#liar.requests(replica.view).map((each) => [each]);
  }

  /** What one that has left a view hears before its time is out again: that all who can wait for the new view with it. */
  #waiting({ view }: Replica, around: Surroundings): Heard[] {
    return [...this.#changesFrom(view, around), ...this.#liar.changeMessages(view).slice(0, 1)];
  }
}

function offer(hears: readonly Heard[], timeout: boolean): Offer<Happening> {
  const told = hears.map(({ told: each }) => each).join(', ');
  return {
    name: `hears ${told}${timeout ? '; its time is out' : ''}`,
    key: `${told}${timeout ? '!' : ''}`,
    happening: { hears, timeout, slowSignatures: false },
  };
}
