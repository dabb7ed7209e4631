/**
 * The one default portfolio under the one default budget, the same for a protocol and for every mutant of it: seeds of the
 * swarm (whole groups under drawn faults, settings and workloads; all invariants; histories; liveness), then small
 * worlds, breadth-first and by random walks. No one strategy finds all bugs; what none of these finds passes, wrongly or not.
 */
import { campaign, type Failure } from '../campaign.ts';
import { type ExploreProtocolOptions, exploreProtocol, type Finding } from '../explorer/index.ts';
import type { Subject } from '../subject.ts';

/** What is hunted: a protocol, or a mutant of it, as it runs in the swarm and as it is explored. */
export interface Quarry {
  readonly subject: Subject;
  /** Null: its nodes are not explored. */
  readonly explored: Omit<ExploreProtocolOptions, 'seed' | 'states' | 'walks'> | null;
}

export interface HuntBudget {
  /** Seeds of the swarm, from 1. */
  readonly seeds: number;
  /** Of the exploration: distinct states of each breadth-first part, walks of each random one. */
  readonly states: number;
  readonly walks: number;
}

/** About half a minute on one core. */
export const huntBudget: HuntBudget = { seeds: 2000, states: 60_000, walks: 200 };

const EXPLORER_SEED = 1;

export type Catch = { readonly by: 'seeds'; readonly failure: Failure } | { readonly by: 'exploration'; readonly finding: Finding };

export interface Hunt {
  /** Null: it got away, or there is nothing to find. */
  readonly caught: Catch | null;
  readonly seeds: number;
  /** Steps of nodes in the swarm's worlds. */
  readonly steps: number;
}

export function hunt({ subject, explored }: Quarry, budget: HuntBudget = huntBudget): Hunt {
  const { failures, runs, steps } = campaign({ subject, seeds: budget.seeds });
  const [failure] = failures;
  const spent = { seeds: runs, steps };
  if (failure !== undefined) return { caught: { by: 'seeds', failure }, ...spent };
  if (explored === null) return { caught: null, ...spent };
  const { states, walks } = budget;
  const { violation } = exploreProtocol({ ...explored, seed: EXPLORER_SEED, states, walks });
  return { caught: violation === null ? null : { by: 'exploration', finding: violation }, ...spent };
}
