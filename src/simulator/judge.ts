/** The history of a run before the checkers. */
import { checkLinearizability, defaultBudget } from '../checkers/index.ts';
import { FAIL, type History, TRACE_VERSION, type TraceView } from '../trace/index.ts';

/** A view of a history alone. */
export function viewOf(history: History, model: string): TraceView {
  return {
    header: { type: 'header', trace: TRACE_VERSION, model, nodes: history.nodes },
    history,
    beliefs: [],
    faults: [],
    others: [],
    present: new Set(['header', 'op']),
    timed: true,
  };
}

/** Reads that promised nothing prove nothing. */
function withoutReads(history: History): History {
  const read = history.functions.indexOf('read');
  const status = history.status.slice();
  for (let row = 0; row < history.count; row++) if (history.f[row] === read) status[row] = FAIL;
  return { ...history, status };
}

/** What is wrong with a history by the subject's model, in one sentence; null when nothing is (or nothing is to be checked). */
export function judgeHistory(model: string | null, staleReads: boolean, history: History): string | null {
  if (model === null || history.count === 0) return null;
  const judged = staleReads ? withoutReads(history) : history;
  const options = { model, budget: defaultBudget };
  const quick = checkLinearizability(viewOf(judged, model), { ...options, explain: false });
  if (quick.verdict !== 'violation') return null;
  const explained = checkLinearizability(viewOf(judged, model), options);
  return `linearizability: ${explained.anomalies[0]?.message ?? 'the history is not linearizable'}`;
}
