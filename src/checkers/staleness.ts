/**
 * Staleness: how old an answer was. A read is stale when a newer write had been acknowledged before the read began;
 * newer means invoked after every possible writer of the value that was read had returned, which is certain whatever
 * the store did. t-visibility of a write: until when reads still missed it (its last stale read). k-staleness of a
 * read: how many such newer writes. Both are lower bounds. (Bailis et al., Probabilistically Bounded Staleness, 2012.)
 */
import { type History, NEVER, OK, type TraceView } from '../trace/index.ts';
import { Meter } from './budget.ts';
import type { Anomaly, Budget, Checker, CheckResult, Counterexample } from './checker.ts';
import { Teller } from './story.ts';
import { skipped, type VersionedHistory, type Versions, versionsOf } from './versions.ts';

export interface StalenessBounds {
  /** Violated when a read misses a write that was acknowledged more than this long before. Default: no bound. */
  readonly maxMs?: number;
  /** Violated when a read misses more acknowledged newer versions than this. Default: no bound. */
  readonly maxVersions?: number;
}

interface StaleRead {
  readonly row: number;
  /** The newer write that was acknowledged first. */
  readonly missed: number;
  readonly staleNs: number;
  readonly versions: number;
  /** When the last possible writer of what was read had returned. */
  readonly writtenBy: number;
}

/** Anomalies listed; the statistics count all. */
const LISTED_MAX = 100;

/** A checker of these bounds. Without bounds it measures: stale reads are anomalies, the verdict passes. */
export function stalenessWithin(bounds: StalenessBounds): Checker {
  return { name: 'staleness', needs: ['op'], needsTime: true, check: (view, budget) => check(view, budget, bounds) };
}

export const staleness: Checker = stalenessWithin({});

function check(view: TraceView, budget: Budget, bounds: StalenessBounds): CheckResult {
  if (!view.timed) return skipped('staleness is measured in time, and the operations carry no timeNs');
  const versioned = versionsOf(view);
  if (versioned === null) return skipped('staleness is measured for reads and writes of registers and keys');
  const { history } = view;
  const meter = new Meter(budget);
  const stale: { read: StaleRead; versions: Versions }[] = [];
  let reads = 0;
  let keysDone = 0;
  for (const versions of versioned.keys) {
    if (!meter.spend(versions.writes.length + versions.reads.length)) break;
    for (const read of staleReads(history, versioned, versions)) stale.push({ read, versions });
    reads += versions.reads.length;
    keysDone++;
  }
  return conclude(view, versioned, bounds, stale, { reads, keysDone, exhausted: meter.exhausted });
}

type Progress = { readonly reads: number; readonly keysDone: number; readonly exhausted: string | null };

function conclude(
  view: TraceView,
  versioned: VersionedHistory,
  bounds: StalenessBounds,
  stale: readonly { read: StaleRead; versions: Versions }[],
  progress: Progress,
): CheckResult {
  const maxMs = bounds.maxMs ?? Number.POSITIVE_INFINITY;
  const maxVersions = bounds.maxVersions ?? Number.POSITIVE_INFINITY;
  const teller = new Teller(view.history, true);
  const worst = (of: (read: StaleRead) => number): number => stale.reduce((max, { read }) => Math.max(max, of(read)), 0);
  const tooLate = stale.find(({ read }) => read.staleNs > maxMs * 1e6);
  const tooOld = stale.find(({ read }) => read.versions > maxVersions);
  const anomalies = stale.slice(0, LISTED_MAX).map(({ read, versions }): Anomaly => {
    const behind = read.versions === 1 ? 'one version' : `${read.versions} versions`;
    const message = `${teller.tooLate(read.row, read.missed)} (${behind} behind)`;
    const key = versions.key < 0 ? {} : { key: versions.key };
    return { kind: 'stale-read', message, operations: [read.missed, read.row].sort((x, y) => x - y), ...key };
  });
  const first = tooLate ?? tooOld;
  let counterexample: Counterexample | null = null;
  if (first !== undefined) {
    const newer = first === tooLate ? [first.read.missed] : newerWrites(view.history, first.versions, first.read).slice(0, maxVersions + 1);
    counterexample = explain(view.history, teller, first.versions, first.read, newer);
  }
  const stats = {
    reads: progress.reads,
    staleReads: stale.length,
    tVisibilityMs: worst(({ staleNs }) => staleNs) / 1e6,
    kStaleness: worst(({ versions }) => versions),
    keys: versioned.keys.length,
    keysDecided: progress.keysDone,
  };
  if (counterexample !== null) return { verdict: 'violation', anomalies, counterexample, stats };
  if (progress.exhausted === null) return { verdict: 'pass', anomalies, counterexample: null, stats };
  const reason = `${progress.exhausted}: ${progress.keysDone} of ${versioned.keys.length} keys were measured`;
  return { verdict: 'unknown', anomalies, counterexample: null, reason, stats };
}

