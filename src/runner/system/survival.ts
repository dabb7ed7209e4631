/**
 * Does what was acknowledged survive? Elements whose addition was acknowledged, against the final reads through every
 * node: in none of them is lost; in some of them is a disagreement between nodes, told as a warning.
 */
import type { CheckResult } from '../../checkers/index.ts';
import type { Value } from '../../core/index.ts';
import { FAIL, type History, NONE, OK, type TraceView } from '../../trace/index.ts';

/** The note in the trace after which everything is read once more. */
export const FINAL_QUESTIONS = 'final questions';
const LISTED = 10;
const NOTHING_READ = 'nothing was read at the end of the run';

interface Survival {
  /** Rows of acknowledged additions. */
  readonly acknowledged: number;
  readonly lost: readonly number[];
  readonly divergent: readonly number[];
  readonly reads: readonly number[];
}

/** The place in the trace after which everything is read once more; null where that did not come. */
function finalsOf({ others }: TraceView): number | null {
  const mark = others.findLast((record) => record.type === 'note' && record.text === FINAL_QUESTIONS);
  return mark === undefined || mark.type === 'header' ? null : mark.seq;
}

/** Null where nothing was read at the end. */
function survivalOf(view: TraceView): Survival | null {
  const { history } = view;
  const from = finalsOf(view);
  if (from === null) return null;
  const ids = new Map<Value, number>(history.values.map((value, id) => [value, id]));
  const seen = new Map<number, number>();
  const added: number[] = [];
  const reads: number[] = [];
  for (let row = 0; row < history.count; row++) {
    if (history.status[row] !== OK) continue;
    const f = history.functions[history.f[row] as number];
    if (f === 'add') added.push(row);
    const value = history.values[history.result[row] as number];
    if (f !== 'read' || (history.invoke[row] as number) < from || !Array.isArray(value)) continue;
    reads.push(row);
    for (const element of new Set(value as readonly Value[])) {
      const id = ids.get(element);
      if (id !== undefined) seen.set(id, (seen.get(id) ?? 0) + 1);
    }
  }
  if (reads.length === 0) return null;
  const times = (row: number): number => seen.get(history.argument[row] as number) ?? 0;
  const divergent = added.filter((row) => times(row) > 0 && times(row) < reads.length);
  return { acknowledged: added.length, lost: added.filter((row) => times(row) === 0), divergent, reads };
}

const element = (history: History, row: number): Value => history.values[history.argument[row] as number] as Value;

export function survivalCounts(view: TraceView): { lost?: number; divergent?: number } {
  const survival = survivalOf(view);
  return survival === null ? {} : { lost: survival.lost.length, divergent: survival.divergent.length };
}

/** `everywhere`: what some final reads have and others do not is a violation too. Skips where nothing was read at the end. */
export function durability(view: TraceView, everywhere = false): CheckResult {
  if (view.header.model === 'counter') return counted(view);
  const survival = survivalOf(view);
  if (survival === null) return { verdict: 'skip', anomalies: [], counterexample: null, reason: NOTHING_READ, stats: {} };
  const { history } = view;
  const { acknowledged, lost, divergent, reads } = survival;
  const when = (ns: number): string => `${(ns / 1e9).toFixed(3)} s`;
  const told = (row: number): string => {
    const node = history.node[row] as number;
    const by = node === NONE ? '' : ` by ${history.nodes[node]}`;
    return `${JSON.stringify(history.values[history.argument[row] as number])} was acknowledged${by} at ${when(history.completeNs[row] as number)}`;
  };
  const anomalies = lost
    .slice(0, LISTED)
    .map((row) => ({ kind: 'lost-write', message: `${told(row)} and is in no final read`, operations: [row] }));
  const [first] = divergent;
  if (first !== undefined) {
    const message = `${everywhere ? '' : 'warning: '}${divergent.length} elements are in some final reads and not in others; ${told(first)}`;
    anomalies.push({ kind: 'divergence', message, operations: [first] });
  }
  const stats = { acknowledged, lost: lost.length, divergent: divergent.length, finalReads: reads.length };
  const gone = lost[0] ?? (everywhere ? first : undefined);
  if (gone === undefined) return { verdict: 'pass', anomalies, counterexample: null, stats };
  const without = reads.filter(
    (row) => !(history.values[history.result[row] as number] as readonly Value[]).includes(element(history, gone)),
  );
  const story = [
    `${told(gone)}.`,
    ...without.map(
      (row) =>
        `${history.nodes[history.node[row] as number] ?? 'a node'}, read at ${when(history.completeNs[row] as number)}, does not have it.`,
    ),
    lost.length === 0
      ? `${divergent.length} of ${acknowledged} acknowledged additions are in some final reads only.`
      : `${lost.length} of ${acknowledged} acknowledged additions are lost, from ${when(history.completeNs[gone] as number)} to ${when(history.completeNs[lost.at(-1) as number] as number)}.`,
  ];
  return { verdict: 'violation', anomalies, counterexample: { operations: [gone, ...without], story }, stats };
}

/** A counter that is read at the end shows every acknowledged increment, and no more than were asked for. */
function counted(view: TraceView): CheckResult {
  const { history } = view;
  const from = finalsOf(view);
  let [acknowledged, possible] = [0, 0];
  const finals: number[] = [];
  for (let row = 0; row < history.count; row++) {
    const f = history.functions[history.f[row] as number];
    if (f === 'increment' && history.status[row] !== FAIL) {
      possible++;
      if (history.status[row] === OK) acknowledged++;
    } else if (f === 'read' && history.status[row] === OK && from !== null && (history.invoke[row] as number) > from) finals.push(row);
  }
  const values = finals.map((row) => history.values[history.result[row] as number] as number);
  const stats = { acknowledged, possible, finalReads: finals.length, lost: Math.max(0, acknowledged - Math.max(...values, 0)) };
  if (finals.length === 0) return { verdict: 'skip', anomalies: [], counterexample: null, reason: NOTHING_READ, stats: {} };
  const wrong = finals.filter((_, i) => (values[i] as number) < acknowledged || (values[i] as number) > possible);
  const anomalies = wrong.slice(0, LISTED).map((row) => {
    const value = history.values[history.result[row] as number] as number;
    const lost = value < acknowledged ? `${acknowledged - value} lost` : `${value - possible} too many`;
    const message = `${acknowledged} increments were acknowledged${possible > acknowledged ? ` (${possible} at most)` : ''}, and the counter is ${value} at the end: ${lost}`;
    return { kind: value < acknowledged ? 'lost-write' : 'duplicate-write', message, operations: [row] };
  });
  const [first] = anomalies;
  const counterexample = first === undefined ? null : { operations: first.operations, story: [first.message] };
  return { verdict: first === undefined ? 'pass' : 'violation', anomalies, counterexample, stats };
}
