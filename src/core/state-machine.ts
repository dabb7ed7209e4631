/**
 * The port between agreeing on an order and making values of it. Ordering protocols (Raft, Paxos, PBFT, Tendermint)
 * indicate `apply` and `readReady` (a refusal is an ordinary `reply`); a pure StateMachine turns the agreed operations into values; `Replica` joins them.
 */
import type { Writer } from './codec.ts';
import type { NodeId } from './step.ts';
import type { Value } from './value.ts';

/** Deterministic and without I/O: equal operations in equal order give equal states and equal answers. */
export interface StateMachine {
  /** Take the next agreed operation; the answer for its client. Must not throw: a refusal is a value. */
  apply(op: Value): Value;
  /** Answer a read without changing anything. */
  query(op: Value): Value;
  /** The whole state; immutable, restorable on any node. */
  snapshot(): Value;
  restore(snapshot: Value): void;
  clone(): StateMachine;
  encode(writer: Writer): void;
}

/** A client operation on its way through an ordering protocol, with the session that makes it exactly-once. */
export interface Command {
  readonly session: number;
  readonly id: number;
  readonly op: Value;
}

/** Positions `first`, `first + 1`, ... are agreed. null commands (no-ops, membership changes) only move the position. */
export interface ApplyIndication {
  readonly kind: 'apply';
  readonly first: number;
  readonly commands: readonly (Command | null)[];
}
/** The state at `index` and beyond includes everything acknowledged before linearizable read (session, id) was asked. */
export interface ReadReadyIndication {
  readonly kind: 'readReady';
  readonly session: number;
  readonly id: number;
  readonly index: number;
}
/** Forget the state; take `snapshot`, which stands for all positions up to `index`. */
export interface RestoreIndication {
  readonly kind: 'restore';
  readonly index: number;
  readonly snapshot: Value;
}
/** Who leads, as this node believes; 0 when unknown. */
export interface LeaderIndication {
  readonly kind: 'leader';
  readonly leader: NodeId;
  readonly epoch: number;
}

export type OrderingIndication = ApplyIndication | ReadReadyIndication | RestoreIndication | LeaderIndication;

/** What the layer above may ask of an ordering protocol besides `request`: `snapshot` stands for all positions up to `index`. */
export interface CompactRequest {
  readonly type: 'compact';
  readonly index: number;
  readonly snapshot: Value;
}
