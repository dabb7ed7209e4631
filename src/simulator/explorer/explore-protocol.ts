/**
 * Explores a protocol's real `step` with a portfolio, since no one strategy finds all bugs. Some parts see every state
 * of a small world: together they decide, and `pass` says what they covered. The others hunt in larger worlds
 * (breadth-first for shortest counterexamples, random walks for deep ones): they find, and can show nothing by not finding.
 */
import type { Exploration, Finding } from './exploration.ts';
import { explore } from './explore.ts';
import type { Model } from './model.ts';
import { OrderObserver } from './order-observer.ts';
import { walk } from './walk.ts';
import { WorldModel } from './world-model.ts';
import type { Observer, WorldBounds, WorldOptions } from './world-options.ts';

/** A small world whose every state is to be seen. */
export interface Coverage {
  readonly disk: WorldOptions['disk'];
  readonly bounds: WorldBounds;
  /** How many of the inputs are asked, the first ones; or which. */
  readonly inputs: number | readonly number[];
}

export interface ExploreProtocolOptions extends Pick<WorldOptions, 'name' | 'protocol' | 'create' | 'nodes' | 'inputs'> {
  /** What must hold; one leader an epoch and one order for all, unless given. */
  readonly observer?: Observer<unknown>;
  /** Of the random parts. */
  readonly seed: number;
  /** The worlds to be seen in full, `defaultCoverage` unless given. */
  readonly coverage?: readonly Coverage[];
  /** Abstract specifications of the protocol, seen in full before its nodes are; what breaks one breaks the protocol. */
  readonly specifications?: readonly Model[];
  /** False: nothing beyond what is to be seen in full; a protocol that knows when its messages arrive is not for such worlds. */
  readonly hunts?: boolean;
  /** Distinct states of each breadth-first part at most; unless given 300,000 where it hunts, 5,000,000 where it is to see all. */
  readonly states?: number;
  /** Walks of each random part; 2,000 unless given. */
  readonly walks?: number;
  /** Told each part when it is over. */
  onPart?(part: ExploredPart): void;
  /** Ends everything once it is true. */
  expired?(): boolean;
}

export interface ExploredPart extends Exploration {
  /** `cover`: it was to see every state of its world. `hunt`: it was to find something. */
  readonly role: 'cover' | 'hunt';
  /** Its world in words: what may happen in one run, at most. */
  readonly world: string;
  /** What had to hold in each of its states. */
  readonly properties: readonly string[];
}

export interface ProtocolExploration {
  /** `pass`: every world that was to be covered was seen in full, and nothing is broken, there or where it was hunted. */
  readonly verdict: Exploration['verdict'];
  /** One for each part that ran; the last one holds the violation, if there is one. */
  readonly parts: readonly ExploredPart[];
  readonly violation: Finding | null;
  /** What had to be seen somewhere and was not, where everything was seen: a violation without a story. */
  readonly missed: readonly string[];
  /** What held in all the worlds that were covered; before any is, what is judged. */
  readonly properties: readonly string[];
}

interface Part extends Coverage {
  readonly role: ExploredPart['role'];
  readonly strategy: 'breadth-first' | 'random' | 'priorities';
  /** Steps a walk at most. */
  readonly depth: number;
}

const none: WorldBounds = { timers: 0, crashes: 0, drops: 0, duplicates: 0 };
const near: WorldBounds = { ...none, timers: 2, crashes: 1 };
const far: WorldBounds = { timers: 8, crashes: 3, drops: 3, duplicates: 2 };

/** What is seen in full unless the caller says otherwise: some seconds for a protocol such as Raft, so less of more nodes. */
export function defaultCoverage(nodes: number): readonly Coverage[] {
  const one = { ...none, timers: 1 };
  if (nodes <= 3)
    return [
      { disk: 'instant', bounds: { ...one, crashes: 1, drops: 1 }, inputs: 1 },
      { disk: 'slow', bounds: { ...one, crashes: 1 }, inputs: 1 },
      { disk: 'instant', bounds: { ...none, timers: 2 }, inputs: 0 },
    ];
  const calm: Coverage = { disk: 'slow', bounds: one, inputs: 0 };
  return nodes === 4 ? [calm, { disk: 'instant', bounds: { ...one, crashes: 1 }, inputs: 0 }] : [calm];
}

