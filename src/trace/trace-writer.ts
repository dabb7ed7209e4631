/** Records become lines: fixed field order, sorted keys inside values, so that equal records give equal bytes. Streams through a sink. */
import { LightconeError, type Value } from '../core/index.ts';
import { MAX_SEQ } from './history-builder.ts';
import { writeJson } from './json-value.ts';
import { type OperationRecord, TRACE_VERSION, type TraceRecord } from './records.ts';

/** Of all records but operations: `type` first, then the order, then what the record says. */
const fieldOrder = [
  ...['type', 'trace', 'seed', 'source', 'model', 'nodes', 'initial', 'scenario'],
  ...['seq', 'timeNs', 'clock', 'offsetNs', 'uncertaintyNs', 'phase', 'from', 'to', 'id', 'body'],
  ...['fault', 'detail', 'node', 'subject', 'kind', 'subscription', 'index', 'op', 'value'],
  ...['epoch', 'localNs', 'text'],
];

/** One line without its end. */
export function formatRecord(record: TraceRecord): string {
  if (record.type === 'op') return formatOperation(record);
  const fields = record as unknown as { readonly [field: string]: Value | undefined };
  let text = '';
  for (const field of fieldOrder) {
    const value = fields[field];
    if (value !== undefined) text += `${text === '' ? '{' : ','}"${field}":${writeJson(value)}`;
  }
  return `${text}}`;
}

/** The same for the most frequent kind, without going through all fields; reading it back is tested. */
function formatOperation(record: OperationRecord): string {
  const { seq, timeNs, phase, process, f, key, node, value, revision, code } = record;
  let text = `{"type":"op","seq":${seq}`;
  if (timeNs !== undefined) text += `,"timeNs":${timeNs}`;
  text += `,"phase":"${phase}","process":${process},"f":${JSON.stringify(f)}`;
  if (key !== undefined) text += `,"key":${writeJson(key)}`;
  if (node !== undefined) text += `,"node":${JSON.stringify(node)}`;
  if (value !== undefined) text += `,"value":${writeJson(value)}`;
  if (revision !== undefined) text += `,"revision":${revision}`;
  if (code !== undefined) text += `,"code":${JSON.stringify(code)}`;
  return `${text}}`;
}

const CHUNK_CHARS = 65536;

export class TraceWriter {
  readonly #sink: (text: string) => void;
  #pending = '';
  #started = false;
  #lastSeq = -1;

  /** `sink` gets whole lines, many at a time. */
  constructor(sink: (text: string) => void) {
    this.#sink = sink;
  }

  /** The header first, then `seq` strictly increasing; throws LC_HISTORY_TIME or LC_TRACE_SYNTAX before anything is written. */
  write(record: TraceRecord): void {
    if (record.type === 'header') {
      if (this.#started) throw new LightconeError('LC_TRACE_SYNTAX', 'the header must be the first record of a trace');
      if (record.trace !== TRACE_VERSION)
        throw new LightconeError('LC_TRACE_VERSION', `this writer writes version ${TRACE_VERSION}, not ${record.trace}`);
      this.#started = true;
    } else {
      if (!this.#started)
        throw new LightconeError('LC_TRACE_SYNTAX', `a trace starts with its header, not with a record of type ${record.type}`);
      if (record.seq <= this.#lastSeq)
        throw new LightconeError('LC_HISTORY_TIME', `seq ${record.seq} comes after seq ${this.#lastSeq}: the order runs backwards`);
      if (record.seq > MAX_SEQ) throw new LightconeError('LC_TRACE_SYNTAX', `seq ${record.seq} exceeds ${MAX_SEQ}`);
      this.#lastSeq = record.seq;
    }
    this.#pending += `${formatRecord(record)}\n`;
    if (this.#pending.length >= CHUNK_CHARS) this.end();
  }

  /** Hands over what is pending. */
  end(): void {
    if (this.#pending !== '') this.#sink(this.#pending);
    this.#pending = '';
  }
}
