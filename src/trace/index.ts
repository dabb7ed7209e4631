export { EdnError, EdnParser } from './edn.ts';
export { detectFormat, type TraceFormat, traceFormats } from './format.ts';
export { FAIL, type History, INFO, NEVER, NONE, OK, type TraceView } from './history.ts';
export { HistoryBuilder, type HistoryBuilderOptions, MAX_SEQ } from './history-builder.ts';
export { canonicalText, Interner } from './interner.ts';
export { writeJson } from './json-value.ts';
export { defaultLimits, type ReadLimits } from './place.ts';
export {
  type ApplyRecord,
  type BeliefRecord,
  type EventRecord,
  type FaultRecord,
  type Header,
  type MessageRecord,
  type NoteRecord,
  type OperationRecord,
  type RecordType,
  TRACE_VERSION,
  type TraceRecord,
} from './records.ts';
export { type ReadOptions, RecordReader, readTrace, TraceReader, type ViewReadOptions } from './trace-reader.ts';
export { formatRecord, TraceWriter } from './trace-writer.ts';
export { buildView, ViewBuilder, type ViewOptions } from './view-builder.ts';
