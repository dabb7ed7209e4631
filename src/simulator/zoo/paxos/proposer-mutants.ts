/** Mutants of proposers and learners ("Paxos made simple", 2.2, 2.3, 3; Flexible Paxos, 3). */
import { type Entry, makeBallot, Paxos, type Progress, roundOf, type Snapshot } from '../../../protocols/paxos/index.ts';
import { harmlessMutant, type PaxosMutant, paxosMutant } from './mutant.ts';

const phase1Mutants: readonly PaxosMutant[] = [
  paxosMutant(
    'picks-lowest-ballot',
    'proposes the value of the lowest ballot that promises speak of',
    'phase1-value',
    class extends Paxos {
      protected override selectValue(reported: readonly Entry[]): Entry {
        return reported.reduce((low, entry) => (entry.ballot < low.ballot ? entry : low));
      }
    },
  ),
  paxosMutant(
    'picks-last-heard',
    'proposes the value that the last promise speaks of',
    'phase1-value',
    class extends Paxos {
      protected override selectValue(reported: readonly Entry[]): Entry {
        return reported.at(-1) as Entry;
      }
    },
  ),
  paxosMutant(
    'ignores-promised-values',
    'proposes nothing in the place of what promises speak of',
    'phase1-value',
    class extends Paxos {
      protected override selectValue(reported: readonly Entry[]): Entry {
        return { ...super.selectValue(reported), kind: 1, session: 0, id: 0, op: null, size: 0 };
      }
    },
  ),
  harmlessMutant(
    'counts-promises-from-ahead',
    'counts a promise although its acceptor knows more to be chosen',
    'a promise brings all of that along, as entries or as a snapshot: by then it is known here',
    class extends Paxos {
      protected override knowsAllChosen(): boolean {
        return true;
      }
    },
  ),
  paxosMutant(
    'phase1-quorum-off-by-one',
    'leads with one promise less than a quorum',
    'phase1-quorum',
    class extends Paxos {
      protected override phase1Quorum(): number {
        return Math.max(1, super.phase1Quorum() - 1);
      }
    },
  ),
  paxosMutant(
    'counts-promises-of-other-ballots',
    'takes promises and acceptances of its former ballots for those of this one',
    'phase1-quorum, chosen-by-quorum',
    class extends Paxos {
      protected override answersThisBallot(): boolean {
        return true;
      }
    },
  ),
  paxosMutant(
    'own-promise-before-persist',
    'counts its own promise before it is durable',
    'phase1-quorum',
    class extends Paxos {
      protected override awaitOwnPromise(ballot: number): void {
        super.awaitOwnPromise(ballot);
        this.ownPromiseDurable(ballot);
      }
    },
  ),
  paxosMutant(
    'asks-before-persist',
    'asks for promises before its own ballot is durable',
    'durable-promise, ballot-once',
    class extends Paxos {
      protected override asksDurably(): boolean {
        return false;
      }
    },
  ),
  paxosMutant(
    'ballot-not-raised',
    'stands for election again in the round that it is in',
    'promise-kept',
    class extends Paxos {
      protected override nextBallot(): number {
        return makeBallot(Math.max(1, roundOf(Math.max(this.promised, this.elected))), this.id);
      }
    },
  ),
  paxosMutant(
    'gaps-not-filled',
    'leaves slots empty of which no promise speaks',
    'liveness',
    class extends Paxos {
      protected override fillsGaps(): boolean {
        return false;
      }
    },
  ),
];

const phase2Mutants: readonly PaxosMutant[] = [
  paxosMutant(
    'phase2-quorum-off-by-one',
    'chooses with one acceptance less than a quorum',
    'chosen-by-quorum',
    class extends Paxos {
      protected override phase2Quorum(): number {
        return Math.max(1, super.phase2Quorum() - 1);
      }
    },
  ),
  paxosMutant(
    'chooses-what-one-has',
    'takes what any acceptor has for chosen',
    'chosen-by-quorum',
    class extends Paxos {
      protected override quorumAccepted(): number {
        return Math.max(...this.members.map(({ match }) => match));
      }
    },
  ),
  paxosMutant(
    'own-accept-before-persist',
    'counts what it proposes as accepted before that is durable',
    'chosen-by-quorum',
    class extends Paxos {
      protected override awaitOwnAccept(slot: number): void {
        super.awaitOwnAccept(slot);
        this.ownAcceptDurable(this.ballot, slot);
      }
    },
  ),
  paxosMutant(
    'ignores-refusals',
    'goes on in its ballot when acceptors have promised a higher one',
    'liveness',
    class extends Paxos {
      protected override handleNack(): void {}
    },
  ),
  paxosMutant(
    'never-sends-again',
    'never sends again what was not answered',
    'liveness, convergence',
    class extends Paxos {
      protected override sendsAgain(_member: Progress): boolean {
        return false;
      }
    },
  ),
  paxosMutant(
    'unbounded-pipeline',
    'sends on however much is not answered',
    'flow-window',
    class extends Paxos {
      protected override hasRoom(_member: Progress): boolean {
        return true;
      }
    },
  ),
  paxosMutant(
    'unbounded-proposals',
    'takes on proposals however much is not chosen',
    'uncommitted-bytes',
    class extends Paxos {
      protected override mayTakeOn(): boolean {
        return true;
      }
    },
  ),
  harmlessMutant(
    'sends-again-at-once',
    'sends again with every heartbeat what was not answered, however long that goes on',
    'more messages, the same outcome',
    class extends Paxos {
      protected override sendsAgain(_member: Progress): boolean {
        return true;
      }
    },
  ),
];

const learnerMutants: readonly PaxosMutant[] = [
  paxosMutant(
    'takes-accepted-for-chosen',
    'takes what it accepted in any ballot for what was chosen',
    'chosen-once',
    class extends Paxos {
      protected override isChosen(entry: Entry | null): boolean {
        return entry !== null;
      }
    },
  ),
  harmlessMutant(
    'takes-higher-ballots-for-chosen',
    'takes what it accepted in a higher ballot for what a lower one has chosen',
    'whoever accepted in a higher ballot has promised it, and refuses the lower leader before it listens to it',
    class extends Paxos {
      protected override isChosen(entry: Entry | null, ballot: number): boolean {
        return entry !== null && entry.ballot >= ballot;
      }
    },
  ),
  paxosMutant(
    'never-asks-to-learn',
    'never asks for what was chosen without it',
    'convergence',
    class extends Paxos {
      protected override askToLearn(): void {}
    },
  ),
  paxosMutant(
    'installs-older-snapshots',
    'installs any snapshot, also one older than what it knows',
    'chosen-is-final',
    class extends Paxos {
      protected override mayInstall(): boolean {
        return true;
      }
    },
  ),
  paxosMutant(
    'snapshot-too-new',
    'sends its snapshot as one of all that it knows to be chosen',
    'equal-states, state-machine-safety',
    class extends Paxos {
      protected override latestSnapshot(): Snapshot | null {
        const snapshot = super.latestSnapshot();
        return snapshot === null ? null : { ...snapshot, index: this.slots.committed };
      }
    },
  ),
  paxosMutant(
    'trims-regardless',
    'trims all that a snapshot stands for, whoever has not decided it yet',
    'trim',
    class extends Paxos {
      protected override trimPoint(snapshot: Snapshot): number {
        return snapshot.index;
      }
    },
  ),
];

export const proposerMutants: readonly PaxosMutant[] = [...phase1Mutants, ...phase2Mutants, ...learnerMutants];
