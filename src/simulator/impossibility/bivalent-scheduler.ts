/**
 * The scheduler of Fischer, Lynch, Paterson 1985: it keeps a run bivalent, that is, leaves both decisions possible. Of the
 * messages under way it delivers the oldest that does so; the others wait, none of them for ever (lemma 3). It knows
 * nothing of the protocol: that both decisions are possible it shows by two runs that reach them.
 */
import type { NodeId } from '../../core/index.ts';
import type { AsynchronousRun } from './asynchronous-run.ts';

/** Deliveries that a run which shows a decision may take. */
const SHOWN_WITHIN = 60;

/** All orders of `items`. */
function orders<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, i) => orders([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]));
}

/** Goes on with messages of the first senders first, until somebody decides. */
function decisionOf(run: AsynchronousRun, favoured: readonly NodeId[]): unknown {
  for (let i = 0; i < SHOWN_WITHIN && run.decisions.size === 0 && run.underWay.length > 0; i++) {
    let best = 0;
    const rank = (at: number): number => favoured.indexOf(run.underWay[at]?.from ?? 0);
    for (let at = 1; at < run.underWay.length; at++) if (rank(at) < rank(best)) best = at;
    run.deliver(best);
  }
  return run.decisions.values().next().value;
}

/** Can it still come to two decisions? True is shown by two runs; false only says that none was found. */
export function isBivalent(run: AsynchronousRun): boolean {
  if (run.decisions.size > 0) return false;
  const reached = new Set<unknown>();
  for (const favoured of orders([...run.processes.keys()])) {
    const decision = decisionOf(run.copy(reached.size), favoured);
    if (decision !== undefined) reached.add(decision);
    if (reached.size > 1) return true;
  }
  return false;
}

export interface Kept {
  /** Deliveries. */
  readonly steps: number;
  readonly decided: boolean;
  /** After every delivery both decisions were shown to be possible. */
  readonly bivalent: boolean;
  /** The round in which the slowest process is. */
  readonly rounds: number;
  /** The longest that any message that was delivered, or is still under way, has waited: in deliveries. */
  readonly longestWait: number;
}

/** Delivers `steps` messages and keeps the run undecided for as long as it can; ends when somebody decides. */
export function keepUndecided(run: AsynchronousRun, steps: number): Kept {
  let longestWait = 0;
  let bivalent = isBivalent(run);
  while (run.steps < steps && run.decisions.size === 0 && run.underWay.length > 0) {
    let chosen = -1;
    for (let at = 0; at < run.underWay.length; at++) {
      const next = run.copy(at);
      next.deliver(at);
      if (!isBivalent(next)) continue;
      chosen = at;
      break;
    }
    if (chosen < 0) bivalent = false;
    const at = Math.max(0, chosen);
    longestWait = Math.max(longestWait, run.steps - (run.underWay[at]?.sentAt ?? 0));
    run.deliver(at);
  }
  for (const { sentAt } of run.underWay) longestWait = Math.max(longestWait, run.steps - sentAt);
  return { steps: run.steps, decided: run.decisions.size > 0, bivalent, rounds: Math.min(...run.rounds.values()), longestWait };
}
