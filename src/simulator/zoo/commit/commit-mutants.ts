/** Two-phase commit with one decision taken wrongly: what the simulator must find. */
import { type CommitRecord, type Coordinated, LocalCommit, type Site } from '../../../protocols/commit/index.ts';
import type { CommitClass } from '../../subjects/commit/commit.ts';

export interface CommitMutant {
  readonly id: string;
  /** What it does wrong, in one sentence. */
  readonly about: string;
  readonly node: CommitClass;
}

class CommitsOnMissingVote extends LocalCommit {
  override mayCommit(coordinated: Coordinated, yes: ReadonlySet<Site>): boolean {
    return yes.size * 2 > coordinated.sites.length;
  }
}

class DecisionNotPersisted extends LocalCommit {
  override mustPersist(record: CommitRecord): boolean {
    return record.type !== 'decided' && super.mustPersist(record);
  }
}

class VoteNotPersisted extends LocalCommit {
  override mustPersist(record: CommitRecord): boolean {
    return record.type !== 'prepared' && super.mustPersist(record);
  }
}

class PresumesCommit extends LocalCommit {
  override presumption(): 'commit' {
    return 'commit';
  }
}

class AbortsWhenInDoubt extends LocalCommit {
  override whenInDoubt(): 'abort' {
    return 'abort';
  }
}

class VoteForgottenOnRestart extends LocalCommit {
  override replays(record: CommitRecord): boolean {
    return record.type !== 'prepared';
  }
}

class DecisionForgottenOnRestart extends LocalCommit {
  override replays(record: CommitRecord): boolean {
    return record.type !== 'decided';
  }
}

class NumbersUsedAgain extends LocalCommit {
  override replays(record: CommitRecord): boolean {
    return record.type !== 'life';
  }
}

const mutant = (id: string, about: string, node: CommitClass): CommitMutant => ({ id, about, node });

export const commitMutants: readonly CommitMutant[] = [
  mutant('commit-on-missing-vote', 'the coordinator commits once a majority has voted yes', CommitsOnMissingVote),
  mutant('decision-not-persisted', 'the coordinator tells a commit that its disk does not know yet', DecisionNotPersisted),
  mutant('vote-not-persisted', 'a participant votes yes before its disk knows', VoteNotPersisted),
  mutant('presumed-commit', 'a coordinator that knows nothing of a transaction says that it was committed', PresumesCommit),
  mutant('abort-when-in-doubt', 'a prepared participant aborts by itself when it has waited long enough', AbortsWhenInDoubt),
  mutant(
    'vote-forgotten-on-restart',
    'a participant forgets at a restart that it has voted, and may vote otherwise',
    VoteForgottenOnRestart,
  ),
  mutant('decision-forgotten-on-restart', 'a coordinator forgets its commits at a restart, and presumes abort', DecisionForgottenOnRestart),
  mutant('numbers-used-again', 'after a restart a coordinator numbers its transactions from the same number again', NumbersUsedAgain),
];

export const commitMutantNamed = (id: string): CommitMutant | null => commitMutants.find((each) => each.id === id) ?? null;
