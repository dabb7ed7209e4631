/** Mutants of pre-vote, check-quorum, leases, priority and mixed versions (thesis 4.2.3, 6.2, 6.4.1, 9.6). */
import type { NodeId } from '../../../core/index.ts';
import { messageTypes, type Progress, Raft, type RaftMessage } from '../../../protocols/raft/index.ts';
import { harmlessMutant, type Mutant, raftMutant } from './mutant.ts';

export const leaseMutants: readonly Mutant[] = [
  raftMutant(
    'lease-without-margin',
    'trusts its lease for as long as an election time-out and a quarter',
    'linearizability',
    class extends Raft {
      protected override leaseEndUs(): number {
        const { electionTimeoutUs, leasePercent } = this.config;
        return super.leaseEndUs() + Math.floor((electionTimeoutUs * (125 - leasePercent)) / 100);
      }
    },
  ),
  raftMutant(
    'lease-ignores-transfer',
    'answers reads from its lease although it has ordered another node to campaign',
    'linearizability',
    class extends Raft {
      protected override leaseEndUs(): number {
        const { transferee, orderedCampaign } = this;
        this.transferee = 0;
        this.orderedCampaign = false;
        const end = super.leaseEndUs();
        this.transferee = transferee;
        this.orderedCampaign = orderedCampaign;
        return end;
      }
    },
  ),
  raftMutant(
    'lease-from-answer',
    'counts its lease from when the answer to a heartbeat came, not from when the heartbeat was sent',
    'linearizability',
    class extends Raft {
      protected override handleHeartbeatResponse(member: Progress, m: RaftMessage): void {
        super.handleHeartbeatResponse(member, m.hint === 0 ? m : { ...m, hint: this.now });
      }
    },
  ),
  raftMutant(
    'lease-without-quorum',
    'takes its own word for a lease',
    'linearizability',
    class extends Raft {
      protected override leaseEndUs(): number {
        return this.now + this.config.heartbeatUs;
      }
    },
  ),
  raftMutant(
    'lease-survives-clock-jump',
    'keeps its lease when its clock goes back',
    'linearizability',
    class extends Raft {
      protected override clockWentBack(now: number): void {
        const times = this.members.map(({ leaseAckUs }) => leaseAckUs);
        super.clockWentBack(now);
        this.members.forEach((member, i) => {
          member.leaseAckUs = times[i] as number;
        });
      }
    },
  ),
  raftMutant(
    'votes-against-lease',
    'takes part in elections although it hears from a leader',
    'linearizability, liveness',
    class extends Raft {
      protected override ignoresCampaigns(): boolean {
        return false;
      }
    },
  ),
  raftMutant(
    'lease-forgotten-on-restart',
    'votes right after a restart, although it may have promised a lease before',
    'linearizability',
    class extends Raft {
      protected override ignoresCampaigns(): boolean {
        return this.leader !== 0 && super.ignoresCampaigns();
      }
    },
  ),
  raftMutant(
    'quorum-never-checked',
    'leads on although nobody answers',
    'liveness',
    class extends Raft {
      protected override quorumActive(): boolean {
        return true;
      }
    },
  ),
  raftMutant(
    'quorum-checked-without-self',
    'steps down unless a quorum of others answers',
    'leads-on-with-quorum, liveness',
    class extends Raft {
      protected override quorumActive(): boolean {
        const self = this.progress(this.id);
        if (self !== null) self.active = false;
        return super.quorumActive();
      }
    },
  ),
  raftMutant(
    'ignores-older-leader',
    'says nothing to a leader of an older term, and waits for ever for one of its own',
    'convergence',
    class extends Raft {
      protected override receive(from: NodeId, m: RaftMessage): void {
        const older = m.term < this.term && (m.type === messageTypes.app || m.type === messageTypes.heartbeat);
        if (!older) super.receive(from, m);
      }
    },
  ),
  raftMutant(
    'silent-about-old-pre-votes',
    'does not answer pre-candidates of an older term',
    'requests-answered',
    class extends Raft {
      protected override rejectPreVote(): void {}
    },
  ),
  raftMutant(
    'no-pre-vote',
    'campaigns without asking first',
    'liveness',
    class extends Raft {
      protected override usesPreVote(): boolean {
        return false;
      }
    },
  ),
  raftMutant(
    'pre-vote-enters-term',
    'raises its term to ask for pre-votes',
    'pre-vote-keeps-term',
    class extends Raft {
      protected override becomePreCandidate(): void {
        super.becomePreCandidate();
        this.term += 1;
        this.vote = 0;
      }
    },
  ),
  harmlessMutant(
    'no-priority',
    'waits as long as everybody else, whatever its priority',
    'another node leads',
    class extends Raft {
      protected override randomTimeoutUs(): number {
        const { electionTimeoutUs, electionSlots } = this.config;
        return electionTimeoutUs + Math.floor((this.out.choose(electionSlots) * electionTimeoutUs) / electionSlots);
      }
    },
  ),
  raftMutant(
    'pre-votes-of-old-nodes',
    'asks nodes for pre-votes that speak a version without them, and waits for their answers',
    'liveness',
    class extends Raft {
      protected override usesPreVote(): boolean {
        return this.config.preVote && this.config.version >= 2;
      }
    },
  ),
];
