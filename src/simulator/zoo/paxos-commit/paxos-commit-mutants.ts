/**
 * Paxos Commit with one decision taken wrongly, once for each decision that matters; all hunted with the same portfolio and
 * budget (hunt.ts).
 */
import { PaxosCommit, type PaxosCommitRecord } from '../../../protocols/commit/index.ts';
import type { PaxosCommitClass } from '../../subjects/paxos-commit/paxos-commit.ts';
import { type CommitBug, commitBug, harmlessCommitBug } from '../commit/commit-bug.ts';

export type PaxosCommitMutant = CommitBug<PaxosCommitClass>;

const acceptorMutants: readonly PaxosCommitMutant[] = [
  commitBug(
    'promise-lazy',
    'an acceptor promises a ballot before its disk knows',
    'promise-durable, agreement',
    class extends PaxosCommit {
      override mustForce(record: PaxosCommitRecord): boolean {
        return record.type !== 'promised' && super.mustForce(record);
      }
    },
  ),
  commitBug(
    'accept-lazy',
    'an acceptor says that it has accepted before its disk knows',
    'accept-durable, agreement',
    class extends PaxosCommit {
      override mustForce(record: PaxosCommitRecord): boolean {
        return record.type !== 'accepted' && super.mustForce(record);
      }
    },
  ),
  commitBug(
    'accepted-forgotten-on-restart',
    'an acceptor forgets at a restart what it has accepted',
    'promise-honest, agreement',
    class extends PaxosCommit {
      override replays(record: PaxosCommitRecord): boolean {
        return record.type !== 'accepted';
      }
    },
  ),
  commitBug(
    'promise-forgotten-on-restart',
    'an acceptor forgets at a restart what it has promised',
    'accept-durable, agreement',
    class extends PaxosCommit {
      override replays(record: PaxosCommitRecord): boolean {
        return record.type !== 'promised';
      }
    },
  ),
  commitBug(
    'accepts-below-promise',
    'an acceptor accepts proposals of ballots below the one that it has promised',
    'accept-durable, agreement',
    class extends PaxosCommit {
      override accepts(): boolean {
        return true;
      }
    },
  ),
  commitBug(
    'votes-after-promise',
    'an acceptor accepts votes of ballot 0 after it has promised a later one',
    'accept-durable, agreement',
    class extends PaxosCommit {
      override acceptsVote(...[instances]: Parameters<PaxosCommit['acceptsVote']>): boolean {
        return instances === null || instances.accepted === null;
      }
    },
  ),
  commitBug(
    'takes-over-never',
    'an acceptor that is asked and does not know does not find out',
    'liveness',
    class extends PaxosCommit {
      override takesOver(): boolean {
        return false;
      }
    },
  ),
];

const leaderMutants: readonly PaxosCommitMutant[] = [
  commitBug(
    'quorum-off-by-one',
    'half of the acceptors count as a majority',
    'chosen, agreement',
    class extends PaxosCommit {
      override quorum(): number {
        return Math.max(1, Math.floor(this.acceptors.length / 2));
      }
    },
  ),
  commitBug(
    'free-means-yes',
    'a leader that finds nothing accepted for a resource manager proposes that it is prepared',
    'validity',
    class extends PaxosCommit {
      override voteFor(...[site, promised]: Parameters<PaxosCommit['voteFor']>): boolean {
        const all = [...promised];
        return super.voteFor(site, all) || !all.some((accepted) => accepted?.votes.some((vote) => vote.site === site));
      }
    },
  ),
  commitBug(
    'ignores-what-was-accepted',
    'a leader that takes over proposes abort, whatever acceptors have accepted',
    'agreement',
    class extends PaxosCommit {
      override voteFor(): boolean {
        return false;
      }
    },
  ),
  commitBug(
    'any-no-is-an-abort',
    'a leader takes one acceptor that has accepted a no, in whatever ballot, for an abort',
    'chosen, agreement',
    class extends PaxosCommit {
      override chosen(...[ballot, sites, accepted]: Parameters<PaxosCommit['chosen']>): 'commit' | 'abort' | null {
        const no = [...accepted.values()].some((votes) => votes.some(({ yes }) => !yes));
        return no ? 'abort' : super.chosen(ballot, sites, accepted);
      }
    },
  ),
  commitBug(
    'commit-on-missing-vote',
    'a leader commits once a majority of the resource managers is prepared',
    'validity, chosen',
    class extends PaxosCommit {
      override chosen(...[ballot, sites, accepted]: Parameters<PaxosCommit['chosen']>): 'commit' | 'abort' | null {
        const prepared = sites.filter((site) => super.chosen(ballot, [site], accepted) === 'commit').length;
        return prepared * 2 > sites.length ? 'commit' : super.chosen(ballot, sites, accepted);
      }
    },
  ),
  harmlessCommitBug(
    'writes-its-decision-first',
    'the leader waits for its disk before it answers',
    'only the time that the paper saves: a quorum of acceptors has it on disk',
    class extends PaxosCommit {
      override mustForce(record: PaxosCommitRecord): boolean {
        return record.type === 'decided' || super.mustForce(record);
      }
    },
  ),
];

const resourceManagerMutants: readonly PaxosCommitMutant[] = [
  commitBug(
    'vote-lazy',
    'a resource manager proposes that it is prepared before its disk knows',
    'vote-durable, validity',
    class extends PaxosCommit {
      override mustForce(record: PaxosCommitRecord): boolean {
        return record.type !== 'prepared' && super.mustForce(record);
      }
    },
  ),
  commitBug(
    'abort-when-in-doubt',
    'a prepared resource manager aborts by itself when it has waited long enough',
    'agreement',
    class extends PaxosCommit {
      override whenInDoubt(): 'abort' {
        return 'abort';
      }
    },
  ),
  commitBug(
    'vote-forgotten-on-restart',
    'a resource manager forgets at a restart that it is prepared, and may vote otherwise',
    'vote-kept, agreement',
    class extends PaxosCommit {
      override replays(record: PaxosCommitRecord): boolean {
        return record.type !== 'prepared';
      }
    },
  ),
  commitBug(
    'no-of-whoever-is-done',
    'a resource manager that is asked again votes no although it has committed',
    'agreement',
    class extends PaxosCommit {
      override voteAgain(...[known]: Parameters<PaxosCommit['voteAgain']>): boolean | null {
        return known === undefined ? null : known.state === 'prepared';
      }
    },
  ),
];

export const paxosCommitMutants: readonly PaxosCommitMutant[] = [...acceptorMutants, ...leaderMutants, ...resourceManagerMutants];

export const paxosCommitMutantNamed = (id: string): PaxosCommitMutant | null => paxosCommitMutants.find((each) => each.id === id) ?? null;
