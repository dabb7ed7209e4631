/**
 * What can be validated: anything that runs a scenario and hands back its trace. The simulator is the first; a real
 * system is another as long as it has nodes, carries out partitions and records operations and beliefs.
 */
import type { Scenario } from '../../scenario/index.ts';
import type { TraceView } from '../../trace/index.ts';

/** What the convergence bound is derived from. All in milliseconds. */
export interface Timing {
  /** Longest one-way delay of a message inside the cluster. */
  readonly delayMaxMs: number;
  readonly heartbeatMs: number;
  readonly electionTimeoutMaxMs: number;
  /** Longest time until a write is durable. */
  readonly syncMaxMs: number;
}

export interface ValidationTarget {
  /** What is validated, for people: `raft (simulated)`. */
  readonly name: string;
  /** The scenario's `target`. */
  readonly scenarioTarget: string;
  readonly nodes: readonly string[];
  /** What its protocol promises to survive. */
  readonly tolerates: 'crashes' | 'lies';
  readonly timing: Timing;
  /** Virtual milliseconds for a simulation, real ones otherwise: said in the report. */
  readonly virtualTime: boolean;
  /** Carry out `scenario`; the trace must hold operations, faults and beliefs (role with its epoch, position). */
  run(scenario: Scenario): Promise<TraceView>;
  /**
   * The same where some nodes lie: and what the honest broke (they disagree, two lead one epoch ...), null: nothing.
   * Absent where nodes cannot be made to lie.
   */
  judge?(scenario: Scenario): Promise<{ readonly trace: TraceView; readonly violation: string | null }>;
}

/**
 * Whom clients ask during a split: each side is asked by clients of its own, where one server can answer for all. A client
 * that believes no single server asks them all; whose answer settled it tells the side.
 */
export const placementFor = ({ tolerates }: Pick<ValidationTarget, 'tolerates'>): 'pinned' | 'roaming' =>
  tolerates === 'crashes' ? 'pinned' : 'roaming';

/** So many connected nodes can go on: more than half, or all but the liars that the group can outvote. */
export function quorumOf({ nodes, tolerates }: Pick<ValidationTarget, 'nodes' | 'tolerates'>): number {
  return tolerates === 'crashes' ? Math.floor(nodes.length / 2) + 1 : nodes.length - Math.floor((nodes.length - 1) / 3);
}

/**
 * After everything is connected, how long until every node has applied what was acknowledged: two heartbeats to be
 * noticed and to learn the commit index, three round trips to find the common prefix and copy what is missing, two
 * syncs, and at worst one election with one split vote before that.
 */
export function convergenceBoundMs(timing: Timing): number {
  return 2 * timing.heartbeatMs + 6 * timing.delayMaxMs + 2 * timing.syncMaxMs + 2 * timing.electionTimeoutMaxMs;
}
