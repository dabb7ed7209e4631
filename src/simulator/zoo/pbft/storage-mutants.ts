/** Mutants of checkpoints, state transfer, storage and recovery (OSDI 1999, 4.3; TOCS 2002, 5.3), and of the client. */
import {
  type Check,
  Pbft,
  PbftClient,
  type PbftRecord,
  type Signature,
  type Slot,
  type StableProof,
} from '../../../protocols/pbft/index.ts';
import { type PbftMutant, pbftClientMutant, pbftMutant } from './mutant.ts';

/** A record of this type is never written. */
const neverWritten = (type: PbftRecord['type']) =>
  class extends Pbft {
    protected override mustPersist(record: PbftRecord): boolean {
      return record.type !== type;
    }
  };

/** What a record of this type announces does not wait for the disk. */
const announcedEarly = (type: PbftRecord['type']) =>
  class extends Pbft {
    protected override mustWaitForStorage(record: PbftRecord): boolean {
      return record.type !== type;
    }
  };

const forgotten = (type: PbftRecord['type']) =>
  class extends Pbft {
    protected override recovers(record: PbftRecord): boolean {
      return record.type !== type;
    }
  };

export const checkpointMutants: readonly PbftMutant[] = [
  pbftMutant(
    'stable-at-weak-quorum',
    'takes a checkpoint for stable with f + 1 signatures',
    'stable-certificate',
    class extends Pbft {
      protected override isStable(signatures: readonly Signature[]): boolean {
        return signatures.length >= this.weak();
      }
    },
  ),
  pbftMutant(
    'stable-unsigned',
    'does not check the signatures of a stable checkpoint',
    'stable-certificate',
    class extends Pbft {
      protected override stableChecks(_proof: StableProof): readonly Check[] {
        return [];
      }
    },
  ),
  pbftMutant(
    'stable-unproved',
    'takes a stable checkpoint for proved whoever signed it, and how many',
    'stable-certificate',
    class extends Pbft {
      protected override provesStable(): null {
        return null;
      }
    },
  ),
  pbftMutant(
    'duplicate-voters',
    'counts a replica that is named twice as two',
    'stable-certificate',
    class extends Pbft {
      protected override areDistinct(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'votes-unchecked',
    'takes a vote for whose name it has',
    'prepared-certificate',
    class extends Pbft {
      protected override voteChecks(): readonly Check[] {
        return [];
      }
    },
  ),
  pbftMutant(
    'state-unchecked',
    'takes over a state that is not the one of its digest',
    'restored-state',
    class extends Pbft {
      protected override isStateOf(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'goes-back',
    'takes over states that are older than its own',
    'state-machine-safety',
    class extends Pbft {
      protected override isAhead(_proof: StableProof): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'one-claim-believed',
    'takes a batch for committed when one replica says so',
    'committed-certificate',
    class extends Pbft {
      protected override isClaimed(slot: Slot, digest: string): boolean {
        return slot.claims.count(0, digest) >= 1;
      }
    },
  ),
  pbftMutant(
    'any-proof',
    'takes messages whose proof is wrong',
    'unforgeable, stable-proof',
    class extends Pbft {
      protected override acceptsProof(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'no-checkpoints',
    'never makes a checkpoint, so that its window comes to an end',
    'liveness',
    class extends Pbft {
      protected override checkpointDue(): boolean {
        return false;
      }
    },
  ),
  pbftMutant(
    'no-state-transfer',
    'never asks for the state that it is behind of',
    'convergence',
    class extends Pbft {
      protected override mustFetchState(): boolean {
        return false;
      }
    },
  ),
];

export const storageMutants: readonly PbftMutant[] = [
  pbftMutant('accepted-not-persisted', 'votes for a batch that its disk does not know', 'accepted-before-told', neverWritten('accepted')),
  pbftMutant(
    'prepared-not-persisted',
    'says that a batch is prepared, and its disk does not know',
    'prepared-before-told',
    neverWritten('prepared'),
  ),
  pbftMutant('view-change-not-persisted', 'leaves a view, and its disk does not know', 'left-before-told', neverWritten('viewChange')),
  pbftMutant('checkpoint-not-persisted', 'vouches for a state that its disk does not have', 'taken-before-told', neverWritten('taken')),
  pbftMutant('accepted-told-early', 'votes for a batch before it is on disk', 'accepted-before-told', announcedEarly('accepted')),
  pbftMutant(
    'prepared-told-early',
    'says that a batch is prepared before that is on disk',
    'prepared-before-told',
    announcedEarly('prepared'),
  ),
  pbftMutant('checkpoint-told-early', 'vouches for a state before it is on disk', 'taken-before-told', announcedEarly('taken')),
  pbftMutant(
    'view-change-told-early',
    'tells that it left a view before that is on disk',
    'left-before-told',
    announcedEarly('viewChange'),
  ),
  pbftMutant('accepted-forgotten', 'forgets at a restart what it has voted for', 'accepted-remembered', forgotten('accepted')),
  pbftMutant('prepared-forgotten', 'forgets at a restart what was prepared', 'prepared-remembered', forgotten('prepared')),
  pbftMutant('view-forgotten', 'forgets at a restart which view it left', 'view-remembered', forgotten('viewChange')),
  pbftMutant('new-view-forgotten', 'forgets at a restart which view it was in', 'view-remembered', forgotten('newView')),
  pbftMutant('stable-forgotten', 'forgets at a restart its stable checkpoint and all with it', 'prepared-remembered', forgotten('stable')),
  pbftMutant(
    'reads-too-early',
    'answers reads after a restart before it is where it was',
    'linearizability',
    class extends Pbft {
      protected override mayAnswerRead(): boolean {
        return true;
      }
    },
  ),
];

export const clientMutants: readonly PbftMutant[] = [
  pbftClientMutant(
    'client-believes-one',
    'its client believes the first reply',
    'linearizability',
    class extends PbftClient {
      protected override repliesNeeded(): number {
        return 1;
      }
    },
  ),
  pbftClientMutant(
    'client-reads-weak',
    'its client believes f + 1 replies to a read that is not ordered',
    'linearizability',
    class extends PbftClient {
      protected override repliesNeeded(how: Parameters<PbftClient['repliesNeeded']>[0]): number {
        return how === 'read' ? super.repliesNeeded('stale') : super.repliesNeeded(how);
      }
    },
  ),
  pbftClientMutant(
    'client-counts-differing',
    'its client counts replies without comparing them',
    'linearizability',
    class extends PbftClient {
      protected override isSameReply(): boolean {
        return true;
      }
    },
  ),
  pbftClientMutant(
    'client-asks-primary-only',
    'its client never asks all replicas',
    'liveness',
    class extends PbftClient {
      protected override asksAll(): boolean {
        return false;
      }
    },
  ),
];
