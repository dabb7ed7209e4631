/** What a system is started with and broken by, for one run, and how a schedule is carried out: the nemesis as the runner sees it. */
import type { AdoptedNode, Links, Ports, Processes } from '../../nemesis/index.ts';
import type { FaultKind, Scenario } from '../../scenario/index.ts';
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
  /** `client-1` ...: the `from` of the clients' links. */
  readonly clients: readonly string[];
  /** Where tools that are started along may write. */
  readonly logFile: string;
  readonly durationMs: number;
  /** Waited for before the heal at the end. */
  readonly beforeHeal: () => Promise<void>;
  /** False: the nodes talk past our links. */
  readonly peerLinks: boolean;
  /** What the system says that can be done to it. */
  readonly capabilities: readonly FaultKind[];
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

/**
 * Carries out the schedule, and heals everything before it resolves, also when the signal ends it. Each beginning and
 * each end is recorded with the resolved fault as its detail, and under `carriedOut` what was looked at (CarriedOut).
 */
export type CarryOut = (context: ScheduleContext) => Promise<void>;

export interface Nemesis {
  /** Faults that its links cannot carry out, on any system. */
  readonly lacks?: readonly FaultKind[];
  /** `adopted`: the cluster runs already, and of its processes only these may be touched. */
  open(directory: string, nodes: readonly string[], adopted?: readonly AdoptedNode[]): Promise<Machinery>;
  readonly carryOut: CarryOut;
}
