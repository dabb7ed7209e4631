/**
 * Two-phase commit with one decision taken wrongly, once for each decision that matters; all hunted with the same portfolio
 * and budget (hunt.ts).
 */
import { type CommitRecord, LocalCommit } from '../../../protocols/commit/index.ts';
import type { CommitClass } from '../../subjects/commit/commit.ts';
import { type CommitBug, commitBug, harmlessCommitBug } from './commit-bug.ts';
import { participantMutants } from './participant-mutants.ts';

export type CommitMutant = CommitBug<CommitClass>;

const coordinatorMutants: readonly CommitMutant[] = [
  commitBug(
    'commit-on-missing-vote',
    'the coordinator commits once a majority has voted yes',
    'validity, agreement',
    class extends LocalCommit {
      override mayCommit(...[coordinated, yes]: Parameters<LocalCommit['mayCommit']>): boolean {
        return yes.size * 2 > coordinated.sites.length;
      }
    },
  ),
  commitBug(
    'decision-not-persisted',
    'the coordinator tells a commit that its disk does not know yet',
    'decision-durable, agreement',
    class extends LocalCommit {
      override mustPersist(record: CommitRecord): boolean {
        return record.type !== 'decided' && super.mustPersist(record);
      }
    },
  ),
  commitBug(
    'decision-lazy',
    'the coordinator writes its commit without waiting for the disk',
    'decision-durable, agreement',
    class extends LocalCommit {
      override mustForce(record: CommitRecord): boolean {
        return record.type !== 'decided' && super.mustForce(record);
      }
    },
  ),
  commitBug(
    'presumed-commit',
    'a coordinator that knows nothing of a transaction says that it was committed, whatever it has written',
    'decision-durable, agreement',
    class extends LocalCommit {
      override presumption(): 'commit' {
        return 'commit';
      }
    },
  ),
  commitBug(
    'presumed-abort-where-commit-is',
    'where commit is presumed, a coordinator that has forgotten a commit says abort',
    'decision-kept, agreement',
    class extends LocalCommit {
      override presumption(): 'abort' {
        return 'abort';
      }
    },
  ),
  commitBug(
    'beginning-not-collected',
    'where commit is presumed, a coordinator asks for votes before its disk knows whom to tell of an abort',
    'beginning-durable, agreement',
    class extends LocalCommit {
      override collects(): boolean {
        return false;
      }
    },
  ),
  commitBug(
    'tells-abort-while-voting',
    'a coordinator answers abort to who is in doubt while the vote is still open',
    'agreement',
    class extends LocalCommit {
      override outcomeOf(...args: Parameters<LocalCommit['outcomeOf']>): 'commit' | 'abort' {
        return super.outcomeOf(...args) ?? 'abort';
      }
    },
  ),
  commitBug(
    'forgets-after-one-acknowledgement',
    'a coordinator takes a transaction for ended once one participant has acknowledged its decision',
    'ended-early',
    class extends LocalCommit {
      override mayEnd(...[, heard]: Parameters<LocalCommit['mayEnd']>): boolean {
        return heard.size > 0;
      }
    },
  ),
  commitBug(
    'gives-up-at-once',
    'the coordinator aborts at the first time-out, whatever it was told to wait',
    'abort-validity',
    class extends LocalCommit {
      override givesUp(): boolean {
        return true;
      }
    },
  ),
  commitBug(
    'decision-forgotten-on-restart',
    'a coordinator forgets its commits at a restart, and presumes abort',
    'decision-kept, agreement',
    class extends LocalCommit {
      override replays(record: CommitRecord): boolean {
        return record.type !== 'decided';
      }
    },
  ),
  commitBug(
    'numbers-used-again',
    'after a restart a coordinator numbers its transactions from the same number again',
    'agreement, stability, liveness',
    class extends LocalCommit {
      override replays(record: CommitRecord): boolean {
        return record.type !== 'life';
      }
    },
  ),
  harmlessCommitBug(
    'ended-forced',
    'the coordinator waits for the disk before it takes a transaction for ended',
    'only the time that nobody waits for: what is ended has been told already',
    class extends LocalCommit {
      override mustForce(record: CommitRecord): boolean {
        return record.type === 'ended' || super.mustForce(record);
      }
    },
  ),
  harmlessCommitBug(
    'abandons-later',
    'a restarted coordinator that no longer has what was to be written does not abort at once',
    'reminders without a vote come to an end all the same, and then it aborts',
    class extends LocalCommit {
      override abandons(): boolean {
        return false;
      }
    },
  ),
  harmlessCommitBug(
    'resumes-nothing',
    'after a restart nothing is taken up again at once',
    'the time-outs of what is not settled are armed all the same, so it is only later',
    class extends LocalCommit {
      override resumes(): boolean {
        return false;
      }
    },
  ),
];

export const commitMutants: readonly CommitMutant[] = [...coordinatorMutants, ...participantMutants];

export const commitMutantNamed = (id: string): CommitMutant | null => commitMutants.find((each) => each.id === id) ?? null;
