/**
 * What a system is started with and broken by: links that exist before it starts, and processes that somebody ends
 * whatever happens. Knows no product. Every directed link stands alone: what `a` sends to `b` can be cut, delayed or
 * lost while what `b` sends to `a` arrives.
 */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a link does to bytes. Absent: nothing. */
export interface LinkCondition {
  /** Nothing arrives any more; connections stay open and silent (half-open), as behind a dropped cable. */
  readonly cut?: boolean;
  readonly delayMs?: { readonly min: number; readonly max: number };
  /** Share of pieces that are lost: over TCP a stall of some round trips, or now and then a reset; over UDP the datagram. */
  readonly lossRate?: number;
  readonly bytesPerSecond?: number;
  /** Connections that are open when this begins are silent until it ends, and reset then; new ones are not touched. */
  readonly halfOpen?: boolean;
  /** Ends and resets travel so much longer than bytes. */
  readonly closeDelayMs?: number;
}

/** The faults of a scenario that are about links. */
export const linkFaults = ['partition', 'loss', 'delay', 'bandwidth', 'half-open', 'slow-close'] as const;
export type LinkFaultKind = (typeof linkFaults)[number];

export interface OpenLink {
  /** Who connects. `*`: anybody; the source of each connection is found by who owns its socket. */
  readonly from: string;
  readonly to: string;
  /** Where the service of `to` really listens. */
  readonly target: Address;
  /** Tells several services of one node apart: `peer`, `client`. */
  readonly service?: string;
  readonly protocol?: 'tcp' | 'udp';
  /**
   * While `target` does not listen, whoever calls it is kept waiting for so long (default 0). Where a network refuses, a
   * proxy can only accept and drop; who tries a few times after a refusal may give up after that. Links that do refuse
   * ignore it.
   */
  readonly patienceMs?: number;
}

export interface Links {
  /** Faults of links that these cannot do; absent: they do all. */
  readonly lacks?: readonly LinkFaultKind[];
  /** A service has one address for everybody, its own node too, and none around the links: nobody has to be kept from telling it. */
  readonly oneAddress?: true;
  /** An address that stands for `to`'s service as seen by `from`; exists until `close`, also while `to` is down. */
  open(link: OpenLink): Promise<Address>;
  /** What happens from now on to what `from` sends to `to`, over all services of that pair. Resolves when it is in force. */
  set(from: string, to: string, condition: LinkCondition): Promise<void>;
  /** All links as at the start. */
  heal(): Promise<void>;
  /** Does a byte sent from `from` get to `to` within `timeoutMs`? Sent through the same path as the system's own bytes. */
  probe(from: string, to: string, timeoutMs: number): Promise<boolean>;
  /** What went through so far, and what its condition met, where that is counted. */
  traffic?(): Promise<readonly LinkTraffic[]>;
  close(): Promise<void>;
}

/** Of one directed link. */
export interface LinkTraffic {
  readonly from: string;
  readonly to: string;
  /** That `from` opened, over all services, so far. */
  readonly connections: number;
  /** That `from` sent and that got through, so far. */
  readonly bytes: number;
  /** How often its condition, since that was set, met something: pieces lost or held back by bandwidth, ends told late, connections forgotten. */
  readonly met: number;
}

export interface SpawnOptions {
  /** Whose process it is; names of nodes, or of helpers of a node (`n1/sentinel`). */
  readonly owner: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: { readonly [name: string]: string };
  /** Run as this user where we are root (PostgreSQL refuses root). */
  readonly user?: string;
  /** Where its output goes, appended. */
  readonly logFile: string;
}

export interface ManagedProcess {
  readonly owner: string;
  readonly pid: number;
  /** Resolves when it is gone, however that came about. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly running: boolean;
  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGINT' | 'SIGHUP' | 'SIGUSR1'): void;
}

/** Every process leaves a pid file with its start time: a reaper ends what a killed run left behind, and nothing else. */
export interface Processes {
  spawn(options: SpawnOptions): Promise<ManagedProcess>;
  of(owner: string): readonly ManagedProcess[];
  /** SIGKILL to all of an owner (and its helpers' children); resolves when they are gone. */
  kill(owner: string): Promise<void>;
  pause(owner: string): void;
  resume(owner: string): void;
  /** SIGTERM, then SIGKILL after `graceMs`. */
  stop(owner: string, graceMs: number): Promise<void>;
  /** Everything of this run. */
  stopAll(graceMs: number): Promise<void>;
}

/** Ports on loopback that nobody else of this run or of a concurrent one gets. */
export interface Ports {
  take(): Promise<number>;
}
