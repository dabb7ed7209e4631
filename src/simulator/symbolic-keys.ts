/**
 * Keys by their numbers, as the hosts of the servers keep them (crypto/keyring): with which each signs, and which of whose
 * count where. A new one is taken if the newest that is known there vouches for it; the one before counts for a grace.
 * Everybody begins with number 0.
 */
import type { NodeId } from '../core/index.ts';

interface Known {
  readonly number: number;
  /** Refused from then on; Infinity for the newest. */
  untilUs: number;
}

const first = (): Known[] => [{ number: 0, untilUs: Number.POSITIVE_INFINITY }];

export class SymbolicKeys {
  /** False as long as nobody has changed a key: then there is nothing to look up. */
  changed = false;
  /** Proofs that were refused for the number of their key alone. */
  refused = 0;
  readonly #graceUs: number;
  readonly #own = new Map<NodeId, Known[]>();
  /** By reader, then by signer. */
  readonly #others = new Map<NodeId, Map<NodeId, Known[]>>();

  constructor(graceUs: number) {
    this.#graceUs = graceUs;
  }

  /** What `node` signs with. */
  current(node: NodeId): number {
    return this.#own.get(node)?.at(-1)?.number ?? 0;
  }

  /** `reader`'s host is told that `node` has a new key, by a proof that was made with the key `by`. */
  told(reader: NodeId, node: NodeId, number: number, by: number, nowUs: number): void {
    const known = this.#known(reader, node);
    const newest = known.at(-1) as Known;
    if (number <= newest.number || (reader !== node && by !== newest.number)) return;
    newest.untilUs = nowUs + this.#graceUs;
    known.push({ number, untilUs: Number.POSITIVE_INFINITY });
    this.changed = true;
  }

  #known(reader: NodeId, node: NodeId): Known[] {
    const of = reader === node ? this.#own : (this.#others.get(reader) ?? new Map<NodeId, Known[]>());
    if (reader !== node) this.#others.set(reader, of);
    const known = of.get(node) ?? first();
    of.set(node, known);
    return known;
  }

  /** Its host keeps its own secrets, and has forgotten what it was told of others. */
  restarted(node: NodeId): void {
    this.#others.delete(node);
  }

  /** Does `signer`'s key of that number count with `reader`? */
  counts(reader: NodeId, signer: NodeId, number: number, nowUs: number): boolean {
    if (!this.changed) return true;
    const found = this.#known(reader, signer).find((known) => known.number === number);
    const counts = found !== undefined && nowUs < found.untilUs;
    if (!counts) this.refused++;
    return counts;
  }
}
