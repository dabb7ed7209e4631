/**
 * One line of the JSON Lines format becomes one record, checked field by field. Unknown fields are refused (a typing
 * error must not silently lose a value), except those that start with `x-`.
 */
import { type BeliefKind, beliefKinds, type Outcome } from '../core/index.ts';
import { NotAValue, readJson } from './json-value.ts';
import { OperationLineParser } from './operation-line.ts';
import { excerpt, type ReadLimits, refuse, show } from './place.ts';
import { type Header, type OperationRecord, TRACE_VERSION, type TraceRecord } from './records.ts';

type Raw = { readonly [field: string]: unknown };
type Check = 'text' | 'name' | 'count' | 'integer' | 'value' | 'names';
type Shape = { readonly [field: string]: Check | `${Check}?` | readonly string[] };

const order: Shape = { type: 'name', seq: 'count', timeNs: 'count?' };
const ownClock: Shape = { clock: 'name?', offsetNs: 'integer?', uncertaintyNs: 'count?' };

const shapes: { readonly [type: string]: Shape } = {
  header: {
    type: 'name',
    trace: 'count',
    seed: 'integer?',
    source: 'text?',
    model: 'name?',
    nodes: 'names?',
    processNodes: 'names?',
    initial: 'value?',
    scenario: 'value?',
  },
  msg: { ...order, ...ownClock, phase: ['send', 'deliver', 'drop'], from: 'name', to: 'name', id: 'count', body: 'text' },
  fault: { ...order, ...ownClock, phase: ['start', 'end'], fault: 'name', detail: 'value' },
  belief: {
    ...order,
    ...ownClock,
    node: 'name',
    subject: 'text',
    kind: 'name',
    value: 'value',
    epoch: 'count?',
    localNs: 'integer?',
  },
  apply: { ...order, ...ownClock, node: 'name', index: 'count', op: 'value' },
  event: { ...order, ...ownClock, subscription: 'name', index: 'count', value: 'value' },
  note: { ...order, ...ownClock, text: 'text' },
};

const operationFields = new Set(['type', 'seq', 'timeNs', 'phase', 'process', 'f', 'key', 'value', 'node', 'revision', 'code']);
const phases: ReadonlySet<unknown> = new Set<'invoke' | Outcome>(['invoke', 'ok', 'fail', 'info']);
const MAX_PROCESS = 2147483647;

export class JsonRecordParser {
  readonly #source: string;
  readonly #limits: ReadLimits;
  readonly #usual = new OperationLineParser();

  constructor(source: string, limits: ReadLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  /** Throws LC_TRACE_SYNTAX or LC_TRACE_VERSION naming line, field and value. */
  parse(text: string, line: number): TraceRecord {
    return this.#usual.parse(text) ?? this.parseFully(text, line);
  }

  /** As parse, without the fast path. */
  parseFully(text: string, line: number): TraceRecord {
    let raw: unknown;
    try {
      raw = JSON.parse(text);
    } catch {
      refuse('LC_TRACE_SYNTAX', this.#source, line, `not JSON: ${excerpt(text)}`);
    }
    if (raw === null || typeof raw !== 'object' || Array.isArray(raw))
      refuse('LC_TRACE_SYNTAX', this.#source, line, `a record is an object, not ${show(raw)}`);
    const record = raw as Raw;
    return record.type === 'op' ? this.#operation(record, text, line) : this.#other(record, text, line);
  }

  #operation(raw: Raw, text: string, line: number): OperationRecord {
    for (const field in raw) if (!operationFields.has(field)) this.#unknown(raw, field, line);
    const { seq, timeNs, phase, process, f, key, value, node, revision, code } = raw;
    if (!isCount(seq)) this.#bad('seq', seq, 'an integer from 0', line);
    if (timeNs !== undefined && !isCount(timeNs)) this.#bad('timeNs', timeNs, 'an integer from 0', line);
    if (!phases.has(phase)) this.#bad('phase', phase, 'invoke, ok, fail or info', line);
    if (!isCount(process) || process > MAX_PROCESS) this.#bad('process', process, `an integer from 0 to ${MAX_PROCESS}`, line);
    if (typeof f !== 'string' || f === '') this.#bad('f', f, 'a name', line);
    if (node !== undefined && typeof node !== 'string') this.#bad('node', node, 'a name', line);
    if (revision !== undefined && !isCount(revision)) this.#bad('revision', revision, 'an integer from 0', line);
    if (code !== undefined && typeof code !== 'string') this.#bad('code', code, 'text', line);
    if (key !== undefined) this.#replace(raw, 'key', key, text, line);
    if (value !== undefined) this.#replace(raw, 'value', value, text, line);
    return raw as unknown as OperationRecord;
  }

  #other(raw: Raw, text: string, line: number): TraceRecord {
    const { type } = raw;
    const shape = typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type] : undefined;
    if (shape === undefined) this.#bad('type', type, `op, ${Object.keys(shapes).join(', ')}`, line);
    if (type === 'header') this.#version(raw, line);
    for (const field in raw) if (!Object.hasOwn(shape, field)) this.#unknown(raw, field, line);
    for (const field in shape) this.#field(raw, field, shape[field] as Shape[string], text, line);
    if (type === 'belief' && !isBeliefKind(raw.kind as string))
      this.#bad('kind', raw.kind, `${Object.keys(beliefKinds).join(', ')} or x-...`, line);
    return raw as unknown as TraceRecord;
  }

