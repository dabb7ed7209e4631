/**
 * The real Raft with its automatic settling switched off: scripts decide when a node writes, when its storage answers,
 * and when it applies. Everything else (elections, replication, flow control, membership) is Raft's own code.
 */
import type { NodeId } from '../../src/core/index.ts';
import {
  type Asker,
  type Configuration,
  type Entry,
  entryKinds,
  type MembershipChange,
  messageTypes,
  Raft,
  type RaftMessage,
  type Role,
  type Snapshot,
} from '../../src/protocols/raft/index.ts';
import { peerWire, type Wire } from './describe.ts';

export interface HardState {
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
}

/** What a node wants done, taken by `ready`. */
export interface Ready {
  readonly soft: { readonly leader: NodeId; readonly role: Role } | null;
  readonly hard: HardState | null;
  readonly mustSync: boolean;
  readonly entries: readonly Entry[];
  /** Index of the first of `entries`. */
  readonly firstEntry: number;
  readonly snapshot: Snapshot | null;
  readonly committed: readonly Entry[];
  readonly firstCommitted: number;
  readonly messages: readonly Wire[];
  /** Messages that wait for the write, to others and to the node itself. */
  readonly afterAppend: readonly Wire[];
  /** What storage must tell when the write is done; null: nothing. */
  readonly appended: { readonly term: number; readonly index: number; readonly logTerm: number; readonly snapshot: Snapshot | null } | null;
}

export class ScriptedRaft extends Raft {
  /** Messages that may go at once; the environment's `send` effect fills it. */
  readonly outbox: Wire[] = [];
  #afterAppend: Wire[] = [];
  #soft: { leader: NodeId; role: Role } = { leader: 0, role: 'follower' };
  #hard: HardState = { term: 0, vote: 0, commit: 0 };
  #applying = 0;
  #applyingBytes = 0;
  #applyPaused = false;
  /** Storage works on its own threads: only durable entries are applied. */
  asyncWrites = false;
  maxApplyBytes = Number.POSITIVE_INFINITY;
  /** The newest state of the application. */
  history: Snapshot[] = [];

  /** After `start`. */
  begin(): void {
    this.startedUs = Number.NEGATIVE_INFINITY;
    this.#hard = this.hardState();
    this.#applying = this.log.applied;
  }

  protected override settle(): void {
    // The script does it, step by step.
  }

  protected override sendDurable(to: NodeId, message: RaftMessage): void {
    this.#afterAppend.push(peerWire(this.id, to, message));
  }

  protected override acknowledgeOwnAppend(index: number): void {
    this.sendDurable(this.id, this.appResp(index));
  }

  protected override acknowledgeOwnVote(message: RaftMessage): void {
    this.sendDurable(this.id, message);
  }

  protected override latestSnapshot(): Snapshot | null {
    return this.history.at(-1) ?? null;
  }

  // What Raft here does beyond etcd, so that scripts see etcd's messages only.

  protected override sealsChanges(): boolean {
    return false;
  }

  protected override asksDurably(): boolean {
    return false;
  }

  protected override sharesCommit(): boolean {
    return false;
  }

  protected override acceptsSnapshot({ voters, learners, outgoing }: Configuration): boolean {
    return [voters, learners, outgoing].some((ids) => ids.includes(this.id));
  }

  /** Scripts report lost snapshots themselves. */
  protected override snapshotSeemsLost(): boolean {
    return false;
  }

  protected override impossibleChange(): string | null {
    return null;
  }

  /** A refused change leaves an empty entry in its place. */
  protected override proposeChange(change: MembershipChange, kind: Entry['kind'], asker: Asker | null): string | null {
    const refusal = super.proposeChange(change, kind, asker);
    if (refusal !== null) {
      this.appendEntry({ term: this.term, kind: entryKinds.normal, session: 0, id: 0, op: null, size: 0 });
      this.broadcastAppend();
    }
    return null;
  }

  /** Ask for a membership change on any node; false when it is dropped. */
  askChange(change: MembershipChange, kind: Entry['kind'], entry: Entry): boolean {
    if (this.role === 'leader') {
      if (this.progress(this.id) === null || this.transferee !== 0) return false;
      this.proposeChange(change, kind, null);
      return true;
    }
    if (this.role !== 'follower' || this.leader === 0) return false;
    this.send(this.leader, this.message(messageTypes.prop, 0, 0, 0, 0, false, 0, 0, [entry]));
    return true;
  }

  askTransfer(to: NodeId): void {
    if (this.role === 'leader') this.startTransfer(to);
    else if (this.role === 'follower' && this.leader !== 0) {
      this.send(this.leader, this.message(messageTypes.transferLeader, this.term, 0, 0, 0, false, to, 0));
    }
  }

  /** A message, whoever it is from: the node's own come back here, too. */
  deliver(from: NodeId, message: RaftMessage): void {
    this.receive(from, message);
  }

  hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.log.committed };
  }

  get hasReady(): boolean {
    const { log } = this;
    const hard = this.hardState();
    const unwritten = log.last >= log.inProgress || (log.pendingSnapshot !== 0 && !log.snapshotInProgress);
    const softChanged = this.leader !== this.#soft.leader || this.role !== this.#soft.role;
    const hardChanged = !isEmpty(hard) && !sameHardState(hard, this.#hard);
    return (
      softChanged || hardChanged || unwritten || this.outbox.length > 0 || this.#afterAppend.length > 0 || this.#appliable().length > 0
    );
  }

  #appliable(): readonly Entry[] {
    const { log } = this;
    if (this.#applyPaused || log.pendingSnapshot !== 0) return [];
    const hi = this.#maxAppliable() + 1;
    const lo = this.#applying + 1;
    if (lo >= hi) return [];
    const entries = log.between(lo, hi, Number.POSITIVE_INFINITY);
    let bytes = 0;
    let count = 0;
    for (const entry of entries) {
      bytes += encodedBytes(entry, lo + count);
      if (count > 0 && bytes > this.maxApplyBytes - this.#applyingBytes) break;
      count++;
    }
    return entries.slice(0, count);
  }

  #maxAppliable(): number {
    return this.asyncWrites ? Math.min(this.log.committed, this.log.offset - 1) : this.log.committed;
  }

  /** Everything to be done now; it counts as being under way from here on. */
  ready(): Ready {
    const { log } = this;
    const hard = this.hardState();
    const soft = { leader: this.leader, role: this.role };
    const entries = log.from(log.inProgress, Number.POSITIVE_INFINITY);
    const committed = this.#appliable();
    const snapshot = log.pendingSnapshot !== 0 && !log.snapshotInProgress ? log.snapshot : null;
    const ready: Ready = {
      soft: soft.leader !== this.#soft.leader || soft.role !== this.#soft.role ? soft : null,
      hard: isEmpty(hard) || sameHardState(hard, this.#hard) ? null : hard,
      mustSync: entries.length > 0 || hard.vote !== this.#hard.vote || hard.term !== this.#hard.term,
      entries,
      firstEntry: log.inProgress,
      snapshot,
      committed,
      firstCommitted: this.#applying + 1,
      messages: this.outbox.splice(0),
      afterAppend: this.#afterAppend,
      appended:
        log.hasUnstable || snapshot !== null
          ? { term: this.term, index: log.hasUnstable ? log.last : 0, logTerm: log.hasUnstable ? log.lastTerm : 0, snapshot }
          : null,
    };
    this.#soft = soft;
    this.#hard = hard;
    this.#afterAppend = [];
    log.inProgress = log.last + 1;
    if (log.pendingSnapshot !== 0) log.snapshotInProgress = true;
    if (committed.length > 0) {
      this.#applying += committed.length;
      this.#applyingBytes += sizeOf(committed, ready.firstCommitted);
      this.#applyPaused = this.#applyingBytes >= this.maxApplyBytes || this.#applying < this.#maxAppliable();
    }
    return ready;
  }

  /** Storage says: the write is done. */
  appendDone({ term, index, logTerm, snapshot }: NonNullable<Ready['appended']>): void {
    // In an older term entries may have been replaced meanwhile; a snapshot holds in any term.
    if (index !== 0 && (term === 0 || term >= this.term)) this.log.stableTo(index, logTerm);
    if (snapshot !== null) {
      if (this.log.pendingSnapshot === snapshot.index) {
        this.log.pendingSnapshot = 0;
        this.log.snapshotInProgress = false;
      }
      this.#appliedTo(snapshot.index, 0);
    }
  }

  /** The application says: these entries, the first at `first`, are applied. */
  applyDone(entries: readonly Entry[], first: number): void {
    this.#appliedTo(first + entries.length - 1, sizeOf(entries, first));
    for (const { size } of entries) this.uncommittedBytes = Math.max(0, this.uncommittedBytes - size);
  }

  #appliedTo(index: number, bytes: number): void {
    const applied = Math.max(index, this.log.applied);
    this.log.applied = applied;
    this.#applying = Math.max(this.#applying, applied);
    this.#applyingBytes = Math.max(0, this.#applyingBytes - bytes);
    this.#applyPaused = this.#applyingBytes >= this.maxApplyBytes;
    this.maybeLeaveJoint(applied);
  }

  /** The application applies a membership change; the configuration then in force. */
  change(entry: Entry, index: number): Configuration {
    this.applyChange(entry, index);
    return this.configuration;
  }
}

const isEmpty = ({ term, vote, commit }: HardState): boolean => term === 0 && vote === 0 && commit === 0;
const sameHardState = (a: HardState, b: HardState): boolean => a.term === b.term && a.vote === b.vote && a.commit === b.commit;

const varint = (value: number): number => (value < 128 ? 1 : 1 + varint(Math.floor(value / 128)));

/** About what an entry takes in the encoding that the scripts' limits count: tag and value of type, term, index, content. */
function encodedBytes(entry: Entry, index: number): number {
  const content = entry.op === null ? 0 : 1 + varint(entry.size) + entry.size;
  return 2 + 1 + varint(entry.term) + 1 + varint(index) + content;
}

function sizeOf(entries: readonly Entry[], first: number): number {
  return entries.reduce((sum, entry, i) => sum + encodedBytes(entry, first + i), 0);
}
