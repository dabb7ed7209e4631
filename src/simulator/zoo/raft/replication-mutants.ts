/** Mutants of log replication and commitment (Raft 5.3, 5.4). */
import type { NodeId } from '../../../core/index.ts';
import { type Entry, entryKinds, messageTypes, type Progress, quorumIndex, Raft, type RaftMessage } from '../../../protocols/raft/index.ts';
import { harmlessMutant, type Mutant, raftMutant } from './mutant.ts';

export const replicationMutants: readonly Mutant[] = [
  raftMutant(
    'commit-older-term',
    'commits entries of earlier terms by counting their copies (Raft figure 8)',
    'committed-is-final, agreed-order',
    class extends Raft {
      protected override mayCommit(): boolean {
        return true;
      }
    },
  ),
  raftMutant(
    'commit-quorum-off-by-one',
    'commits what half of the voters hold where more than half must',
    'leader-completeness, agreed-order',
    class extends Raft {
      protected override quorumHolds(): number {
        const held = this.configuration.voters.map((id) => this.progress(id)?.match ?? 0).sort((a, b) => a - b);
        return held.length === 1 ? (held[0] as number) : (held[held.length - Math.floor(held.length / 2)] as number);
      }
    },
  ),
  raftMutant(
    'no-truncation',
    'keeps conflicting entries and appends only what goes beyond its log',
    'log-matching, agreed-order',
    class extends Raft {
      protected override truncates(): boolean {
        return false;
      }
    },
  ),
  raftMutant(
    'truncates-on-every-append',
    'cuts its log after the entries of each append, although they do not conflict',
    'leader-completeness, commit-bounds',
    class extends Raft {
      protected override handleAppend(from: NodeId, m: RaftMessage): void {
        const first = m.index + 1;
        if (m.index >= this.log.committed && first <= this.log.last && this.appendFits(m.index, m.logTerm))
          this.log.replaceFrom(first, [], 0);
        super.handleAppend(from, m);
      }
    },
  ),
  raftMutant(
    'append-without-check',
    'appends entries without looking whether the entry before them matches',
    'log-matching',
    class extends Raft {
      protected override appendFits(index: number): boolean {
        return index <= this.log.last;
      }
    },
  ),
  harmlessMutant(
    'acknowledges-its-whole-log',
    'acknowledges up to the end of its log, not up to what the leader sent',
    'an append that fits begins where the two logs part, for leaders never probe below that: what follows in the log of a follower is replaced by the first one, before it can be acknowledged',
    class extends Raft {
      protected override appResp(index: number): RaftMessage {
        return super.appResp(index === 0 ? 0 : this.log.last);
      }
    },
  ),
  raftMutant(
    'follower-commits-beyond-match',
    'takes the commit index of the leader for its whole log, beyond what it is known to share',
    'agreed-order, committed-is-final',
    class extends Raft {
      protected override handleAppend(from: NodeId, m: RaftMessage): void {
        super.handleAppend(from, m);
        if (this.appendFits(m.index, m.logTerm)) this.log.commitTo(Math.min(m.commit, this.log.last));
      }
    },
  ),
  raftMutant(
    'heartbeat-commits-beyond-match',
    'sends its commit index in heartbeats to followers that may not hold that much, and they believe it',
    'agreed-order',
    class extends Raft {
      protected override broadcastHeartbeat(): void {
        const matches = this.members.map(({ match }) => match);
        for (const member of this.members) member.match = Math.max(member.match, this.log.committed);
        super.broadcastHeartbeat();
        this.members.forEach((member, i) => {
          member.match = matches[i] as number;
        });
      }
      protected override handleHeartbeat(from: NodeId, m: RaftMessage): void {
        super.handleHeartbeat(from, { ...m, commit: Math.min(m.commit, this.log.last) });
      }
    },
  ),
  raftMutant(
    'leader-drops-tail',
    'deletes what is not committed from its log when it becomes leader',
    'leader-completeness',
    class extends Raft {
      protected override becomeLeader(): void {
        if (this.log.last > this.log.committed) this.log.replaceFrom(this.log.committed + 1, [], 0);
        super.becomeLeader();
      }
    },
  ),
  raftMutant(
    'never-commits',
    'does not commit what a quorum holds',
    'liveness',
    class extends Raft {
      protected override maybeCommit(): boolean {
        return false;
      }
    },
  ),
  raftMutant(
    'followers-never-told',
    'tells nobody what is committed',
    'convergence',
    class extends Raft {
      protected override send(to: NodeId, m: RaftMessage): void {
        super.send(to, m.type === messageTypes.app || m.type === messageTypes.heartbeat ? { ...m, commit: 0 } : m);
      }
    },
  ),
  raftMutant(
    'gives-up-after-refusal',
    'does not send earlier entries to a follower that refused an append',
    'convergence',
    class extends Raft {
      protected override handleAppendResponse(member: Progress, m: RaftMessage): void {
        if (m.reject) member.active = true;
        else super.handleAppendResponse(member, m);
      }
    },
  ),
  raftMutant(
    'stuck-probe',
    'never probes again a follower whose probe or answer was lost',
    'convergence',
    class extends Raft {
      protected override handleHeartbeatResponse(member: Progress, m: RaftMessage): void {
        const { match } = member;
        if (!member.flowPaused) return super.handleHeartbeatResponse(member, m);
        // As far as the rest can tell it is in step, so that nothing is sent.
        member.active = true;
        if (m.hint > member.leaseAckUs) member.leaseAckUs = m.hint;
        if (m.context > member.readAck) member.readAck = m.context;
        this.confirmReads();
        member.match = match;
      }
    },
  ),
  raftMutant(
    'no-empty-entry',
    'appends no entry of its own when it becomes leader',
    'leader-begins-with-entry',
    class extends Raft {
      protected override appendEntry(entry: Entry): boolean {
        if (entry.kind === entryKinds.normal && entry.session === 0 && entry.op === null) return true;
        return super.appendEntry(entry);
      }
    },
  ),
  raftMutant(
    'learners-count',
    'counts copies on learners towards the majority of voters',
    'leader-completeness, agreed-order',
    class extends Raft {
      protected override quorumHolds(): number {
        const { voters } = this.configuration;
        const best = this.members.map(({ match }) => match).sort((a, b) => b - a);
        return quorumIndex(best.slice(0, voters.length), voters.length);
      }
    },
  ),
];
