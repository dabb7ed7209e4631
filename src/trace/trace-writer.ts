/** Records become lines: fixed field order, sorted keys inside values, so that equal records give equal bytes. Streams through a sink. */
import { LightconeError, type Value } from '../core/index.ts';
import { MAX_SEQ } from './history-builder.ts';
import { writeJson } from './json-value.ts';
import { TRACE_VERSION, type TraceRecord } from './records.ts';

/** `type` first, then the order, then what the record says. */
const fieldOrder = [
  ...['type', 'trace', 'seed', 'source', 'model', 'nodes', 'initial', 'scenario'],
  ...['seq', 'timeNs', 'clock', 'offsetNs', 'uncertaintyNs', 'phase', 'process', 'f', 'from', 'to', 'id', 'body'],
  ...['fault', 'detail', 'key', 'node', 'subject', 'kind', 'subscription', 'index', 'op', 'value'],
  ...['epoch', 'localNs', 'revision', 'code', 'text'],
];

/** One line without its end. */
export function formatRecord(record: TraceRecord): string {
  const fields = record as unknown as { readonly [field: string]: Value | undefined };
  let text = '';
  for (const field of fieldOrder) {
    const value = fields[field];
    if (value !== undefined) text += `${text === '' ? '{' : ','}"${field}":${writeJson(value)}`;
  }
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
