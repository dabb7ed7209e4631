/**
 * Read committed, read atomic and causal consistency of registers with unique values: from what each transaction sees follows which
 * writer of a key must come before which; the level holds if and only if that, the reads and the sessions have no cycle (Biswas &
 * Enea 2019, section 4; the algorithms are those of AWDIT, Mathur et al. 2025, and Plume 2024). A session is a process. Causal
 * consistency keeps a vector clock of the sessions for each transaction.
 */
import type { Meter } from '../budget.ts';
import { componentsOf } from './components.ts';
import type { Dependencies } from './dependencies.ts';
import { DependencyGraph, PROCESS, WR, WW } from './graph.ts';
import type { Access } from './rw-register.ts';
import { READ, type Transactions } from './transactions.ts';

export type WeakLevel = 'read-committed' | 'read-atomic' | 'causal';

/** `t` read of `key` what `seen` wrote (-1: the initial value) although it had also seen `other`, which wrote the key too. */
export interface Inference {
  readonly t: number;
  readonly key: number;
  readonly seen: number;
  readonly other: number;
}

export interface WeakDependencies {
  /** Reads, sessions, and what follows from them. */
  readonly graph: DependencyGraph;
  /** A read of the initial value after somebody else's was seen; or the component of a cycle exists (`clash` of any of its edges). */
  readonly clash: Inference | 'cycle' | null;
  readonly inferences: ReadonlyMap<string, Inference>;
}

const MINE = WR | PROCESS;

class Visibility {
  readonly #t: Transactions;
  readonly #meter: Meter;
  readonly #committed: Uint8Array;
  readonly graph: DependencyGraph;
  readonly inferences = new Map<string, Inference>();
  clash: Inference | null = null;
  /** What each transaction reads from others: its accesses with a source. */
  readonly #reads: Access[][];
  /** Of each key its committed writers. */
  readonly #writes: Set<number>[];

