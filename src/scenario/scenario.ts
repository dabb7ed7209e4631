/** A scenario: nodes, workload, fault schedule, checks and seed. It runs unchanged on every target. */
import type { Value } from '../core/index.ts';
import type { Fault } from './fault.ts';

export const SCENARIO_VERSION = 1;

export interface WorkloadSpec {
  /** register, cas-register, kv, counter, set, queue, mutex ... */
  readonly kind: string;
  readonly clients: number;
  readonly operations: number;
  readonly keys?: number;
  /** Operations a second of all clients together; without it each client works as fast as it is answered. */
  readonly ratePerSecond?: number;
  /** Share of reads, 0 to 1. */
  readonly readShare?: number;
  readonly readMode?: 'linearizable' | 'stale';
  /** How long a client waits for an operation before it counts its outcome as unknown (info); the target's own limit unless said. */
  readonly timeoutMs?: number;
  /** `roaming` (default): a client tries one server after another. `pinned`: client i asks only server i modulo nodes. */
  readonly placement?: 'roaming' | 'pinned';
  /** `uniform` (default): each operation draws its key. `sequential`: operation i takes key i modulo keys. */
  readonly keyOrder?: 'uniform' | 'sequential';
}

export interface CheckSpec {
  /** linearizability, split-brain, convergence, staleness, sessions, invariants. */
  readonly check: string;
  readonly [threshold: string]: Value;
}

export interface NodeSpec {
  readonly name: string;
  readonly zone?: string;
  readonly role?: 'voter' | 'learner' | 'witness';
  /** Protocol version that it starts as. */
  readonly version?: number;
}

export interface Scenario {
  readonly scenario: typeof SCENARIO_VERSION;
  readonly name: string;
  /** What it shows, in one sentence. */
  readonly about?: string;
  /** A protocol of the simulator (`raft`, `2pc`) or a system. */
  readonly target: string;
  readonly nodes: readonly NodeSpec[];
  readonly workload: WorkloadSpec;
  readonly faults: readonly Fault[];
  readonly checks: readonly CheckSpec[];
  readonly seed: number;
  /** How long the workload and the faults last at most. */
  readonly durationMs?: number;
  /** Protocol and network settings (`electionTimeoutMs`, `mutant` ...). */
  readonly settings?: { readonly [name: string]: Value };
}
