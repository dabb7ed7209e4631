/** For tests: a checker against its oracle on many small random histories, counted so that a test can assert what was compared. */
import { Random } from '../core/index.ts';
import type { TestOperation } from './testing.ts';
import { arbitraryHistory, legalHistory, nearMiss, type Sizes, type Workload } from './testing-histories.ts';

export interface Counts {
  histories: number;
  legal: number;
  nearMisses: number;
  arbitrary: number;
  pending: number;
  violations: number;
  counterexamples: number;
  [name: string]: number;
}

export interface Sample {
  readonly operations: readonly TestOperation[];
  readonly kind: 'legal' | 'nearMisses' | 'arbitrary';
  readonly seed: number;
}

/** Four in ten legal, four near misses, two arbitrary; about half with unknown outcomes. Every sample replays from its seed. */
export function sample(workload: Workload, seed: number, counts: Counts): Sample {
  const random = new Random(seed, 'history');
  const sizes: Sizes = {
    operations: 3 + random.below(4),
    processes: 2 + random.below(3),
    infoPpm: random.below(3) > 0 ? 350_000 : 0,
    failPpm: random.below(4) === 0 ? 150_000 : 0,
  };
  const turn = seed % 10;
  const kind = turn < 4 ? 'legal' : turn < 8 ? 'nearMisses' : 'arbitrary';
  const operations =
    kind === 'arbitrary'
      ? arbitraryHistory(random, workload, sizes)
      : kind === 'legal'
        ? legalHistory(random, workload, sizes)
        : nearMiss(random, workload, legalHistory(random, workload, sizes));
  counts.histories++;
  counts[kind] = (counts[kind] as number) + 1;
  if (operations.some(({ status }) => status === 'info')) counts.pending++;
  return { operations, kind, seed };
}

export const noCounts = (): Counts => ({
  histories: 0,
  legal: 0,
  nearMisses: 0,
  arbitrary: 0,
  pending: 0,
  violations: 0,
  counterexamples: 0,
});

/**
 * Why `members` is no counterexample, or null when it is one: everything else weakened must still violate, and no
 * member may be spared. `holds(weak)` is the oracle.
 */
export function refuteCounterexample(
  count: number,
  members: readonly number[],
  holds: (weak: (index: number) => boolean) => boolean,
): string | null {
  const kept = new Set(members);
  if (members.some((index) => index < 0 || index >= count)) return 'it names operations that do not exist';
  if (holds((index) => !kept.has(index))) return 'with everything else weakened there is no violation left';
  const spare = members.find((member) => !holds((index) => !kept.has(index) || index === member));
  return spare === undefined ? null : `operation ${spare} is not necessary`;
}

/** One line with all counts. */
export const describeCounts = (what: string, counts: Counts): string =>
  `${what}: ${Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')}`;

/** Throws unless at least `decided` histories were decided, 30 % of all legal, near misses, and with pending operations, and some violations. */
export function assertMixed(counts: Counts, decided: number): void {
  const share = (count: number): number => count / counts.histories;
  const enough = counts.histories - (counts.undecided ?? 0) >= decided;
  const mixed = share(counts.legal) >= 0.3 && share(counts.nearMisses) >= 0.3 && share(counts.pending) >= 0.3;
  if (!enough || !mixed || share(counts.violations) < 0.01) throw new Error(`not the mixture that was promised: ${JSON.stringify(counts)}`);
}
