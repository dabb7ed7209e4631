/**
 * More of the order of versions, from an order that all transactions must keep (real time, what was read, what is known of the
 * versions): of two writers of a key, one that comes before a reader of the other's version comes before that other, and one
 * that comes after the writer of a version comes after its readers (the saturation of Biswas & Enea 2019, section 4). Repeated
 * while it finds something. Who comes before whom is a vector for each transaction: how far into each chain of
 * transactions that follow each other in real time.
 */
import { NEVER } from '../../trace/index.ts';
import type { Meter } from '../budget.ts';
import { type DependencyGraph, RW, WW } from './graph.ts';
import type { Access } from './rw-register.ts';
import type { Transactions } from './transactions.ts';

const ROUNDS_MAX = 30;

export interface Saturated {
  /** A copy of the graph, with the order of versions that was found. */
  readonly graph: DependencyGraph;
  /** No order can be: it contradicts itself. */
  readonly cyclic: boolean;
}

/** Null: the budget ended. */
export function saturated(
  graph: DependencyGraph,
  transactions: Transactions,
  accesses: readonly Access[],
  committed: Uint8Array,
  meter: Meter,
): Saturated | null {
  const chains = new Chains(transactions, committed);
  if (!meter.hold(4 * graph.nodes * chains.count + 60 * graph.nodes + 40 * graph.edges)) return null;
  const more = graph.copy();
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const order = topological(more);
    if (order === null) return { graph: more, cyclic: true };
    if (!meter.spend(more.edges)) return null;
    const before = more.edges;
    const found = new Round(more, chains, clocksOf(more, order, chains), accesses).run(meter);
    if (!found) return null;
    if (more.edges === before) break;
  }
  return { graph: more, cyclic: false };
}

/** Each committed transaction is the next of a chain whose last one had completed when it began. */
class Chains {
  readonly of: Int32Array;
  /** From 1. */
  readonly place: Int32Array;
  count = 0;

  constructor({ count, history, row }: Transactions, committed: Uint8Array) {
    this.of = new Int32Array(count);
    this.place = new Int32Array(count);
    const ends: number[] = [];
    const lengths: number[] = [];
    for (let t = 0; t < count; t++) {
      if (committed[t] === 0) continue;
      const began = history.invoke[row[t] as number] as number;
      let chain = ends.findIndex((end) => end < began);
      if (chain < 0) chain = ends.push(NEVER) - 1;
      ends[chain] = history.complete[row[t] as number] as number;
      lengths[chain] = (lengths[chain] ?? 0) + 1;
      this.of[t] = chain;
      this.place[t] = lengths[chain] as number;
    }
    this.count = ends.length;
  }
}

/** Nodes so that every edge leads forward; null: there is a cycle. */
function topological(graph: DependencyGraph): Int32Array | null {
  const { starts, order } = graph.adjacency();
  const waiting = new Int32Array(graph.nodes);
  for (let e = 0; e < graph.edges; e++) waiting[graph.to[e] as number] = (waiting[graph.to[e] as number] as number) + 1;
  const sorted = new Int32Array(graph.nodes);
  let [count, done] = [0, 0];
  for (let n = 0; n < graph.nodes; n++) if (waiting[n] === 0) sorted[count++] = n;
  for (; done < count; done++) {
    const n = sorted[done] as number;
    for (let at = starts[n] as number; at < (starts[n + 1] as number); at++) {
      const to = graph.to[order[at] as number] as number;
      waiting[to] = (waiting[to] as number) - 1;
      if (waiting[to] === 0) sorted[count++] = to;
    }
  }
  return count === graph.nodes ? sorted : null;
}

/** Of each node how far into each chain what comes before it reaches, itself included. */
function clocksOf(graph: DependencyGraph, sorted: Int32Array, { count, of, place }: Chains): Int32Array {
  const clocks = new Int32Array(graph.nodes * count);
  const { starts, order } = graph.adjacency();
  for (const n of sorted) {
    if (n < graph.transactions && (place[n] as number) > 0) clocks[n * count + (of[n] as number)] = place[n] as number;
    for (let at = starts[n] as number; at < (starts[n + 1] as number); at++) {
      const to = (graph.to[order[at] as number] as number) * count;
      for (let c = 0, from = n * count; c < count; c++, from++)
        if ((clocks[from] as number) > (clocks[to + c] as number)) clocks[to + c] = clocks[from] as number;
    }
  }
  return clocks;
}

/** The writers of one key, by chain, in the order of the chain. */
type Writers = ReadonlyMap<number, readonly number[]>;

class Round {
  readonly #graph: DependencyGraph;
  readonly #chains: Chains;
  readonly #clocks: Int32Array;
  readonly #accesses: readonly Access[];
  readonly #writers = new Map<number, Map<number, number[]>>();

  constructor(graph: DependencyGraph, chains: Chains, clocks: Int32Array, accesses: readonly Access[]) {
    this.#graph = graph;
    this.#chains = chains;
    this.#clocks = clocks;
    this.#accesses = accesses;
    for (const { t, key, write } of accesses) {
      if (write < 0 || chains.place[t] === 0) continue;
      const byChain = this.#writers.get(key) ?? new Map<number, number[]>();
      this.#writers.set(key, byChain);
      const chain = chains.of[t] as number;
      const list = byChain.get(chain);
      if (list) list.push(t);
      else byChain.set(chain, [t]);
    }
  }

  /** Whether `one` comes before `other`, or is it. */
  #precedes(one: number, other: number): boolean {
    const { of, place, count } = this.#chains;
    return (this.#clocks[other * count + (of[one] as number)] as number) >= (place[one] as number);
  }

  /** False: the budget ended. */
  run(meter: Meter): boolean {
    for (const access of this.#accesses) {
      if (access.read < 0 || access.source < 0 || access.source === access.t) continue;
      const writers = this.#writers.get(access.key) as Writers | undefined;
      if (writers === undefined) continue;
      if (!meter.spend(writers.size)) return false;
      for (const list of writers.values()) this.#place(access, list);
    }
    return true;
  }

  /** What the writers of one chain have to do with a reader and the writer of what it read. */
  #place({ t, source, key }: Access, writers: readonly number[]): void {
    const before = firstNot(writers, (writer) => this.#precedes(writer, t)) - 1;
    for (let at = before; at >= 0; at--) {
      const writer = writers[at] as number;
      if (writer === source || writer === t) continue;
      if (!this.#precedes(writer, source)) this.#graph.add(writer, source, WW, key);
      break;
    }
    for (let at = firstNot(writers, (writer) => !this.#precedes(source, writer)); at < writers.length; at++) {
      const writer = writers[at] as number;
      if (writer === source || writer === t) continue;
      if (!this.#precedes(t, writer)) this.#graph.add(t, writer, RW, key);
      break;
    }
  }
}

/** The first place from which `holds` does not hold any more. */
function firstNot(list: readonly number[], holds: (item: number) => boolean): number {
  let low = 0;
  for (let high = list.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if (holds(list[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}
