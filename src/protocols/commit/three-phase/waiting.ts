/** What a node of three-phase commit knows of transactions under way, and forgets in a crash: whom it waits for, and how long. */
import type { Site } from '../transaction.ts';
import type { Report } from './three-phase-decisions.ts';

/** What the coordinator knows of a transaction under way and forgets in a crash. */
export interface Phase {
  readonly phase: 1 | 2;
  readonly heard: ReadonlySet<Site>;
  readonly reminders: number;
}

/** How a participant waits for a decision. */
export interface Wait {
  /** It has failed since it voted. */
  readonly recovered: boolean;
  /** Time-outs since the last word of the coordinator, or of who took over. */
  readonly waited: number;
  /** Time-outs since it asks for states; -1: it does not. */
  readonly asking: number;
  readonly reports: ReadonlyMap<Site, Report>;
  /** It has taken over: who has acknowledged its precommit, of whom, and time-outs since. */
  readonly backup: { readonly of: readonly Site[]; readonly acknowledged: ReadonlySet<Site>; readonly reminders: number } | null;
}

/** A participant that has just voted. */
export const patient: Wait = { recovered: false, waited: 0, asking: -1, reports: new Map(), backup: null };
