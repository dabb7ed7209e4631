/**
 * Who is blocked, on whom, and for how long: the story of the `x-in-doubt` beliefs. A participant says that it is in doubt once
 * it has waited long enough to ask; it is blocked for as long as nobody in reach can tell it.
 */
import type { NodeId, Value } from '../../core/index.ts';

export interface Doubt {
  readonly node: NodeId;
  /** `coordinator.number`. */
  readonly tx: string;
  readonly sinceUs: number;
  /** When it heard the decision, or died; null: never. */
  readonly untilUs: number | null;
}

export class DoubtWatch {
  readonly #open = new Map<string, Doubt>();
  readonly #over: Doubt[] = [];

  /** A node's belief of kind `x-in-doubt`: all that it is in doubt about now. */
  believed(node: NodeId, belief: Value, nowUs: number): void {
    const now = new Set(belief as readonly string[]);
    for (const doubt of [...this.#open.values()]) if (doubt.node === node && !now.has(doubt.tx)) this.#end(doubt, nowUs);
    for (const tx of now) {
      const key = `${tx}@${node}`;
      if (!this.#open.has(key)) this.#open.set(key, { node, tx, sinceUs: nowUs, untilUs: null });
    }
  }

  died(node: NodeId, nowUs: number): void {
    for (const doubt of [...this.#open.values()]) if (doubt.node === node) this.#end(doubt, nowUs);
  }

  #end(doubt: Doubt, nowUs: number): void {
    this.#open.delete(`${doubt.tx}@${doubt.node}`);
    this.#over.push({ ...doubt, untilUs: nowUs });
  }

  /** All of them, in the order in which they began. */
  doubts(): readonly Doubt[] {
    return [...this.#over, ...this.#open.values()].sort((a, b) => a.sinceUs - b.sinceUs || a.node - b.node);
  }
}

/** One line for people: who, about what, waiting for whom, from when, how long. */
export function tellDoubt({ node, tx, sinceUs, untilUs }: Doubt): string {
  const [coordinator] = tx.split('.');
  const ms = (us: number): string => `${(us / 1000).toFixed(1)} ms`;
  const about = `n${node} was in doubt about transaction ${tx}, coordinated by site ${coordinator}, from ${ms(sinceUs)} on`;
  return untilUs === null ? `${about}, and still is: it keeps its locks` : `${about}, for ${ms(untilUs - sinceUs)}`;
}
