/**
 * A node's journal. What is written becomes durable in groups: a sync covers all that was written before it began.
 * Sends that wait for a record go out when it is durable. A crash keeps a prefix of the rest.
 */
import type { NodeId, Random, Token } from '../core/index.ts';

export interface DiskPlan {
  readonly syncMinUs: number;
  readonly syncMaxUs: number;
}

/** What a crash leaves of the records that are not durable yet. */
export type CrashMode = 'drop' | 'keep' | 'prefix' | 'torn';

export class Disk {
  /** Durable records since the newest durable checkpoint, which comes first. */
  journal: unknown[] = [];
  /** Written, not durable: parallel queues. */
  readonly records: unknown[] = [];
  readonly tokens: Token[] = [];
  readonly checkpoints: boolean[] = [];
  /** Sends that wait for a token: parallel queues. */
  readonly waitingFor: Token[] = [];
  readonly waitingTo: NodeId[] = [];
  readonly waitingMessages: unknown[] = [];
  /** Newest durable token of this life. */
  durable = 0;
  /** How many of the unsynced records the sync under way covers; 0: none is under way. */
  syncing = 0;
  full = false;
  /** Overrides the plan's latency while >= 0. */
  slowUs = -1;
  readonly #plan: DiskPlan;
  readonly #random: Random;
  readonly #durable: (record: unknown) => void;

  /** `durable` hears of each record once it would survive a crash, one after another. */
  constructor(plan: DiskPlan, random: Random, durable: (record: unknown) => void) {
    this.#durable = durable;
    this.#plan = plan;
    this.#random = random;
  }

  write(token: Token, record: unknown, checkpoint: boolean): void {
    this.records.push(record);
    this.tokens.push(token);
    this.checkpoints.push(checkpoint);
  }

  /** Begin a sync of everything written: its latency, or -1 when there is nothing to do or no room. */
  beginSync(): number {
    if (this.syncing > 0 || this.full || this.records.length === 0) return -1;
    this.syncing = this.records.length;
    if (this.slowUs >= 0) return this.slowUs;
    const { syncMinUs, syncMaxUs } = this.#plan;
    return syncMinUs === syncMaxUs ? syncMinUs : this.#random.between(syncMinUs, syncMaxUs);
  }

  /** The sync under way is done: its records are durable. Their tokens go to `done`. */
  endSync(done: Token[]): void {
    const count = this.syncing;
    this.syncing = 0;
    for (let i = 0; i < count; i++) done.push(this.tokens[i] as Token);
    this.#settle(count);
    this.#forget(count);
  }

  /** Hand over what waited for what is durable now. */
  release(send: (to: NodeId, message: unknown) => void): void {
    const { waitingFor, waitingTo, waitingMessages, durable } = this;
    const total = waitingFor.length;
    let left = 0;
    for (let i = 0; i < total; i++) {
      if ((waitingFor[i] as Token) <= durable) send(waitingTo[i] as NodeId, waitingMessages[i]);
      else {
        waitingFor[left] = waitingFor[i] as Token;
        waitingTo[left] = waitingTo[i] as NodeId;
        waitingMessages[left++] = waitingMessages[i];
      }
    }
    if (left === total) return;
    shrinkTo(waitingFor, left);
    shrinkTo(waitingTo, left);
    shrinkTo(waitingMessages, left);
  }

  /** The process dies. How many unsynced records were lost. */
  crash(mode: CrashMode): number {
    const waiting = this.records.length;
    let kept = 0;
    if (mode === 'keep') kept = waiting;
    else if (mode === 'prefix') kept = this.#random.below(waiting + 1);
    else if (mode === 'torn' && waiting > 0) kept = this.#random.below(waiting);
    // Nothing is sent any more, whatever turns out to be durable.
    shrinkTo(this.waitingFor, 0);
    shrinkTo(this.waitingTo, 0);
    shrinkTo(this.waitingMessages, 0);
    this.#settle(kept);
    this.#forget(waiting);
    this.durable = 0;
    this.syncing = 0;
    return waiting - kept;
  }

  lose(): void {
    this.journal = [];
  }

  #settle(count: number): void {
    for (let i = 0; i < count; i++) {
      if (this.checkpoints[i] === true) this.journal = [];
      this.journal.push(this.records[i]);
      this.durable = this.tokens[i] as Token;
      this.#durable(this.records[i]);
    }
  }

  #forget(count: number): void {
    drop(this.records, count);
    drop(this.tokens, count);
    drop(this.checkpoints, count);
  }
}

/** Shorten a list without giving its memory back, as `length = 0` would. */
export function shrinkTo(list: unknown[], length: number): void {
  while (list.length > length) list.pop();
}

/** Take the first `count` items out. */
function drop<T>(list: T[], count: number): void {
  const left = list.length - count;
  for (let i = 0; i < left; i++) list[i] = list[i + count] as T;
  shrinkTo(list, left);
}
