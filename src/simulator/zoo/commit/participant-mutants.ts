/** Mutants of the participants of two-phase commit. */
import { type CommitRecord, LocalCommit, type Vote } from '../../../protocols/commit/index.ts';
import type { CommitClass } from '../../subjects/commit/commit.ts';
import { type CommitBug, commitBug, harmlessCommitBug } from './commit-bug.ts';

export const participantMutants: readonly CommitBug<CommitClass>[] = [
  commitBug(
    'vote-not-persisted',
    'a participant votes yes before its disk knows',
    'vote-durable, validity',
    class extends LocalCommit {
      override mustPersist(record: CommitRecord): boolean {
        return record.type !== 'prepared' && super.mustPersist(record);
      }
    },
  ),
  commitBug(
    'vote-lazy',
    'a participant writes its vote without waiting for the disk',
    'vote-durable, validity',
    class extends LocalCommit {
      override mustForce(record: CommitRecord): boolean {
        return record.type !== 'prepared' && super.mustForce(record);
      }
    },
  ),
  commitBug(
    'acknowledgement-lazy',
    'a participant acknowledges a decision that its disk does not know yet',
    'ack-durable',
    class extends LocalCommit {
      override mustForce(record: CommitRecord): boolean {
        return record.type !== 'finished' && super.mustForce(record);
      }
    },
  ),
  commitBug(
    'abort-when-in-doubt',
    'a prepared participant aborts by itself when it has waited long enough',
    'agreement',
    class extends LocalCommit {
      override whenInDoubt(): 'abort' {
        return 'abort';
      }
    },
  ),
  commitBug(
    'vote-forgotten-on-restart',
    'a participant forgets at a restart that it has voted, and may vote otherwise',
    'vote-kept, agreement',
    class extends LocalCommit {
      override replays(record: CommitRecord): boolean {
        return record.type !== 'prepared';
      }
    },
  ),
  commitBug(
    'outcome-forgotten-on-restart',
    'a participant forgets at a restart what it has carried out',
    'linearizability, liveness, agreement',
    class extends LocalCommit {
      override replays(record: CommitRecord): boolean {
        return record.type !== 'finished';
      }
    },
  ),
  commitBug(
    'doubting-say-abort',
    'a participant in doubt tells another one in doubt that the transaction was aborted',
    'decision-kept, agreement',
    class extends LocalCommit {
      override toldToDoubting(...args: Parameters<LocalCommit['toldToDoubting']>): 'commit' | 'abort' {
        return super.toldToDoubting(...args) ?? 'abort';
      }
    },
  ),
  commitBug(
    'yes-to-whatever-is-asked-again',
    'a participant that has refused says yes when it is asked again',
    'vote-durable, vote-kept',
    class extends LocalCommit {
      override voteAgain(): Vote {
        return 'yes';
      }
    },
  ),
  commitBug(
    'writers-vote-read-only',
    'a participant with writes is out of the transaction once it has voted',
    'validity',
    class extends LocalCommit {
      override isReadOnly(): boolean {
        return true;
      }
    },
  ),
  commitBug(
    'reads-through-locks',
    'a site answers reads of keys that a prepared transaction holds',
    'linearizability',
    class extends LocalCommit {
      override mayRead(): boolean {
        return true;
      }
    },
  ),
  commitBug(
    'asks-nobody',
    'a participant in doubt waits for whoever may tell it',
    'liveness',
    class extends LocalCommit {
      override asked(): readonly number[] {
        return [];
      }
    },
  ),
  harmlessCommitBug(
    'refuses-nobody-in-doubt',
    'a participant that has not voted does not refuse when another one, in doubt, asks',
    'it says nothing, and who is in doubt waits for the coordinator, as without cooperative termination',
    class extends LocalCommit {
      override refusesOnInquiry(): boolean {
        return false;
      }
    },
  ),
  harmlessCommitBug(
    'votes-without-looking',
    'a participant promises whatever it is asked, also for keys that are held',
    'its log refuses what came too late for a lock, before the vote leaves',
    class extends LocalCommit {
      override votesYes(): boolean {
        return true;
      }
    },
  ),
];
