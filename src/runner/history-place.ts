/**
 * Checkers refuse an operation that their model does not have, and know rows, not files: here such a refusal gets the
 * file and the line of the first operation that it is about.
 */
import { models } from '../checkers/index.ts';
import { LightconeError, type Value } from '../core/index.ts';
import { type History, NONE } from '../trace/index.ts';

export function placed(error: unknown, history: History, source: string): unknown {
  if (!(error instanceof LightconeError) || error.code === 'LC_USAGE') return error;
  const row = offendingRow(error.data, history);
  const line = row === null ? 0 : (history.line?.[row] ?? 0);
  const where = line > 0 ? `${source}:${line}` : source;
  return new LightconeError(error.code, `${where}: ${error.message}`, { ...error.data, source, line }, error);
}

/** What the error names: a row, a function that the model lacks, functions that no model has together, a value. */
function offendingRow({ row, f, functions, value }: LightconeError['data'], history: History): number | null {
  if (typeof row === 'number') return row;
  if (typeof f === 'string') return first(history, (at) => history.functions[history.f[at] as number] === f);
  if (Array.isArray(functions)) return firstUnfit(history);
  if (value === undefined) return null;
  const holds = (id: number): boolean => id !== NONE && JSON.stringify(history.values[id]) === JSON.stringify(value as Value);
  return first(history, (at) => holds(history.argument[at] as number) || holds(history.result[at] as number));
}

function first(history: History, offends: (row: number) => boolean): number | null {
  for (let row = 0; row < history.count; row++) if (offends(row)) return row;
  return null;
}

/** The first operation after which no model has all that came so far. */
function firstUnfit(history: History): number | null {
  let left = Object.values(models);
  return first(history, (row) => {
    const f = history.functions[history.f[row] as number] as string;
    left = left.filter((model) => (model.functions as readonly string[]).includes(f));
    return left.length === 0;
  });
}