  constructor(
    transactions: Transactions,
    committed: Uint8Array,
    accesses: readonly Access[],
    base: DependencyGraph,
    sessions: boolean,
    meter: Meter,
  ) {
    this.#t = transactions;
    this.#meter = meter;
    this.#committed = committed;
    this.graph = new DependencyGraph(transactions.count);
    const kinds = sessions ? MINE : WR;
    for (let e = 0; e < base.edges; e++) {
      const kind = base.kind[e] as number;
      if ((kind & kinds) !== 0) this.graph.add(base.from[e] as number, base.to[e] as number, kind, base.key[e] as number);
    }
    this.#reads = Array.from({ length: transactions.count }, () => []);
    this.#writes = transactions.keys.map(() => new Set());
    for (const access of accesses) {
      if (access.read >= 0 && access.source !== access.t) (this.#reads[access.t] as Access[]).push(access);
      if (access.write >= 0) (this.#writes[access.key] as Set<number>).add(access.t);
    }
  }

  /** `t` sees `other`, which wrote the key that `t` read from `seen`: so `other` comes before `seen`. */
  #infer(t: number, key: number, seen: number, other: number): void {
    if (other === seen || other === t) return;
    const inference = { t, key, seen, other };
    if (seen < 0) {
      this.clash ??= inference;
      return;
    }
    const name = `${other},${seen}`;
    if (this.inferences.has(name)) return;
    this.inferences.set(name, inference);
    this.graph.add(other, seen, WW, key);
  }

  /** What a transaction saw before, of the same transaction, it must not see an older version of. */
  readCommitted(): boolean {
    const { count, from, kind, key, value } = this.#t;
    for (let t = 0; t < count; t++) {
      const sourceOf = new Map((this.#reads[t] as Access[]).map((access) => [access.key, access.source]));
      if (sourceOf.size === 0) continue;
      const before = new Set<number>();
      for (let i = from[t] as number; i < (from[t + 1] as number); i++) {
        const k = key[i] as number;
        const source = kind[i] === READ && value[i] !== undefined ? sourceOf.get(k) : undefined;
        if (kind[i] !== READ) sourceOf.delete(k);
        if (source === undefined) continue;
        if (!this.#meter.spend(1 + before.size)) return false;
        for (const other of before) if ((this.#writes[k] as Set<number>).has(other)) this.#infer(t, k, source, other);
        if (source >= 0) before.add(source);
      }
    }
    return true;
  }

  /** All of a transaction that was read from is seen, and the whole session so far. */
  readAtomic(sessions: boolean): boolean {
    const { history, row, count } = this.#t;
    const lastOfSession = new Map<number, Map<number, number>>();
    for (let t = 0; t < count; t++) {
      if (this.#committed[t] === 0) continue;
      const reads = this.#reads[t] as Access[];
      const process = history.process[row[t] as number] as number;
      const last = lastOfSession.get(process) ?? new Map<number, number>();
      lastOfSession.set(process, last);
      if (!this.#meter.spend(1 + reads.length * reads.length)) return false;
      for (const { key, source } of reads) {
        for (const { source: other } of reads)
          if (other >= 0 && (this.#writes[key] as Set<number>).has(other)) this.#infer(t, key, source, other);
        const own = sessions ? last.get(key) : undefined;
        if (own !== undefined) this.#infer(t, key, source, own);
      }
      for (const key of this.#written(t)) last.set(key, t);
    }
    return true;
  }

  #written(t: number): readonly number[] {
    const { from, kind, key } = this.#t;
    const keys: number[] = [];
    for (let i = from[t] as number; i < (from[t + 1] as number); i++) if (kind[i] !== READ) keys.push(key[i] as number);
    return keys;
  }

  /** Everything that led to what was seen is seen. Precondition: reads and sessions have no cycle. */
  causal(): boolean {
    const { history, row, count } = this.#t;
    const sessionOf = new Int32Array(count).fill(-1);
    const numberOf = new Int32Array(count);
    const sessions = new Map<number, { readonly id: number; size: number }>();
    for (let t = 0; t < count; t++) {
      if (this.#committed[t] === 0) continue;
      const process = history.process[row[t] as number] as number;
      const session = sessions.get(process) ?? { id: sessions.size, size: 0 };
      sessions.set(process, session);
      sessionOf[t] = session.id;
      numberOf[t] = ++session.size;
    }
    const width = sessions.size;
    if (!this.#meter.hold(4 * width * count + 100 * count) || !this.#meter.spend(count)) return false;
    const clocks = this.#clocks(sessionOf, numberOf, width);
    return clocks !== null && this.#visibleWriters(clocks, sessionOf, numberOf, width);
  }

  #clocks(sessionOf: Int32Array, numberOf: Int32Array, width: number): Int32Array | null {
    const { count } = this.#t;
    const { of } = componentsOf(this.graph, MINE);
    // Edges lead to lower components: the highest come first.
    const order = Array.from(of.subarray(0, count).keys()).sort((x, y) => (of[y] as number) - (of[x] as number));
    const clocks = new Int32Array(count * width);
    const { starts, order: edges } = this.graph.adjacency();
    for (const t of order) {
      if (this.#committed[t] === 0) continue;
      if (!this.#meter.spend(width * (1 + (starts[t + 1] as number) - (starts[t] as number)))) return null;
      for (let at = starts[t] as number; at < (starts[t + 1] as number); at++) {
        const to = this.graph.to[edges[at] as number] as number;
        for (let s = 0; s < width; s++) {
          const mine = clocks[t * width + s] as number;
          if (mine > (clocks[to * width + s] as number)) clocks[to * width + s] = mine;
        }
        const own = to * width + (sessionOf[t] as number);
        if ((clocks[own] as number) < (numberOf[t] as number)) clocks[own] = numberOf[t] as number;
      }
    }
    return clocks;
  }

  #visibleWriters(clocks: Int32Array, sessionOf: Int32Array, numberOf: Int32Array, width: number): boolean {
    /** Of each key, of each session: its writers in order. */
    const writers = this.#writes.map((all) => {
      const bySession = new Map<number, number[]>();
      for (const t of [...all].sort((x, y) => x - y)) {
        const list = bySession.get(sessionOf[t] as number);
        if (list) list.push(t);
        else bySession.set(sessionOf[t] as number, [t]);
      }
      return bySession;
    });
    for (let t = 0; t < this.#t.count; t++) {
      for (const { key, source } of this.#reads[t] as Access[]) {
        const bySession = writers[key] as Map<number, number[]>;
        if (!this.#meter.spend(1 + bySession.size)) return false;
        for (const [session, list] of bySession) {
          const seen = clocks[t * width + session] as number;
          let low = 0;
          for (let high = list.length; low < high; ) {
            const middle = (low + high) >>> 1;
            if ((numberOf[list[middle] as number] as number) <= seen) low = middle + 1;
            else high = middle;
          }
          // The reader's source is itself visible: what comes before it in its session is ordered by the session already.
          if (low > 0) this.#infer(t, key, source, list[low - 1] as number);
        }
      }
    }
    return true;
  }
}

/** What must come before what at the level; null: the budget ended. */
export function weakDependencies(
  transactions: Transactions,
  found: Dependencies,
  accesses: readonly Access[],
  level: WeakLevel,
  sessions: boolean,
  meter: Meter,
): WeakDependencies | null {
  const visibility = new Visibility(transactions, found.committed, accesses, found.graph, sessions, meter);
  const { graph, inferences } = visibility;
  const cyclic = (): boolean => componentsOf(graph, WW | WR | PROCESS).sizes.some((size) => size > 1);
  if (cyclic()) return { graph, clash: 'cycle', inferences };
  const done =
    level === 'causal' ? visibility.causal() : level === 'read-atomic' ? visibility.readAtomic(sessions) : visibility.readCommitted();
  if (!done) return null;
  return { graph, clash: visibility.clash ?? (cyclic() ? 'cycle' : null), inferences };
}
