/**
 * Random exploration, for state spaces too large to exhaust: uniform walks, and walks by random priorities of actors
 * with d - 1 change points (PCT: Burckhardt et al., ASPLOS 2010), which find a bug of depth d among n actors and k
 * steps with probability at least 1 / (n k^(d-1)) a walk. Never says pass: it samples.
 */
import { Random } from '../../core/index.ts';
import { boundsInWords, type Exploration, type Finding, type PathStep, type Truncation } from './exploration.ts';
import { ActionList, type Model, type Property, Successors } from './model.ts';
import { StateTable } from './state-table.ts';

export interface WalkOptions {
  readonly strategy: 'random' | 'priorities';
  readonly seed: number;
  readonly walks: number;
  /** Steps a walk at most. */
  readonly depth: number;
  /** Depth of the bugs to look for (priorities): one less than this many priority changes a walk. 3 unless given. */
  readonly bugDepth?: number;
  /** A state without next states is a violation named `deadlock`. */
  readonly forbidDeadlock?: boolean;
  /** For counting distinct states; counting stops when they are used up. 64 MiB unless given. */
  readonly bytes?: number;
  /** Ends the exploration once it is true; asked before every walk. */
  expired?(): boolean;
}

/** Chooses the next action of a walk. */
interface Chooser {
  begin(): void;
  choose(state: Int32Array, actions: ActionList, step: number): number;
}

class Uniform implements Chooser {
  readonly #random: Random;
  constructor(random: Random) {
    this.#random = random;
  }
  begin(): void {}
  choose(_state: Int32Array, actions: ActionList): number {
    return actions.codes[this.#random.below(actions.length)] as number;
  }
}

/** Always lets the enabled actor of highest priority act; at each change point the one that would act falls to the bottom. */
class Priorities implements Chooser {
  readonly #random: Random;
  readonly #model: Model;
  readonly #depth: number;
  readonly #changes: number;
  #priorityOf = new Map<number, number>();
  #changePoints = new Set<number>();
  #lowest = 0;

  constructor(model: Model, random: Random, depth: number, bugDepth: number) {
    this.#model = model;
    this.#random = random;
    this.#depth = depth;
    this.#changes = Math.max(0, bugDepth - 1);
  }

  begin(): void {
    this.#priorityOf = new Map();
    this.#lowest = 0;
    this.#changePoints = new Set(Array.from({ length: this.#changes }, () => this.#random.below(this.#depth)));
  }

  choose(state: Int32Array, actions: ActionList, step: number): number {
    const best = this.#best(state, actions);
    if (!this.#changePoints.has(step)) return best;
    this.#lowest -= 1;
    this.#priorityOf.set(this.#actor(state, best), this.#lowest);
    return this.#best(state, actions);
  }

  #best(state: Int32Array, actions: ActionList): number {
    let best = 0;
    let highest = Number.NEGATIVE_INFINITY;
    let ties = 0;
    for (let i = 0; i < actions.length; i++) {
      const action = actions.codes[i] as number;
      const priority = this.#priority(this.#actor(state, action));
      if (priority > highest) {
        highest = priority;
        best = action;
        ties = 1;
      } else if (priority === highest && this.#random.below(++ties) === 0) {
        best = action;
      }
    }
    return best;
  }

  #actor(state: Int32Array, action: number): number {
    return this.#model.actor?.(state, action) ?? action;
  }

  #priority(actor: number): number {
    let priority = this.#priorityOf.get(actor);
    if (priority === undefined) {
      priority = 1 + this.#random.u32();
      this.#priorityOf.set(actor, priority);
    }
    return priority;
  }
}

class Walker {
  readonly model: Model;
  readonly options: WalkOptions;
  readonly random: Random;
  readonly chooser: Chooser;
  readonly seen: StateTable;
  readonly witnesses = new Map<string, Finding>();
  readonly #actions = new ActionList();
  readonly #successors: Successors;
  readonly #always: readonly Property[];
  readonly #sometimes: readonly Property[];
  readonly #atTheEnd: readonly Property[];
  /** The walk under way. */
  #taken: number[] = [];
  #states: Int32Array[] = [];
  generated = 0;
  terminal = 0;
  depth = 0;

