/**
 * What a leader knows about one follower, and how it paces what it sends: probe (one message a heartbeat until the
 * logs are known to meet), replicate (optimistic pipeline, bounded by messages and bytes in flight), snapshot (paused
 * until the follower is heard of again). Thesis 10.2.1 and etcd's tracker.
 */
import { invariant, type NodeId } from '../../core/index.ts';

export type ProgressState = 'probe' | 'replicate' | 'snapshot';

/** A ring of the last index and the bytes of each append message that is not acknowledged yet. */
export class Inflights {
  readonly limit: number;
  /** 0: no limit. Soft: one message may exceed it. */
  readonly byteLimit: number;
  count = 0;
  bytes = 0;
  #start = 0;
  #indexes: number[] = [];
  #sizes: number[] = [];

  constructor(limit: number, byteLimit: number) {
    this.limit = limit;
    this.byteLimit = byteLimit;
  }

  get full(): boolean {
    return this.count === this.limit || (this.byteLimit !== 0 && this.bytes >= this.byteLimit);
  }

  add(index: number, bytes: number): void {
    if (this.full) invariant(false, 'inflights', `message ${index} exceeds ${this.count} in flight`);
    let at = this.#start + this.count;
    if (at >= this.limit) at -= this.limit;
    this.#indexes[at] = index;
    this.#sizes[at] = bytes;
    this.count++;
    this.bytes += bytes;
  }

  /** Everything up to `index` has arrived. */
  freeTo(index: number): void {
    let at = this.#start;
    while (this.count > 0 && (this.#indexes[at] as number) <= index) {
      this.bytes -= this.#sizes[at] as number;
      this.count--;
      if (++at >= this.limit) at = 0;
    }
    this.#start = this.count === 0 ? 0 : at;
  }

  reset(): void {
    this.#start = 0;
    this.count = 0;
    this.bytes = 0;
  }

  clone(): Inflights {
    const copy = new Inflights(this.limit, this.byteLimit);
    copy.count = this.count;
    copy.bytes = this.bytes;
    for (let i = 0; i < this.count; i++) {
      const at = (this.#start + i) % this.limit;
      copy.#indexes.push(this.#indexes[at] as number);
      copy.#sizes.push(this.#sizes[at] as number);
    }
    return copy;
  }

  /** The messages in flight, oldest first, as [last index, bytes]. */
  *[Symbol.iterator](): Generator<readonly [number, number]> {
    for (let i = 0; i < this.count; i++) {
      const at = (this.#start + i) % this.limit;
      yield [this.#indexes[at] as number, this.#sizes[at] as number];
    }
  }
}

export class Progress {
  readonly id: NodeId;
  /** The follower's log is known to equal the leader's up to here. Invariant: match < next. */
  match = 0;
  /** The next index to send; in state snapshot `pendingSnapshot + 1`. */
  next = 1;
  /** The highest commit index sent; goes back when sent messages turn out to be lost. */
  sentCommit = 0;
  state: ProgressState = 'probe';
  pendingSnapshot = 0;
  /** Checks of the quorum that this snapshot has outlived. */
  snapshotChecks = 0;
  /** Heard of since the last check of the quorum. */
  active = false;
  /** Wait for a heartbeat's answer before sending again. */
  flowPaused = false;
  readonly inflights: Inflights;
  learner = false;
  /** The newest read round that this node has confirmed (ReadIndex). */
  readAck = 0;
  /** When the newest heartbeat that this node answered was sent, on the leader's clock (leases). */
  leaseAckUs = -1;
  /** The newest protocol version that it is known to speak. */
  version = 0;

  constructor(id: NodeId, inflights: Inflights) {
    this.id = id;
    this.inflights = inflights;
  }

  get paused(): boolean {
    return this.state === 'snapshot' || this.flowPaused;
  }

  #enter(state: ProgressState): void {
    this.flowPaused = false;
    this.pendingSnapshot = 0;
    this.state = state;
    this.inflights.reset();
  }

  becomeProbe(): void {
    // After a snapshot that went well probing starts behind it.
    const floor = this.state === 'snapshot' ? this.pendingSnapshot : 0;
    this.#enter('probe');
    this.next = Math.max(this.match, floor) + 1;
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }

  becomeReplicate(): void {
    this.#enter('replicate');
    this.next = this.match + 1;
  }

  becomeSnapshot(index: number): void {
    this.#enter('snapshot');
    this.pendingSnapshot = index;
    this.snapshotChecks = 0;
    this.next = index + 1;
    this.sentCommit = index;
  }

  /** The snapshot did not arrive: probe from what is known. Waits for a heartbeat's answer before sending again. */
  snapshotFailed(): void {
    this.pendingSnapshot = 0;
    this.becomeProbe();
    this.flowPaused = true;
  }

  /** `count` entries of `bytes` bytes were sent from `next` on. */
  sent(count: number, bytes: number): void {
    if (this.state === 'replicate') {
      if (count > 0) {
        this.next += count;
        this.inflights.add(this.next - 1, bytes);
      }
      // A full pipeline makes this message a probe: it goes on with the next answer.
      this.flowPaused = this.inflights.full;
    } else if (count > 0) {
      this.flowPaused = true;
    }
  }

  /** Would sending `commit` now tell the follower something that no message in flight tells it? */
  canBumpCommit(commit: number): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /** The follower acknowledged `index`; false when that is old news. */
  update(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    if (this.next <= index) this.next = index + 1;
    this.flowPaused = false;
    return true;
  }

  /** The follower rejected an append at `rejected` and guesses that the logs meet at `hint`; false when that is old news. */
  decrease(rejected: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
    } else {
      // Outside the pipeline one message is out at a time: only its rejection counts.
      if (this.next - 1 !== rejected) return false;
      this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
      this.flowPaused = false;
    }
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
    return true;
  }

  clone(): Progress {
    const copy = new Progress(this.id, this.inflights.clone());
    copy.match = this.match;
    copy.next = this.next;
    copy.sentCommit = this.sentCommit;
    copy.state = this.state;
    copy.pendingSnapshot = this.pendingSnapshot;
    copy.snapshotChecks = this.snapshotChecks;
    copy.active = this.active;
    copy.flowPaused = this.flowPaused;
    copy.learner = this.learner;
    copy.readAck = this.readAck;
    copy.leaseAckUs = this.leaseAckUs;
    copy.version = this.version;
    return copy;
  }
}