/** When the last possible writer of what `row` read had returned: NEVER where that is open, -1 for the initial value; null when nobody wrote it. */
function writtenBy(history: History, versioned: VersionedHistory, versions: Versions, row: number): number | null {
  const value = history.result[row] as number;
  let latest = value === versioned.initial ? -1 : null;
  for (const writer of versions.writersOf.get(value) ?? []) latest = Math.max(latest ?? -1, history.complete[writer] as number);
  return latest;
}

function staleReads(history: History, versioned: VersionedHistory, versions: Versions): readonly StaleRead[] {
  // By invocation, the earliest completion among this write and all later ones.
  const acknowledged = versions.writes.filter((row) => history.status[row] === OK);
  const calls = Int32Array.from(acknowledged, (row) => history.invoke[row] as number);
  const earliest = new Int32Array(acknowledged.length);
  for (let i = acknowledged.length - 1, best = -1; i >= 0; i--) {
    const row = acknowledged[i] as number;
    if (best < 0 || (history.complete[row] as number) < (history.complete[best] as number)) best = row;
    earliest[i] = best;
  }
  const latest = new Map<number, number | null>();
  const found: Omit<StaleRead, 'versions'>[] = [];
  for (const row of versions.reads) {
    const value = history.result[row] as number;
    let by = latest.get(value);
    if (by === undefined) {
      by = writtenBy(history, versioned, versions, row);
      latest.set(value, by);
    }
    if (by === null || by === NEVER) continue;
    const i = firstAfter(calls, by);
    if (i === calls.length) continue;
    const missed = earliest[i] as number;
    if ((history.complete[missed] as number) >= (history.invoke[row] as number)) continue;
    const staleNs = (history.invokeNs[row] as number) - (history.completeNs[missed] as number);
    found.push({ row, missed, staleNs, writtenBy: by });
  }
  return withVersions(history, acknowledged, calls, found);
}

/** Index of the first entry greater than `bound`. */
function firstAfter(sorted: Int32Array, bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Counts the newer writes of all stale reads in one sweep over time, with a Fenwick tree over the order of invocations. */
function withVersions(
  history: History,
  acknowledged: readonly number[],
  calls: Int32Array,
  stale: readonly Omit<StaleRead, 'versions'>[],
): readonly StaleRead[] {
  const tree = new Int32Array(acknowledged.length + 1);
  const byCompletion = Array.from(acknowledged.keys()).sort((x, y) => completion(x) - completion(y));
  function completion(i: number): number {
    return history.complete[acknowledged[i] as number] as number;
  }
  let entered = 0;
  return stale.map((read) => {
    const began = history.invoke[read.row] as number;
    for (; entered < byCompletion.length && completion(byCompletion[entered] as number) < began; entered++) {
      for (let at = (byCompletion[entered] as number) + 1; at < tree.length; at += at & -at) tree[at] = (tree[at] as number) + 1;
    }
    let older = 0;
    for (let at = firstAfter(calls, read.writtenBy); at > 0; at -= at & -at) older += tree[at] as number;
    return { ...read, versions: entered - older };
  });
}

function newerWrites(history: History, versions: Versions, read: StaleRead): readonly number[] {
  const began = history.invoke[read.row] as number;
  return versions.writes.filter((row) => (history.invoke[row] as number) > read.writtenBy && (history.complete[row] as number) < began);
}

/** Every possible writer of the old value belongs to it: were one of them optional at any time, the read might be fresh. */
function explain(history: History, teller: Teller, versions: Versions, read: StaleRead, newer: readonly number[]): Counterexample {
  const writers = versions.writersOf.get(history.result[read.row] as number) ?? [];
  const operations = [...new Set([...writers, ...newer, read.row])].sort((x, y) => x - y);
  return { operations, story: [...operations.map((row) => teller.line(row)), teller.tooLate(read.row, newer[0] as number)] };
}
