/**
 * The decision procedure of a new view once more, word for word as TOCS 2002 (4.5, figure 4) has it and without a thought
 * for speed: what the invariants and the tests hold the protocol's own against.
 */
import type { ViewChange } from './view-change.ts';

export interface ReferenceDecision {
  readonly start: number;
  /** One for each number above it: the batches that may be chosen there, nearly always one ('': the null request). */
  readonly allowed: readonly ReadonlySet<string>[];
}

/** Null: no decision can be made from these. */
export function referenceDecision(changes: readonly ViewChange[], quorum: number, weak: number): ReferenceDecision | null {
  const start = Math.max(...changes.map(({ stable }) => stable.seq));
  const last = Math.max(start, ...changes.flatMap(({ prepared }) => prepared.map(({ seq }) => seq)));
  const allowed: Set<string>[] = [];
  for (let n = start + 1; n <= last; n++) {
    const digests = new Set<string>();
    // A: there is a message with (n, d, v) in P such that ...
    for (const message of changes) {
      for (const { seq, digest: d, view: v } of message.prepared) {
        if (seq !== n) continue;
        const first = changes.filter(
          ({ stable, prepared }) =>
            stable.seq < n && prepared.every((other) => other.seq !== n || other.view < v || (other.view === v && other.digest === d)),
        );
        const second = changes.filter(({ prePrepared }) =>
          prePrepared.some((other) => other.seq === n && other.view >= v && other.digest === d),
        );
        if (first.length >= quorum && second.length >= weak) digests.add(d);
      }
    }
    // B: 2f + 1 messages have no entry for n in P.
    if (digests.size === 0) {
      const without = changes.filter(({ stable, prepared }) => stable.seq < n && prepared.every(({ seq }) => seq !== n));
      if (without.length < quorum) return null;
      digests.add('');
    }
    allowed.push(digests);
  }
  return { start, allowed };
}
