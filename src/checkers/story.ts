/**
 * Operations in words: who did what to which key, when, and what came back. Times are seconds since the trace's start
 * where it has a clock, else positions in its order.
 */
import type { Value } from '../core/index.ts';
import { FAIL, type History, INFO, NONE } from '../trace/index.ts';

const MAX_VALUE_LENGTH = 60;

/** A value as people write it, shortened. */
export function showValue(value: Value): string {
  const text = value instanceof Uint8Array ? `${value.length} bytes` : value === null ? 'nil' : JSON.stringify(value);
  return text.length <= MAX_VALUE_LENGTH ? text : `${text.slice(0, MAX_VALUE_LENGTH - 3)}...`;
}

/** Milliseconds with as many digits as they deserve. */
export function showGap(ns: number): string {
  const ms = ns / 1e6;
  if (ms >= 10 || Number.isInteger(ms)) return `${Math.round(ms)} ms`;
  return `${Number(ms.toPrecision(2))} ms`;
}

export class Teller {
  readonly #history: History;
  readonly #timed: boolean;

  constructor(history: History, timed: boolean) {
    this.#history = history;
    this.#timed = timed;
  }

  #value(id: number): string {
    return id === NONE ? 'nothing' : showValue(this.#history.values[id] as Value);
  }

  key(key: number): string {
    if (key === NONE) return '';
    const value = this.#history.keys[key] as Value;
    return typeof value === 'string' && value.length <= MAX_VALUE_LENGTH ? value : showValue(value);
  }

  /** `x=1`, or `1` where there are no keys. */
  #pair(row: number, id: number): string {
    const key = this.key(this.#history.key[row] as number);
    return key === '' ? this.#value(id) : `${key}=${this.#value(id)}`;
  }

  process(row: number): string {
    return `p${this.#history.process[row]}`;
  }

  /** The node that served it where known, else the process that asked. */
  server(row: number): string {
    const node = this.#history.node[row] as number;
    return node === NONE ? this.process(row) : (this.#history.nodes[node] as string);
  }

  /** `read x=1`, `write x=2`, `cas x: 1 -> 2` ... */
  action(row: number): string {
    const history = this.#history;
    const f = history.functions[history.f[row] as number] as string;
    const argument = history.argument[row] as number;
    const result = history.result[row] as number;
    const key = this.key(history.key[row] as number);
    const on = key === '' ? '' : ` ${key}`;
    if (f === 'read' || f === 'get') return `${f} ${this.#pair(row, result)}`;
    if (f === 'write' || f === 'put') return `${f} ${this.#pair(row, argument)}`;
    if (f === 'cas') {
      const move = `cas${on} ${this.#value(history.expected[row] as number)} -> ${this.#value(argument)}`;
      const refused = history.status[row] === FAIL || (result !== NONE && history.values[result] === false);
      return refused ? `${move} (comparison failed)` : move;
    }
    if (f === 'dequeue' || f === 'pop' || f === 'extract-min')
      return history.status[row] === INFO
        ? `${f}${on}`
        : result <= 0
          ? `${f}${on}, finding it empty`
          : `${f}${on} -> ${this.#value(result)}`;
    const what = argument === NONE ? '' : ` ${this.#value(argument)}`;
    return `${f}${on}${what}${result === NONE || f !== 'contains' ? '' : ` -> ${this.#value(result)}`}`;
  }

  #moment(seq: number, ns: number): string {
    return this.#timed && !Number.isNaN(ns) ? `${Number((ns / 1e9).toFixed(6))} s` : `position ${seq}`;
  }

  begin(row: number): string {
    return this.#moment(this.#history.invoke[row] as number, this.#history.invokeNs[row] as number);
  }

  end(row: number): string {
    return this.#moment(this.#history.complete[row] as number, this.#history.completeNs[row] as number);
  }

  /** How long after the completion of `earlier` the operation `later` was invoked. */
  gap(earlier: number, later: number): string {
    const history = this.#history;
    const ns = (history.invokeNs[later] as number) - (history.completeNs[earlier] as number);
    if (this.#timed && !Number.isNaN(ns)) return `${showGap(ns)} after`;
    return `${(history.invoke[later] as number) - (history.complete[earlier] as number)} positions after`;
  }

  /** One line: the whole operation. */
  line(row: number): string {
    const node = this.#history.node[row] as number;
    const by = node === NONE ? '' : ` on ${this.#history.nodes[node]}`;
    const until = this.#history.status[row] === INFO ? 'and never answered (outcome unknown)' : `to ${this.end(row)}`;
    return `${this.process(row)}: ${this.action(row)}${by}, from ${this.begin(row)} ${until}`;
  }

  /** `n3 read x=1 at 2.31 s, 140 ms after write x=2 was acknowledged to p4`. */
  tooLate(row: number, acknowledged: number): string {
    const what = this.action(acknowledged);
    return `${this.server(row)} ${this.action(row)} at ${this.begin(row)}, ${this.gap(acknowledged, row)} ${what} was acknowledged to ${this.process(acknowledged)}`;
  }
}
