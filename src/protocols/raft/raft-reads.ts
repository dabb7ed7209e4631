/**
 * Reads that see every write acknowledged before they were asked (thesis 6.4), without writing to the log: the leader
 * notes its commit index, makes sure that it still leads (a round of heartbeats that a quorum answers, or a lease),
 * and says from which index on the state may answer. Rounds are numbered; a heartbeat confirms all rounds up to its own.
 */
import type { NodeId, Writer } from '../../core/index.ts';
import { entryKinds, makeEntry, messageTypes, type RaftMessage } from './message.ts';
import { majorityIndex } from './quorum.ts';
import type { Asker } from './raft-base.ts';
import { RaftReplication } from './raft-replication.ts';

interface PendingRead extends Asker {
  /** The node whose client asks; `from` is meaningful on that node only. */
  readonly node: NodeId;
  readonly index: number;
}

export abstract class RaftReads extends RaftReplication {
  /** Reads whose round is out, oldest first; read number `confirmedReads + 1` is the first of them. */
  protected unconfirmed: PendingRead[] = [];
  protected confirmedReads = 0;
  /** Reads that wait for this leader's first commit in its term. */
  protected earlyReads: PendingRead[] = [];
  /** The newest round sent. */
  protected sentReads = 0;

  protected override readContext(): number {
    return this.unconfirmed.length === 0 ? 0 : this.confirmedReads + this.unconfirmed.length;
  }

  /** A read asked here. */
  protected read(asker: Asker): void {
    if (this.role === 'leader') {
      if (this.unconfirmed.length + this.earlyReads.length >= this.config.maxPendingReads) this.refuse(asker, 'LC_OVERLOADED');
      else this.leaderRead({ node: this.id, from: asker.from, session: asker.session, id: asker.id, index: 0 });
    } else if (this.leader === 0) {
      this.refuseNoLeader(asker);
    } else {
      const ask = makeEntry(0, entryKinds.normal, asker.session, asker.id, null, 0);
      this.send(this.leader, this.message(messageTypes.readIndex, 0, 0, 0, 0, false, 0, 0, [ask]));
    }
  }

  /** A read passed on by a follower. */
  protected handleReadIndex(node: NodeId, m: RaftMessage): void {
    const ask = m.entries[0];
    if (ask === undefined) return;
    if (this.role !== 'leader') {
      if (this.leader !== 0 && this.leader !== this.id) this.send(this.leader, m);
      return;
    }
    if (this.unconfirmed.length + this.earlyReads.length >= this.config.maxPendingReads) return;
    this.leaderRead({ node, from: 0, session: ask.session, id: ask.id, index: 0 });
  }

  protected leaderRead(read: PendingRead): void {
    if (!this.mayServeReads()) {
      // Also alone: after a restart the commit index may be older than what was acknowledged in the former life.
      this.earlyReads.push(read);
    } else if (!this.readNeedsQuorum()) {
      this.answerRead(read, this.log.committed);
    } else if (this.config.readMode === 'lease' && this.now < this.leaseEndUs()) {
      this.answerRead(read, this.log.committed);
    } else {
      this.unconfirmed.push({ ...read, index: this.log.committed });
      const self = this.progress(this.id);
      if (self !== null) self.readAck = this.readContext();
      // While a round is out, later reads wait and share the next one.
      if (!this.config.batchReads || this.sentReads <= this.confirmedReads) this.#sendRound();
    }
  }

  #sendRound(): void {
    this.sentReads = this.readContext();
    this.broadcastHeartbeat();
  }

  protected override releaseReads(): void {
    if (this.earlyReads.length === 0 || !this.mayServeReads()) return;
    const reads = this.earlyReads;
    this.earlyReads = [];
    for (const read of reads) this.leaderRead(read);
  }

  /** Answer the reads whose round a quorum has confirmed. */
  protected override confirmReads(): void {
    const acked = (id: NodeId): number => this.progress(id)?.readAck ?? 0;
    const outgoing = this.outgoingVoters();
    const incoming = majorityIndex(this.configuration.voters, acked);
    const confirmed = outgoing.length === 0 ? incoming : Math.min(incoming, majorityIndex(outgoing, acked));
    const count = Math.min(confirmed - this.confirmedReads, this.unconfirmed.length);
    if (count <= 0) return;
    const reads = this.unconfirmed.splice(0, count);
    this.confirmedReads += count;
    for (const read of reads) this.answerRead(read, read.index);
    if (this.config.batchReads && this.unconfirmed.length > 0 && this.sentReads <= this.confirmedReads) this.#sendRound();
  }

  protected answerRead(read: PendingRead, index: number): void {
    if (read.node === this.id) {
      this.out.indicate({ kind: 'readReady', session: read.session, id: read.id, index });
      return;
    }
    const ask = makeEntry(0, entryKinds.normal, read.session, read.id, null, 0);
    this.send(read.node, this.message(messageTypes.readIndexResp, this.term, index, 0, 0, false, 0, 0, [ask]));
  }

  protected handleReadIndexResponse(m: RaftMessage): void {
    const ask = m.entries[0];
    if (ask !== undefined) this.out.indicate({ kind: 'readReady', session: ask.session, id: ask.id, index: m.index });
  }

  /** A node that no longer leads cannot answer: its clients ask again elsewhere. */
  protected dropReads(): void {
    const reads = this.unconfirmed.length === 0 ? this.earlyReads : this.unconfirmed.concat(this.earlyReads);
    this.unconfirmed = [];
    this.earlyReads = [];
    this.confirmedReads = 0;
    this.sentReads = 0;
    for (const read of reads) if (read.node === this.id) this.refuseNoLeader(read);
  }

  protected encodeReads(w: Writer): void {
    for (const reads of [this.unconfirmed, this.earlyReads]) {
      w.uint(reads.length);
      for (const read of reads) {
        w.uint(read.node);
        w.uint(read.from);
        w.uint(read.session);
        w.uint(read.id);
        w.uint(read.index);
      }
    }
    w.uint(this.confirmedReads);
    w.uint(this.sentReads);
  }
}
