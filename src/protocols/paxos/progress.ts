/**
 * What a leader knows about one acceptor, and how it paces what it sends: a pipeline bounded by messages, sent again from
 * the first slot that is not accepted once nothing has come back for a heartbeat, ever more seldom while nothing does.
 */
import type { NodeId, Writer } from '../../core/index.ts';

/** Heartbeats between two attempts at an acceptor that does not answer, at most. */
const MOST_PATIENCE = 16;

export class Progress {
  readonly id: NodeId;
  /** Accepted in this ballot, without a gap from its first slot to here. */
  match: number;
  /** The next slot to send. */
  next: number;
  /** What it said it knows to be chosen. */
  decided = 0;
  /** The newest round of reads that it confirmed. */
  readAck = 0;
  /** The last slot of each message that is not answered. */
  inflight: number[] = [];
  /** A snapshot is on its way. */
  snapshotSent = false;
  /** Something was accepted since the last heartbeat. */
  moved = false;
  /** Heartbeats until it is tried again, and how many to wait after that. */
  wait = 0;
  patience = 1;

  constructor(id: NodeId, start: number) {
    this.id = id;
    this.match = start - 1;
    this.next = start;
  }

  /** Slots up to `slot` are accepted; false when that is old news. */
  update(slot: number): boolean {
    if (slot <= this.match) return false;
    this.match = slot;
    if (this.next <= slot) this.next = slot + 1;
    while (this.inflight.length > 0 && (this.inflight[0] as number) <= slot) this.inflight.shift();
    this.snapshotSent = false;
    this.moved = true;
    return true;
  }

  sent(last: number): void {
    this.next = last + 1;
    this.inflight.push(last);
  }

  /** It answers: what it lacks is worth sending again soon. */
  heard(): void {
    this.patience = 1;
    if (this.wait > 1) this.wait = 1;
  }

  /** A heartbeat has passed: is it time to send again what is not accepted? */
  stalled(): boolean {
    if (this.moved) {
      this.moved = false;
      this.patience = 1;
      this.wait = 1;
      return false;
    }
    if (--this.wait > 0) return false;
    this.wait = this.patience;
    this.patience = Math.min(this.patience * 2, MOST_PATIENCE);
    return true;
  }

  /** Send again from the first slot that is not accepted. */
  rewind(): void {
    this.next = this.match + 1;
    this.inflight = [];
    this.snapshotSent = false;
  }

  clone(): Progress {
    const copy = new Progress(this.id, this.next);
    copy.match = this.match;
    copy.decided = this.decided;
    copy.readAck = this.readAck;
    copy.inflight = this.inflight.slice();
    copy.snapshotSent = this.snapshotSent;
    copy.moved = this.moved;
    copy.wait = this.wait;
    copy.patience = this.patience;
    return copy;
  }

  encode(w: Writer): void {
    for (const number of [this.id, this.match, this.next, this.decided, this.readAck, this.patience, this.inflight.length]) w.uint(number);
    for (const slot of this.inflight) w.uint(slot);
    w.int(this.wait);
    w.bool(this.snapshotSent);
    w.bool(this.moved);
  }
}
