/** The operations of a report as columns, and each of them in words. */
import type { ColumnName, ReportMeta } from '../../../src/runner/index.ts';
import { showDuration, showMoment } from './format.ts';

export type ColumnSet = { readonly [N in ColumnName]?: Int32Array | Float64Array };

export const OK = 0;
export const FAIL = 1;
export const INFO = 2;
export const statusNames = ['ok', 'fail', 'info'] as const;
export const statusWords = ['ok', 'failed', 'outcome unknown'] as const;
/** A mark for each status, so that colour never stands alone. */
export const statusMarks = ['●', '✕', '◆'] as const;

/** Where each ends; Infinity where no answer came (a length below 0). */
function after(start: Float64Array, length: Float64Array): Float64Array {
  const end = new Float64Array(start.length);
  for (let i = 0; i < end.length; i++) {
    const long = length[i] as number;
    end[i] = long < 0 ? Number.POSITIVE_INFINITY : (start[i] as number) + long;
  }
  return end;
}

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
    const integers = (name: ColumnName): Int32Array => {
      const column = columns[name];
      return column instanceof Int32Array ? column : new Int32Array(count).fill(-1);
    };
    const numbers = (name: ColumnName): Float64Array => {
      const column = columns[name];
      return column instanceof Float64Array ? column : new Float64Array(count).fill(-1);
    };
    this.process = integers('process');
    this.f = integers('f');
    this.key = integers('key');
    this.argument = integers('argument');
    this.expected = integers('expected');
    this.result = integers('result');
    this.status = new Uint8Array(integers('status'));
    this.node = integers('node');
    this.code = integers('code');
    this.invoke = numbers('invoke');
    this.complete = after(this.invoke, numbers('span'));
    this.begin = numbers('begin');
    this.end = after(this.begin, numbers('lasting'));
    this.revision = numbers('revision');
    this.#row = columns.row === undefined ? undefined : numbers('row');
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
