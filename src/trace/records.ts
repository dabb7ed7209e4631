/**
 * The trace format, version 1: JSON Lines, one record a line, the header first (docs/reference/trace.md).
 * `seq` orders everything and is mandatory; `timeNs` counts from the header's start and may be absent.
 */
import type { BeliefKind, Outcome, Value } from '../core/index.ts';

export const TRACE_VERSION = 1;

export interface Header {
  readonly type: 'header';
  readonly trace: number;
  readonly seed?: number;
  /** What made the trace: program and version. */
  readonly source?: string;
  /** The model of the operations: register, cas-register, kv, counter, set, queue, mutex, list-append ... */
  readonly model?: string;
  readonly nodes?: readonly string[];
  /** Process p asks the node at place p modulo their number, where the record of its invocation names none. */
  readonly processNodes?: readonly string[];
  /** What every key holds at the start. */
  readonly initial?: Value;
  readonly scenario?: Value;
}

interface Ordered {
  readonly seq: number;
  readonly timeNs?: number;
}

/** Whose clock made `timeNs`, where it is not the recorder's: such times order nothing. */
interface Stamped extends Ordered {
  readonly clock?: string;
  /** The recorder's clock minus this one, as measured, and how far that may be off. */
  readonly offsetNs?: number;
  readonly uncertaintyNs?: number;
}

/** Half of an operation. After `info` a process never invokes again. */
export interface OperationRecord extends Ordered {
  readonly type: 'op';
  readonly phase: 'invoke' | Outcome;
  readonly process: number;
  /** read, write, cas, add, remove, contains, enqueue, dequeue, acquire, release, increment, txn ... */
  readonly f: string;
  readonly key?: Value;
  /** Invoke: the argument (cas: `[expected, new]`). Completion of a read: what was seen. */
  readonly value?: Value;
  /** The node that served it, where known. */
  readonly node?: string;
  /** Position of the state that answered, where the service says it. */
  readonly revision?: number;
  readonly code?: string;
}

export interface MessageRecord extends Stamped {
  readonly type: 'msg';
  readonly phase: 'send' | 'deliver' | 'drop';
  readonly from: string;
  readonly to: string;
  readonly id: number;
  readonly body: string;
}

export interface FaultRecord extends Stamped {
  readonly type: 'fault';
  readonly phase: 'start' | 'end';
  readonly fault: string;
  /** What the symbolic targets resolved to. */
  readonly detail: Value;
}

/** What `node` holds true from now on. */
export interface BeliefRecord extends Stamped {
  readonly type: 'belief';
  readonly node: string;
  readonly subject: string;
  readonly kind: BeliefKind;
  readonly value: Value;
  readonly epoch?: number;
  /** The node's own clock, where it differs from the recorder's. */
  readonly localNs?: number;
}

export interface ApplyRecord extends Stamped {
  readonly type: 'apply';
  readonly node: string;
  readonly index: number;
  readonly op: Value;
}

/** A watch notification or delivery. */
export interface EventRecord extends Stamped {
  readonly type: 'event';
  readonly subscription: string;
  readonly index: number;
  readonly value: Value;
}

export interface NoteRecord extends Stamped {
  readonly type: 'note';
  readonly text: string;
}

export type TraceRecord = Header | OperationRecord | MessageRecord | FaultRecord | BeliefRecord | ApplyRecord | EventRecord | NoteRecord;
export type RecordType = TraceRecord['type'];
