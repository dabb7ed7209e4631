/**
 * Registers under transactions, every value written once (Elle's rw-register). Who wrote what a read saw is certain; of the
 * version order only this is: the initial value comes first, and what a transaction wrote follows what it had read of the same
 * key (else it would come before what it saw). So anti-dependencies lead from the readers of a version to those who
 * overwrote that version after reading it, and from the readers of the initial value to all writers.
 */
import { equalValues, type Value } from '../../core/index.ts';
import { FAIL } from '../../trace/index.ts';
import type { Meter } from '../budget.ts';
import { AnomalyList, acknowledged, type Dependencies, type IsolationAnomaly, identity, lostUpdates } from './dependencies.ts';
import { DependencyGraph, Fan, RW, WR, WW } from './graph.ts';
import { addPrecedence } from './precedence.ts';
import { READ, type Transactions, WRITE } from './transactions.ts';
import { TransactionTeller } from './words.ts';

/** Stands for the writer of the initial value. */
const NOBODY = -1;

/** What one transaction does to one key, seen from outside. */
export interface Access {
  readonly t: number;
  readonly key: number;
  /** First read before any own write: the micro-operation, and the writing transaction (NOBODY: the initial value); `read` -1: none. */
  read: number;
  source: number;
  /** The last write, or -1. */
  write: number;
}

/** Null: the budget ended. */
export function rwRegisterDependencies(
  transactions: Transactions,
  initial: Value,
  meter: Meter,
): (Dependencies & { accesses: readonly Access[] }) | null {
  const analysis = new RwRegister(transactions, initial);
  for (const phase of [() => analysis.collect(), () => analysis.reads(), () => analysis.dependencies()]) {
    if (!meter.spend(transactions.micros) || !meter.hold(160 * transactions.micros + 64 * transactions.count)) return null;
    phase();
  }
  return analysis.result();
}

class RwRegister {
  readonly #t: Transactions;
  readonly #initial: Value;
  readonly #tell: TransactionTeller;
  readonly #anomalies = new AnomalyList();
  readonly #committed: Uint8Array;
  readonly #graph: DependencyGraph;
  readonly #writers: Map<Value, number>[] = [];
  readonly #unusable = new Map<number, string>();
  readonly #ownBefore: Int32Array;
  readonly #readBefore: Int32Array;
  readonly #replaced: Uint8Array;
  readonly #accesses: Access[] = [];
  /** Accesses of each key. */
  readonly #byKey: Access[][] = [];
  /** Of each key, who read from whom. */
  readonly #seen: { readonly t: number; readonly source: number }[][] = [];

  constructor(transactions: Transactions, initial: Value) {
    const { micros, keys, count } = transactions;
    this.#t = transactions;
    this.#initial = initial;
    this.#tell = new TransactionTeller(transactions);
    this.#committed = acknowledged(transactions);
    this.#graph = new DependencyGraph(count, 1024 + 2 * transactions.micros + 4 * transactions.count);
    this.#ownBefore = new Int32Array(micros).fill(-1);
    this.#readBefore = new Int32Array(micros).fill(-1);
    this.#replaced = new Uint8Array(micros);
    for (let k = 0; k < keys.length; k++) {
      this.#writers.push(new Map());
      this.#byKey.push([]);
      this.#seen.push([]);
    }
  }

