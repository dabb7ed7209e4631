/**
 * Log replication (Raft 5.3), both ends: the leader appends, sends, counts and commits; the follower checks, appends
 * and acknowledges. Sending is paced by each member's Progress; a follower that is too far behind gets a snapshot.
 */
import { invariant, type NodeId } from '../../core/index.ts';
import type { Configuration } from './confchange.ts';
import { type Entry, entryKinds, makeEntry, messageTypes, NO_ENTRIES, type RaftMessage, type Snapshot } from './message.ts';
import type { Progress } from './progress.ts';
import { RaftStorage } from './raft-storage.ts';

export abstract class RaftReplication extends RaftStorage {
  /** A snapshot was installed and the layer above has not been told. */
  protected restoreDue = false;

  // The leader's end.

  /** Append to the leader's own log; false when too much is uncommitted already. Empty entries always fit. */
  protected appendEntry(entry: Entry): boolean {
    const { size } = entry;
    if (this.uncommittedBytes > 0 && size > 0 && this.uncommittedBytes + size > this.config.maxUncommittedBytes) return false;
    this.uncommittedBytes += size;
    this.log.push(entry);
    this.acknowledgeOwnAppend(this.log.last);
    return true;
  }

  protected broadcastAppend(): void {
    const { members } = this;
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as Progress;
      if (member.id !== this.id) this.maybeSendAppend(member, true);
    }
  }

  /** Send what `member` lacks, as far as its pace allows; `evenEmpty` to tell it the commit index alone. */
  protected maybeSendAppend(member: Progress, evenEmpty: boolean): boolean {
    if (member.paused) return false;
    const { log } = this;
    const previous = member.next - 1;
    const previousTerm = log.term(previous);
    if (previousTerm < 0) return this.maybeSendSnapshot(member);
    // With a full pipeline only an empty message goes, so that lost messages are noticed.
    let entries = NO_ENTRIES;
    if (member.next <= log.last && (member.state !== 'replicate' || !member.inflights.full)) {
      entries = log.from(member.next, this.config.maxMessageBytes);
    }
    if (entries.length === 0 && !evenEmpty) return false;
    let bytes = 0;
    for (let i = 0; i < entries.length; i++) bytes += (entries[i] as Entry).size;
    if (this.configuration.witnesses.length > 0 && this.configuration.witnesses.includes(member.id)) entries = strip(entries);
    this.send(member.id, this.message(messageTypes.app, this.term, previous, previousTerm, log.committed, false, 0, 0, entries));
    member.sent(entries.length, bytes);
    member.sentCommit = log.committed;
    return true;
  }

  /** The snapshot to send; it must cover everything that the log has dropped. */
  protected latestSnapshot(): Snapshot | null {
    return this.log.snapshot;
  }

  protected maybeSendSnapshot(member: Progress): boolean {
    if (!member.active) return false;
    const snapshot = this.latestSnapshot();
    if (snapshot === null) return false;
    const sent = this.configuration.witnesses.includes(member.id) ? forWitness(snapshot, member.id) : snapshot;
    member.becomeSnapshot(snapshot.index);
    this.send(member.id, this.message(messageTypes.snap, this.term, 0, 0, 0, false, 0, 0, NO_ENTRIES, sent));
    return true;
  }

  protected broadcastHeartbeat(): void {
    const context = this.readContext();
    const sentAt = this.config.readMode === 'lease' ? Math.max(this.now, 0) : 0;
    const { members } = this;
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as Progress;
      if (member.id === this.id) continue;
      // Never beyond what the follower is known to hold: its log may differ there.
      const commit = Math.min(member.match, this.log.committed);
      this.send(member.id, this.message(messageTypes.heartbeat, this.term, 0, 0, commit, false, sentAt, context));
      member.sentCommit = commit;
    }
  }

  /** Commit what a quorum holds; true when that is more than before. */
  protected maybeCommit(): boolean {
    const index = this.quorumHolds();
    if (index <= this.log.committed || !this.mayCommit(index)) return false;
    this.log.commitTo(index);
    return true;
  }

  protected override ownAppendDurable(index: number): void {
    if (this.role !== 'leader') return;
    const self = this.progress(this.id);
    if (self !== null) this.acknowledged(self, index);
  }

  protected handleAppendResponse(member: Progress, m: RaftMessage): void {
    member.active = true;
    if (m.reject) this.#rejected(member, m);
    else this.acknowledged(member, m.index);
  }

  #rejected(member: Progress, m: RaftMessage): void {
    // Where the follower's log ends in a newer term than ours has there, no index of a newer term can match: skip them.
    const hint = m.logTerm > 0 ? this.log.findConflictByTerm(m.hint, m.logTerm).index : m.hint;
    if (!member.decrease(m.index, hint)) return;
    if (member.state === 'replicate') member.becomeProbe();
    this.maybeSendAppend(member, true);
  }

  /** `member` holds everything up to `index`, durably. */
  protected acknowledged(member: Progress, index: number): void {
    // An answer that says nothing new may still show that a probed follower is in step.
    if (!member.update(index) && !(member.match === index && member.state === 'probe')) return;
    if (member.state === 'probe') {
      member.becomeReplicate();
    } else if (member.state === 'snapshot') {
      // Whatever brought it here: once the log reaches it, replication goes on.
      if (member.match + 1 >= this.log.first) {
        member.becomeProbe();
        member.becomeReplicate();
      }
    } else {
      member.inflights.freeTo(index);
    }
    const other = member.id !== this.id;
    if (this.maybeCommit()) {
      this.releaseReads();
      this.broadcastAppend();
    } else if (other && member.canBumpCommit(this.log.committed)) {
      this.maybeSendAppend(member, true);
    }
    if (!other) return;
    while (this.maybeSendAppend(member, false)) {
      // As many messages as the window now allows.
    }
    if (member.id === this.transferee && this.mayTakeOver(member)) this.sendTimeoutNow(member.id);
  }

  protected sendTimeoutNow(to: NodeId): void {
    this.orderedCampaign = true;
    this.send(to, this.message(messageTypes.timeoutNow, this.term, 0, 0, 0, false, 0, 0));
  }

  protected handleHeartbeatResponse(member: Progress, m: RaftMessage): void {
    member.active = true;
    member.flowPaused = false;
    if (m.hint > member.leaseAckUs && m.hint > this.clockPeakUs) member.leaseAckUs = m.hint;
    if (member.match < this.log.last || member.state === 'probe') this.maybeSendAppend(member, true);
    if (m.context > member.readAck) {
      member.readAck = m.context;
      this.confirmReads();
    }
  }

  // The follower's end.

  protected handleAppend(from: NodeId, m: RaftMessage): void {
    const { log } = this;
    if (m.index < log.committed) {
      this.sendDurable(from, this.appResp(log.committed));
      return;
    }
    if (this.appendFits(m.index, m.logTerm)) {
      const last = m.index + m.entries.length;
      this.#appendReceived(m);
      log.commitTo(Math.min(m.commit, last));
      this.sendDurable(from, this.appResp(last));
      return;
    }
    const hint = log.findConflictByTerm(Math.min(m.index, log.last), m.logTerm);
    this.sendDurable(from, this.message(messageTypes.appResp, this.term, m.index, hint.term, 0, true, hint.index, 0));
  }

  #appendReceived(m: RaftMessage): void {
    if (m.entries.length === 0) return;
    const { log } = this;
    const first = m.index + 1;
    const conflict = log.findConflict(first, m.entries);
    if (conflict === 0) return;
    if (conflict > log.last || this.truncates(conflict)) {
      log.replaceFrom(conflict, m.entries, conflict - first);
    } else if (m.index + m.entries.length > log.last) {
      log.replaceFrom(log.last + 1, m.entries, log.last + 1 - first);
    }
  }

  protected handleHeartbeat(from: NodeId, m: RaftMessage): void {
    this.log.commitTo(m.commit);
    this.send(from, this.message(messageTypes.heartbeatResp, this.term, 0, 0, 0, false, m.hint, m.context));
  }

  protected handleSnapshot(from: NodeId, m: RaftMessage): void {
    const installed = m.snapshot !== null && this.installSnapshot(m.snapshot);
    this.sendDurable(from, this.appResp(installed ? this.log.last : this.log.committed));
  }

  /** A snapshot may be older than the change that made this node a member: what follows it says so. */
  protected acceptsSnapshot(_configuration: Configuration): boolean {
    return true;
  }

  /** Replace the log by `snapshot`; false when it brings nothing new. */
  protected installSnapshot(snapshot: Snapshot): boolean {
    const { log } = this;
    const { configuration, index, term } = snapshot;
    if (index <= log.committed) return false;
    invariant(this.role === 'follower', 'snapshot', `node ${this.id} got a snapshot as ${this.role}`);
    if (!this.acceptsSnapshot(configuration)) return false;
    if (log.matches(index, term)) {
      // The log has all of it: only the commit index was behind.
      log.commitTo(index);
      return false;
    }
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
}

/** A witness knows by the snapshot that it is one, also when that is older than its membership. */
function forWitness(snapshot: Snapshot, id: NodeId): Snapshot {
  const { configuration } = snapshot;
  const witnesses = configuration.witnesses.includes(id) ? configuration.witnesses : [...configuration.witnesses, id].sort((a, b) => a - b);
  return { ...snapshot, data: null, configuration: { ...configuration, witnesses } };
}

/** For a witness: everything that its votes need, nothing that clients wrote. */
function strip(entries: readonly Entry[]): readonly Entry[] {
  return entries.map((entry) =>
    entry.kind === entryKinds.normal && entry.op !== null ? makeEntry(entry.term, entryKinds.stripped, 0, 0, null, 0) : entry,
  );
}
