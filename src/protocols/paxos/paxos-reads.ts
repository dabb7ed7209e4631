/**
 * Reads that see every write acknowledged before they were asked, without a slot of their own: the leader notes how far it
 * has chosen, a quorum that meets every quorum of phase 1 confirms that it has promised no higher ballot, and then the state
 * may answer. Or (`readMode` log) the read takes a slot. Rounds are numbered; a confirmation holds for all up to its own.
 */
import type { NodeId, Writer } from '../../core/index.ts';
import { quorumValue } from './configuration.ts';
import { type Entry, entryKinds, makeEntry, messageTypes, type PaxosMessage } from './message.ts';
import type { Asker } from './paxos-base.ts';
import { PaxosProposer } from './paxos-proposer.ts';

interface PendingRead extends Asker {
  /** The node whose client asks; `from` is meaningful on that node only. */
  readonly node: NodeId;
  /** The index that answers it; in `log` mode the slot that it takes. */
  readonly index: number;
}

export abstract class PaxosReads extends PaxosProposer {
  /** Reads whose round is out, oldest first; read number `confirmedReads + 1` is the first of them. */
  protected unconfirmed: PendingRead[] = [];
  protected confirmedReads = 0;
  /** Reads that wait until what phase 1 found is chosen. */
  protected earlyReads: PendingRead[] = [];
  /** Reads that took a slot. */
  protected loggedReads: PendingRead[] = [];
  /** The newest round sent. */
  protected sentReads = 0;

  protected override readContext(): number {
    return this.unconfirmed.length === 0 ? 0 : this.confirmedReads + this.unconfirmed.length;
  }

  #full(): boolean {
    return this.unconfirmed.length + this.earlyReads.length + this.loggedReads.length >= this.config.maxPendingReads;
  }

  /** A read asked here. */
  protected read(asker: Asker): void {
    if (this.role === 'leader') {
      if (this.#full()) this.refuse(asker, 'LC_OVERLOADED');
      else this.leaderRead({ node: this.id, from: asker.from, session: asker.session, id: asker.id, index: 0 });
    } else if (this.leader === 0 || this.leader === this.id) {
      this.refuseNoLeader(asker);
    } else {
      const ask = makeEntry(0, 0, entryKinds.read, asker.session, asker.id, null, 0);
      this.send(this.leader, this.message(messageTypes.readIndex, 0, 0, 0, 0, [ask]));
    }
  }

  /** A read passed on by a follower. */
  protected handleReadIndex(node: NodeId, m: PaxosMessage): void {
    const ask = m.entries[0];
    if (ask === undefined || this.role !== 'leader' || this.#full()) return;
    this.leaderRead({ node, from: 0, session: ask.session, id: ask.id, index: 0 });
  }

  protected leaderRead(read: PendingRead): void {
    if (this.config.readMode === 'log') {
      this.#logRead(read);
    } else if (!this.mayServeReads()) {
      this.earlyReads.push(read);
    } else if (!this.readNeedsQuorum()) {
      this.answerRead(read, this.readIndex());
    } else {
      this.unconfirmed.push({ ...read, index: this.readIndex() });
      const self = this.progress(this.id);
      if (self !== null) self.readAck = this.readContext();
      if (!this.config.batchReads || this.sentReads <= this.confirmedReads) this.#sendRound();
      else this.confirmReads();
    }
  }

  /** The state at which index answers a read that is asked now? */
  protected readIndex(): number {
    return this.slots.committed;
  }

  #logRead(read: PendingRead): void {
    if (!this.mayPropose()) {
      if (read.node === this.id) this.refuseNoLeader(read);
      return;
    }
    const index = this.nextSlot();
    this.proposeNext(entryKinds.read, read.session, read.id, null);
    this.loggedReads.push({ ...read, index });
    this.broadcastAccept();
  }

  /** The read that took `entry`'s slot may be answered there. */
  protected readApplied(entry: Entry): void {
    const at = this.loggedReads.findIndex(({ index }) => index === entry.slot);
    if (at < 0) return;
    const [read] = this.loggedReads.splice(at, 1);
    this.answerRead(read as PendingRead, entry.slot);
  }

  #sendRound(): void {
    this.sentReads = this.readContext();
    this.broadcastAccept();
    this.confirmReads();
  }

  protected override releaseReads(): void {
    if (this.earlyReads.length === 0 || !this.mayServeReads()) return;
    const reads = this.earlyReads;
    this.earlyReads = [];
    for (const read of reads) this.leaderRead(read);
  }

  /** Answer the reads whose round a quorum has confirmed. */
  protected override confirmReads(): void {
    if (this.unconfirmed.length === 0) return;
    const acks = this.members.map(({ readAck }) => readAck);
    const confirmed = quorumValue(acks, acks.length, this.readQuorum());
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
    const ask = makeEntry(0, 0, entryKinds.read, read.session, read.id, null, 0);
    this.send(read.node, this.message(messageTypes.readIndexResp, this.ballot, index, 0, 0, [ask]));
  }

  protected handleReadIndexResponse(m: PaxosMessage): void {
    const ask = m.entries[0];
    if (ask !== undefined) this.out.indicate({ kind: 'readReady', session: ask.session, id: ask.id, index: m.slot });
  }

  /** A node that no longer leads cannot answer: its clients ask again elsewhere. */
  protected dropReads(): void {
    const reads = [...this.unconfirmed, ...this.earlyReads, ...this.loggedReads];
    this.unconfirmed = [];
    this.earlyReads = [];
    this.loggedReads = [];
    this.confirmedReads = 0;
    this.sentReads = 0;
    for (const read of reads) if (read.node === this.id) this.refuseNoLeader(read);
  }

  protected override resign(): void {
    super.resign();
    this.dropReads();
  }

  protected copyReads(from: PaxosReads): void {
    this.unconfirmed = from.unconfirmed.slice();
    this.confirmedReads = from.confirmedReads;
    this.earlyReads = from.earlyReads.slice();
    this.loggedReads = from.loggedReads.slice();
    this.sentReads = from.sentReads;
  }

  protected encodeReads(w: Writer): void {
    for (const reads of [this.unconfirmed, this.earlyReads, this.loggedReads]) {
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
