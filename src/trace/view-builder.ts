/**
 * Records become a TraceView: operations as columns, beliefs, faults and the rest as lists. Checks the order of all
 * records of the recorder's clock. Messages are not kept unless asked for: a trace may hold millions.
 */
import type { TraceView } from './history.ts';
import { HistoryBuilder } from './history-builder.ts';
import { defaultLimits, refuse } from './place.ts';
import { type BeliefRecord, type FaultRecord, type Header, type RecordType, TRACE_VERSION, type TraceRecord } from './records.ts';

export interface ViewOptions {
  /** What the caller calls the input; stands before the line in refusals. */
  readonly source?: string;
  /** Kinds to keep besides `op`; default: all but `msg`. A kind that is not kept is not `present`. */
  readonly keep?: Iterable<RecordType>;
  /** How many records of each kind are kept; one more is refused (LC_TRACE_LIMIT), never dropped in silence. */
  readonly maxKept?: number;
  /** See HistoryBuilderOptions. */
  readonly dropEchoes?: boolean;
}

const KEPT: readonly RecordType[] = ['fault', 'belief', 'apply', 'event', 'note'];

export class ViewBuilder {
  readonly #source: string;
  readonly #keep: ReadonlySet<RecordType>;
  readonly #maxKept: number;
  readonly #history: HistoryBuilder;
  readonly #beliefs: BeliefRecord[] = [];
  readonly #faults: FaultRecord[] = [];
  readonly #others: TraceRecord[] = [];
  readonly #present = new Set<RecordType>();
  #header: Header | null = null;
  #records = 0;
  #lastSeq = -1;
  #lastNs = Number.NEGATIVE_INFINITY;

  constructor(options: ViewOptions = {}) {
    this.#source = options.source ?? 'trace';
    this.#keep = new Set(options.keep ?? KEPT);
    this.#maxKept = options.maxKept ?? defaultLimits.maxKept;
    this.#history = new HistoryBuilder({ source: this.#source, dropEchoes: options.dropEchoes ?? false });
  }

  /** Records taken so far, the header included. */
  get records(): number {
    return this.#records;
  }

  /** Operations begun so far. */
  get operations(): number {
    return this.#history.count;
  }

  add(record: TraceRecord, line = 0): void {
    this.#records++;
    if (record.type === 'header') {
      if (this.#header !== null || this.#records > 1) refuse('LC_TRACE_SYNTAX', this.#source, line, 'the header must be the first record');
      this.#header = record;
      this.#present.add('header');
      if (record.processNodes !== undefined) this.#history.processNodes = record.processNodes;
      return;
    }
    if (this.#header === null)
      refuse('LC_TRACE_SYNTAX', this.#source, line, `a trace starts with its header, not with a record of type ${record.type}`);
    this.#order(record, line);
    if (record.type === 'op') {
      this.#history.add(record, line);
      this.#present.add('op');
    } else if (this.#keep.has(record.type)) this.#keepRecord(record, line);
  }

  /** Throws LC_TRACE_SYNTAX when there was no header. */
  build(): TraceView {
    if (this.#header === null) refuse('LC_TRACE_SYNTAX', this.#source, 0, 'no header: the trace is empty');
    return {
      header: this.#header,
      history: this.#history.build(),
      beliefs: this.#beliefs,
      faults: this.#faults,
      others: this.#others,
      present: this.#present,
      timed: this.#history.timed,
    };
  }

  #order(record: Exclude<TraceRecord, Header>, line: number): void {
    if (record.seq <= this.#lastSeq)
      refuse('LC_HISTORY_TIME', this.#source, line, `seq ${record.seq} comes after seq ${this.#lastSeq}: the order runs backwards`);
    this.#lastSeq = record.seq;
    if (record.timeNs === undefined || (record.type !== 'op' && record.clock !== undefined)) return;
    if (record.timeNs < this.#lastNs)
      refuse('LC_HISTORY_TIME', this.#source, line, `time ${record.timeNs} ns comes after ${this.#lastNs} ns: time runs backwards`);
    this.#lastNs = record.timeNs;
  }

  #keepRecord(record: Exclude<TraceRecord, Header>, line: number): void {
    const list: TraceRecord[] = record.type === 'belief' ? this.#beliefs : record.type === 'fault' ? this.#faults : this.#others;
    if (list.length >= this.#maxKept)
      refuse('LC_TRACE_LIMIT', this.#source, line, `more than ${this.#maxKept} records to keep; this one is of type ${record.type}`);
    list.push(record);
    this.#present.add(record.type);
  }
}

/** A view of records in memory; a header is supplied where the first record is none. */
export function buildView(records: Iterable<TraceRecord>, options: ViewOptions = {}): TraceView {
  const builder = new ViewBuilder(options);
  for (const record of records) {
    if (builder.records === 0 && record.type !== 'header') builder.add({ type: 'header', trace: TRACE_VERSION });
    builder.add(record);
  }
  if (builder.records === 0) builder.add({ type: 'header', trace: TRACE_VERSION });
  return builder.build();
}
