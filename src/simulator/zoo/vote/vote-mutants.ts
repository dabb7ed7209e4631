/** The vote with one decision taken wrongly: what the one portfolio under the one budget must find. */
import { type Asking, type Occasion, type SignedAnswer, type Verdict, VoteNode, type VoteRecord } from '../../../protocols/vote/index.ts';
import type { VoteClass } from '../../subjects/vote/vote.ts';
import type { KnownBug } from '../known-bug.ts';

export interface VoteMutant extends KnownBug {
  readonly node: VoteClass;
}

const mutant = (id: string, about: string, expected: string, node: VoteClass): VoteMutant => ({ id, about, expected, node });
const harmless = (id: string, about: string, why: string, node: VoteClass): VoteMutant => ({
  id,
  about,
  expected: 'nothing',
  harmless: why,
  node,
});

const voterMutants: readonly VoteMutant[] = [
  mutant(
    'answers-anew',
    'asks its service again for each asker, and may answer them differently',
    'answer-kept',
    class extends VoteNode {
      override answerStands(): boolean {
        return false;
      }
    },
  ),
  mutant(
    'votes-anew',
    'votes on each set that it is shown, whatever it voted before',
    'vote-kept, agreement',
    class extends VoteNode {
      override voteStands(): boolean {
        return false;
      }
    },
  ),
  mutant(
    'answer-not-persisted',
    'answers before its disk knows',
    'answer-durable, answer-kept',
    class extends VoteNode {
      override mustPersist(record: VoteRecord): boolean {
        return record.type !== 'answered';
      }
    },
  ),
  mutant(
    'vote-not-persisted',
    'votes before its disk knows',
    'vote-durable, vote-kept',
    class extends VoteNode {
      override mustPersist(record: VoteRecord): boolean {
        return record.type !== 'voted';
      }
    },
  ),
  mutant(
    'answer-forgotten-on-restart',
    'forgets at a restart what it answered',
    'answer-kept',
    class extends VoteNode {
      override restores(record: VoteRecord): boolean {
        return record.type !== 'answered';
      }
    },
  ),
  mutant(
    'vote-forgotten-on-restart',
    'forgets at a restart what it voted',
    'vote-kept',
    class extends VoteNode {
      override restores(record: VoteRecord): boolean {
        return record.type !== 'voted';
      }
    },
  ),
  mutant(
    'one-answer-counts-twice',
    'counts the answer of one voter as often as it stands in a set',
    'vote-grounded',
    class extends VoteNode {
      override areDistinct(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'unproved-set',
    'votes on a set although some of its answers are not signed by their voters',
    'vote-grounded',
    class extends VoteNode {
      override isProved(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'simple-majority-goes',
    'votes go when more than half of the voters are ready',
    'vote-grounded, asker-patient',
    class extends VoteNode {
      override verdictOf(question: Occasion['question'], answers: readonly SignedAnswer[]): Verdict | null {
        const ready = answers.filter(({ says }) => says === 'ready').length;
        return ready * 2 > this.config.voters.length ? 'go' : super.verdictOf(question, answers);
      }
    },
  ),
  mutant(
    'aborts-on-one-refusal',
    'votes abort as soon as one voter is not ready, however few have answered',
    'vote-grounded, set-genuine',
    class extends VoteNode {
      override verdictOf(question: Occasion['question'], answers: readonly SignedAnswer[]): Verdict | null {
        return answers.some(({ says }) => says === 'not-ready') ? 'abort' : super.verdictOf(question, answers);
      }
    },
  ),
  mutant(
    'answers-after-expiry',
    'answers questions that have expired, and votes on them',
    'not-after-expiry',
    class extends VoteNode {
      override hasExpired(): boolean {
        return false;
      }
    },
  ),
  mutant(
    'believes-every-signature',
    'takes any signature for genuine',
    'unforgeable, vote-grounded, set-genuine, convicts-only-guilty',
    class extends VoteNode {
      override isGenuine(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'no-room',
    'answers no question at all',
    'liveness',
    class extends VoteNode {
      override hasRoom(): boolean {
        return false;
      }
    },
  ),
];

const askerMutants: readonly VoteMutant[] = [
  mutant(
    'quorum-of-f-plus-one',
    'decides by one more vote than there may be liars',
    'decision-certified',
    class extends VoteNode {
      override quorum(): number {
        return this.config.faults + 1;
      }
    },
  ),
  mutant(
    'quorum-off-by-one',
    'decides by one vote too few',
    'decision-certified',
    class extends VoteNode {
      override quorum(): number {
        return super.quorum() - 1;
      }
    },
  ),
  mutant(
    'first-vote-decides',
    'decides as the first voter votes',
    'decision-certified',
    class extends VoteNode {
      override decides(asking: Asking): Verdict | null {
        const [first] = asking.votes.values();
        return first?.says ?? null;
      }
    },
  ),
  mutant(
    'any-occasion-will-do',
    'takes answers and votes that were given on another occasion',
    'set-genuine, decision-certified',
    class extends VoteNode {
      override isAnswerTo(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'shows-too-little',
    'shows the first answer that it gets',
    'set-genuine',
    class extends VoteNode {
      override mayShow(asking: Asking): boolean {
        return asking.answers.size > 0;
      }
    },
  ),
  mutant(
    'impatient',
    'waits for nobody once enough have answered',
    'asker-patient',
    class extends VoteNode {
      override mayShow(asking: Asking): boolean {
        return this.verdictOf(asking.question, [...asking.answers.values()]) !== null;
      }
    },
  ),
  mutant(
    'never-shows',
    'waits for ever for the last answer',
    'liveness',
    class extends VoteNode {
      override mayShow(): boolean {
        return false;
      }
    },
  ),
  mutant(
    'never-gives-up',
    'asks for ever what nobody answers',
    'asker-gives-up',
    class extends VoteNode {
      override givesUp(): boolean {
        return false;
      }
    },
  ),
  harmless(
    'strangers-may-vote',
    'takes everybody for a voter',
    'in a simulated group everybody is one; vote.test.ts shows it',
    class extends VoteNode {
      override isVoter(): boolean {
        return true;
      }
    },
  ),
];

export const voteMutants: readonly VoteMutant[] = [...voterMutants, ...askerMutants];

export const voteMutantNamed = (id: string): VoteMutant | null => voteMutants.find((each) => each.id === id) ?? null;
