/** When every node had applied everything that was acknowledged, read from the `position` beliefs and the replies' revisions. */
import { OK, type TraceView } from '../../trace/index.ts';

export interface Convergence {
  /** Acknowledged updates. */
  readonly acknowledged: number;
  /** When the last of them was acknowledged, ms since the trace's start. */
  readonly lastAckMs: number;
  /** When the last node had applied them all; null: some node never did. */
  readonly convergedMs: number | null;
  /** The node that was last, or that never got there. */
  readonly lastNode: string | null;
  /** Why the trace cannot tell; null when it can. */
  readonly undecided: string | null;
}

/** What the trace must have for the question to mean anything: a missing figure must not pass for a good one. */
function undecided(trace: TraceView, acknowledged: number, unplaced: number): string | null {
  if (!trace.timed) return 'the trace has no times';
  if (unplaced > 0) return `${unplaced} of ${acknowledged} acknowledged updates carry no revision`;
  if (!trace.beliefs.some((belief) => belief.kind === 'position')) return 'the trace has no position beliefs';
  return null;
}

export function convergence(trace: TraceView, nodes: readonly string[]): Convergence {
  const { history } = trace;
  let acknowledged = 0;
  let unplaced = 0;
  let lastAckMs = 0;
  let goal = 0;
  for (let row = 0; row < history.count; row++) {
    if (history.status[row] !== OK || history.functions[history.f[row] as number] === 'read') continue;
    acknowledged++;
    lastAckMs = Math.max(lastAckMs, (history.completeNs[row] as number) / 1e6);
    const revision = history.revision[row] as number;
    if (!(revision > 0)) unplaced++;
    else if (revision > goal) goal = revision;
  }
  // A restart forgets: what counts is the last time that a node came up to the goal.
  const reachedMs = new Map<string, number>();
  for (const belief of trace.beliefs) {
    if (belief.kind !== 'position' || typeof belief.value !== 'number') continue;
    if (belief.value < goal) reachedMs.delete(belief.node);
    else if (!reachedMs.has(belief.node)) reachedMs.set(belief.node, (belief.timeNs ?? Number.NaN) / 1e6);
  }
  const known = { acknowledged, lastAckMs, undecided: undecided(trace, acknowledged, unplaced) };
  let convergedMs = 0;
  let lastNode: string | null = null;
  for (const node of nodes) {
    const at = reachedMs.get(node);
    if (at === undefined) return { ...known, convergedMs: null, lastNode: node };
    if (at >= convergedMs) {
      convergedMs = at;
      lastNode = node;
    }
  }
  return { ...known, convergedMs, lastNode };
}
