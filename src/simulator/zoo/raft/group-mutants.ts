/** Mutants of membership changes and leadership transfer (thesis 3.10, 4). */
import type { NodeId, Request } from '../../../core/index.ts';
import { type Configuration, messageTypes, type Progress, Raft, type RaftMessage } from '../../../protocols/raft/index.ts';
import { type Mutant, raftMutant } from './mutant.ts';

export const membershipMutants: readonly Mutant[] = [
  raftMutant(
    'single-majority-in-joint',
    'asks only the new voters while a joint configuration is in force',
    'election-safety, leader-completeness',
    class extends Raft {
      protected override outgoingVoters(): readonly NodeId[] {
        return [];
      }
    },
  ),
  raftMutant(
    'two-changes-at-once',
    'takes a membership change while another is under way',
    'election-safety, leader-completeness',
    class extends Raft {
      protected override refusesChange(): string | null {
        return null;
      }
    },
  ),
  raftMutant(
    'anyone-campaigns',
    'stands for election as a learner, a witness, or with half a snapshot',
    'leader-completeness',
    class extends Raft {
      protected override mayCampaign(): boolean {
        return true;
      }
    },
  ),
  raftMutant(
    'removed-leader-stays',
    'goes on leading a group that it no longer belongs to',
    'liveness',
    class extends Raft {
      protected override becomeFollower(term: number, leader: NodeId): void {
        if (this.role === 'leader' && term === this.term && this.progress(this.id) === null) return;
        super.becomeFollower(term, leader);
      }
    },
  ),
  raftMutant(
    'never-leaves-joint',
    'stays in a joint configuration that it should leave by itself',
    'membership',
    class extends Raft {
      protected override maybeLeaveJoint(): void {}
    },
  ),
  raftMutant(
    'newcomer-without-log',
    'takes a new member for one that holds everything',
    'leader-completeness, agreed-order',
    class extends Raft {
      protected override switchConfiguration(configuration: Configuration): void {
        const before = this.members.map(({ id }) => id);
        super.switchConfiguration(configuration);
        if (this.role !== 'leader' || before.length === 0) return;
        for (const member of this.members) if (!before.includes(member.id)) member.update(this.log.last);
      }
    },
  ),
  raftMutant(
    'campaigns-with-unapplied-change',
    'campaigns although a committed membership change is not applied',
    'campaign-in-force',
    class extends Raft {
      protected override hasUnappliedChange(): boolean {
        return false;
      }
    },
  ),
  raftMutant(
    'witness-gets-everything',
    'sends the operations of clients to witnesses, too',
    'witness-keeps-no-data',
    class extends Raft {
      protected override maybeSendAppend(member: Progress, evenEmpty: boolean): boolean {
        const { configuration } = this;
        this.configuration = { ...configuration, witnesses: [] };
        const sent = super.maybeSendAppend(member, evenEmpty);
        this.configuration = configuration;
        return sent;
      }
    },
  ),
];

export const transferMutants: readonly Mutant[] = [
  raftMutant(
    'transfers-before-caught-up',
    'orders the target to campaign before that holds the whole log',
    'transfer-caught-up',
    class extends Raft {
      protected override mayTakeOver(): boolean {
        return true;
      }
    },
  ),
  raftMutant(
    'ignores-the-order',
    'does not campaign when the leader orders it to',
    'order-obeyed',
    class extends Raft {
      protected override receive(from: NodeId, m: RaftMessage): void {
        if (m.type !== messageTypes.timeoutNow) super.receive(from, m);
      }
    },
  ),
  raftMutant(
    'proposes-while-handing-over',
    'takes proposals while it hands leadership over',
    'no-proposals-in-transfer',
    class extends Raft {
      protected override request(from: NodeId, request: Request): void {
        const { transferee } = this;
        if (request.mode === 'write') this.transferee = 0;
        super.request(from, request);
        if (request.mode === 'write' && this.transferee === 0) this.transferee = transferee;
      }
    },
  ),
  raftMutant(
    'transfer-never-ends',
    'waits for ever for the target of a transfer, and refuses proposals meanwhile',
    'liveness',
    class extends Raft {
      protected override abortTransfer(): void {}
    },
  ),
  raftMutant(
    'campaigns-as-if-unasked',
    'campaigns after the order to do so like after a time-out: leases and pre-vote stop it',
    'order-obeyed',
    class extends Raft {
      protected override campaign(_byOrder: boolean): void {
        super.campaign(false);
      }
    },
  ),
  raftMutant(
    'transfers-to-anyone',
    'takes learners, witnesses and strangers for targets of a transfer',
    'transfer-to-voter, transfer-ends',
    class extends Raft {
      protected override startTransfer(to: NodeId): boolean {
        this.transferee = to;
        return true;
      }
    },
  ),
];
