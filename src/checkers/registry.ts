/** All checkers by name. */
import type { Checker } from './checker.ts';
import { convergence } from './convergence.ts';
import { elections } from './elections.ts';
import { bank } from './invariants/bank.ts';
import { causalReverse } from './invariants/causal-reverse.ts';
import { dirtyReads } from './invariants/dirty-reads.ts';
import { lock } from './invariants/lock.ts';
import { longFork } from './invariants/long-fork.ts';
import { monotonic } from './invariants/monotonic.ts';
import { predicateInserts } from './invariants/predicate-inserts.ts';
import { sequential } from './invariants/sequential.ts';
import { setFull } from './invariants/set-full.ts';
import { totalQueue } from './invariants/total-queue.ts';
import { uniqueIds } from './invariants/unique-ids.ts';
import { kafka, monotonicRows } from './invariants/unjudged.ts';
import { watch } from './invariants/watch.ts';
import { isolation } from './isolation/isolation.ts';
import { causal, readAtomic, readCommitted } from './isolation/weak-checker.ts';
import { linearizability } from './linearizability.ts';
import { sessions } from './sessions.ts';
import { splitBrain } from './split-brain.ts';
import { staleness } from './staleness.ts';

export const checkers = {
  linearizability,
  'split-brain': splitBrain,
  elections,
  convergence,
  staleness,
  sessions,
  isolation,
  'read-committed': readCommitted,
  'read-atomic': readAtomic,
  causal,
  bank,
  'long-fork': longFork,
  lock,
  'set-full': setFull,
  'unique-ids': uniqueIds,
  'total-queue': totalQueue,
  monotonic,
  watch,
  'causal-reverse': causalReverse,
  'dirty-reads': dirtyReads,
  'adya-g2': predicateInserts,
  sequential,
} as const satisfies Record<string, Checker>;

export type CheckerName = keyof typeof checkers;

/** Models that no single object's specification decides, and the checkers that judge their histories. */
export const modelCheckers: { readonly [model: string]: readonly Checker[] } = {
  'list-append': [isolation],
  'rw-register': [isolation],
  bank: [bank],
  'long-fork': [longFork],
  lock: [lock],
  'set-full': [setFull],
  ids: [uniqueIds],
  'total-queue': [totalQueue],
  monotonic: [monotonic],
  watch: [watch],
  causal: [causal],
  'causal-reverse': [causalReverse],
  'dirty-reads': [dirtyReads],
  'adya-g2': [predicateInserts],
  sequential: [sequential],
  kafka: [kafka],
  'monotonic-rows': [monotonicRows],
};
