/** One run as data: everything that the simulator needs besides the subject. A JSON value; the seed decides the rest. */
import type { Value } from '../core/index.ts';
import type { Fault } from '../scenario/index.ts';
import type { DiskPlan } from './disk.ts';
import type { LinkPlan } from './network.ts';
import type { Settings } from './subject.ts';

/** An operation at its time, as a run recorded it: shrinking works on these. */
export interface PlannedOperation {
  readonly atUs: number;
  /** Client, from 0. */
  readonly client: number;
  readonly f: 'read' | 'write' | 'cas' | 'add' | 'admin';
  readonly key: number;
  /** What is written (unique in the run) or added; for cas the new value. */
  readonly value: number;
  /** For cas. */
  readonly expected: number | null;
  /** For admin: the operation. */
  readonly op?: Value;
}

export interface WorkloadPlan {
  readonly keys: number;
  /** Pause between two operations of one client. */
  readonly thinkMinUs: number;
  readonly thinkMaxUs: number;
  readonly readPpm: number;
  readonly casPpm: number;
  /** The last so many clients only read; 0 unless said otherwise. */
  readonly readers?: number;
  readonly staleReads: boolean;
  /** Share of operations that are administrative (by client 0). */
  readonly adminPpm: number;
  /** At most this many in all. */
  readonly operations: number;
  /** `pinned`: client i asks only server i modulo nodes. */
  readonly placement: 'roaming' | 'pinned';
  /** `sequential`: operation i takes key i modulo keys. */
  readonly keyOrder: 'uniform' | 'sequential';
  /** When given, exactly these and no others. */
  readonly planned?: readonly PlannedOperation[];
}

export interface LivenessPlan {
  /** All of the core restart at the heal: nothing hides in a leadership that lasts. */
  readonly restart?: boolean;
  /** Operations that the core must acknowledge ... */
  readonly commits: number;
  /** ... within this time after the heal, and then converge within as much again. */
  readonly boundMs: number;
  /** How those outside the core are frozen. */
  readonly freeze: 'nobody' | 'kill' | 'pause' | 'one-way-in' | 'one-way-out' | 'cut';
}

export interface Plan {
  readonly seed: number;
  readonly nodes: number;
  readonly clients: number;
  /** The safety phase. */
  readonly durationMs: number;
  readonly settings: Settings;
  /** The protocol version that servers start as; the newest unless said otherwise. */
  readonly version?: number;
  readonly links: LinkPlan;
  readonly clientLinks: LinkPlan;
  /** How much longer a bulky message (a snapshot) takes; 0 unless said otherwise. */
  readonly bulkUs?: number;
  readonly disk: DiskPlan;
  /** Bounds of each node's own draw. */
  readonly clockOffsetUs: number;
  readonly clockDriftPpm: number;
  readonly workload: WorkloadPlan;
  readonly faults: readonly Fault[];
  /** All messages and records go through the protocol's encoded bytes. */
  readonly encoded: boolean;
  readonly liveness: LivenessPlan | null;
}
