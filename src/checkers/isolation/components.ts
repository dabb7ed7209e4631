/**
 * Strongly connected components (Tarjan 1972) without recursion, over those edges of a graph whose kind is in a mask.
 * `split`: each node has two states, n and n + nodes, the second entered by an anti-dependency and not left by another;
 * a cycle there is a closed walk without two adjacent anti-dependencies (Cerone & Gotsman 2016, theorem 10).
 */
import { type DependencyGraph, RW } from './graph.ts';

export interface Components {
  /** Component of each state; numbered so that edges lead to lower numbers or stay inside. */
  readonly of: Int32Array;
  readonly count: number;
  /** States of each component. */
  readonly sizes: Int32Array;
}

/** The states that state `s` reaches by edge `e`, or -1. */
export function follow(graph: DependencyGraph, state: number, e: number, mask: number, split: boolean): number {
  const kind = graph.kind[e] as number;
  if ((kind & mask) === 0) return -1;
  const to = graph.to[e] as number;
  if (!split) return to;
  const second = state >= graph.nodes;
  if (kind === RW) return second ? -1 : to + graph.nodes;
  // Auxiliary nodes hand on how they were entered.
  return second && (graph.from[e] as number) >= graph.transactions ? to + graph.nodes : to;
}

export function componentsOf(graph: DependencyGraph, mask: number, split = false): Components {
  const { starts, order } = graph.adjacency();
  const states = split ? graph.nodes * 2 : graph.nodes;
  const of = new Int32Array(states).fill(-1);
  const low = new Int32Array(states);
  const index = new Int32Array(states);
  const cursor = new Int32Array(states);
  const stack = new Int32Array(states);
  const path = new Int32Array(states);
  const sizes: number[] = [];
  let visited = 0;
  let stacked = 0;
  let count = 0;
  for (let root = 0; root < states; root++) {
    if (index[root] !== 0) continue;
    let depth = 0;
    path[0] = root;
    index[root] = low[root] = ++visited;
    stack[stacked++] = root;
    cursor[root] = starts[split && root >= graph.nodes ? root - graph.nodes : root] as number;
    while (depth >= 0) {
      const state = path[depth] as number;
      const node = split && state >= graph.nodes ? state - graph.nodes : state;
      const at = cursor[state] as number;
      if (at < (starts[node + 1] as number)) {
        cursor[state] = at + 1;
        const next = follow(graph, state, order[at] as number, mask, split);
        if (next < 0) continue;
        if (index[next] === 0) {
          index[next] = low[next] = ++visited;
          stack[stacked++] = next;
          cursor[next] = starts[split && next >= graph.nodes ? next - graph.nodes : next] as number;
          path[++depth] = next;
        } else if (of[next] === -1 && (index[next] as number) < (low[state] as number)) low[state] = index[next] as number;
        continue;
      }
      depth--;
      if (depth >= 0) {
        const parent = path[depth] as number;
        if ((low[state] as number) < (low[parent] as number)) low[parent] = low[state] as number;
      }
      if (low[state] !== index[state]) continue;
      const before = stacked;
      let member: number;
      do {
        member = stack[--stacked] as number;
        of[member] = count;
      } while (member !== state);
      sizes.push(before - stacked);
      count++;
    }
  }
  return { of, count, sizes: Int32Array.from(sizes) };
}

/** The components with a cycle: the transactions' states of each (edges never lead from a node to itself). */
export function cyclic(graph: DependencyGraph, { of, count, sizes }: Components): readonly (readonly number[])[] {
  const place = new Int32Array(count).fill(-1);
  const found: number[][] = [];
  for (let state = 0; state < of.length; state++) {
    const component = of[state] as number;
    if ((sizes[component] as number) < 2) continue;
    const node = state >= graph.nodes ? state - graph.nodes : state;
    if (node >= graph.transactions) continue;
    if (place[component] === -1) {
      place[component] = found.length;
      found.push([]);
    }
    (found[place[component] as number] as number[]).push(state);
  }
  return found;
}
