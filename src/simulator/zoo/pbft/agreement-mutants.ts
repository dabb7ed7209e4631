/** Mutants of the normal case: pre-prepare, prepare, commit, execution (OSDI 1999, 4.1 and 4.2). */
import type { NodeId } from '../../../core/index.ts';
import { type Batch, type Digest, Pbft, type PbftMessage, type PbftRequest, type Slot } from '../../../protocols/pbft/index.ts';
import { harmlessPbftMutant, type PbftMutant, pbftMutant } from './mutant.ts';

export const agreementMutants: readonly PbftMutant[] = [
  pbftMutant(
    'prepare-quorum-short',
    'takes a batch for prepared with one vote too few: 2f with the pre-prepare among them',
    'prepared-certificate',
    class extends Pbft {
      protected override isPrepared(slot: Slot): boolean {
        return slot.prepares.count(slot.view, slot.digest) >= this.quorum() - 1;
      }
    },
  ),
  pbftMutant(
    'commit-quorum-weak',
    'takes a batch for committed with f + 1 commits',
    'committed-certificate',
    class extends Pbft {
      protected override isCommitted(slot: Slot): boolean {
        return slot.commits.count(slot.view, slot.digest) >= this.weak();
      }
    },
  ),
  pbftMutant(
    'prepares-count-twice',
    'counts a prepare that comes again as one of somebody else',
    'prepared-certificate',
    class extends Pbft {
      protected override countPrepare(slot: Slot, from: NodeId, view: number, digest: Digest): boolean {
        if (super.countPrepare(slot, from, view, digest)) return true;
        return slot.prepares.record((this.rankOf(from) + 1) % this.peers.length, view, digest);
      }
    },
  ),
  pbftMutant(
    'commits-count-twice',
    'counts a commit that comes again as one of somebody else',
    'committed-certificate',
    class extends Pbft {
      protected override countCommit(slot: Slot, from: NodeId, view: number, digest: Digest): boolean {
        if (super.countCommit(slot, from, view, digest)) return true;
        return slot.commits.record((this.rankOf(from) + 1) % this.peers.length, view, digest);
      }
    },
  ),
  pbftMutant(
    'second-proposal-accepted',
    'accepts another batch at a number that has one in this view',
    'one-proposal',
    class extends Pbft {
      protected override isFirstProposal(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'any-primary',
    'accepts proposals of replicas that are not the primary',
    'prepared-certificate, unforgeable',
    class extends Pbft {
      protected override mayPropose(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'any-view',
    'accepts proposals of views that it has left or not reached',
    'one-proposal, view-left',
    class extends Pbft {
      protected override inView(message: PbftMessage): boolean {
        return message.view >= 0;
      }
    },
  ),
  pbftMutant(
    'no-watermarks',
    'accepts numbers beyond the high watermark',
    'inside-window',
    class extends Pbft {
      protected override inWindow(seq: number): boolean {
        return seq > this.low;
      }
    },
  ),
  pbftMutant(
    'digest-unchecked',
    'takes any batch for the one that a digest names',
    'digest-of-batch',
    class extends Pbft {
      protected override isBatchOf(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'requests-unchecked',
    'accepts batches of requests that no client made',
    'asked-by-client',
    class extends Pbft {
      protected override isAuthentic(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'relays-believed',
    'takes a request for its client’s when one replica says so',
    'asked-by-client',
    class extends Pbft {
      protected override isVouchedRequest(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'executes-out-of-order',
    'executes whatever is committed, also beyond a number that is not',
    'executes-in-order',
    class extends Pbft {
      protected override nextToExecute(): Slot | null {
        return this.slotsKnown().find(({ seq, committed }) => seq > this.executed && committed !== null) ?? null;
      }
    },
  ),
  pbftMutant(
    'executes-twice',
    'executes a request again that its client sends again',
    'exactly-once',
    class extends Pbft {
      protected override isFresh(_request: PbftRequest): boolean {
        return true;
      }
    },
  ),
  harmlessPbftMutant(
    'reply-not-repeated',
    'does not send its reply again to a client that lost it',
    'the client gives up in the end, and says that it does not know: which is true',
    class extends Pbft {
      protected override repeatsReply(): boolean {
        return false;
      }
    },
  ),
  pbftMutant(
    'proposes-beyond-window',
    'goes on using numbers beyond the high watermark as primary',
    'inside-window',
    class extends Pbft {
      protected override mayUse(seq: number): boolean {
        return seq > this.low;
      }
    },
  ),
  pbftMutant(
    'empty-batches',
    'proposes nothing, as a primary that has forgotten what waits',
    'liveness',
    class extends Pbft {
      protected override nextBatch(): Batch {
        const batch = super.nextBatch();
        return batch.slice(1);
      }
    },
  ),
];