  collect(): void {
    const { micros, kind, key, value, owner, keys } = this.#t;
    const lastOwn = new Int32Array(keys.length).fill(-1);
    const lastRead = new Int32Array(keys.length).fill(-1);
    const first = identity(this.#initial);
    for (let i = 0; i < micros; i++) {
      const k = key[i] as number;
      const [own, read] = [lastOwn[k] as number, lastRead[k] as number];
      if (own >= 0 && owner[own] === owner[i]) this.#ownBefore[i] = own;
      if (read >= 0 && owner[read] === owner[i]) this.#readBefore[i] = read;
      if (kind[i] !== WRITE) {
        if (value[i] !== undefined) lastRead[k] = i;
        continue;
      }
      if ((this.#ownBefore[i] as number) >= 0) this.#replaced[own] = 1;
      lastOwn[k] = i;
      const writers = this.#writers[k] as Map<Value, number>;
      const element = identity(value[i] as Value);
      if (writers.has(element) || element === first)
        this.#unusable.set(k, `${JSON.stringify(value[i])} was written twice to ${this.#tell.key(k)}`);
      writers.set(element, i);
    }
  }

  /** The transaction that wrote what a read saw; undefined: nobody did. */
  #source(i: number): number | undefined {
    const value = this.#t.value[i] as Value;
    const writer = (this.#writers[this.#t.key[i] as number] as Map<Value, number>).get(identity(value));
    if (writer !== undefined) return this.#t.owner[writer] as number;
    return equalValues(value, this.#initial) ? NOBODY : undefined;
  }

  reads(): void {
    const { micros, kind, value, owner, key } = this.#t;
    for (let i = 0; i < micros; i++) {
      const k = key[i] as number;
      if (kind[i] !== READ || value[i] === undefined) continue;
      const [own, earlier] = [this.#ownBefore[i] as number, this.#readBefore[i] as number];
      const before = Math.max(own, earlier);
      if (before >= 0 && !equalValues(value[before] as Value, value[i] as Value)) {
        const t = owner[i] as number;
        const tell = (): string => `${this.#tell.name(t)} ${this.#tell.micro(before)}, and then ${this.#tell.micro(i)}`;
        this.#anomalies.add('internal', [t], k, tell);
      }
      if (!this.#unusable.has(k)) this.#see(i, k, owner[i] as number);
    }
  }

  #see(i: number, k: number, t: number): void {
    const source = this.#source(i);
    const what = (): string => `${this.#tell.name(t)} ${this.#tell.micro(i)}`;
    if (source === undefined) this.#anomalies.add('garbage-read', [t], k, () => `${what()}, though nobody wrote that`);
    if (source === undefined || source === NOBODY) return;
    const writer = (this.#writers[k] as Map<Value, number>).get(identity(this.#t.value[i] as Value)) as number;
    if (source === t && writer > i)
      this.#anomalies.add('garbage-read', [t], k, () => `${what()}, and only then ${this.#tell.micro(writer)}`);
    if (source === t) return;
    const who = this.#tell.name(source);
    if (this.#t.history.status[this.#t.row[source] as number] === FAIL) {
      this.#anomalies.add('G1a', [source, t], k, () => `${what()}, though ${who}, which ${this.#tell.micro(writer)}, had failed`);
      return;
    }
    this.#committed[source] = 1;
    if (this.#replaced[writer] === 0) return;
    this.#anomalies.add(
      'G1b',
      [source, t],
      k,
      () => `${what()}, an intermediate state of ${who}, which then wrote ${this.#tell.key(k)} again`,
    );
  }

  dependencies(): void {
    this.#collectAccesses();
    this.#byKey.forEach((accesses, k) => {
      this.#keyDependencies(k, accesses);
    });
    addPrecedence(this.#graph, this.#t, this.#committed);
  }

  #collectAccesses(): void {
    const { count, from, kind, key, value } = this.#t;
    for (let t = 0; t < count; t++) {
      if (this.#committed[t] === 0) continue;
      for (let i = from[t] as number; i < (from[t + 1] as number); i++) {
        const k = key[i] as number;
        if (this.#unusable.has(k)) continue;
        const all = this.#byKey[k] as Access[];
        let access = all[all.length - 1];
        if (access?.t !== t) {
          access = { t, key: k, read: -1, source: NOBODY, write: -1 };
          all.push(access);
          this.#accesses.push(access);
        }
        if (kind[i] === WRITE) access.write = i;
        else if (value[i] !== undefined) this.#readFrom(access, i);
      }
    }
  }

  /** Every source is a dependency; the first one, before any own write, is what that overwrites. */
  #readFrom(access: Access, i: number): void {
    const source = this.#source(i);
    if (source === undefined || source === access.t) return;
    if (source >= 0 && this.#committed[source] === 1) this.#graph.add(source, access.t, WR, access.key);
    (this.#seen[access.key] as { t: number; source: number }[]).push({ t: access.t, source });
    if (access.read < 0 && access.write < 0) {
      access.read = i;
      access.source = source;
    }
  }

  #keyDependencies(k: number, accesses: readonly Access[]): void {
    // Direct successors of each version; of the initial one: all that nobody is known to have put behind another.
    const successors = new Map<number, number[]>();
    for (const { t, read, source, write } of accesses) {
      if (write < 0) continue;
      const before = read < 0 ? NOBODY : source;
      const list = successors.get(before);
      if (list) list.push(t);
      else successors.set(before, [t]);
    }
    const fans = new Map<number, Fan>();
    for (const [version, list] of successors) fans.set(version, new Fan(this.#graph, list));
    for (const { t, source } of this.#seen[k] as { t: number; source: number }[]) fans.get(source)?.connect(t, RW, k);
  }

  result(): Dependencies & { accesses: readonly Access[] } {
    return {
      graph: this.#graph,
      anomalies: this.#anomalies.all,
      committed: this.#committed,
      accesses: this.#accesses,
      open: this.#byKey.flatMap((accesses, key) => {
        const writers = accesses.filter(({ write }) => write >= 0).map(({ t }) => t);
        return writers.length > 1 ? [{ key, writers }] : [];
      }),
      undecided: [...this.#unusable.values()],
      withCycles: () => this.#withCycles(),
      completed: (rank) => this.#completed(rank),
    };
  }

  #withCycles(): readonly IsolationAnomaly[] {
    const list = new AnomalyList();
    const { key, kind, value } = this.#t;
    const versionOf = (i: number): Value | undefined =>
      kind[i] === READ && value[i] !== undefined && !this.#unusable.has(key[i] as number) ? identity(value[i] as Value) : undefined;
    lostUpdates(this.#t, this.#committed, versionOf, list, (one, other, k) => {
      const names = `${this.#tell.name(one)} and ${this.#tell.name(other)}`;
      return `${names} read the same version of ${this.#tell.key(k)} and both overwrote it: neither saw the other`;
    });
    return list.all;
  }

  /** All versions in the order of `rank`: with it every anti-dependency leads to the next version. */
  #completed(rank: Int32Array): DependencyGraph {
    const graph = this.#graph.copy();
    this.#byKey.forEach((accesses, k) => {
      const order = accesses.filter(({ write }) => write >= 0).map(({ t }) => t);
      order.sort((x, y) => (rank[x] as number) - (rank[y] as number));
      const place = new Map(order.map((t, at) => [t, at]));
      for (let at = 1; at < order.length; at++) graph.add(order[at - 1] as number, order[at] as number, WW, k);
      for (const { t, source } of this.#seen[k] as { t: number; source: number }[]) {
        const next = order[source === NOBODY ? 0 : (place.get(source) ?? order.length) + 1];
        if (next !== undefined) graph.add(t, next, RW, k);
      }
    });
    return graph;
  }
}
