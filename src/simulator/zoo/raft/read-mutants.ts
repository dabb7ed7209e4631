/** Mutants of linearizable reads, and of the sessions on top of Raft (Raft 8; thesis 6.3, 6.4). */
import type { Command, Value } from '../../../core/index.ts';
import { type Asker, type Progress, Raft, type RaftMessage, type RaftRecord } from '../../../protocols/raft/index.ts';
import { Replica } from '../../../protocols/replication/index.ts';
import { harmlessMutant, type Mutant, raftMutant, replicaMutant } from './mutant.ts';

export const readMutants: readonly Mutant[] = [
  raftMutant(
    'stale-read-index',
    'answers reads without asking a quorum whether it still leads',
    'linearizability',
    class extends Raft {
      protected override readNeedsQuorum(): boolean {
        return false;
      }
    },
  ),
  raftMutant(
    'read-before-own-term-commit',
    'answers reads at its commit index before it has committed an entry of its own term',
    'linearizability',
    class extends Raft {
      protected override mayServeReads(): boolean {
        return true;
      }
    },
  ),
  raftMutant(
    'read-confirmed-by-one',
    'takes one answer to its heartbeat for the confirmation of a quorum',
    'linearizability',
    class extends Raft {
      protected override confirmReads(): void {
        const reads = this.unconfirmed.splice(0);
        this.confirmedReads += reads.length;
        for (const read of reads) this.answerRead(read, read.index);
      }
    },
  ),
  raftMutant(
    'any-answer-confirms-reads',
    'takes answers to heartbeats that were sent before a read for its confirmation',
    'linearizability',
    class extends Raft {
      protected override handleHeartbeatResponse(member: Progress, m: RaftMessage): void {
        super.handleHeartbeatResponse(member, { ...m, context: this.readContext() });
      }
    },
  ),
  raftMutant(
    'keeps-reads-after-losing-leadership',
    'answers reads that it was asked in a former leadership once it leads again',
    'linearizability',
    class extends Raft {
      protected override dropReads(): void {}
    },
  ),
  raftMutant(
    'follower-reads-alone',
    'answers linearizable reads as a follower at its own commit index',
    'linearizability',
    class extends Raft {
      protected override read(asker: Asker): void {
        if (this.role === 'leader' || this.leader === 0) super.read(asker);
        else this.out.indicate({ kind: 'readReady', session: asker.session, id: asker.id, index: this.log.committed });
      }
    },
  ),
  raftMutant(
    'reads-never-answered',
    'never answers a read that needs the confirmation of a quorum',
    'liveness',
    class extends Raft {
      protected override confirmReads(): void {}
    },
  ),
  harmlessMutant(
    'a-round-each-read',
    'sends a round of heartbeats for each read',
    'more messages, the same answers',
    class extends Raft {
      protected override readContext(): number {
        this.sentReads = Math.min(this.sentReads, this.confirmedReads);
        return super.readContext();
      }
    },
  ),
  harmlessMutant(
    'hides-the-leader',
    'refuses requests without naming the leader that it knows',
    'clients find the leader by trying',
    class extends Raft {
      protected override refuse(asker: Asker, code: string, outcome: 'fail' | 'info' = 'fail', value?: Value): void {
        const { leader } = this;
        this.leader = 0;
        super.refuse(asker, code, outcome, value);
        this.leader = leader;
      }
    },
  ),
];

export const sessionMutants: readonly Mutant[] = [
  replicaMutant(
    'snapshot-without-sessions',
    'leaves the sessions of its clients out of its snapshots',
    'equal-states, linearizability',
    class extends Replica<RaftMessage, RaftRecord> {
      override takeSnapshot(): Value {
        return { machine: this.machine.snapshot(), sessions: [] };
      }
    },
  ),
  replicaMutant(
    'retry-applied-twice',
    'applies a command again that a client sent again',
    'linearizability',
    class extends Replica<RaftMessage, RaftRecord> {
      override isFresh(command: Command): boolean {
        return this.sessions.standing(command.session, command.id) !== 'unknown';
      }
    },
  ),
];
