/**
 * All nodes' timers, kept on local clocks. A timer that is set to a later time leaves its event in the queue where it
 * is: most are set again and again before they fire, and moving an event costs more than looking again.
 */
import { NEVER, TIMER } from './event-kinds.ts';
import type { EventQueue } from './event-queue.ts';
import type { LocalClock } from './local-clock.ts';

export class TimerTable {
  readonly #queue: EventQueue;
  readonly #clocks: readonly LocalClock[];
  readonly #perNode: number;
  /** World time at which each timer is due, at which its event is in the queue, and the local time that it was set for. */
  readonly #due: Float64Array;
  readonly #queued: Float64Array;
  readonly #localDue: Float64Array;

  constructor(queue: EventQueue, clocks: readonly LocalClock[], perNode: number) {
    this.#queue = queue;
    this.#clocks = clocks;
    this.#perNode = perNode;
    const count = clocks.length * perNode;
    this.#due = new Float64Array(count).fill(NEVER);
    this.#queued = new Float64Array(count).fill(NEVER);
    this.#localDue = new Float64Array(count).fill(NEVER);
  }

  set(index: number, timer: number, localUs: number): void {
    const at = index * this.#perNode + timer;
    this.#localDue[at] = localUs;
    if (localUs === NEVER) this.#due[at] = NEVER;
    else this.#arm(index, timer, at);
  }

  #arm(index: number, timer: number, at: number): void {
    const due = (this.#clocks[index] as LocalClock).world(this.#localDue[at] as number, this.#queue.now);
    this.#due[at] = due;
    if ((this.#queued[at] as number) <= due) return;
    this.#queued[at] = due;
    this.#queue.add(due, TIMER, index, timer, 0, undefined);
  }

  /** A timer's event came up: does it fire? */
  fires(index: number, timer: number): boolean {
    const at = index * this.#perNode + timer;
    const now = this.#queue.now;
    // An older event of a timer that was set to an earlier time since.
    if (this.#queued[at] !== now) return false;
    this.#queued[at] = NEVER;
    const due = this.#due[at] as number;
    if (due === NEVER) return false;
    if (due > now) {
      this.#queued[at] = due;
      this.#queue.add(due, TIMER, index, timer, 0, undefined);
      return false;
    }
    this.#due[at] = NEVER;
    return true;
  }

  /** After a change of the node's clock: its timers are due at other world times. */
  rearm(index: number): void {
    for (let timer = 0; timer < this.#perNode; timer++) {
      const at = index * this.#perNode + timer;
      if (this.#due[at] !== NEVER) this.#arm(index, timer, at);
    }
  }

  disarmAll(index: number): void {
    this.#due.fill(NEVER, index * this.#perNode, (index + 1) * this.#perNode);
  }

  /** A timer's event that was taken out of the queue while its node was paused goes back in, or is gone. */
  heldBack(index: number, timer: number, deliver: boolean): void {
    this.#queued[index * this.#perNode + timer] = deliver ? this.#queue.now : NEVER;
    if (deliver) this.#queue.add(this.#queue.now, TIMER, index, timer, 0, undefined);
  }
}
