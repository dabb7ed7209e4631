/** Mutants of storage, recovery and compaction (Raft figure 2, 7; thesis 3.8, 5, 10.2.1). */
import { messageTypes, Raft, type RaftMessage, type RaftRecord, type Snapshot } from '../../../protocols/raft/index.ts';
import { harmlessMutant, type Mutant, raftMutant } from './mutant.ts';

export const storageMutants: readonly Mutant[] = [
  raftMutant(
    'ack-before-persist',
    'acknowledges entries before they are durable',
    'leader-completeness, agreed-order',
    class extends Raft {
      protected override mustWaitForStorage(m: RaftMessage): boolean {
        return m.type !== messageTypes.appResp;
      }
    },
  ),
  raftMutant(
    'commit-from-unsynced-leader',
    'counts the own copy of an entry before it is durable',
    'leader-completeness, agreed-order',
    class extends Raft {
      protected override acknowledgeOwnAppend(index: number): void {
        this.ownAppendDurable(index);
      }
    },
  ),
  raftMutant(
    'log-tail-lost-on-restart',
    'restarts without the last entry that its disk kept',
    'leader-completeness, agreed-order',
    class extends Raft {
      protected override recover(records: readonly RaftRecord[]): void {
        super.recover(records);
        const { log } = this;
        if (log.last <= Math.max(log.committed, log.base)) return;
        log.replaceFrom(log.last, [], 0);
        log.offset = log.last + 1;
        log.inProgress = log.last + 1;
      }
    },
  ),
  raftMutant(
    'snapshot-overwrites-newer-log',
    'installs every snapshot that arrives, also one older than its log',
    'agreed-order, leader-completeness',
    class extends Raft {
      protected override installSnapshot(snapshot: Snapshot): boolean {
        const { log } = this;
        const { index, term, configuration } = snapshot;
        if (this.role !== 'follower') return false;
        log.reset(index, term);
        log.snapshot = snapshot;
        log.pendingSnapshot = index;
        log.snapshotInProgress = false;
        log.applied = index;
        this.restoreDue = true;
        this.configurations = [{ index, configuration }];
        this.switchConfiguration(configuration);
        return true;
      }
    },
  ),
  raftMutant(
    'snapshot-deletes-what-follows',
    'deletes the entries after a snapshot although its log matches it',
    'leader-completeness',
    class extends Raft {
      protected override installSnapshot(snapshot: Snapshot): boolean {
        const { log } = this;
        const { index, term } = snapshot;
        if (index > log.committed && index < log.last && log.matches(index, term)) log.replaceFrom(index + 1, [], 0);
        return super.installSnapshot(snapshot);
      }
    },
  ),
  raftMutant(
    'snapshot-believes-own-log',
    'takes its log for what a snapshot stands for, without comparing terms',
    'agreed-order, log-matching',
    class extends Raft {
      protected override installSnapshot(snapshot: Snapshot): boolean {
        const { log } = this;
        if (snapshot.index <= log.committed || snapshot.index > log.last) return super.installSnapshot(snapshot);
        log.commitTo(snapshot.index);
        return false;
      }
    },
  ),
  raftMutant(
    'snapshot-keeps-configuration',
    'installs a snapshot without the configuration in it',
    'configuration',
    class extends Raft {
      protected override installSnapshot(snapshot: Snapshot): boolean {
        return super.installSnapshot({ ...snapshot, configuration: this.configuration });
      }
    },
  ),
  harmlessMutant(
    'snapshot-with-newest-configuration',
    'puts the newest configuration into a snapshot, whatever its index',
    'the replica takes a snapshot of all that it has applied, and there the newest configuration is the one in force',
    class extends Raft {
      protected override configurationAt() {
        return this.configuration;
      }
    },
  ),
  raftMutant(
    'recovers-without-snapshot',
    'restarts with the log behind its snapshot, and without the state in it',
    'agreed-order',
    class extends Raft {
      protected override recover(records: readonly RaftRecord[]): void {
        super.recover(records);
        if (this.log.snapshot !== null) this.log.snapshot = { ...this.log.snapshot, data: { machine: [], sessions: [] } };
      }
    },
  ),
  raftMutant(
    'snapshot-never-sent',
    'has no snapshot for followers that are too far behind',
    'liveness, convergence',
    class extends Raft {
      protected override maybeSendSnapshot(): boolean {
        return false;
      }
    },
  ),
  harmlessMutant(
    'waits-for-own-disk',
    'commits nothing that is not on its own disk, although a majority of others holds it',
    'commits a little later',
    class extends Raft {
      protected override mayCommit(index: number): boolean {
        return index < this.log.offset && super.mayCommit(index);
      }
      protected override persisted(token: number): void {
        super.persisted(token);
        if (this.role === 'leader' && this.maybeCommit()) this.broadcastAppend();
      }
    },
  ),
  raftMutant(
    'a-write-each',
    'writes each proposal by itself, without waiting for the write under way (no group commit)',
    'write-window',
    class extends Raft {
      protected override flush(): void {
        const config = this.config as { maxInflightPersists: number };
        config.maxInflightPersists = 1_000_000;
        super.flush();
      }
    },
  ),
];
