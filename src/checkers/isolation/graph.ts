/**
 * The direct serialization graph (Adya 1999, section 4) on typed arrays. Nodes are transactions, then auxiliary nodes that
 * stand for many edges at once: an edge into one carries its kind, edges out of it are PASS. `Fan` is one node set
 * from which everybody reaches a group of transactions but never itself, in linear size.
 */
export const WW = 1; // the next version of a key
export const WR = 2; // read what the other wrote
export const RW = 4; // read the version before the other's (anti-dependency)
export const PROCESS = 8; // the next transaction of the same process
export const REALTIME = 16; // had completed before the other began
export const PASS = 32; // out of an auxiliary node

export class DependencyGraph {
  readonly transactions: number;
  nodes: number;
  edges = 0;
  from: Int32Array<ArrayBuffer>;
  to: Int32Array<ArrayBuffer>;
  kind: Uint8Array<ArrayBuffer>;
  /** Of which key the edge tells, or -1. */
  key: Int32Array<ArrayBuffer>;
  #starts: Int32Array | null = null;
  #order: Int32Array | null = null;

  /** `expected`: edges that memory is taken for at once. */
  constructor(transactions: number, expected = 1024) {
    this.transactions = transactions;
    this.nodes = transactions;
    this.from = new Int32Array(expected);
    this.to = new Int32Array(expected);
    this.kind = new Uint8Array(expected);
    this.key = new Int32Array(expected);
  }

  add(from: number, to: number, kind: number, key = -1): void {
    if (from === to) return;
    const at = this.edges++;
    if (at === this.from.length) this.#grow();
    this.from[at] = from;
    this.to[at] = to;
    this.kind[at] = kind;
    this.key[at] = key;
    this.#starts = null;
  }

  /** A fresh auxiliary node. */
  node(): number {
    this.#starts = null;
    return this.nodes++;
  }

  /** The edges of node n are `order[starts[n]]` to `order[starts[n + 1]]`. */
  adjacency(): { readonly starts: Int32Array; readonly order: Int32Array } {
    if (this.#starts === null || this.#order === null) {
      const starts = new Int32Array(this.nodes + 1);
      for (let e = 0; e < this.edges; e++) {
        const n = (this.from[e] as number) + 1;
        starts[n] = (starts[n] as number) + 1;
      }
      for (let n = 0; n < this.nodes; n++) starts[n + 1] = (starts[n + 1] as number) + (starts[n] as number);
      const next = starts.slice();
      const order = new Int32Array(this.edges);
      for (let e = 0; e < this.edges; e++) {
        const n = this.from[e] as number;
        const at = next[n] as number;
        order[at] = e;
        next[n] = at + 1;
      }
      this.#starts = starts;
      this.#order = order;
    }
    return { starts: this.#starts, order: this.#order };
  }

  /** A copy that may grow on its own. */
  copy(): DependencyGraph {
    const other = new DependencyGraph(this.transactions, 1);
    other.nodes = this.nodes;
    other.edges = this.edges;
    other.from = this.from.slice();
    other.to = this.to.slice();
    other.kind = this.kind.slice();
    other.key = this.key.slice();
    return other;
  }

  #grow(): void {
    const wider = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const next = new Int32Array(old.length * 2);
      next.set(old);
      return next;
    };
    this.from = wider(this.from);
    this.to = wider(this.to);
    this.key = wider(this.key);
    const kind = new Uint8Array(this.kind.length * 2);
    kind.set(this.kind);
    this.kind = kind;
  }
}

const DIRECT_MAX = 4;

/** A group of transactions (distinct) that others have edges to: chains of its prefixes and suffixes leave the sender out. */
export class Fan {
  readonly #graph: DependencyGraph;
  readonly #targets: readonly number[];
  readonly #place = new Map<number, number>();
  readonly #prefix: number[] = [];
  readonly #suffix: number[] = [];

  constructor(graph: DependencyGraph, targets: readonly number[]) {
    this.#graph = graph;
    this.#targets = targets;
    targets.forEach((target, i) => {
      this.#place.set(target, i);
    });
  }

  /** Edges of `kind` from `from` to every other member. */
  connect(from: number, kind: number, key: number): void {
    const targets = this.#targets;
    if (targets.length <= DIRECT_MAX) {
      for (const target of targets) this.#graph.add(from, target, kind, key);
      return;
    }
    if (this.#prefix.length === 0) this.#build();
    const own = this.#place.get(from);
    if (own === undefined) this.#graph.add(from, this.#suffix[0] as number, kind, key);
    else {
      if (own > 0) this.#graph.add(from, this.#prefix[own - 1] as number, kind, key);
      if (own + 1 < targets.length) this.#graph.add(from, this.#suffix[own + 1] as number, kind, key);
    }
  }

  #build(): void {
    const graph = this.#graph;
    const count = this.#targets.length;
    for (let i = 0; i < count; i++) {
      this.#prefix.push(graph.node());
      this.#suffix.push(graph.node());
    }
    this.#targets.forEach((target, i) => {
      graph.add(this.#prefix[i] as number, target, PASS);
      graph.add(this.#suffix[i] as number, target, PASS);
      if (i > 0) graph.add(this.#prefix[i] as number, this.#prefix[i - 1] as number, PASS);
      if (i + 1 < count) graph.add(this.#suffix[i] as number, this.#suffix[i + 1] as number, PASS);
    });
  }
}
