/**
 * Session guarantees (Terry et al. 1994), a session being a process: read your writes, monotonic reads, monotonic
 * writes, writes follow reads. One version is older than another where that is certain: by the revisions that the
 * service gave all acknowledged writes, else because its write had returned before the other's began; the initial
 * value is older than all. Where a value was written twice a key is undecided.
 */
import { type History, NONE, OK, type TraceView } from '../trace/index.ts';
import { Meter } from './budget.ts';
import type { Anomaly, Budget, Checker, CheckResult } from './checker.ts';
import { Teller } from './story.ts';
import { skipped, type VersionedHistory, type Versions, versionsOf } from './versions.ts';

export const sessionGuarantees = ['read-your-writes', 'monotonic-reads', 'monotonic-writes', 'writes-follow-reads'] as const;
export type SessionGuarantee = (typeof sessionGuarantees)[number];

const LISTED_MAX = 100;
/** Stands for the write of the initial value. */
const INITIAL = -1;
/** A version that was seen, though nobody is known to have written it. */
const UNKNOWN = -2;

/** What a session has written and seen of one key: the newest of each, by the order in use, and who saw it. */
interface Session {
  write: number;
  seen: number;
  seenBy: number;
  /** Some version other than the initial one was seen, by this read. */
  anySeenBy: number;
}

interface Breach {
  readonly guarantee: SessionGuarantee;
  readonly operations: readonly number[];
  /** The two operations of the session, in its order. */
  readonly before: number;
  readonly after: number;
}

/** Whether revisions order the versions: every acknowledged write has one. */
export function ordersByRevision(view: TraceView, writes: Iterable<number>): boolean {
  const { history } = view;
  let some = false;
  for (const row of writes) {
    if (history.status[row] !== OK) continue;
    some = true;
    if (history.revision[row] === NONE) return false;
  }
  return some;
}

class KeySessions {
  readonly #history: History;
  readonly #versioned: VersionedHistory;
  readonly #versions: Versions;
  readonly #byRevision: boolean;
  readonly #sessions = new Map<number, Session>();
  readonly breaches: Breach[] = [];

  constructor(history: History, versioned: VersionedHistory, versions: Versions, byRevision: boolean) {
    this.#history = history;
    this.#versioned = versioned;
    this.#versions = versions;
    this.#byRevision = byRevision;
  }

  run(): void {
    const { reads, writes } = this.#versions;
    let r = 0;
    for (const write of [...writes, NONE]) {
      // A process has one operation at a time, so the order of invocations is each session's own order.
      while (r < reads.length && (write === NONE || (reads[r] as number) < write)) this.#read(reads[r++] as number);
      if (write !== NONE && this.#history.status[write] === OK) this.#write(write);
    }
  }

  #session(row: number): Session {
    const process = this.#history.process[row] as number;
    let session = this.#sessions.get(process);
    if (session === undefined) {
      session = { write: NONE, seen: NONE, seenBy: NONE, anySeenBy: NONE };
      this.#sessions.set(process, session);
    }
    return session;
  }

  #rank(write: number): number {
    return this.#byRevision && this.#history.status[write] === OK
      ? (this.#history.revision[write] as number)
      : (this.#history.invoke[write] as number);
  }

  /** Whether version `a` is certainly older than `b`. */
  #older(a: number, b: number): boolean {
    if (a === INITIAL) return b !== INITIAL;
    if (a === UNKNOWN || b < 0) return false;
    const history = this.#history;
    if (!this.#byRevision) return (history.complete[a] as number) < (history.invoke[b] as number);
    return history.status[a] === OK && history.status[b] === OK && (history.revision[a] as number) < (history.revision[b] as number);
  }

  #writerOf(read: number): number {
    const value = this.#history.result[read] as number;
    return value === this.#versioned.initial ? INITIAL : (this.#versions.writersOf.get(value)?.[0] ?? UNKNOWN);
  }

