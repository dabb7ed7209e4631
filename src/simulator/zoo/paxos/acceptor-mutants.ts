/** Mutants of acceptors and of what they write ("Paxos made simple", 2.2, 2.5). */
import { type Entry, messageTypes, Paxos, type PaxosMessage, type PaxosRecord } from '../../../protocols/paxos/index.ts';
import { type PaxosMutant, paxosMutant } from './mutant.ts';

export const acceptorMutants: readonly PaxosMutant[] = [
  paxosMutant(
    'forgotten-promise',
    'promises any ballot, also a lower one than it has promised',
    'promise-kept',
    class extends Paxos {
      protected override mayPromise(): boolean {
        return true;
      }
    },
  ),
  paxosMutant(
    'promise-again-only',
    'refuses to promise a ballot again whose first promise was lost',
    'liveness',
    class extends Paxos {
      protected override mayPromise(ballot: number): boolean {
        return ballot > this.promised;
      }
    },
  ),
  paxosMutant(
    'accepts-below-promise',
    'accepts in ballots below the one that it has promised',
    'promise-kept',
    class extends Paxos {
      protected override mayAccept(): boolean {
        return true;
      }
    },
  ),
  paxosMutant(
    'accepting-promises-nothing',
    'accepts in a higher ballot without promising it',
    'promise-kept',
    class extends Paxos {
      protected override promisesByAccepting(): boolean {
        return false;
      }
    },
  ),
  paxosMutant(
    'silent-promise',
    'promises without saying what it has accepted',
    'promise-tells-all, phase1-value',
    class extends Paxos {
      protected override acceptedFrom(): readonly Entry[] {
        return [];
      }
    },
  ),
  paxosMutant(
    'promise-tells-first-only',
    'says in its promise only the first value that it has accepted',
    'promise-tells-all',
    class extends Paxos {
      protected override acceptedFrom(first: number): readonly Entry[] {
        return super.acceptedFrom(first).slice(0, 1);
      }
    },
  ),
  paxosMutant(
    'promise-not-persisted',
    'does not write down what it promises',
    'durable-promise',
    class extends Paxos {
      protected override mustPersistPromise(): boolean {
        return false;
      }
    },
  ),
  paxosMutant(
    'promise-before-persist',
    'gives a promise before it is durable',
    'durable-promise',
    class extends Paxos {
      protected override mustWaitForStorage(m: PaxosMessage): boolean {
        return m.type !== messageTypes.promise;
      }
    },
  ),
  paxosMutant(
    'accepted-not-persisted',
    'does not write down what it accepts',
    'durable-acceptance',
    class extends Paxos {
      protected override mustPersistEntry(): boolean {
        return false;
      }
    },
  ),
  paxosMutant(
    'accepted-before-persist',
    'says that it has accepted before that is durable',
    'durable-acceptance',
    class extends Paxos {
      protected override mustWaitForStorage(m: PaxosMessage): boolean {
        return m.type !== messageTypes.accepted;
      }
    },
  ),
  paxosMutant(
    'promise-forgotten-on-restart',
    'restarts without the promise that its disk kept',
    'promise-kept',
    class extends Paxos {
      protected override recover(records: readonly PaxosRecord[]): void {
        super.recover(records);
        this.promised = 0;
      }
    },
  ),
  paxosMutant(
    'accepted-forgotten-on-restart',
    'restarts without what it had accepted and does not know to be chosen',
    'promise-tells-all',
    class extends Paxos {
      protected override recover(records: readonly PaxosRecord[]): void {
        super.recover(records);
        this.slots.cutAfter(this.slots.committed);
      }
    },
  ),
  paxosMutant(
    'takes-accepted-for-chosen-on-restart',
    'restarts with all that it had accepted taken for chosen',
    'chosen-by-leader',
    class extends Paxos {
      protected override recoveredCommit(commit: number): number {
        let slot = commit;
        while (this.slots.at(slot + 1) !== null) slot++;
        return slot;
      }
    },
  ),
  paxosMutant(
    'acknowledges-over-gaps',
    'says that it has accepted everything up to the last slot that it has',
    'durable-acceptance',
    class extends Paxos {
      protected override acceptedThrough(first: number, ballot: number): number {
        return Math.max(super.acceptedThrough(first, ballot), this.slots.last);
      }
    },
  ),
];
