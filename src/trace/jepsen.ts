/**
 * What Jepsen (jepsen.io) records of one operation becomes records of ours. Clients' operations keep their meaning;
 * the nemesis's become faults (`start...`, `stop...`) and notes. Jepsen retires a process after `:info`, and repeats
 * arguments in completions; the latter is the builder's `dropEchoes`.
 */
import type { Outcome, Value } from '../core/index.ts';
import { tellsKeyed } from './jepsen-keys.ts';
import { NamelessProcesses } from './jepsen-processes.ts';
import { refuse, show } from './place.ts';
import { type Header, type OperationRecord, TRACE_VERSION, type TraceRecord } from './records.ts';

/** One recorded half operation, as both Jepsen formats give it. */
export interface JepsenOperation {
  readonly process: Value | undefined;
  readonly type: Value | undefined;
  readonly f: Value | undefined;
  readonly value: Value | undefined;
  /** Some recorders keep the key apart from the value. */
  readonly key?: Value | undefined;
  readonly timeNs?: Value | undefined;
  readonly index?: Value | undefined;
  readonly error?: Value | undefined;
}

export interface JepsenOptions {
  /** Values are `[key value]` (jepsen.independent). Default: told from the first invocations; false: a vector is a value. */
  readonly keyed?: boolean;
  readonly model?: string;
}

/** Operations that mean the same as one of ours. */
const renamed: { readonly [f: string]: string } = { 'read-init': 'read', broadcast: 'add' };
const microOperations = /^:?(?:r|w|append)$/;
/** Times of neighbours may be this much out of order; more is refused. */
const JITTER_NS = 1_000_000_000;
/** Operations that are held back until one tells whether the history is keyed. */
const HELD_MAX = 10_000;

interface Held {
  readonly operation: JepsenOperation;
  readonly line: number;
}

const types: ReadonlySet<string> = new Set<'invoke' | Outcome>(['invoke', 'ok', 'fail', 'info']);
const MAX_PROCESS = 2147483647;

/** Porcupine's key-value logs start from empty texts. */
function headerOf(format: string, model: string | undefined, causal: boolean): Header {
  const known = model ?? (format === 'porcupine' ? 'kv' : causal ? 'causal' : undefined);
  const initial = format === 'porcupine' ? { initial: '' } : causal ? { initial: 0 } : {};
  return { type: 'header', trace: TRACE_VERSION, source: format, ...(known === undefined ? {} : { model: known }), ...initial };
}

export class JepsenImporter {
  readonly #source: string;
  readonly #format: string;
  readonly #model: string | undefined;
  #keyed: boolean | null;
  #held: Held[] | null = [];
  readonly #nameless = new NamelessProcesses();
  /** What a process's open operation is called here. */
  readonly #openNames = new Map<number, string>();
  #named: boolean | null = null;
  readonly #sink: (record: TraceRecord, line: number) => void;
  #seq = 0;
  #lastIndex = -1;
  #lastNs = 0;
  /** Nemesis processes whose operation is under way: its second record is the completion. */
  readonly #underWay = new Set<string>();

  constructor(source: string, format: string, options: JepsenOptions, sink: (record: TraceRecord, line: number) => void) {
    this.#source = source;
    this.#format = format;
    this.#model = options.model;
    this.#keyed = options.keyed ?? null;
    this.#sink = sink;
  }

  add(operation: JepsenOperation, line: number): void {
    if (this.#held === null) {
      this.#take(operation, line);
      return;
    }
    this.#held.push({ operation, line });
    this.#keyed ??= this.#tells(operation);
    if (this.#keyed !== null || this.#held.length >= HELD_MAX) this.#release();
  }

  /** Whether it shows that the history is keyed, or not; null: neither. One that is wrong shows that nothing needs to wait. */
  #tells({ type, f: given, process, value }: JepsenOperation): boolean | null {
    const [phase, f] = [keyword(type), keyword(given)];
    if (phase === null || !types.has(phase) || isTransaction(value)) return false;
    if (typeof process === 'string') return null;
    if (f === null || (typeof process !== 'number' && process !== undefined && process !== null)) return false;
    return phase === 'invoke' ? tellsKeyed(f, value ?? null) : null;
  }

