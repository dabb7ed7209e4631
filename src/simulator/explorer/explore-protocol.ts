/**
 * Explores a protocol's real `step` with a portfolio, since no one strategy finds all bugs: breadth-first over small
 * worlds (shortest counterexamples; exhaustive where the bounds allow), then random walks with priorities and uniform
 * ones through larger worlds (deep bugs). `pass` only if every part saw all of its world.
 */
import type { Exploration, Finding } from './exploration.ts';
import { explore } from './explore.ts';
import { OrderObserver } from './order-observer.ts';
import { walk } from './walk.ts';
import { WorldModel } from './world-model.ts';
import type { Observer, WorldBounds, WorldOptions } from './world-options.ts';

export interface ExploreProtocolOptions extends Pick<WorldOptions, 'name' | 'protocol' | 'create' | 'nodes' | 'inputs'> {
  /** What must hold; one leader an epoch and one order for all, unless given. */
  readonly observer?: Observer<unknown>;
  /** Of the random parts. */
  readonly seed: number;
  /** Distinct states of each breadth-first part at most; 300,000 unless given. */
  readonly states?: number;
  /** Walks of each random part; 2,000 unless given. */
  readonly walks?: number;
  /** Ends everything once it is true. */
  expired?(): boolean;
}

export interface ProtocolExploration {
  readonly verdict: Exploration['verdict'];
  /** One for each part that ran; the last one holds the violation, if there is one. */
  readonly parts: readonly Exploration[];
  readonly violation: Finding | null;
}

interface Part {
  readonly strategy: 'breadth-first' | 'random' | 'priorities';
  readonly disk: WorldOptions['disk'];
  readonly bounds: WorldBounds;
  /** How many of the inputs are asked. */
  readonly inputs: number;
  /** Steps a walk at most. */
  readonly depth: number;
}

const small = { drops: 0, duplicates: 0 } as const;
const large: WorldBounds = { timers: 8, crashes: 3, drops: 3, duplicates: 2 };
const portfolio: readonly Part[] = [
  { strategy: 'breadth-first', disk: 'instant', bounds: { timers: 2, crashes: 1, ...small }, inputs: 1, depth: 0 },
  { strategy: 'breadth-first', disk: 'slow', bounds: { timers: 2, crashes: 1, ...small }, inputs: 1, depth: 0 },
  { strategy: 'priorities', disk: 'instant', bounds: large, inputs: 30, depth: 80 },
  { strategy: 'random', disk: 'instant', bounds: large, inputs: 30, depth: 80 },
  { strategy: 'priorities', disk: 'slow', bounds: large, inputs: 30, depth: 140 },
  { strategy: 'random', disk: 'slow', bounds: large, inputs: 30, depth: 140 },
];

function run(part: Part, options: ExploreProtocolOptions): Exploration {
  const { strategy, disk, bounds, depth } = part;
  const { seed, states = 300_000, walks = 2000, expired } = options;
  const model = new WorldModel({
    name: `${options.name}, ${strategy}, ${disk} disk`,
    protocol: options.protocol,
    create: options.create,
    nodes: options.nodes,
    inputs: options.inputs.slice(0, part.inputs),
    network: 'unordered',
    disk,
    bounds,
    observer: options.observer ?? new OrderObserver(),
  });
  const stop = expired === undefined ? {} : { expired };
  if (strategy === 'breadth-first') return explore(model, { bounds: { states, ...stop } });
  return walk(model, { strategy, seed, walks, depth, ...stop });
}

/** Runs the portfolio until something is violated or `expired`. */
export function exploreProtocol(options: ExploreProtocolOptions): ProtocolExploration {
  const parts: Exploration[] = [];
  for (const part of portfolio) {
    if (parts.length > 0 && options.expired?.() === true) break;
    const found = run(part, options);
    parts.push(found);
    const violation = found.violations[0];
    if (violation !== undefined) return { verdict: 'violation', parts, violation };
  }
  const all = parts.length === portfolio.length && parts.every(({ verdict }) => verdict === 'pass');
  return { verdict: all ? 'pass' : 'unknown', parts, violation: null };
}
