/**
 * Explicit-state model checking: every state reachable from the initial ones, each expanded once, breadth-first (so
 * that counterexamples are shortest) or depth-first. Exact: no hash compaction, no partial-order reduction. Stops at
 * its bounds and then says so instead of passing.
 */
import { boundsInWords, type Exploration, type ExploreBounds, type Finding, type Truncation, verdictOf } from './exploration.ts';
import { ActionList, type Model, type Property, Successors } from './model.ts';
import { findingAt } from './path.ts';
import { StateTable } from './state-table.ts';

export interface ExploreOptions {
  readonly strategy?: 'breadth-first' | 'depth-first';
  readonly bounds?: ExploreBounds;
  /** A state without next states is a violation named `deadlock`. */
  readonly forbidDeadlock?: boolean;
  /** Go on after the first violation (one finding a property is kept). */
  readonly keepGoing?: boolean;
  /** Told every distinct state once, in the order of discovery: for projections and statistics. */
  visit?(state: Int32Array): void;
}

const DEFAULT_BYTES = 2 ** 30;

class Search {
  readonly model: Model;
  readonly options: ExploreOptions;
  readonly table: StateTable;
  readonly violations = new Map<string, Finding>();
  readonly witnesses = new Map<string, Finding>();
  readonly #actions = new ActionList();
  readonly #successors: Successors;
  readonly #state: Int32Array;
  readonly #scratch: Int32Array;
  readonly #always: readonly Property[];
  readonly #terminal: readonly Property[];
  #sometimes: readonly Property[];
  readonly #maxStates: number;
  generated = 0;
  terminal = 0;
  depth = 0;
  maxQueue = 0;
  truncated: Truncation | null = null;

  constructor(model: Model, options: ExploreOptions) {
    this.model = model;
    this.options = options;
    this.table = new StateTable(model.width, options.bounds?.bytes ?? DEFAULT_BYTES);
    this.#successors = new Successors(model.width);
    this.#state = new Int32Array(model.width);
    this.#scratch = new Int32Array(model.width);
    this.#always = model.properties.filter(({ kind }) => kind === 'always');
    this.#terminal = model.properties.filter(({ kind }) => kind === 'terminal');
    this.#sometimes = model.properties.filter(({ kind }) => kind === 'sometimes');
    this.#maxStates = options.bounds?.states ?? Number.POSITIVE_INFINITY;
  }

  seed(): void {
    const successors = this.#successors;
    successors.count = 0;
    this.model.init(successors);
    this.generated += successors.count;
    for (let i = 0; i < successors.count; i++) this.#insert(i, -1, 0);
  }

  /** Produces all next states of state `index`; false when the search must end. */
  expand(index: number): boolean {
    const { model } = this;
    const state = this.#state;
    const actions = this.#actions;
    const successors = this.#successors;
    this.table.read(index, state);
    actions.length = 0;
    model.actions(state, actions);
    let produced = 0;
    for (let a = 0; a < actions.length; a++) {
      const action = actions.codes[a] as number;
      successors.count = 0;
      model.next(state, action, successors);
      const { count } = successors;
      produced += count;
      for (let i = 0; i < count; i++) if (!this.#insert(i, index, action)) return this.#count(produced);
    }
    this.generated += produced;
    if (produced === 0) return this.#atEnd(index, state);
    return true;
  }

  /** Whether a time or step bound outside ends the search; asked now and then. */
  outOfTime(): boolean {
    if (this.options.bounds?.expired?.() !== true) return false;
    this.truncated = 'expired';
    return true;
  }

  #count(produced: number): boolean {
    this.generated += produced;
    return false;
  }