  end(): void {
    this.#release();
  }

  #release(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.#keyed ??= false;
    const causal = held.some(({ operation }) => keyword(operation.f) === 'read-init');
    this.#sink(headerOf(this.#format, this.#model, causal), 0);
    for (const { operation, line } of held) this.#take(operation, line);
  }

  #take(operation: JepsenOperation, line: number): void {
    const type = keyword(operation.type);
    if (type === null || !types.has(type)) this.#bad(':type', operation.type, ':invoke, :ok, :fail or :info', line);
    const f = this.#name(operation, type as OperationRecord['phase'], line);
    const time = this.#time(operation, line);
    this.#index(operation, line);
    const process = this.#process(operation, type as OperationRecord['phase'], f, line);
    if (typeof process === 'string' && process.startsWith(':')) this.#nemesis(process.slice(1), f, operation, time, line);
    else if (Number.isSafeInteger(process) && (process as number) >= 0 && (process as number) <= MAX_PROCESS)
      this.#client(process as number, type as OperationRecord['phase'], f, operation, time, line);
    else this.#bad(':process', process, 'an integer from 0 or a keyword such as :nemesis', line);
  }

  /** What is asked: transactions are told from their micro-operations, whatever they are called. */
  #name({ f: given, value, process }: JepsenOperation, phase: OperationRecord['phase'], line: number): string {
    const open = phase === 'invoke' || typeof process !== 'number' ? undefined : this.#openNames.get(process);
    const f = keyword(given);
    if (isTransaction(value)) return this.#opened(process, phase, 'txn');
    if (open === 'txn') return 'txn';
    if (f === null) this.#bad(':f', given, 'a keyword such as :read', line);
    return this.#opened(process, phase, Object.hasOwn(renamed, f) ? (renamed[f] as string) : f);
  }

  #opened(process: Value | undefined, phase: OperationRecord['phase'], f: string): string {
    if (typeof process === 'number' && phase === 'invoke') this.#openNames.set(process, f);
    return f;
  }

  #process({ process, value }: JepsenOperation, phase: OperationRecord['phase'], f: string, line: number): Value | undefined {
    const named = process !== undefined && process !== null;
    if (typeof process !== 'string') {
      if (this.#named !== null && this.#named !== named) this.#bad(':process', process, 'there in all operations or in none', line);
      this.#named = named;
    }
    if (named) return process;
    const found = this.#nameless.of(phase, f, value ?? null);
    if (typeof found === 'number') return found;
    const sentence = `${found === 'none' ? 'no open operation' : 'more than one open operation'} can be what this ${f} (${phase}) without :process completes`;
    refuse('LC_HISTORY_UNMATCHED', this.#source, line, sentence);
  }

  #client(
    process: number,
    phase: OperationRecord['phase'],
    f: string,
    operation: JepsenOperation,
    time: { timeNs?: number },
    line: number,
  ): void {
    const record: { -readonly [K in keyof OperationRecord]: OperationRecord[K] } = {
      type: 'op',
      seq: this.#seq++,
      ...time,
      phase,
      process,
      f,
    };
    // The value of a failed or unknown operation says nothing about the state (`:timed-out`), and may lack its key.
    if (phase === 'invoke' || phase === 'ok') {
      let value = operation.value ?? null;
      if (this.#keyed) {
        if (!Array.isArray(value) || value.length !== 2) this.#bad(':value', value, '[key value], as the history is keyed', line);
        record.key = value[0] as Value;
        value = value[1] as Value;
      } else if (operation.key !== undefined && operation.key !== null) record.key = operation.key;
      record.value = f === 'txn' ? plainTransaction(value) : elements(value);
    }
    if (phase === 'fail' || phase === 'info') {
      const code = errorCode(operation);
      if (code !== null) record.code = code;
    }
    this.#sink(record, line);
  }

  #nemesis(name: string, f: string, operation: JepsenOperation, time: { timeNs?: number }, line: number): void {
    const seq = this.#seq++;
    const completes = this.#underWay.delete(name);
    if (!completes) this.#underWay.add(name);
    const phase = /^(?:start|kill|pause|break|partition)/.test(f)
      ? 'start'
      : /^(?:stop|heal|resume|recover|restart)/.test(f)
        ? 'end'
        : null;
    const detail = { by: name, value: operation.value ?? null };
    if (completes && phase !== null) this.#sink({ type: 'fault', seq, ...time, phase, fault: f, detail }, line);
    else this.#sink({ type: 'note', seq, ...time, text: `${name} ${f} ${show(detail.value)}` }, line);
  }

  #time(operation: JepsenOperation, line: number): { timeNs?: number } {
    const { timeNs } = operation;
    if (timeNs === undefined || timeNs === null) return {};
    if (!Number.isSafeInteger(timeNs) || (timeNs as number) < 0) this.#bad(':time', timeNs, 'nanoseconds, an integer from 0', line);
    // Workers stamp an operation before it is journalled: the order of the records counts, and times give way to it.
    const behind = this.#lastNs - (timeNs as number);
    if (behind <= 0 || behind > JITTER_NS) this.#lastNs = timeNs as number;
    return { timeNs: this.#lastNs };
  }

  #index(operation: JepsenOperation, line: number): void {
    const { index } = operation;
    if (index === undefined || index === null) return;
    if (!Number.isSafeInteger(index) || (index as number) < 0) this.#bad(':index', index, 'an integer from 0', line);
    if ((index as number) <= this.#lastIndex)
      refuse('LC_HISTORY_TIME', this.#source, line, `:index ${index} comes after :index ${this.#lastIndex}: the order runs backwards`);
    this.#lastIndex = index as number;
  }

  #bad(field: string, value: unknown, must: string, line: number): never {
    refuse('LC_TRACE_SYNTAX', this.#source, line, `${field} must be ${must}, not ${value === undefined ? 'absent' : show(value)}`);
  }
}

