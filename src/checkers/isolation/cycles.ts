/**
 * Cycles of a serialization graph, classified as in Adya 1999 and Elle (Kingsbury & Alvaro 2020): G0 writes only; G1c
 * writes and reads; G-single one anti-dependency; G-nonadjacent several, no two of them adjacent; G2-item the rest. The forms
 * -process and -realtime also need the order of processes or real time. Of each component and order the
 * gravest class is reported, with a short cycle. Everything is linear but G-single, which a bounded search settles.
 */
import type { Meter } from '../budget.ts';
import { componentsOf, cyclic, follow } from './components.ts';
import { type DependencyGraph, PASS, PROCESS, REALTIME, RW, WR, WW } from './graph.ts';

export const cycleKinds = ['G0', 'G1c', 'G-single', 'G-nonadjacent', 'G2-item'] as const;
const [G0, G1C, SINGLE, NONADJACENT, G2] = [0, 1, 2, 3, 4];

/** `from` comes before `to` for a reason (kind, key). */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly kind: number;
  readonly key: number;
}

export interface Cycle {
  /** G0, G1c-realtime, causal-violation ... */
  readonly kind: string;
  readonly rank: number;
  readonly steps: readonly Step[];
  /** False: the budget ended before it was known whether one anti-dependency is enough (then it is named G-nonadjacent). */
  readonly settled: boolean;
}

const orders = [
  { suffix: '', mask: PASS },
  { suffix: '-process', mask: PASS | PROCESS },
  { suffix: '-realtime', mask: PASS | PROCESS | REALTIME },
] as const;

const EVERYTHING = WW | WR | RW | PASS | PROCESS | REALTIME;
/** From so many members of a component a shortest cycle is looked for. */
const STARTS_MAX = 16;
const CYCLES_MAX = 200;

/** Breadth-first search for a closed walk, inside one component. */
class Walker {
  readonly #graph: DependencyGraph;
  readonly #meter: Meter;
  readonly #seen: Int32Array;
  readonly #edge: Int32Array;
  readonly #before: Int32Array;
  readonly #queue: Int32Array;
  #stamp = 0;

  constructor(graph: DependencyGraph, meter: Meter) {
    const states = graph.nodes * 2;
    this.#graph = graph;
    this.#meter = meter;
    this.#seen = new Int32Array(states);
    this.#edge = new Int32Array(states);
    this.#before = new Int32Array(states);
    this.#queue = new Int32Array(states);
  }