  /** Adds successor `i` and judges it if it is new; false when the search must end. */
  #insert(i: number, parent: number, action: number): boolean {
    const { words, width } = this.#successors;
    const { table, model } = this;
    const at = i * width;
    if (model.canonicalise !== undefined) {
      const view = words.subarray(at, at + width);
      model.canonicalise(view);
    }
    const before = table.count;
    if (before >= this.#maxStates) {
      if (table.indexOf(words, at) >= 0) return true;
      this.truncated = 'states';
      return false;
    }
    const index = table.insert(words, at, parent, action);
    if (index < before) {
      if (index >= 0) return true;
      this.truncated = 'bytes';
      return false;
    }
    return this.#judge(index);
  }

  #judge(index: number): boolean {
    const scratch = this.#scratch;
    this.table.read(index, scratch);
    this.options.visit?.(scratch);
    for (let i = 0; i < this.#always.length; i++) {
      const property = this.#always[i] as Property;
      if (!property.holds(scratch) && !this.#violated(property.name, 'always', index)) return false;
    }
    if (this.#sometimes.length > 0) this.#witness(index, scratch);
    return true;
  }

  #witness(index: number, state: Int32Array): void {
    let found = false;
    for (const property of this.#sometimes) {
      if (!property.holds(state)) continue;
      this.witnesses.set(property.name, findingAt(this.model, this.table, index, property.name, 'sometimes'));
      found = true;
    }
    if (found) this.#sometimes = this.#sometimes.filter(({ name }) => !this.witnesses.has(name));
  }

  #atEnd(index: number, state: Int32Array): boolean {
    this.terminal += 1;
    if (this.options.forbidDeadlock === true && !this.#violated('deadlock', 'deadlock', index)) return false;
    for (const property of this.#terminal) {
      if (!property.holds(state) && !this.#violated(property.name, 'terminal', index)) return false;
    }
    return true;
  }

  /** Notes a violation; false when the search must end. */
  #violated(name: string, kind: Finding['kind'], index: number): boolean {
    if (!this.violations.has(name)) this.violations.set(name, findingAt(this.model, this.table, index, name, kind));
    if (this.options.keepGoing === true) return true;
    this.truncated = 'first violation';
    return false;
  }

  result(strategy: Exploration['strategy']): Exploration {
    const violations = [...this.violations.values()];
    const unwitnessed = this.#sometimes.map(({ name }) => name);
    return {
      model: this.model.name,
      strategy,
      verdict: verdictOf(this.truncated, violations, unwitnessed),
      truncated: this.truncated,
      violations,
      witnesses: [...this.witnesses.values()],
      unwitnessed,
      generated: this.generated,
      unique: this.table.count,
      terminal: this.terminal,
      depth: this.depth,
      maxQueue: this.maxQueue,
      bytes: this.table.bytes,
      bounds: boundsInWords(this.options.bounds ?? {}),
    };
  }
}

/** Explores `model`; breadth-first unless told otherwise. */
export function explore(model: Model, options: ExploreOptions = {}): Exploration {
  const search = new Search(model, options);
  search.seed();
  const strategy = options.strategy ?? 'breadth-first';
  if (search.truncated === null) {
    if (strategy === 'breadth-first') breadthFirst(search);
    else depthFirst(search);
  }
  return search.result(strategy);
}

/** States are numbered in the order of discovery, so the table is the queue. */
function breadthFirst(search: Search): void {
  const { table, options } = search;
  const maxDepth = options.bounds?.depth ?? Number.POSITIVE_INFINITY;
  let head = 0;
  let levelEnd = table.count;
  while (head < table.count) {
    if (head === levelEnd) {
      levelEnd = table.count;
      search.depth += 1;
    }
    if (search.depth >= maxDepth) {
      search.truncated = 'depth';
      return;
    }
    if ((head & 1023) === 1023 && search.outOfTime()) return;
    if (!search.expand(head)) {
      if (table.count > levelEnd) search.depth += 1;
      return;
    }
    head += 1;
    if (table.count - head > search.maxQueue) search.maxQueue = table.count - head;
  }
}

/**
 * Expands the newest state first. With a depth bound a state is expanded at the depth it was first found at, so what
 * lies behind it may stay unseen: then the result is truncated.
 */
function depthFirst(search: Search): void {
  const { table, options } = search;
  const maxDepth = options.bounds?.depth ?? Number.POSITIVE_INFINITY;
  const stack: number[] = [];
  const depths: number[] = [];
  const pushFrom = (first: number, depth: number): void => {
    for (let index = table.count - 1; index >= first; index--) {
      stack.push(index);
      depths.push(depth);
    }
    if (table.count > first && depth > search.depth) search.depth = depth;
    if (stack.length > search.maxQueue) search.maxQueue = stack.length;
  };
  pushFrom(0, 0);
  let expanded = 0;
  for (;;) {
    const index = stack.pop();
    const depth = depths.pop();
    if (index === undefined || depth === undefined) return;
    if (depth >= maxDepth) {
      search.truncated = 'depth';
      continue;
    }
    if ((++expanded & 1023) === 0 && search.outOfTime()) return;
    const before = table.count;
    const goOn = search.expand(index);
    pushFrom(before, depth + 1);
    if (!goOn) return;
  }
}
