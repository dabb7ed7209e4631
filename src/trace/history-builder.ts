/**
 * Matches invocations with their completions, process by process, and lays the operations out as columns (history.ts).
 * Refuses what cannot be a history: a completion without invocation, two open operations of one process, an
 * invocation after info, order or time running backwards. Does not know models: that an operation fits is the checkers' to say.
 */
import type { Value } from '../core/index.ts';
import { Columns } from './columns.ts';
import { FAIL, type History, INFO, NEVER, NONE, OK } from './history.ts';
import { canonicalText, Interner } from './interner.ts';
import { refuse, show } from './place.ts';
import type { OperationRecord } from './records.ts';

/** Operations whose invocation carries nothing: a null there is no value. */
const withoutArgument = new Set([
  'read',
  'get',
  'dequeue',
  'extract-min',
  'pop',
  'peek',
  'drain',
  'acquire',
  'release',
  'increment',
  'decrement',
]);
/** Operations whose completion repeats the argument where the recorder writes whole operations (Jepsen). */
const echoing = new Set([
  'write',
  'put',
  'cas',
  'add',
  'remove',
  'enqueue',
  'insert',
  'push',
  'append',
  'acquire',
  'release',
  'increment',
  'decrement',
]);

/** The largest `seq`: one below NEVER. */
export const MAX_SEQ = NEVER - 1;
const RETIRED = -1;
const status = { ok: OK, fail: FAIL, info: INFO } as const;

export interface HistoryBuilderOptions {
  /** What the caller calls the input; stands before the line in refusals. */
  readonly source?: string;
  /** The recorder repeats the argument in the completion of an update (Jepsen does): that is no result. */
  readonly dropEchoes?: boolean;
}

export class HistoryBuilder {
  readonly #source: string;
  readonly #dropEchoes: boolean;
  readonly #columns = new Columns();
  readonly #functions = new Interner();
  readonly #keys = new Interner();
  readonly #values = new Interner();
  readonly #nodes = new Interner();
  readonly #codes = new Interner();
  #processNodes: readonly string[] = [];
  /** The row of each process's open operation, or RETIRED after info. */
  readonly #open = new Map<number, number>();
  #lastSeq = -1;
  #lastNs = Number.NEGATIVE_INFINITY;
  #untimed = false;

  constructor(options: HistoryBuilderOptions = {}) {
    this.#source = options.source ?? 'history';
    this.#dropEchoes = options.dropEchoes ?? false;
    this.#values.id(null);
  }

  /** Whom processes ask where their invocations do not say: see Header. */
  set processNodes(nodes: readonly string[]) {
    this.#processNodes = nodes;
  }

  /** Operations so far. */
  get count(): number {
    return this.#columns.count;
  }

  /** True when every half operation so far carries a time. */
  get timed(): boolean {
    return !this.#untimed && this.count > 0;
  }

  /** Take the next half of an operation; `line` is only for refusals. */
  add(record: OperationRecord, line = 0): void {
    this.#order(record, line);
    if (record.phase === 'invoke') this.#invoke(record, line);
    else this.#complete(record, line, record.phase);
  }