  #read(row: number): void {
    const session = this.#session(row);
    const version = this.#writerOf(row);
    if (session.write !== NONE && this.#older(version, session.write)) this.#breach('read-your-writes', session.write, row, [version]);
    if (version === INITIAL && session.anySeenBy !== NONE) this.#breach('monotonic-reads', session.anySeenBy, row, []);
    else if (session.seen !== NONE && this.#older(version, session.seen))
      this.#breach('monotonic-reads', session.seenBy, row, [version, session.seen]);
    if (version === INITIAL) return;
    if (session.anySeenBy === NONE) session.anySeenBy = row;
    if (version === UNKNOWN || (this.#byRevision && this.#history.status[version] !== OK)) return;
    if (session.seen === NONE || this.#rank(version) > this.#rank(session.seen)) {
      session.seen = version;
      session.seenBy = row;
    }
  }

  #write(row: number): void {
    const session = this.#session(row);
    if (session.write !== NONE && this.#older(row, session.write)) this.#breach('monotonic-writes', session.write, row, []);
    if (session.seen !== NONE && this.#older(row, session.seen)) this.#breach('writes-follow-reads', session.seenBy, row, [session.seen]);
    if (session.write === NONE || this.#rank(row) > this.#rank(session.write)) session.write = row;
  }

  #breach(guarantee: SessionGuarantee, before: number, after: number, versions: readonly number[]): void {
    const operations = [...new Set([before, after, ...versions])].filter((row) => row >= 0).sort((x, y) => x - y);
    this.breaches.push({ guarantee, operations, before, after });
  }
}

const explanations: { readonly [guarantee in SessionGuarantee]: (teller: Teller, before: number, after: number) => string } = {
  'read-your-writes': (teller, before, after) => teller.tooLate(after, before),
  'monotonic-reads': (teller, before, after) =>
    `${teller.process(after)} ${teller.action(after)} at ${teller.begin(after)}, an older version than its ${teller.action(before)} at ${teller.begin(before)}`,
  'monotonic-writes': (teller, before, after) =>
    `the ${teller.action(after)} of ${teller.process(after)} at ${teller.begin(after)} was ordered before its earlier ${teller.action(before)} at ${teller.begin(before)}`,
  'writes-follow-reads': (teller, before, after) =>
    `the ${teller.action(after)} of ${teller.process(after)} at ${teller.begin(after)} was ordered before what it had seen, ${teller.action(before)} at ${teller.begin(before)}`,
};

export const sessions: Checker = { name: 'sessions', needs: ['op'], needsTime: false, check };

function check(view: TraceView, budget: Budget): CheckResult {
  const versioned = versionsOf(view);
  if (versioned === null) return skipped('session guarantees are decided for reads and writes of registers and keys');
  const { history } = view;
  const meter = new Meter(budget);
  const teller = new Teller(history, view.timed);
  const found: { breach: Breach; key: number }[] = [];
  let repeated = 0;
  let decided = 0;
  for (const versions of versioned.keys) {
    if (!meter.spend(versions.writes.length + versions.reads.length)) break;
    if (versions.writersOf.has(versioned.initial) || [...versions.writersOf.values()].some(({ length }) => length > 1)) {
      repeated++;
      continue;
    }
    const run = new KeySessions(history, versioned, versions, ordersByRevision(view, versions.writes));
    run.run();
    decided++;
    for (const breach of run.breaches) found.push({ breach, key: versions.key });
  }
  const anomalies = found.slice(0, LISTED_MAX).map(({ breach, key }): Anomaly => {
    const message = explanations[breach.guarantee](teller, breach.before, breach.after);
    return { kind: breach.guarantee, message, operations: breach.operations, ...(key < 0 ? {} : { key }) };
  });
  const count = (guarantee: SessionGuarantee): number => found.filter(({ breach }) => breach.guarantee === guarantee).length;
  const stats = {
    keys: versioned.keys.length,
    keysDecided: decided,
    readYourWrites: count('read-your-writes'),
    monotonicReads: count('monotonic-reads'),
    monotonicWrites: count('monotonic-writes'),
    writesFollowReads: count('writes-follow-reads'),
  };
  // The smallest: a larger one may contain it, and would not be minimal.
  const smallest = found.reduce<(typeof found)[number] | null>(
    (best, one) => (best === null || one.breach.operations.length < best.breach.operations.length ? one : best),
    null,
  );
  if (smallest !== null) {
    const { breach } = smallest;
    const first = { operations: breach.operations, message: explanations[breach.guarantee](teller, breach.before, breach.after) };
    const story = [...first.operations.map((row) => teller.line(row)), first.message];
    return { verdict: 'violation', anomalies, counterexample: { operations: first.operations, story }, stats };
  }
  if (decided === versioned.keys.length) return { verdict: 'pass', anomalies, counterexample: null, stats };
  const causes = [
    ...(repeated > 0 ? [`${repeated} of ${versioned.keys.length} keys have a value that was written twice`] : []),
    ...(meter.exhausted === null ? [] : [`${meter.exhausted} after ${decided} of ${versioned.keys.length} keys`]),
  ];
  return { verdict: 'unknown', anomalies, counterexample: null, reason: causes.join('; '), stats };
}
