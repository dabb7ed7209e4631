/**
 * The operations of a report: which are kept when there are too many, and their columns. Operations that a check names
 * are always kept; of the others every n-th. Values are shortened texts, numbered in the order in which they appear.
 */
import type { Value } from '../core/index.ts';
import { type History, NEVER, NONE, type TraceView, writeJson } from '../trace/index.ts';
import { encodeColumn } from './html-columns.ts';
import type { ColumnCoding, ColumnName, ColumnPart } from './html-payload.ts';

const MAX_TEXT = 120;

/** A value as the page shows it; texts without their quotes where `bare`. */
export function valueText(value: Value, bare = false): string {
  const text = value instanceof Uint8Array ? `${value.length} bytes` : bare && typeof value === 'string' ? value : writeJson(value);
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 3)}...`;
}

export interface Selection {
  /** Rows of the history, rising. */
  readonly rows: Int32Array;
  readonly everyNth: number;
}

/** Every row where they fit, else those of `cited` and an even share of the rest. */
export function selectRows(count: number, cited: ReadonlySet<number>, most: number): Selection {
  const everyNth = Math.max(1, Math.ceil(count / Math.max(1, most)));
  const rows: number[] = [];
  for (let row = 0; row < count; row++) if (row % everyNth === 0 || cited.has(row)) rows.push(row);
  return { rows: Int32Array.from(rows), everyNth };
}

/** Numbers names anew in the order in which rows use them. */
class Renumbering {
  readonly texts: string[] = [];
  readonly #numbers = new Map<number, number>();
  readonly #tell: (id: number) => string;

  constructor(tell: (id: number) => string) {
    this.#tell = tell;
  }

  of(id: number): number {
    if (id === NONE) return NONE;
    let number = this.#numbers.get(id);
    if (number === undefined) {
      number = this.texts.length;
      this.#numbers.set(id, number);
      this.texts.push(this.#tell(id));
    }
    return number;
  }
}

export interface OperationColumns {
  readonly parts: readonly ColumnPart[];
  readonly bytes: readonly Uint8Array[];
  readonly functions: readonly string[];
  readonly keys: readonly string[];
  readonly values: readonly string[];
  readonly nodes: readonly string[];
  readonly codes: readonly string[];
  /** Index into `keys` of a key of the history, or null. */
  keyOf(key: number | undefined): number | null;
}

const us = (ns: number): number => Math.round(ns / 1000);

function timeColumns(history: History, rows: Int32Array, timed: boolean): { begin: Float64Array; lasting: Float64Array } {
  const begin = new Float64Array(rows.length);
  const lasting = new Float64Array(rows.length);
  rows.forEach((row, i) => {
    const from = timed ? us(history.invokeNs[row] as number) : (history.invoke[row] as number);
    const never = history.complete[row] === NEVER;
    const to = timed ? us(history.completeNs[row] as number) : (history.complete[row] as number);
    begin[i] = from;
    lasting[i] = never || Number.isNaN(to) ? -1 : to - from;
  });
  return { begin, lasting };
}

export function operationColumns({ history, timed }: TraceView, { rows, everyNth }: Selection): OperationColumns {
  const functions = new Renumbering((id) => history.functions[id] as string);
  const keys = new Renumbering((id) => valueText(history.keys[id] as Value, true));
  const values = new Renumbering((id) => valueText(history.values[id] as Value));
  const nodes = new Renumbering((id) => history.nodes[id] as string);
  const codes = new Renumbering((id) => history.codes?.[id] ?? '');
  const parts: ColumnPart[] = [];
  const bytes: Uint8Array[] = [];
  const add = (name: ColumnName, coding: ColumnCoding, of: (row: number, i: number) => number): void => {
    const column = Array.from(rows, of);
    if (column.every((value) => value === -1)) return;
    const encoded = encodeColumn(column, coding);
    parts.push({ name, coding, bytes: encoded.length });
    bytes.push(encoded);
  };
  const at = (column: ArrayLike<number>, row: number): number => column[row] as number;
  const { begin, lasting } = timeColumns(history, rows, timed);
  if (everyNth > 1) add('row', 'delta', (row) => row);
  add('process', 'plain', (row) => at(history.process, row));
  add('f', 'plain', (row) => functions.of(at(history.f, row)));
  add('key', 'plain', (row) => keys.of(at(history.key, row)));
  add('argument', 'recent', (row) => values.of(at(history.argument, row)));
  add('expected', 'recent', (row) => values.of(at(history.expected, row)));
  add('result', 'recent', (row) => values.of(at(history.result, row)));
  add('status', 'plain', (row) => at(history.status, row));
  add('invoke', 'delta', (row) => at(history.invoke, row));
  add('span', 'plain', (row) => (at(history.complete, row) === NEVER ? -1 : at(history.complete, row) - at(history.invoke, row)));
  add('begin', 'delta', (_, i) => at(begin, i));
  add('lasting', 'plain', (_, i) => at(lasting, i));
  add('node', 'plain', (row) => nodes.of(at(history.node, row)));
  add('revision', 'recent', (row) => Math.max(-1, Math.round(at(history.revision, row))));
  const { code } = history;
  if (code !== undefined) add('code', 'plain', (row) => codes.of(at(code, row)));
  const own = { functions: functions.texts, keys: keys.texts, values: values.texts, nodes: nodes.texts, codes: codes.texts };
  return { parts, bytes, ...own, keyOf: (key) => (key === undefined || key === NONE ? null : keys.of(key)) };
}