  /** The columns are views of the builder's memory: build once, at the end. */
  build(): History {
    return this.#columns.history({
      functions: this.#functions.values as readonly string[],
      keys: this.#keys.values,
      values: this.#values.values,
      nodes: this.#nodes.values as readonly string[],
      codes: this.#codes.values as readonly string[],
    });
  }

  #order(record: OperationRecord, line: number): void {
    const { seq, timeNs } = record;
    if (seq <= this.#lastSeq)
      refuse('LC_HISTORY_TIME', this.#source, line, `seq ${seq} comes after seq ${this.#lastSeq}: the order runs backwards`);
    if (seq > MAX_SEQ) refuse('LC_TRACE_SYNTAX', this.#source, line, `seq ${seq} exceeds ${MAX_SEQ}`);
    this.#lastSeq = seq;
    if (timeNs === undefined) {
      this.#untimed = true;
      return;
    }
    if (timeNs < this.#lastNs)
      refuse('LC_HISTORY_TIME', this.#source, line, `time ${timeNs} ns comes after ${this.#lastNs} ns: time runs backwards`);
    this.#lastNs = timeNs;
  }

  #invoke(record: OperationRecord, line: number): void {
    const open = this.#open.get(record.process);
    if (open !== undefined) this.#overlap(record, open, line);
    const columns = this.#columns;
    const row = columns.add();
    columns.process[row] = record.process;
    columns.line[row] = line;
    columns.f[row] = this.#functions.id(record.f);
    columns.key[row] = record.key === undefined ? NONE : this.#keys.id(record.key);
    columns.invoke[row] = record.seq;
    columns.invokeNs[row] = record.timeNs ?? Number.NaN;
    const node = record.node ?? this.#processNodes[record.process % this.#processNodes.length];
    columns.node[row] = node === undefined ? NONE : this.#nodes.id(node);
    columns.expected[row] = NONE;
    const { value } = record;
    if (record.f === 'cas') {
      if (!Array.isArray(value) || value.length !== 2)
        refuse('LC_TRACE_SYNTAX', this.#source, line, `cas needs [expected, new], not ${show(value)}`);
      columns.expected[row] = this.#values.id(value[0] as Value);
      columns.argument[row] = this.#values.id(value[1] as Value);
    } else if (value === undefined || (value === null && withoutArgument.has(record.f))) columns.argument[row] = NONE;
    else columns.argument[row] = this.#values.id(value);
    this.#open.set(record.process, row);
  }

  #complete(record: OperationRecord, line: number, phase: 'ok' | 'fail' | 'info'): void {
    const row = this.#open.get(record.process);
    // Where a history begins like that all of it may be: Elle takes completions alone, which say nothing of real time.
    const alone = this.count === 0 ? '; the invocations are needed, too' : '';
    if (row === undefined || row === RETIRED) this.#unmatched(record, line, `no open operation${alone}`);
    const columns = this.#columns;
    const opened = this.#functions.values[columns.f[row] as number];
    if (opened !== record.f) this.#unmatched(record, line, `an open ${opened}`);
    if (record.key !== undefined && phase === 'ok') this.#sameKey(record, row, line);
    columns.status[row] = status[phase];
    if (record.node !== undefined) columns.node[row] = this.#nodes.id(record.node);
    if (record.revision !== undefined) columns.revision[row] = record.revision;
    if (record.code !== undefined && phase !== 'ok') columns.code[row] = this.#codes.id(record.code);
    if (phase === 'info') {
      this.#open.set(record.process, RETIRED);
      return;
    }
    this.#open.delete(record.process);
    columns.complete[row] = record.seq;
    columns.completeNs[row] = record.timeNs ?? Number.NaN;
    if (phase === 'ok' && record.value !== undefined && !(this.#dropEchoes && this.#echoes(record, row)))
      columns.result[row] = this.#values.id(record.value);
  }

  #echoes(record: OperationRecord, row: number): boolean {
    if (!echoing.has(record.f)) return false;
    const columns = this.#columns;
    const argument = columns.argument[row] as number;
    if (record.f === 'cas') {
      const pair = [this.#values.values[columns.expected[row] as number] as Value, this.#values.values[argument] as Value];
      return canonicalText(record.value as Value) === canonicalText(pair);
    }
    return argument === NONE ? record.value === null : this.#values.id(record.value as Value) === argument;
  }

  #sameKey(record: OperationRecord, row: number, line: number): void {
    const key = this.#columns.key[row] as number;
    const opened = key === NONE ? undefined : (this.#keys.values[key] as Value);
    if (opened !== undefined && canonicalText(opened) === canonicalText(record.key as Value)) return;
    this.#unmatched(record, line, `an open ${record.f} of key ${show(opened)}, not of ${show(record.key)}`);
  }

  #overlap(record: OperationRecord, open: number, line: number): never {
    const why =
      open === RETIRED
        ? 'after an operation of unknown outcome (info)'
        : `while its ${this.#functions.values[this.#columns.f[open] as number]} invoked at seq ${this.#columns.invoke[open]} is open`;
    refuse('LC_HISTORY_OVERLAP', this.#source, line, `process ${record.process} invokes ${record.f} ${why}`, { process: record.process });
  }

  #unmatched(record: OperationRecord, line: number, has: string): never {
    const sentence = `process ${record.process} completes ${record.f} (${record.phase}), but it has ${has}`;
    refuse('LC_HISTORY_UNMATCHED', this.#source, line, sentence, { process: record.process });
  }
}
