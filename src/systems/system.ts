/**
 * What `lightcone check` can test: a system that can be started on loopback, reached, broken and observed. This is
 * what a user writes for a service of their own; the systems that come along use nothing else.
 */
import type { BeliefKind, Value } from '../core/index.ts';
import type { Address, Links, Ports, Processes } from '../nemesis/index.ts';
import type { FaultKind, Scenario } from '../scenario/index.ts';
import type { Completion, Operation } from '../workloads/index.ts';

/** A binary that must be there, and how to get it. */
export interface Requirement {
  /** Looked for on PATH and in `paths`. */
  readonly binary: string;
  readonly paths?: readonly string[];
  /** Debian's package. */
  readonly package: string;
}

export interface Capabilities {
  /** Workload kinds that its clients can carry out, with what the system promises for each: `linearizable`, `serializable`, `read-committed`, `eventual`, `durable` ... */
  readonly workloads: { readonly [kind: string]: string };
  readonly faults: readonly FaultKind[];
  /** Smallest and largest cluster. */
  readonly nodes: readonly [min: number, max: number];
}

export interface StartContext {
  readonly nodes: readonly string[];
  /** Own directory of this run; every node gets a folder of its name. */
  readonly directory: string;
  /** Of the scenario. */
  readonly settings: { readonly [name: string]: Value };
  readonly ports: Ports;
  readonly links: Links;
  readonly processes: Processes;
  /** The run is over, or interrupted: give up waiting. */
  readonly signal: AbortSignal;
  /** The full path of a required binary. */
  readonly binary: (name: string) => string;
  readonly log: (text: string) => void;
}

export interface ClientOptions {
  /** The workload's kind, which tells what `read` and `add` are about. */
  readonly workload: string;
  /** The node that it talks to; it never switches by itself. */
  readonly node: string;
  /** `client-1`, ...: the `from` of its links. */
  readonly name: string;
  readonly timeoutMs: number;
}

/** One connection of one client. Errors are completions: `fail` only where the operation certainly had no effect. */
export interface SystemClient {
  invoke(operation: Operation): Promise<Completion>;
  close(): Promise<void>;
}

export interface ObservedBelief {
  readonly kind: BeliefKind;
  readonly value: Value;
  readonly epoch?: number;
}

export interface RunningSystem {
  /** Of the server's binary, as it says itself. */
  readonly version: string;
  client(options: ClientOptions): Promise<SystemClient>;
  /** Start the node's processes, after a kill or for the first time; resolves when the process runs, not when it serves. */
  startNode(node: string): Promise<void>;
  /** Resolves when all nodes serve; rejects with LC_ENVIRONMENT and the end of the log of who does not. */
  ready(timeoutMs: number): Promise<void>;
  /** What the node says of itself now; empty where it does not answer. */
  beliefs(node: string): Promise<readonly ObservedBelief[]>;
  /** Make its disk empty; the node is down. */
  wipe(node: string): Promise<void>;
  /** Make its disk what a power cut leaves: what the system had not forced to it is gone. The node is down. For `power-loss` faults. */
  losePower?(node: string): Promise<void>;
  /** Move the node's clock by this much, where the system has one that can be moved. For `clock-jump` faults. */
  jumpClock?(node: string, byMs: number): Promise<void>;
  /** What an operator would do, by name (`promote`): for a scenario's `action` faults. */
  readonly actions?: { readonly [name: string]: (node: string) => Promise<void> };
  /** Stop everything in an orderly way. The host ends what is left. */
  stop(): Promise<void>;
}

/** Where a node of a running cluster serves its clients, as the user gave it. Only `host` and `port` may be printed. */
export interface Endpoint extends Address {
  readonly user?: string;
  readonly password?: string;
}

export interface AttachContext {
  /** `n1` ... , in the order of the endpoints. */
  readonly nodes: readonly string[];
  readonly endpoints: readonly Endpoint[];
  readonly settings: { readonly [name: string]: Value };
  readonly links: Links;
  readonly signal: AbortSignal;
  /** Differs from run to run; every name that the run makes in the system begins with it. Letters, digits and underscores. */
  readonly prefix: string;
  readonly log: (text: string) => void;
}

/** A cluster that somebody else runs: reached and observed, and left as it was found. */
export interface AttachedSystem extends Pick<RunningSystem, 'version' | 'client' | 'ready' | 'beliefs'> {
  /** Takes away what the run made in the system and closes all connections; rejects where something had to stay. */
  detach(): Promise<void>;
}

export interface System {
  readonly name: string;
  readonly about: string;
  readonly requires: readonly Requirement[];
  readonly capabilities: Capabilities;
  /** Named scenarios; `default` is what a bare `lightcone check NAME` runs. */
  readonly scenarios: { readonly [name: string]: (options: ScenarioOptions) => Scenario };
  start(context: StartContext): Promise<RunningSystem>;
  /** For clusters that are running already; absent: it cannot be attached to. */
  attach?(context: AttachContext): Promise<AttachedSystem>;
}

export interface ScenarioOptions {
  readonly nodes: number;
  readonly durationMs: number;
  readonly seed: number;
}

/** A system as a typed value; nothing happens to it. */
export const defineSystem = (system: System): System => system;
