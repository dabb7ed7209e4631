/** What a system is started with and broken by, for one run, and how a schedule is carried out: the nemesis as the runner sees it. */
import type { Links, Ports, Processes } from '../../nemesis/index.ts';
import type { Fault, Scenario } from '../../scenario/index.ts';
import type { RunningSystem } from '../../systems/index.ts';
import type { FaultRecord } from '../../trace/index.ts';

export interface Machinery {
  readonly ports: Ports;
  readonly links: Links;
  readonly processes: Processes;
  /** Everything that the run started is ended, all links are closed. */
  close(): Promise<void>;
}

export type FaultHappening = Pick<FaultRecord, 'phase' | 'fault' | 'detail'>;

export interface ScheduleContext {
  readonly scenario: Scenario;
  readonly nodes: readonly string[];
  readonly running: RunningSystem;
  readonly machinery: Machinery;
  /** Who leads now, as far as the nodes say. */
  leader(): string | null;
  /** Milliseconds since the workload's start. */
  nowMs(): number;
  record(happening: FaultHappening): void;
  note(text: string): void;
  readonly signal: AbortSignal;
}

/** What came of one fault of the schedule. */
export interface FaultOutcome {
  readonly fault: Fault;
  /** What the targets resolved to; empty where there was nobody (`leader` without a leader). */
  readonly resolved: readonly Fault[];
  readonly startMs: number;
  readonly endMs: number;
  /** Seen by a probe of ours; null where there is no probe for it. */
  readonly verified: boolean | null;
  /** Why it was not carried out. */
  readonly skipped?: string;
}

/** Carries out the schedule; heals everything before it resolves, also when the signal ends it. */
export type CarryOut = (context: ScheduleContext) => Promise<readonly FaultOutcome[]>;

export interface Nemesis {
  open(directory: string, nodes: readonly string[]): Promise<Machinery>;
  readonly carryOut: CarryOut;
}
