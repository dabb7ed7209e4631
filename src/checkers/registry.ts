/** All checkers by name. */
import type { TraceView } from '../trace/index.ts';
import type { Checker } from './checker.ts';
import { convergence } from './convergence.ts';
import { elections } from './elections.ts';
import { bank } from './invariants/bank.ts';
import { lock } from './invariants/lock.ts';
import { longFork } from './invariants/long-fork.ts';
import { monotonic } from './invariants/monotonic.ts';
import { setFull } from './invariants/set-full.ts';
import { totalQueue } from './invariants/total-queue.ts';
import { uniqueIds } from './invariants/unique-ids.ts';
import { watch } from './invariants/watch.ts';
import { isolation } from './isolation/isolation.ts';
import { transactionModelOf } from './isolation/transactions.ts';
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
};

/** Which of these models the operations show; null: none. */
export function modelShownBy(view: TraceView): string | null {
  const { functions } = view.history;
  if (functions.includes('transfer')) return 'bank';
  if (functions.includes('generate')) return 'ids';
  if (functions.includes('drain')) return 'total-queue';
  if (functions.includes('acquire') && functions.includes('write')) return 'lock';
  return transactionModelOf(view);
}
