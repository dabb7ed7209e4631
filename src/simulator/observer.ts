/** What a recorder may watch. It sees everything and changes nothing: a watched run has the hash of an unwatched one. */
import type { NodeId, Outcome, Value } from '../core/index.ts';

export type Payload = 'message' | 'request' | 'reply';

/** The clocks of the world that is watched, in microseconds. */
export interface WatchedWorld {
  readonly now: number;
  localNow(id: NodeId): number;
}

/** Half of an operation of the workload, with the values of the history. */
export interface OperationHalf {
  readonly phase: 'invoke' | Outcome;
  readonly process: number;
  readonly f: string;
  readonly key: number;
  readonly value?: Value;
  /** Who answered; 0: nobody. */
  readonly server: NodeId;
  readonly revision?: number;
  readonly code?: string;
}

export interface Observer {
  /** The run begins. */
  begin?(world: WatchedWorld): void;
  sent(from: NodeId, to: NodeId, kind: Payload, payload: unknown, id: number): void;
  dropped(from: NodeId, to: NodeId, kind: Payload, payload: unknown, id: number): void;
  delivered(from: NodeId, to: NodeId, kind: Payload, payload: unknown, id: number): void;
  believed(node: NodeId, kind: string, value: Value, epoch: number): void;
  indicated(node: NodeId, indication: unknown): void;
  operation?(half: OperationHalf): void;
  fault(phase: 'start' | 'end', fault: string, detail: Value): void;
  note(text: string): void;
}
