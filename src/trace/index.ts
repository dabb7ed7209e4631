export { FAIL, type History, INFO, NEVER, NONE, OK, type TraceView } from './history.ts';
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
