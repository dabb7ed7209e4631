/** Mutants of elections (Omni-Paxos, 5), reads, reconfiguration (6), and of the replica above. */
import type { Command, Value } from '../../../core/index.ts';
import { type Configuration, Paxos, type PaxosMessage, type PaxosRecord, type Reconfiguration } from '../../../protocols/paxos/index.ts';
import { Replica } from '../../../protocols/replication/index.ts';
import { harmlessMutant, type PaxosMutant, paxosMutant, replicaMutant } from './mutant.ts';

const electionMutants: readonly PaxosMutant[] = [
  paxosMutant(
    'stands-unconnected',
    'stands for election whomever it hears from',
    'stand-connected',
    class extends Paxos {
      protected override connectedQuorum(): number {
        return this.role === 'leader' ? super.connectedQuorum() : 1;
      }
    },
  ),
  paxosMutant(
    'never-stands',
    'waits for ever for a leader',
    'stands-when-needed, liveness',
    class extends Paxos {
      protected override mayStand(): boolean {
        return false;
      }
    },
  ),
  paxosMutant(
    'leads-unheard',
    'leads on although no quorum hears it',
    'leads-with-quorum',
    class extends Paxos {
      protected override resignsWithoutQuorum(): boolean {
        return false;
      }
    },
  ),
  paxosMutant(
    'distrusts-neighbours',
    'stands for election as soon as it does not hear from the leader itself',
    'stand-needed',
    class extends Paxos {
      protected override trustsNeighbours(): boolean {
        return false;
      }
    },
  ),
  paxosMutant(
    'counts-old-heartbeats',
    'takes answers of former rounds for answers of this one',
    'stand-connected, leads-with-quorum',
    class extends Paxos {
      protected override isOfThisRound(): boolean {
        return true;
      }
    },
  ),
  paxosMutant(
    'deaf-to-the-elected',
    'stands for election although it hears from the leader',
    'stand-needed, liveness',
    class extends Paxos {
      protected override hearsElected(): boolean {
        return this.role === 'leader';
      }
    },
  ),
];

const readMutants: readonly PaxosMutant[] = [
  paxosMutant(
    'read-without-quorum',
    'answers reads without asking whether it still leads',
    'read-confirmed',
    class extends Paxos {
      protected override readNeedsQuorum(): boolean {
        return false;
      }
    },
  ),
  paxosMutant(
    'read-quorum-off-by-one',
    'answers reads with one confirmation less than a quorum',
    'read-confirmed',
    class extends Paxos {
      protected override readQuorum(): number {
        return Math.max(1, super.readQuorum() - 1);
      }
    },
  ),
  paxosMutant(
    'reads-before-recovery',
    'answers reads before all that its phase 1 found is chosen',
    'read-after-recovery',
    class extends Paxos {
      protected override mayServeReads(): boolean {
        return this.role === 'leader';
      }
    },
  ),
  paxosMutant(
    'reads-the-past',
    'answers reads from the state before the newest chosen slot',
    'read-index',
    class extends Paxos {
      protected override readIndex(): number {
        return Math.max(0, this.slots.committed - 1);
      }
    },
  ),
  paxosMutant(
    'reads-never-answered',
    'never answers a read that a quorum has to confirm',
    'liveness',
    class extends Paxos {
      protected override confirmReads(): void {}
    },
  ),
];

const reconfigurationMutants: readonly PaxosMutant[] = [
  paxosMutant(
    'proposes-behind-stop-sign',
    'goes on proposing behind a stop-sign',
    'stop-sign-final',
    class extends Paxos {
      protected override mayPropose(): boolean {
        return true;
      }
    },
  ),
  paxosMutant(
    'recovers-behind-stop-sign',
    'proposes what others have left behind a stop-sign',
    'stop-sign-final',
    class extends Paxos {
      protected override endsAtStopSign(): boolean {
        return false;
      }
    },
  ),
  paxosMutant(
    'quorums-that-do-not-meet',
    'takes on configurations whose quorums need not meet',
    'quorums-meet',
    class extends Paxos {
      protected override reconfigurationProblem(): string | null {
        return null;
      }
    },
  ),
  paxosMutant(
    'keeps-its-configuration',
    'goes on with the members and quorums of before',
    'configuration',
    class extends Paxos {
      protected override configurationAfter(slot: number, next: Reconfiguration, ballot: number): Configuration {
        return { ...super.configurationAfter(slot, next, ballot), members: this.configuration.members };
      }
    },
  ),
  paxosMutant(
    'mixes-configurations',
    'takes part in the agreement of other configurations than its own',
    'chosen-by-quorum, configuration',
    class extends Paxos {
      protected override isOfThisEra(): boolean {
        return true;
      }
    },
  ),
  paxosMutant(
    'ballots-start-anew',
    'lets ballots of a new configuration be as low as those of the old one',
    'configuration',
    class extends Paxos {
      protected override ballotFloor(): number {
        return 0;
      }
    },
  ),
  paxosMutant(
    'snapshot-keeps-configuration',
    'installs a snapshot without the configuration in it',
    'configuration',
    class extends Paxos {
      protected override configurationAt(): Configuration {
        return this.config.initial ?? this.configuration;
      }
    },
  ),
  harmlessMutant(
    'remembers-behind-stop-sign',
    'keeps what others have left behind a stop-sign',
    'ballots of the new configuration are all higher, so it counts for nothing there',
    class extends Paxos {
      protected override forgetsBehindStopSign(): boolean {
        return false;
      }
    },
  ),
];

const sessionMutants: readonly PaxosMutant[] = [
  replicaMutant(
    'snapshot-without-sessions',
    'leaves the sessions of its clients out of its snapshots',
    'equal-states, linearizability',
    class extends Replica<PaxosMessage, PaxosRecord> {
      override takeSnapshot(): Value {
        return { machine: this.machine.snapshot(), sessions: [] };
      }
    },
  ),
  replicaMutant(
    'retry-applied-twice',
    'applies a command again that a client sent again',
    'linearizability',
    class extends Replica<PaxosMessage, PaxosRecord> {
      override isFresh(command: Command): boolean {
        return this.sessions.standing(command.session, command.id) !== 'unknown';
      }
    },
  ),
];

export const groupMutants: readonly PaxosMutant[] = [...electionMutants, ...readMutants, ...reconfigurationMutants, ...sessionMutants];
