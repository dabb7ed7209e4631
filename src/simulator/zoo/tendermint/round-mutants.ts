/** Mutants of Algorithm 1: quorums, locks, proposals, time-outs. */
import type { NodeId } from '../../../core/index.ts';
import { hasHonest, type Statement, type Step, Tendermint, totalPower, type VoteType } from '../../../protocols/tendermint/index.ts';
import { mutant, slowMutant, type TendermintMutant } from './mutant.ts';

export const quorumMutants: readonly TendermintMutant[] = [
  mutant(
    'quorum-f-plus-1',
    'takes more than a third of the power for a quorum',
    'precommit-rule, certificate',
    class extends Tendermint {
      protected override hasQuorum(power: number): boolean {
        return hasHonest(power, totalPower(this.validators));
      }
    },
  ),
  mutant(
    'quorum-2f',
    'takes two thirds of the power, and not more, for a quorum',
    'precommit-rule, certificate',
    class extends Tendermint {
      protected override hasQuorum(power: number): boolean {
        return 3 * power >= 2 * totalPower(this.validators);
      }
    },
  ),
  mutant(
    'quorum-of-heads',
    'counts validators, not their power',
    'precommit-rule, certificate',
    class extends Tendermint {
      protected override tally(votes: readonly Statement[]): number {
        const heads = new Set(votes.map(({ signer }) => signer)).size;
        return (heads * totalPower(this.validators)) / this.validators.members.length;
      }
    },
  ),
  mutant(
    'polka-of-f-plus-1',
    'locks on a value that f+1 have prevoted',
    'precommit-rule',
    class extends Tendermint {
      protected override hasPolka(round: number, value: string | null): boolean {
        return this.hasHonest(this.tally(this.votesFor(round, 'prevote', value)));
      }
    },
  ),
  slowMutant(
    'decides-across-rounds',
    'counts precommits of different rounds for one decision',
    'certificate',
    class extends Tendermint {
      protected override hasCommit(_round: number, value: string): boolean {
        return this.hasQuorum(this.tally(this.rounds().flatMap((round) => this.votesFor(round, 'precommit', value))));
      }
    },
  ),
  mutant(
    'decides-on-a-polka',
    'decides on 2f+1 prevotes',
    'certificate',
    class extends Tendermint {
      protected override hasCommit(round: number, value: string): boolean {
        return this.hasPolka(round, value);
      }
    },
  ),
  mutant(
    'counts-votes-twice',
    'counts a validator that says two things as two',
    'precommit-rule',
    class extends Tendermint {
      protected override tally(votes: readonly Statement[]): number {
        return votes.reduce((sum, vote) => sum + super.tally([vote]), 0);
      }
    },
  ),
  mutant(
    'nil-quorum-of-any',
    'waits for no quorum of votes before it times out',
    'precommit-rule',
    class extends Tendermint {
      protected override hasVotes(round: number, type: VoteType): boolean {
        return this.hasHonest(super.tally(this.log(round)?.votes(type) ?? []));
      }
    },
  ),
];

export const lockMutants: readonly TendermintMutant[] = [
  mutant(
    'unlocks-without-a-polka',
    'takes the word of a proposer for the polka of its valid round',
    'prevote-rule',
    class extends Tendermint {
      protected override isJustified({ validRound }: Statement): boolean {
        return validRound < this.round;
      }
    },
  ),
  mutant(
    'prevotes-against-its-lock',
    'prevotes whatever is proposed, though it is locked on something else',
    'lock-rule',
    class extends Tendermint {
      protected override lockAllows(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'unlocks-for-an-older-polka',
    'gives its lock up for a polka of an earlier round',
    'lock-rule',
    class extends Tendermint {
      protected override lockAllows(statement: Statement): boolean {
        return super.lockAllows(statement) || statement.validRound >= 0;
      }
    },
  ),
  mutant(
    'never-locks',
    'precommits without a lock',
    'lock-kept',
    class extends Tendermint {
      protected override lock(): void {
        this.roundStep = 'precommit';
      }
    },
  ),
  mutant(
    'proposes-anew',
    'proposes a new block although there is a valid one',
    'proposal-rule',
    class extends Tendermint {
      protected override reproposes(): boolean {
        return false;
      }
    },
  ),
  mutant(
    'no-round-skip',
    'waits out its own time-outs though f+1 are in a later round',
    'upon-rules',
    class extends Tendermint {
      protected override maySkipTo(): boolean {
        return false;
      }
    },
  ),
  mutant(
    'skips-for-anybody',
    'joins a later round because one validator is there',
    'nothing that breaks safety: rounds run away',
    class extends Tendermint {
      protected override maySkipTo(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'timeouts-stay',
    'waits no longer in later rounds',
    'timeouts-grow',
    class extends Tendermint {
      override timeoutUs(kind: Step): number {
        return super.timeoutUs(kind, 0);
      }
    },
  ),
  mutant(
    'prevotes-its-lock-on-timeout',
    'prevotes what it is locked on when no proposal comes, instead of nil',
    'prevote-rule',
    class extends Tendermint {
      protected override prevoteOnTimeout(): string | null {
        return this.lockedValue;
      }
    },
  ),
  mutant(
    'precommits-valid-value-on-timeout',
    'precommits the value it holds for valid when prevotes do not agree',
    'precommit-rule',
    class extends Tendermint {
      protected override precommitOnTimeout(): string | null {
        return this.validValue;
      }
    },
  ),
  mutant(
    'turns-by-id',
    'lets validators propose in turn, whatever their power',
    'proposer-rule',
    class extends Tendermint {
      override proposer(round: number): NodeId {
        const { members } = this.validators;
        return members[(this.height + round) % members.length]?.id ?? 0;
      }
    },
  ),
];
