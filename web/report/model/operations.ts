/** The operations of a report as columns, and each of them in words. */
import type { ColumnName, ReportMeta } from '../../../src/runner/index.ts';
import { showDuration, showMoment } from './format.ts';

export type ColumnSet = { readonly [N in ColumnName]?: Float64Array };

export const OK = 0;
export const FAIL = 1;
export const INFO = 2;
export const statusNames = ['ok', 'fail', 'info'] as const;
export const statusWords = ['ok', 'failed', 'outcome unknown'] as const;
/** A mark for each status, so that colour never stands alone. */
export const statusMarks = ['●', '✕', '◆'] as const;

export class Operations {
  readonly count: number;
  readonly process: Int32Array;
  readonly f: Int32Array;
  readonly key: Int32Array;
  readonly argument: Int32Array;
  readonly expected: Int32Array;
  readonly result: Int32Array;
  readonly status: Uint8Array;
  readonly node: Int32Array;
  readonly code: Int32Array;
  /** Place of the invocation in the trace's order, and of the answer (Infinity: none). */
  readonly invoke: Float64Array;
  readonly complete: Float64Array;
  /** On the time axis; `end` is Infinity where no answer came. */
  readonly begin: Float64Array;
  readonly end: Float64Array;
  readonly revision: Float64Array;
  readonly #row: Float64Array | undefined;
  readonly #meta: ReportMeta;

  constructor(meta: ReportMeta, columns: ColumnSet) {
    this.#meta = meta;
    const { count } = meta;
    this.count = count;
    const absent = new Float64Array(count).fill(-1);
    const integers = (name: ColumnName): Int32Array => Int32Array.from(columns[name] ?? absent);
    const after = (start: Float64Array, length: Float64Array): Float64Array =>
      start.map((from, i) => ((length[i] as number) < 0 ? Number.POSITIVE_INFINITY : from + (length[i] as number)));
    this.process = integers('process');
    this.f = integers('f');
    this.key = integers('key');
    this.argument = integers('argument');
    this.expected = integers('expected');
    this.result = integers('result');
    this.status = Uint8Array.from(columns.status ?? absent);
    this.node = integers('node');
    this.code = integers('code');
    this.invoke = columns.invoke ?? absent;
    this.complete = after(this.invoke, columns.span ?? absent);
    this.begin = columns.begin ?? absent;
    this.end = after(this.begin, columns.lasting ?? absent);
    this.revision = columns.revision ?? absent;
    this.#row = columns.row;
  }

  /** Its number in the trace, from 0, also where others were left out. */
  number(i: number): number {
    return this.#row?.[i] ?? i;
  }

  /** -1 where no operation in the report has that number. */
  indexOf(number: number): number {
    return this.#row === undefined ? (number >= 0 && number < this.count ? number : -1) : this.#row.indexOf(number);
  }

  function(i: number): string {
    return this.#meta.functions[this.f[i] as number] ?? '';
  }

  keyText(i: number): string {
    return this.#meta.keys[this.key[i] as number] ?? '';
  }

  nodeText(i: number): string {
    return this.#meta.nodes[this.node[i] as number] ?? '';
  }

  codeText(i: number): string {
    return this.#meta.codes[this.code[i] as number] ?? '';
  }

  value(id: number): string {
    const text = this.#meta.values[id];
    return text === undefined ? '' : text === 'null' ? 'nil' : text;
  }

  /** `read x = 3`, `write x := 4`, `cas x: 1 -> 2`. */
  action(i: number): string {
    const key = this.keyText(i);
    const name = key === '' ? this.function(i) : `${this.function(i)} ${key}`;
    const argument = this.value(this.argument[i] as number);
    const expected = this.value(this.expected[i] as number);
    const result = this.value(this.result[i] as number);
    if (expected !== '') return `${name}: ${expected} → ${argument}`;
    const asked = argument === '' ? name : `${name} := ${argument}`;
    return result === '' || result === argument ? asked : `${asked} = ${result}`;
  }

  moment(x: number): string {
    return showMoment(x, this.#meta.timed);
  }

  lasting(i: number): string {
    const ms = ((this.end[i] as number) - (this.begin[i] as number)) / 1000;
    if (!Number.isFinite(ms)) return 'no answer';
    return this.#meta.timed ? showDuration(ms) : `${ms * 1000} places`;
  }

  /** Everything in one line, as it is read out. */
  line(i: number): string {
    const status = this.status[i] as number;
    const node = this.nodeText(i);
    const code = this.codeText(i);
    const parts = [
      `p${this.process[i]} ${this.action(i)}`,
      `${statusMarks[status]} ${statusWords[status]}${code === '' ? '' : ` (${code})`}`,
      `from ${this.moment(this.begin[i] as number)}, ${this.lasting(i)}`,
    ];
    if (node !== '') parts.push(`by ${node}`);
    return parts.join('; ');
  }
}
