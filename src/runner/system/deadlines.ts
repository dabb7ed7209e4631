/**
 * One sweep for all time-outs: a timer for each operation would cost as much as the operation. A client that hangs
 * beyond its own time-out is answered for: the outcome is unknown.
 */
import type { Completion } from '../../workloads/index.ts';

const SWEEP_MS = 20;

interface Slot {
  readonly deadlineMs: number;
  readonly late: () => void;
}

export class Deadlines {
  readonly #slots = new Set<Slot>();
  readonly #timer: NodeJS.Timeout;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  /** The completion of `work`, or `LC_TIMEOUT` after `ms`; an error that is thrown is an unknown outcome with its code. */
  answer(work: Promise<Completion>, ms: number): Promise<Completion> {
    return new Promise((resolve) => {
      const slot: Slot = { deadlineMs: this.#nowMs() + ms, late: () => resolve({ outcome: 'info', code: 'LC_TIMEOUT' }) };
      this.#slots.add(slot);
      const end = (completion: Completion): void => {
        this.#slots.delete(slot);
        resolve(completion);
      };
      work.then(end, (error: unknown) => end({ outcome: 'info', code: codeOf(error) }));
    });
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { late } of this.#slots) late();
    this.#slots.clear();
  }

  #sweep(): void {
    const nowMs = this.#nowMs();
    for (const slot of this.#slots) {
      if (slot.deadlineMs > nowMs) continue;
      this.#slots.delete(slot);
      slot.late();
    }
  }
}

/** The stable word of an error: its code, else its class. */
export function codeOf(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  return typeof name === 'string' ? name : 'ERROR';
}
