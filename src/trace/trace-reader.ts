/**
 * The push reader of every format: `feed` chunks of text or bytes as they come, then `end`. Holds, besides what it
 * builds, at most one line (or EDN form). The format is told from the content, never from a name, unless given.
 */
import { EdnSplitter } from './edn-splitter.ts';
import { detectFormat, type TraceFormat } from './format.ts';
import type { TraceView } from './history.ts';
import { JepsenImporter, type JepsenOptions } from './jepsen.ts';
import { parseJepsenForm } from './jepsen-edn.ts';
import { parseJepsenJson } from './jepsen-json.ts';
import { JepsenLogParser } from './jepsen-log.ts';
import { JsonRecordParser } from './json-record.ts';
import { LineSplitter } from './line-splitter.ts';
import { defaultLimits, excerpt, type ReadLimits, refuse } from './place.ts';
import type { RecordType, TraceRecord } from './records.ts';
import { ChunkDecoder } from './text-decoder.ts';
import { ViewBuilder } from './view-builder.ts';

export interface ReadOptions extends JepsenOptions {
  /** What to call the input in refusals, usually its path. */
  readonly source?: string;
  /** Default: told from the content. */
  readonly format?: TraceFormat;
  readonly limits?: Partial<ReadLimits>;
}

interface Splitter {
  feed(text: string): void;
  end(): void;
}

const HEAD_CHARS = 4096;

/** Every record of an input to `sink`, one by one, with its line. Throws LightconeError (LC_TRACE_..., LC_HISTORY_TIME) only. */
export class RecordReader {
  readonly #source: string;
  readonly #options: ReadOptions;
  readonly #limits: ReadLimits;
  readonly #sink: (record: TraceRecord, line: number) => void;
  readonly #decoder: ChunkDecoder;
  #format: TraceFormat | null;
  #splitter: Splitter | null = null;
  #importer: JepsenImporter | null = null;
  /** Text before the format was known. */
  #head = '';
  #records = 0;

  constructor(options: ReadOptions, sink: (record: TraceRecord, line: number) => void) {
    this.#source = options.source ?? 'input';
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#sink = sink;
    this.#decoder = new ChunkDecoder(this.#source);
    this.#format = options.format ?? null;
  }

  /** null as long as it is not known. */
  get format(): TraceFormat | null {
    return this.#format;
  }

  feed(chunk: string | Uint8Array): void {
    const text = this.#decoder.text(chunk);
    if (text === '') return;
    if (this.#splitter !== null) this.#splitter.feed(text);
    else {
      this.#head += text;
      this.#start(false);
    }
  }

  end(): void {
    this.#decoder.end();
    if (this.#splitter === null) this.#start(true);
    this.#splitter?.end();
    this.#importer?.end();
  }

  #start(ended: boolean): void {
    const head = this.#head;
    const from = head.search(/\S/);
    this.#format ??= this.#detect(from, ended);
    if (this.#format === null) {
      if (!ended && head.length < (from < 0 ? this.#limits.maxLineChars : from + HEAD_CHARS)) return;
      this.#unknownFormat(head);
    }
    this.#head = '';
    this.#splitter = this.#makeSplitter(this.#format);
    this.#splitter.feed(head);
  }

  /** Whole lines decide, the unfinished one only at the limit or the end: so it does not matter how the input is cut into chunks. */
  #detect(from: number, ended: boolean): TraceFormat | null {
    const head = this.#head;
    const limit = from + HEAD_CHARS;
    if (from < 0) return null;
    for (let end = head.indexOf('\n', from); end >= 0 && end < limit; end = head.indexOf('\n', end + 1)) {
      const format = detectFormat(head.slice(0, end + 1));
      if (format !== null) return format;
    }
    return ended || head.length >= limit ? detectFormat(head.slice(0, limit)) : null;
  }

  #unknownFormat(head: string): never {
    const line = (/^\s*/.exec(head)?.[0] ?? '').split('\n').length;
    const known = 'a lightcone trace (JSON Lines), a Jepsen or Elle history (EDN or JSON) or a Jepsen log';
    if (head.trim() === '') refuse('LC_TRACE_SYNTAX', this.#source, 1, `the input is empty: expected ${known}`);
    refuse('LC_TRACE_SYNTAX', this.#source, line, `not ${known}: ${excerpt(head.trim())}`);
  }

  #makeSplitter(format: TraceFormat): Splitter {
    const { maxLineChars } = this.#limits;
    if (format === 'lightcone') {
      const parser = new JsonRecordParser(this.#source, this.#limits);
      return new LineSplitter(this.#source, maxLineChars, (text, line) => {
        if (text === '' || text.trim() === '') return;
        this.#count(line);
        this.#sink(parser.parse(text, line), line);
      });
    }
    const importer = new JepsenImporter(this.#source, format, this.#options, this.#sink);
    this.#importer = importer;
    if (format !== 'jepsen-log') {
      const parse = format === 'jepsen-json' ? parseJepsenJson : parseJepsenForm;
      // Objects of JSON begin and end as maps of EDN do.
      return new EdnSplitter(this.#source, maxLineChars, (text, line) => {
        this.#count(line);
        importer.add(parse(text, line, this.#source, this.#limits), line);
      });
    }
    const parser = new JepsenLogParser(this.#source, this.#limits);
    return new LineSplitter(this.#source, maxLineChars, (text, line) => {
      this.#count(line);
      const operation = parser.parse(text, line);
      if (operation !== null) importer.add(operation, line);
    });
  }

  #count(line: number): void {
    if (++this.#records > this.#limits.maxRecords)
      refuse('LC_TRACE_LIMIT', this.#source, line, `more than ${this.#limits.maxRecords} records`);
  }
}

export interface ViewReadOptions extends ReadOptions {
  /** Kinds of record to keep besides `op`; default: all but `msg`. */
  readonly keep?: Iterable<RecordType>;
}

/** Reads an input of any format into a TraceView. */
export class TraceReader {
  readonly #options: ViewReadOptions;
  readonly #records: RecordReader;
  #view: ViewBuilder | null = null;

  constructor(options: ViewReadOptions = {}) {
    this.#options = options;
    this.#records = new RecordReader(options, (record, line) => this.#builder().add(record, line));
  }

  /** null as long as it is not known. */
  get format(): TraceFormat | null {
    return this.#records.format;
  }

  /** Operations begun so far. */
  get operations(): number {
    return this.#view?.operations ?? 0;
  }

  /** Records so far, the header included. */
  get records(): number {
    return this.#view?.records ?? 0;
  }

  /** After a refusal (LightconeError) the reader must not be fed again. */
  feed(chunk: string | Uint8Array): void {
    this.#records.feed(chunk);
  }

  /** Throws what is wrong with the end of the input; otherwise everything read. */
  end(): TraceView {
    this.#records.end();
    return this.#builder().build();
  }

  #builder(): ViewBuilder {
    if (this.#view !== null) return this.#view;
    const { source, keep, limits } = this.#options;
    this.#view = new ViewBuilder({
      source: source ?? 'input',
      dropEchoes: this.#records.format !== 'lightcone',
      ...(keep === undefined ? {} : { keep }),
      ...(limits?.maxKept === undefined ? {} : { maxKept: limits.maxKept }),
    });
    return this.#view;
  }
}

/** A whole input that is at hand as one text or byte array. */
export function readTrace(input: string | Uint8Array, options: ViewReadOptions = {}): TraceView {
  const reader = new TraceReader(options);
  reader.feed(input);
  return reader.end();
}