  /** Edges of a shortest walk from `start` back to it, the first of kind `first`, the others of `rest`; null: none, or no budget. */
  walk(start: number, first: number, rest: number, split: boolean, within: Int32Array): readonly number[] | null {
    const graph = this.#graph;
    const { starts, order } = graph.adjacency();
    const home = within[split || start < graph.nodes ? start : start - graph.nodes];
    const stamp = ++this.#stamp;
    let head = 0;
    let tail = 0;
    const expand = (state: number, mask: number): boolean => {
      const node = state >= graph.nodes ? state - graph.nodes : state;
      for (let at = starts[node] as number; at < (starts[node + 1] as number); at++) {
        const e = order[at] as number;
        const next = follow(graph, state, e, mask, split);
        if (next < 0 || this.#seen[next] === stamp || within[next] !== home) continue;
        this.#seen[next] = stamp;
        this.#edge[next] = e;
        this.#before[next] = state;
        if (next === start) return true;
        this.#queue[tail++] = next;
      }
      return false;
    };
    let found = expand(start, first);
    while (!found && head < tail) {
      if (!this.#meter.spend(1)) return null;
      found = expand(this.#queue[head++] as number, rest);
    }
    return found ? this.#trail(start, start) : null;
  }

  /**
   * Edges of a shortest walk from `start` back to it: past a version that it read (an anti-dependency of `key`, then later versions of that
   * key), then only by reads and sessions.
   */
  pastVersion(start: number, key: number, within: Int32Array): readonly number[] | null {
    const graph = this.#graph;
    const { starts, order } = graph.adjacency();
    const stamp = ++this.#stamp;
    const queue = this.#queue;
    queue[0] = start;
    for (let head = 0, tail = 1; head < tail; head++) {
      if (!this.#meter.spend(1)) return null;
      const state = queue[head] as number;
      const seen = state >= graph.nodes;
      const node = seen ? state - graph.nodes : state;
      for (let at = starts[node] as number; at < (starts[node + 1] as number); at++) {
        const e = order[at] as number;
        const kind = graph.kind[e] as number;
        const onward = head === 0 ? kind === RW && graph.key[e] === key : !seen && ((kind === WW && graph.key[e] === key) || kind === PASS);
        const visible = head > 0 && (kind & (WR | PROCESS)) !== 0;
        if (!(onward || visible || (seen && kind === PASS))) continue;
        const to = graph.to[e] as number;
        const next = onward ? to : to + graph.nodes;
        if (within[to] !== within[start] || this.#seen[next] === stamp) continue;
        this.#seen[next] = stamp;
        this.#edge[next] = e;
        this.#before[next] = state;
        if (to === start && !onward) return this.#trail(next, start);
        queue[tail++] = next;
      }
    }
    return null;
  }

  #trail(end: number, start: number): readonly number[] {
    const edges: number[] = [];
    for (let state = end; state !== start || edges.length === 0; state = this.#before[state] as number)
      edges.push(this.#edge[state] as number);
    return edges.reverse();
  }

  /** The shortest of some starts. */
  shortest(members: readonly number[], mask: number, split: boolean, within: Int32Array): readonly number[] | null {
    let best: readonly number[] | null = null;
    const stride = Math.max(1, Math.floor(members.length / STARTS_MAX));
    for (let i = 0; i < members.length; i += stride) {
      const edges = this.walk(members[i] as number, mask, mask, split, within);
      if (edges !== null && (best === null || edges.length < best.length)) best = edges;
      if (best !== null && best.length <= 2) break;
    }
    return best;
  }

  /** A cycle with exactly one anti-dependency, else dependencies of `rest`. */
  single(members: readonly number[], rest: number, within: Int32Array): readonly number[] | null {
    const graph = this.#graph;
    const { starts, order } = graph.adjacency();
    const tried = new Set<number>();
    let best: readonly number[] | null = null;
    for (const state of members) {
      const node = state >= graph.nodes ? state - graph.nodes : state;
      if (tried.has(node)) continue;
      tried.add(node);
      let reads = false;
      for (let at = starts[node] as number; at < (starts[node + 1] as number) && !reads; at++)
        reads = graph.kind[order[at] as number] === RW;
      if (!reads) continue;
      if (!this.#meter.spend(1)) return best;
      const edges = this.walk(node, RW, rest, false, within);
      if (edges !== null && (best === null || edges.length < best.length)) best = edges;
      if (best !== null && (best.length <= 2 || tried.size > STARTS_MAX)) return best;
    }
    return best;
  }
}

/** Edges as steps between transactions: auxiliary nodes vanish. */
function stepsOf(graph: DependencyGraph, edges: readonly number[]): readonly Step[] {
  const starts = edges.filter((e) => (graph.from[e] as number) < graph.transactions);
  return starts.map((e, i) => {
    const to = graph.from[starts[(i + 1) % starts.length] as number] as number;
    return { from: graph.from[e] as number, to, kind: graph.kind[e] as number, key: graph.key[e] as number };
  });
}

class Classifier {
  readonly #graph: DependencyGraph;
  readonly #meter: Meter;
  readonly #walker: Walker;
  readonly cycles: Cycle[] = [];

  constructor(graph: DependencyGraph, meter: Meter) {
    this.#graph = graph;
    this.#meter = meter;
    this.#walker = new Walker(graph, meter);
  }

  order(suffix: string, mask: number): void {
    const graph = this.#graph;
    const whole = componentsOf(graph, WW | WR | RW | mask);
    const rings = cyclic(graph, whole);
    if (rings.length === 0) return;
    const gravest = new Map<number, number>();
    for (const { steps, rank } of this.cycles) {
      const component = whole.of[(steps[0] as Step).from] as number;
      gravest.set(component, Math.min(rank, gravest.get(component) ?? G2));
    }
    const known = (members: readonly number[], rank: number): boolean => {
      const [state] = members as readonly [number, ...number[]];
      const component = whole.of[state >= graph.nodes ? state - graph.nodes : state] as number;
      if ((gravest.get(component) ?? G2 + 1) <= rank) return true;
      gravest.set(component, rank);
      return false;
    };
    this.#level(G0, suffix, WW | mask, known);
    this.#level(G1C, suffix, WW | WR | mask, known);
    const split = componentsOf(graph, WW | WR | RW | mask, true);
    for (const members of cyclic(graph, split)) {
      if (known(members, SINGLE)) continue;
      const before = this.#meter.exhausted;
      const single = this.#walker.single(members, WW | WR | mask, whole.of);
      if (single !== null) this.#report(SINGLE, suffix, single, true);
      else {
        const edges = this.#walker.shortest(members, WW | WR | RW | mask, true, split.of);
        this.#report(
          NONADJACENT,
          suffix,
          edges ?? this.#unbounded(members, WW | WR | RW | mask, true, split.of),
          this.#meter.exhausted === before,
        );
      }
    }
    for (const members of rings) {
      if (known(members, G2)) continue;
      const edges = this.#walker.shortest(members, WW | WR | RW | mask, false, whole.of);
      this.#report(G2, suffix, edges ?? this.#unbounded(members, WW | WR | RW | mask, false, whole.of), true);
    }
  }

  #level(rank: number, suffix: string, mask: number, known: (members: readonly number[], rank: number) => boolean): void {
    const components = componentsOf(this.#graph, mask);
    for (const members of cyclic(this.#graph, components)) {
      if (known(members, rank)) continue;
      const edges = this.#walker.shortest(members, mask, false, components.of);
      this.#report(rank, suffix, edges ?? this.#unbounded(members, mask, false, components.of), true);
    }
  }

  /** Without budget a component is still told: by one walk, which is linear. */
  #unbounded(members: readonly number[], mask: number, split: boolean, within: Int32Array): readonly number[] {
    const free = { spend: () => true } as unknown as Meter;
    return new Walker(this.#graph, free).walk(members[0] as number, mask, mask, split, within) ?? [];
  }

  #report(rank: number, suffix: string, edges: readonly number[], settled: boolean): void {
    if (this.cycles.length >= CYCLES_MAX || edges.length === 0) return;
    this.cycles.push({ kind: `${cycleKinds[rank]}${suffix}`, rank, steps: stepsOf(this.#graph, edges), settled });
  }

  /** A read of a version older than one that reads and sessions had put in sight. */
  causal(): void {
    const graph = this.#graph;
    const { starts, order } = graph.adjacency();
    const { of } = componentsOf(graph, WW | WR | RW | PROCESS | PASS);
    const done = new Set<number>();
    for (let t = 0; t < graph.transactions; t++) {
      const keys = new Set<number>();
      for (let at = starts[t] as number; at < (starts[t + 1] as number); at++) {
        const e = order[at] as number;
        if (graph.kind[e] === RW && of[graph.to[e] as number] === of[t]) keys.add(graph.key[e] as number);
      }
      for (const key of keys) {
        if (done.has(of[t] as number) || this.cycles.length >= CYCLES_MAX) break;
        const edges = this.#walker.pastVersion(t, key, of);
        if (edges === null) continue;
        done.add(of[t] as number);
        this.cycles.push({ kind: 'causal-violation', rank: SINGLE, steps: stepsOf(graph, edges), settled: true });
      }
    }
  }
}

/** All classes of cycles that the graph has; empty: it has none. */
export function findCycles(graph: DependencyGraph, meter: Meter): readonly Cycle[] {
  if (cyclic(graph, componentsOf(graph, EVERYTHING)).length === 0) return [];
  const classifier = new Classifier(graph, meter);
  for (const { suffix, mask } of orders) classifier.order(suffix, mask);
  classifier.causal();
  return classifier.cycles;
}
