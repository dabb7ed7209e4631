/**
 * Three-phase commit with one decision taken wrongly: each breaks what it promises for crashes alone. All hunted with the
 * same portfolio and budget (hunt.ts).
 */
import { type SiteState, ThreePhaseCommit, type ThreePhaseRecord } from '../../../protocols/commit/index.ts';
import type { ThreePhaseClass } from '../../subjects/three-phase/three-phase.ts';
import { type CommitBug, commitBug, harmlessCommitBug } from '../commit/commit-bug.ts';

export type ThreePhaseMutant = CommitBug<ThreePhaseClass>;

export const threePhaseMutants: readonly ThreePhaseMutant[] = [
  commitBug(
    'phase-two-skipped',
    'the coordinator commits as soon as one participant has acknowledged phase two',
    'committable, agreement',
    class extends ThreePhaseCommit {
      override mayCommit(): boolean {
        return true;
      }
    },
  ),
  commitBug(
    'precommit-on-missing-vote',
    'the coordinator begins phase two once a majority has voted yes',
    'precommit-validity, validity',
    class extends ThreePhaseCommit {
      override mayPrecommit(...[coordinated, yes]: Parameters<ThreePhaseCommit['mayPrecommit']>): boolean {
        return yes.size * 2 > coordinated.sites.length;
      }
    },
  ),
  commitBug(
    'precommit-lazy',
    'a participant acknowledges phase two before its disk knows',
    'ack-durable',
    class extends ThreePhaseCommit {
      override mustForce(record: ThreePhaseRecord): boolean {
        return record.type !== 'precommitted';
      }
    },
  ),
  commitBug(
    'vote-lazy',
    'a participant votes yes before its disk knows',
    'vote-durable, validity',
    class extends ThreePhaseCommit {
      override mustForce(record: ThreePhaseRecord): boolean {
        return record.type !== 'prepared';
      }
    },
  ),
  commitBug(
    'decision-lazy',
    'whoever decides tells it before its disk knows',
    'decision-durable',
    class extends ThreePhaseCommit {
      override mustForce(record: ThreePhaseRecord): boolean {
        return record.type !== 'decided' && record.type !== 'finished';
      }
    },
  ),
  commitBug(
    'uncertain-means-commit',
    'participants that are all uncertain commit, for all who are there have voted yes',
    'validity, agreement',
    class extends ThreePhaseCommit {
      override terminate(states: readonly SiteState[]): 'commit' | 'abort' | 'precommit' {
        return states.every((state) => state === 'uncertain') ? 'commit' : super.terminate(states);
      }
    },
  ),
  commitBug(
    'precommitted-means-nothing',
    'whoever takes over aborts although somebody is precommitted',
    'agreement',
    class extends ThreePhaseCommit {
      override terminate(states: readonly SiteState[]): 'commit' | 'abort' | 'precommit' {
        const outcome = super.terminate(states);
        return outcome === 'precommit' ? 'abort' : outcome;
      }
    },
  ),
  commitBug(
    'the-failed-decide-alone',
    'a participant that was down decides with whoever is back, before all are',
    'agreement',
    class extends ThreePhaseCommit {
      override resolvesTotalFailure(): boolean {
        return true;
      }
    },
  ),
  commitBug(
    'the-failed-only-wait',
    'participants that were down never decide, even when all are back',
    'liveness',
    class extends ThreePhaseCommit {
      override resolvesTotalFailure(): boolean {
        return false;
      }
    },
  ),
  harmlessCommitBug(
    'precommit-forgotten-on-restart',
    'a participant forgets at a restart that it was precommitted',
    'who was down decides only together with all others, and if none of them has committed, an abort is as good',
    class extends ThreePhaseCommit {
      override replays(record: ThreePhaseRecord): boolean {
        return record.type !== 'precommitted';
      }
    },
  ),
  harmlessCommitBug(
    'votes-without-looking',
    'a participant promises whatever it is asked, also for keys that are held',
    'its log refuses what came too late for a lock, before the vote leaves',
    class extends ThreePhaseCommit {
      override votesYes(): boolean {
        return true;
      }
    },
  ),
];

export const threePhaseMutantNamed = (id: string): ThreePhaseMutant | null => threePhaseMutants.find((each) => each.id === id) ?? null;
