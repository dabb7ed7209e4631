/** The growable columns of a history; a fresh row is an open operation. */
import { type History, INFO, NEVER, NONE } from './history.ts';

type Names = Pick<History, 'functions' | 'keys' | 'values' | 'nodes'> & { readonly codes: readonly string[] };
type Column = Int32Array | Float64Array | Uint8Array;

function grown<T extends Column>(column: T, capacity: number): T {
  const larger = new (column.constructor as new (length: number) => T)(capacity);
  larger.set(column);
  return larger;
}

export class Columns {
  count = 0;
  process = new Int32Array(256);
  f = new Int32Array(256);
  key = new Int32Array(256);
  argument = new Int32Array(256);
  expected = new Int32Array(256);
  result = new Int32Array(256);
  status = new Uint8Array(256);
  invoke = new Int32Array(256);
  complete = new Int32Array(256);
  invokeNs = new Float64Array(256);
  completeNs = new Float64Array(256);
  node = new Int32Array(256);
  revision = new Float64Array(256);
  code = new Int32Array(256);
  line = new Int32Array(256);

  /** Appends a row: open, without result or revision; the caller sets all else. */
  add(): number {
    const row = this.count++;
    if (row === this.process.length) this.#grow(row * 2);
    this.result[row] = NONE;
    this.status[row] = INFO;
    this.complete[row] = NEVER;
    this.completeNs[row] = Number.NaN;
    this.revision[row] = NONE;
    this.code[row] = NONE;
    return row;
  }

  history(names: Names): History {
    const n = this.count;
    return {
      count: n,
      process: this.process.subarray(0, n),
      f: this.f.subarray(0, n),
      key: this.key.subarray(0, n),
      argument: this.argument.subarray(0, n),
      expected: this.expected.subarray(0, n),
      result: this.result.subarray(0, n),
      status: this.status.subarray(0, n),
      invoke: this.invoke.subarray(0, n),
      complete: this.complete.subarray(0, n),
      invokeNs: this.invokeNs.subarray(0, n),
      completeNs: this.completeNs.subarray(0, n),
      node: this.node.subarray(0, n),
      revision: this.revision.subarray(0, n),
      code: this.code.subarray(0, n),
      line: this.line.subarray(0, n),
      ...names,
    };
  }

  #grow(capacity: number): void {
    this.process = grown(this.process, capacity);
    this.f = grown(this.f, capacity);
    this.key = grown(this.key, capacity);
    this.argument = grown(this.argument, capacity);
    this.expected = grown(this.expected, capacity);
    this.result = grown(this.result, capacity);
    this.status = grown(this.status, capacity);
    this.invoke = grown(this.invoke, capacity);
    this.complete = grown(this.complete, capacity);
    this.invokeNs = grown(this.invokeNs, capacity);
    this.completeNs = grown(this.completeNs, capacity);
    this.node = grown(this.node, capacity);
    this.revision = grown(this.revision, capacity);
    this.code = grown(this.code, capacity);
    this.line = grown(this.line, capacity);
  }
}
