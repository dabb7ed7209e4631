/**
 * The one default portfolio under the one default budget, the same for Raft and for every mutant of it: seeds of the
 * swarm (whole groups under drawn faults, settings and workloads; all invariants; histories; liveness), then small
 * worlds, breadth-first and by random walks. No one strategy finds all bugs; what none of these finds passes, wrongly or not.
 */
import { campaign, type Failure } from '../campaign.ts';
import { exploreProtocol, type Finding, raftWorld } from '../explorer/index.ts';
import { type RaftParts, raftSubject } from '../subjects/raft.ts';

export interface HuntBudget {
  /** Seeds of the swarm, from 1. */
  readonly seeds: number;
  /** Of the exploration: distinct states of each breadth-first part, walks of each random one. */
  readonly states: number;
  readonly walks: number;
}

/** About half a minute on one core. */
export const huntBudget: HuntBudget = { seeds: 2000, states: 60_000, walks: 200 };

const EXPLORED_NODES = 3;
const EXPLORER_SEED = 1;

export type Catch = { readonly by: 'seeds'; readonly failure: Failure } | { readonly by: 'exploration'; readonly finding: Finding };

export interface Hunt {
  /** Null: it got away, or there is nothing to find. */
  readonly caught: Catch | null;
  readonly seeds: number;
  /** Steps of nodes in the swarm's worlds. */
  readonly steps: number;
}

/** Hunts Raft made of `parts`. */
export function hunt(parts: RaftParts = {}, budget: HuntBudget = huntBudget): Hunt {
  const { failures, runs, steps } = campaign({ subject: raftSubject(parts), seeds: budget.seeds });
  const [failure] = failures;
  const spent = { seeds: runs, steps };
  if (failure !== undefined) return { caught: { by: 'seeds', failure }, ...spent };
  const { states, walks } = budget;
  const { violation } = exploreProtocol({ ...raftWorld(EXPLORED_NODES, parts.raft), seed: EXPLORER_SEED, states, walks });
  return { caught: violation === null ? null : { by: 'exploration', finding: violation }, ...spent };
}