/** First what finds most bugs in a second, then what is to be seen in full: where time is short, that is what a verdict rests on. */
const portfolio = (coverage: readonly Coverage[]): readonly Part[] => [
  { role: 'hunt', strategy: 'breadth-first', disk: 'instant', bounds: near, inputs: 1, depth: 0 },
  ...coverage.map((world): Part => ({ ...world, role: 'cover', strategy: 'breadth-first', depth: 0 })),
  { role: 'hunt', strategy: 'breadth-first', disk: 'slow', bounds: near, inputs: 1, depth: 0 },
  { role: 'hunt', strategy: 'priorities', disk: 'instant', bounds: far, inputs: 30, depth: 80 },
  { role: 'hunt', strategy: 'random', disk: 'instant', bounds: far, inputs: 30, depth: 80 },
  { role: 'hunt', strategy: 'priorities', disk: 'slow', bounds: far, inputs: 30, depth: 140 },
  { role: 'hunt', strategy: 'random', disk: 'slow', bounds: far, inputs: 30, depth: 140 },
];

const STATES = { hunt: 300_000, cover: 5_000_000 } as const;

const some = (count: number, one: string, many = `${one}s`): string[] => (count === 0 ? [] : [`${count} ${count === 1 ? one : many}`]);

function inWords({ disk, bounds }: Coverage, nodes: number, asked: number): string {
  const { timers, crashes, drops, duplicates } = bounds;
  const happens = [
    ...some(timers, 'timer that fires', 'timers that fire'),
    ...some(crashes, 'crash', 'crashes'),
    ...some(drops, 'lost message'),
    ...some(duplicates, 'doubled message'),
    ...some(asked, 'request'),
  ];
  return `${some(nodes, 'node')}, at most ${happens.join(', ') || 'nothing'}; messages in any order, ${disk} disks`;
}

function run(part: Part, options: ExploreProtocolOptions): ExploredPart {
  const { role, strategy, disk, bounds, depth } = part;
  const { seed, states = STATES[role], walks = 2000, expired, nodes } = options;
  const inputs =
    typeof part.inputs === 'number' ? options.inputs.slice(0, part.inputs) : part.inputs.flatMap((which) => options.inputs[which] ?? []);
  const model = new WorldModel({
    name: `${options.name}, ${strategy}, ${disk} disk`,
    protocol: options.protocol,
    create: options.create,
    nodes,
    inputs,
    network: 'unordered',
    disk,
    bounds,
    observer: options.observer ?? new OrderObserver(),
  });
  const stop = expired === undefined ? {} : { expired };
  const found =
    strategy === 'breadth-first' ? explore(model, { bounds: { states, ...stop } }) : walk(model, { strategy, seed, walks, depth, ...stop });
  return { ...found, role, world: inWords(part, nodes.length, inputs.length), properties: judgedBy(model) };
}

function runSpecification(model: Model, { states = STATES.cover, expired }: ExploreProtocolOptions): ExploredPart {
  const found = explore(model, { bounds: { states, ...(expired === undefined ? {} : { expired }) } });
  return { ...found, role: 'cover', world: `the specification, ${model.name}`, properties: judgedBy(model) };
}

const judgedBy = ({ properties }: Model): string[] => properties.filter(({ kind }) => kind !== 'sometimes').map(({ name }) => name);

/** What held wherever everything was seen. */
function heldIn(parts: readonly ExploredPart[]): string[] {
  const covered = parts.filter(({ role, verdict }) => role === 'cover' && verdict === 'pass');
  return [...new Set((covered.length > 0 ? covered : parts).flatMap(({ properties }) => properties))];
}

/** Runs the portfolio until something is violated or `expired`. */
export function exploreProtocol(options: ExploreProtocolOptions): ProtocolExploration {
  const { coverage = defaultCoverage(options.nodes.length), specifications = [] } = options;
  const parts: ExploredPart[] = [];
  const runs = [
    ...specifications.map((model) => () => runSpecification(model, options)),
    ...portfolio(coverage).flatMap((part) => (options.hunts === false && part.role === 'hunt' ? [] : [() => run(part, options)])),
  ];
  for (const next of runs) {
    if (parts.length > 0 && options.expired?.() === true) break;
    const found = next();
    parts.push(found);
    options.onPart?.(found);
    const { verdict, violations, unwitnessed, properties } = found;
    if (verdict === 'violation')
      return { verdict, parts, violation: violations[0] ?? null, missed: violations.length > 0 ? [] : unwitnessed, properties };
  }
  const wanted = coverage.length + specifications.length;
  const covered = parts.filter(({ role, verdict }) => role === 'cover' && verdict === 'pass').length;
  return { verdict: covered > 0 && covered === wanted ? 'pass' : 'unknown', parts, violation: null, missed: [], properties: heldIn(parts) };
}