  #version(raw: Raw, line: number): void {
    const { trace } = raw as { trace?: Header['trace'] };
    if (trace === TRACE_VERSION) return;
    if (isCount(trace))
      refuse('LC_TRACE_VERSION', this.#source, line, `trace version ${trace}; this reader knows version ${TRACE_VERSION}`);
    this.#bad('trace', trace, `the version, ${TRACE_VERSION}`, line);
  }

  #field(raw: Raw, field: string, check: Shape[string], text: string, line: number): void {
    const value = raw[field];
    if (typeof check !== 'string') {
      if (!check.includes(value as string)) this.#bad(field, value, check.join(', '), line);
      return;
    }
    const optional = check.endsWith('?');
    if (value === undefined) {
      if (!optional) this.#bad(field, value, 'given', line);
      return;
    }
    switch (optional ? check.slice(0, -1) : check) {
      case 'text':
        return typeof value === 'string' ? undefined : this.#bad(field, value, 'text', line);
      case 'name':
        return typeof value === 'string' && value !== '' ? undefined : this.#bad(field, value, 'a name', line);
      case 'count':
        return isCount(value) ? undefined : this.#bad(field, value, 'an integer from 0', line);
      case 'integer':
        return Number.isSafeInteger(value) ? undefined : this.#bad(field, value, 'an integer', line);
      case 'names':
        return isNames(value) ? undefined : this.#bad(field, value, 'a list of names', line);
      default:
        this.#replace(raw, field, value, text, line);
    }
  }

  #replace(raw: Raw, field: string, parsed: unknown, text: string, line: number): void {
    if (typeof parsed !== 'object' && typeof parsed !== 'number') return;
    try {
      const value = readJson(parsed, text, this.#limits.maxDepth);
      if (value !== parsed) (raw as { [field: string]: unknown })[field] = value;
    } catch (error) {
      if (!(error instanceof NotAValue)) throw error;
      refuse('LC_TRACE_SYNTAX', this.#source, line, `\`${field}\` ${error.message}`);
    }
  }

  #unknown(raw: Raw, field: string, line: number): void {
    if (field.startsWith('x-')) return;
    refuse('LC_TRACE_SYNTAX', this.#source, line, `a record of type ${show(raw.type)} has no field ${show(field)}`);
  }

  #bad(field: string, value: unknown, must: string, line: number): never {
    refuse('LC_TRACE_SYNTAX', this.#source, line, `\`${field}\` must be ${must}, not ${value === undefined ? 'absent' : show(value)}`);
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
}

function isBeliefKind(kind: string): kind is BeliefKind {
  return Object.hasOwn(beliefKinds, kind) || kind.startsWith('x-');
}