  constructor(model: Model, options: WalkOptions) {
    this.model = model;
    this.options = options;
    this.random = new Random(options.seed, 'explorer');
    this.chooser =
      options.strategy === 'random' ? new Uniform(this.random) : new Priorities(model, this.random, options.depth, options.bugDepth ?? 3);
    this.seen = new StateTable(model.width, options.bytes ?? 2 ** 26);
    this.#successors = new Successors(model.width);
    this.#always = model.properties.filter(({ kind }) => kind === 'always');
    this.#sometimes = model.properties.filter(({ kind }) => kind === 'sometimes');
    this.#atTheEnd = model.properties.filter(({ kind }) => kind === 'terminal');
  }

  /** One walk; what it breaks, if anything. */
  walk(): Finding | null {
    this.#taken = [];
    this.#states = [];
    this.chooser.begin();
    this.#successors.count = 0;
    this.model.init(this.#successors);
    let broken = this.#arrive();
    for (let step = 0; broken === null && step < this.options.depth; step++) {
      const state = this.#states.at(-1) as Int32Array;
      const moved = this.#move(state, step);
      broken = moved ? this.#arrive() : this.#end(state);
      if (!moved) break;
    }
    return broken;
  }

  /** Produces next states of some action; false when no action has any. */
  #move(state: Int32Array, step: number): boolean {
    const actions = this.#actions;
    const successors = this.#successors;
    actions.length = 0;
    this.model.actions(state, actions);
    while (actions.length > 0) {
      const action = this.chooser.choose(state, actions, step);
      successors.count = 0;
      this.model.next(state, action, successors);
      if (successors.count > 0) {
        this.#taken.push(action);
        return true;
      }
      const at = actions.codes.subarray(0, actions.length).indexOf(action);
      actions.codes[at] = actions.codes[--actions.length] as number;
    }
    return false;
  }

  /** Takes one of the produced states and judges it. */
  #arrive(): Finding | null {
    const { width, words, count } = this.#successors;
    const at = this.random.below(count) * width;
    const state = words.slice(at, at + width);
    this.generated += 1;
    this.#states.push(state);
    this.depth = Math.max(this.depth, this.#states.length - 1);
    if (!this.seen.full) {
      const representative = state.slice();
      this.model.canonicalise?.(representative);
      this.seen.insert(representative, 0, -1, 0);
    }
    for (const property of this.#sometimes) {
      if (!this.witnesses.has(property.name) && property.holds(state))
        this.witnesses.set(property.name, this.#finding(property.name, 'sometimes'));
    }
    for (const property of this.#always) if (!property.holds(state)) return this.#finding(property.name, 'always');
    return null;
  }

  #end(state: Int32Array): Finding | null {
    this.terminal += 1;
    if (this.options.forbidDeadlock === true) return this.#finding('deadlock', 'deadlock');
    for (const property of this.#atTheEnd) if (!property.holds(state)) return this.#finding(property.name, 'terminal');
    return null;
  }

  #finding(property: string, kind: Finding['kind']): Finding {
    const { model } = this;
    const path: PathStep[] = this.#states.map((state, i) => ({
      action: i === 0 ? 'init' : model.label(this.#states[i - 1] as Int32Array, this.#taken[i - 1] as number),
      state: model.render(state),
    }));
    return { property, kind, path, actions: [...this.#taken], state: Array.from(this.#states.at(-1) as Int32Array) };
  }
}

/** Samples runs of `model`. The same seed walks the same paths. The verdict is `violation` or `unknown`. */
export function walk(model: Model, options: WalkOptions): Exploration {
  const walker = new Walker(model, options);
  const violations: Finding[] = [];
  let truncated: Truncation = 'sampling';
  for (let i = 0; i < options.walks && violations.length === 0; i++) {
    if (options.expired?.() === true) {
      truncated = 'expired';
      break;
    }
    const broken = walker.walk();
    if (broken !== null) violations.push(broken);
  }
  if (violations.length > 0) truncated = 'first violation';
  return {
    model: model.name,
    strategy: options.strategy,
    verdict: violations.length > 0 ? 'violation' : 'unknown',
    truncated,
    violations,
    witnesses: [...walker.witnesses.values()],
    unwitnessed: model.properties.filter(({ kind, name }) => kind === 'sometimes' && !walker.witnesses.has(name)).map(({ name }) => name),
    generated: walker.generated,
    unique: walker.seen.count,
    terminal: walker.terminal,
    depth: walker.depth,
    maxQueue: 0,
    bytes: walker.seen.bytes,
    bounds: `${options.walks} walks, ${boundsInWords({ depth: options.depth })}, seed ${options.seed}`,
  };
}
