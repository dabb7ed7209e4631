/** Which model the operations of a trace show that names none, where it is no single object's: told from what is asked and answered. */
import type { Value } from '../core/index.ts';
import { NONE, type TraceView } from '../trace/index.ts';
import { partsOf } from './invariants/sequential.ts';
import { transactionModelOf } from './isolation/transactions.ts';

/** An operation that only one model has. */
const signs: readonly (readonly [f: string, model: string])[] = [
  ['transfer', 'bank'],
  ['generate', 'ids'],
  ['drain', 'total-queue'],
  ['send', 'kafka'],
  ['poll', 'kafka'],
];

/** The model (a name of `modelCheckers`); null: none of them is shown. */
export function modelShownBy(view: TraceView): string | null {
  const { functions } = view.history;
  for (const [f, model] of signs) if (functions.includes(f)) return model;
  if (functions.includes('acquire') && functions.includes('write')) return 'lock';
  return (view.header.source?.startsWith('jepsen') === true ? jepsenModel(view) : null) ?? transactionModelOf(view);
}

/** Workloads of Jepsen whose operations have the names of a register, a set or a priority queue, and other answers. */
function jepsenModel(view: TraceView): string | null {
  const { history } = view;
  const only = (...names: readonly string[]): boolean => history.functions.every((f) => names.includes(f));
  const has = (name: string): boolean => history.functions.includes(name);
  const answers = answersTo(view, 'read');
  if (has('inc') && only('inc', 'read') && answers.every(isMap)) return 'monotonic-rows';
  if (has('add') && only('add', 'read') && !asks(view, 'add') && answersTo(view, 'add').every(isMap)) return 'monotonic-rows';
  if (only('insert') && history.key.every((key) => key !== NONE)) return 'adya-g2';
  if (answers.length === 0 || answers.some((answer) => !Array.isArray(answer))) return null;
  if (only('add', 'read')) return has('add') ? 'set-full' : null;
  if (!only('read', 'write')) return null;
  const read = history.functions.indexOf('read');
  if (asks(view, 'read')) return answers.every((answer) => partsOf(answer) !== null) ? 'sequential' : null;
  const lists = history.f.some((f, row) => f !== read && Array.isArray(history.values[history.argument[row] as number]));
  if (!has('write') || lists) return null;
  // A list of what was written has each value once; the rows of a table that writes set as a whole mostly have one value.
  const repeats = answers.some(
    (answer) => new Set((answer as readonly Value[]).map((value) => JSON.stringify(value))).size < (answer as readonly Value[]).length,
  );
  return repeats ? 'dirty-reads' : 'causal-reverse';
}

const isMap = (answer: Value): boolean => answer !== null && typeof answer === 'object' && !Array.isArray(answer);

/** Is any operation of this name asked with a value? */
function asks({ history }: TraceView, f: string): boolean {
  const id = history.functions.indexOf(f);
  return history.f.some(
    (one, row) => one === id && history.argument[row] !== NONE && history.values[history.argument[row] as number] !== null,
  );
}

function answersTo({ history }: TraceView, f: string): readonly Value[] {
  const id = history.functions.indexOf(f);
  const results = new Set<number>();
  for (let row = 0; row < history.count; row++) if (history.f[row] === id) results.add(history.result[row] as number);
  return [...results].filter((result) => result > 0).map((result) => history.values[result] as Value);
}