/** A list of `[f key value]`: what Jepsen's long fork calls :read and :write, and Elle's histories nothing at all. */
function isTransaction(value: Value | undefined): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((micro: Value) => Array.isArray(micro) && typeof micro[0] === 'string' && microOperations.test(micro[0]));
}

/** The name of a keyword or string; null for anything else. */
function keyword(value: Value | undefined): string | null {
  if (typeof value !== 'string' || value === '' || value === ':') return null;
  return value.startsWith(':') ? value.slice(1) : value;
}

/** Why it failed: `:error`, or a keyword in the place of the value (`:timed-out`). null: none given, so a failed cas is the answer of its comparison. */
function errorCode(operation: JepsenOperation): string | null {
  const { error, value } = operation;
  const first = Array.isArray(error) ? (error[0] as Value | undefined) : error;
  if (first !== undefined && first !== null) return keyword(first) ?? show(error);
  return typeof value === 'string' && value.startsWith(':') ? keyword(value) : null;
}

/** A set that was read (`#{1 2}`) is the list of its elements: that is how our set model reads. */
function elements(value: Value): Value {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const items = (value as { readonly [key: string]: Value }).$set;
  return items === undefined ? value : items;
}

/** Micro-operations `[:r x nil]` as `["r", x, null]`. */
function plainTransaction(value: Value): Value {
  if (!Array.isArray(value)) return value;
  return value.map((micro: Value) => {
    if (!Array.isArray(micro) || typeof micro[0] !== 'string' || !micro[0].startsWith(':')) return micro;
    return [micro[0].slice(1), ...(micro.slice(1) as Value[])];
  });
}
