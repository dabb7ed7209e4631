/** Mutants of elections, terms and votes. Each overrides one decision of Raft, named in the paper's section 5.2 or 5.4. */
import type { NodeId } from '../../../core/index.ts';
import { messageTypes, Raft, type RaftMessage, type RaftRecord, type VoteResult } from '../../../protocols/raft/index.ts';
import { harmlessMutant, type Mutant, raftMutant } from './mutant.ts';

const fromLeader = (m: RaftMessage): boolean =>
  m.type === messageTypes.app || m.type === messageTypes.heartbeat || m.type === messageTypes.snap;

const isVoteAnswer = (m: RaftMessage): boolean => m.type === messageTypes.voteResp || m.type === messageTypes.preVoteResp;

export const electionMutants: readonly Mutant[] = [
  raftMutant(
    'double-vote',
    'votes for every candidate of a term, not only for the first',
    'election-safety',
    class extends Raft {
      protected override mayGrantVote(): boolean {
        return true;
      }
    },
  ),
  raftMutant(
    'vote-not-persisted',
    'does not write down for whom it voted',
    'election-safety',
    class extends Raft {
      protected override mustPersistVote(): boolean {
        return false;
      }
    },
  ),
  raftMutant(
    'vote-before-persist',
    'announces a vote before it is durable',
    'election-safety',
    class extends Raft {
      protected override mustWaitForStorage(m: RaftMessage): boolean {
        return !isVoteAnswer(m);
      }
    },
  ),
  raftMutant(
    'vote-forgotten-on-restart',
    'restarts without the vote that its disk kept',
    'election-safety',
    class extends Raft {
      protected override recover(records: readonly RaftRecord[]): void {
        super.recover(records);
        this.vote = 0;
      }
    },
  ),
  raftMutant(
    'term-forgotten-on-restart',
    'restarts in the term of its last entry, not in the one that its disk kept',
    'election-safety',
    class extends Raft {
      protected override recover(records: readonly RaftRecord[]): void {
        super.recover(records);
        if (this.term !== this.log.lastTerm) this.vote = 0;
        this.term = this.log.lastTerm;
      }
    },
  ),
  raftMutant(
    'no-up-to-date-check',
    'votes for candidates whose log is behind its own',
    'leader-completeness',
    class extends Raft {
      protected override isUpToDate(): boolean {
        return true;
      }
    },
  ),
  raftMutant(
    'compares-log-length-only',
    'takes the longer log for the newer one, whatever its last term',
    'leader-completeness',
    class extends Raft {
      protected override isUpToDate(index: number): boolean {
        return index >= this.log.last;
      }
    },
  ),
  raftMutant(
    'compares-last-term-only',
    'takes a log with the same last term for new enough, however short it is',
    'leader-completeness',
    class extends Raft {
      protected override isUpToDate(_index: number, term: number): boolean {
        return term >= this.log.lastTerm;
      }
    },
  ),
  raftMutant(
    'election-quorum-off-by-one',
    'becomes leader with one vote less than a majority',
    'election-safety',
    class extends Raft {
      protected override electionResult(): VoteResult {
        const { voters } = this.configuration;
        const yes = voters.filter((id) => this.votes.get(id) === true).length;
        return yes >= Math.max(1, Math.floor(voters.length / 2)) ? 'won' : super.electionResult();
      }
    },
  ),
  raftMutant(
    'counts-refusals-as-votes',
    'takes every answer to its vote request for a vote',
    'election-safety',
    class extends Raft {
      protected override handleVoteResponse(from: NodeId, m: RaftMessage): void {
        super.handleVoteResponse(from, { ...m, reject: false });
      }
    },
  ),
  raftMutant(
    'counts-votes-twice',
    'counts an answer that arrives again as one more vote',
    'election-safety',
    class extends Raft {
      protected override handleVoteResponse(from: NodeId, m: RaftMessage): void {
        const other = this.configuration.voters.find((id) => !this.votes.has(id));
        super.handleVoteResponse(this.votes.has(from) && from !== this.id && other !== undefined ? other : from, m);
      }
    },
  ),
  raftMutant(
    'own-vote-before-persist',
    'counts its own vote before it is durable',
    'election-safety',
    class extends Raft {
      protected override acknowledgeOwnVote(m: RaftMessage): void {
        this.receive(this.id, m);
      }
    },
  ),
  raftMutant(
    'accepts-older-terms',
    'takes messages of older terms as if they were of its own',
    'log-matching, committed-is-final',
    class extends Raft {
      protected override receive(from: NodeId, m: RaftMessage): void {
        super.receive(from, m.term !== 0 && m.term < this.term ? { ...m, term: this.term } : m);
      }
    },
  ),
  raftMutant(
    'leader-ignores-newer-terms',
    'goes on leading when it hears of a newer term',
    'liveness',
    class extends Raft {
      protected override receive(from: NodeId, m: RaftMessage): void {
        if (this.role !== 'leader' || m.term <= this.term) super.receive(from, m);
      }
    },
  ),
  raftMutant(
    'candidate-ignores-leader',
    'stays a candidate when it hears from the leader of its term',
    'liveness, convergence',
    class extends Raft {
      protected override receive(from: NodeId, m: RaftMessage): void {
        if (this.role !== 'candidate' || !fromLeader(m)) super.receive(from, m);
      }
    },
  ),
  raftMutant(
    'campaign-without-new-term',
    'stands for election in the term that it is in',
    'election-safety',
    class extends Raft {
      protected override becomeCandidate(): void {
        super.becomeCandidate();
        this.term = Math.max(1, this.term - 1);
      }
    },
  ),
  raftMutant(
    'ignores-votes',
    'never counts the votes that it gets from others',
    'liveness',
    class extends Raft {
      protected override handleVoteResponse(from: NodeId, m: RaftMessage): void {
        if (from === this.id) super.handleVoteResponse(from, m);
      }
    },
  ),
  raftMutant(
    'votes-for-nobody',
    'refuses every vote',
    'liveness',
    class extends Raft {
      protected override mayGrantVote(from: NodeId): boolean {
        return from === this.id;
      }
    },
  ),
  raftMutant(
    'never-campaigns',
    'waits for ever for a leader',
    'liveness',
    class extends Raft {
      protected override campaign(): void {}
    },
  ),
  raftMutant(
    'leads-in-silence',
    'sends no heartbeats',
    'liveness',
    class extends Raft {
      protected override broadcastHeartbeat(): void {}
    },
  ),
  raftMutant(
    'heartbeats-do-not-count',
    'campaigns although it hears heartbeats',
    'campaign-after-time-out',
    class extends Raft {
      protected override handleHeartbeat(from: NodeId, m: RaftMessage): void {
        super.handleHeartbeat(from, m);
        this.electionResetUs = this.now - this.config.electionTimeoutUs * 3;
        this.timersDirty = true;
      }
    },
  ),
  raftMutant(
    'votes-once-only',
    'refuses the candidate that it voted for when that asks again',
    'liveness',
    class extends Raft {
      protected override mayGrantVote(from: NodeId, preVote: boolean, term: number): boolean {
        return this.vote !== from && super.mayGrantVote(from, preVote, term);
      }
    },
  ),
  raftMutant(
    'same-time-out-for-all',
    'waits exactly one election time-out, like everybody else',
    'liveness',
    class extends Raft {
      protected override randomTimeoutUs(): number {
        return this.config.electionTimeoutUs;
      }
    },
  ),
  harmlessMutant(
    'leader-announces-later',
    'does not tell anyone that it was elected until the next heartbeat',
    'heartbeats announce it a little later',
    class extends Raft {
      #silent = false;
      protected override handleVoteResponse(from: NodeId, m: RaftMessage): void {
        this.#silent = true;
        super.handleVoteResponse(from, m);
        this.#silent = false;
      }
      protected override broadcastAppend(): void {
        if (!this.#silent) super.broadcastAppend();
      }
    },
  ),
];
