/** All checkers by name. */
import type { Checker } from './checker.ts';
import { convergence } from './convergence.ts';
import { linearizability } from './linearizability.ts';
import { sessions } from './sessions.ts';
import { splitBrain } from './split-brain.ts';
import { staleness } from './staleness.ts';

export const checkers = {
  linearizability,
  'split-brain': splitBrain,
  convergence,
  staleness,
  sessions,
} as const satisfies Record<string, Checker>;

export type CheckerName = keyof typeof checkers;
