/**
 * Elle's list-append (Kingsbury & Alvaro 2020, sections 4 and 6): every read of a list shows how it came to be, so the longest read
 * of a key is its version order, each other read must be a prefix of it, and appends that nobody read come after all that somebody
 * did. From the order follow the dependencies ww, wr and rw. Elements must be unique in a key. Linear in the history.
 */
import { equalValues, type Value } from '../../core/index.ts';
import { FAIL } from '../../trace/index.ts';
import type { Meter } from '../budget.ts';
import {
  AnomalyList,
  acknowledged,
  type Dependencies,
  type IsolationAnomaly,
  identity,
  lostUpdates,
  type OpenOrder,
} from './dependencies.ts';
import { fracturedReads } from './fractured-reads.ts';
import { DependencyGraph, Fan, RW, WR, WW } from './graph.ts';
import { addPrecedence } from './precedence.ts';
import { APPEND, READ, type Transactions } from './transactions.ts';
import { TransactionTeller } from './words.ts';

const NO_MICRO = -1;
/** The place of an append that nobody read. */
const UNSEEN = 2147483647;

const same = (a: Value, b: Value): boolean => a === b || (typeof a === 'object' && equalValues(a, b));

/** Adds all but the cycles; null: the budget ended. */
export function listAppendDependencies(transactions: Transactions, meter: Meter): Dependencies | null {
  const analysis = new ListAppend(transactions);
  const phases = [() => analysis.collect(), () => analysis.versionOrders(), () => analysis.reads(), () => analysis.dependencies()];
  for (const phase of phases) {
    if (!meter.spend(transactions.micros) || !meter.hold(80 * transactions.micros + 64 * transactions.count)) return null;
    phase();
  }
  return analysis.result();
}

class ListAppend {
  readonly #t: Transactions;
  readonly #tell: TransactionTeller;
  readonly #anomalies = new AnomalyList();
  readonly #committed: Uint8Array;
  readonly #graph: DependencyGraph;
  /** Of each key, who appended which element (micro-operation). */
  readonly #writers: Map<Value, number>[] = [];
  /** Of each key the longest read; its micro-operation. */
  readonly #longest: Int32Array;
  readonly #unusable = new Map<number, string>();
  /** Of each append its place in the version order. */
  readonly #place: Int32Array;
  /** The append of the same key before it, or the read of the same key before it, in the same transaction. */
  readonly #ownBefore: Int32Array;
  readonly #readBefore: Int32Array;
  /** 1: the transaction appends to the key again. */
  readonly #replaced: Uint8Array;
  readonly #open: OpenOrder[] = [];
  readonly #orders: { readonly order: readonly number[]; readonly fan: Fan | null }[] = [];

  constructor(transactions: Transactions) {
    const { micros, keys } = transactions;
    this.#t = transactions;
    this.#tell = new TransactionTeller(transactions);
    this.#committed = acknowledged(transactions);
    this.#graph = new DependencyGraph(transactions.count, 1024 + 2 * transactions.micros + 4 * transactions.count);
    this.#longest = new Int32Array(keys.length).fill(NO_MICRO);
    this.#place = new Int32Array(micros).fill(UNSEEN);
    this.#ownBefore = new Int32Array(micros).fill(NO_MICRO);
    this.#readBefore = new Int32Array(micros).fill(NO_MICRO);
    this.#replaced = new Uint8Array(micros);
    for (let k = 0; k < keys.length; k++) this.#writers.push(new Map());
  }

  #list(i: number): readonly Value[] {
    return (this.#t.value[i] ?? []) as readonly Value[];
  }

  #status(t: number): number {
    return this.#t.history.status[this.#t.row[t] as number] as number;
  }

  /** Whether a micro-operation is a read whose answer is known. */
  #answered(i: number): boolean {
    return this.#t.kind[i] === READ && this.#t.value[i] !== undefined;
  }

  collect(): void {
    const { micros, kind, key, value, owner, keys } = this.#t;
    const lastOwn = new Int32Array(keys.length).fill(NO_MICRO);
    const lastRead = new Int32Array(keys.length).fill(NO_MICRO);
    for (let i = 0; i < micros; i++) {
      const k = key[i] as number;
      const own = lastOwn[k] as number;
      const read = lastRead[k] as number;
      if (own >= 0 && owner[own] === owner[i]) this.#ownBefore[i] = own;
      if (read >= 0 && owner[read] === owner[i]) this.#readBefore[i] = read;
      if (kind[i] === APPEND) {
        if ((this.#ownBefore[i] as number) >= 0) this.#replaced[own] = 1;
        lastOwn[k] = i;
        const writers = this.#writers[k] as Map<Value, number>;
        const element = identity(value[i] as Value);
        const twice = writers.has(element);
        writers.set(element, i);
        if (twice) this.#unusable.set(k, `${JSON.stringify(value[i])} was appended twice to ${this.#tell.key(k)}`);
      } else if (this.#answered(i)) {
        lastRead[k] = i;
        const best = this.#longest[k] as number;
        if (best < 0 || this.#list(i).length > this.#list(best).length) this.#longest[k] = i;
      }
    }
  }

  versionOrders(): void {
    for (let k = 0; k < this.#longest.length; k++) {
      const reader = this.#longest[k] as number;
      if (reader < 0 || this.#unusable.has(k)) continue;
      this.#list(reader).forEach((element, at) => {
        this.#see(k, reader, element, at);
      });
    }
    this.#ownOrder();
  }

  /** Takes note that `reader` saw an element; false when that is an anomaly. */
  #see(k: number, reader: number, element: Value, at: number): void {
    const { owner } = this.#t;
    const t = owner[reader] as number;
    const writer = (this.#writers[k] as Map<Value, number>).get(identity(element));
    const what = (): string => `${this.#tell.name(t)} ${this.#tell.micro(reader)}`;
    if (writer === undefined) {
      this.#anomalies.add('garbage-read', [t], k, () => `${what()}, though nobody appended ${JSON.stringify(element)}`);
      return;
    }
    const by = owner[writer] as number;
    if (this.#status(by) === FAIL && by !== t)
      this.#anomalies.add(
        'G1a',
        [by, t],
        k,
        () => `${what()}, though ${this.#tell.name(by)}, which ${this.#tell.micro(writer)}, had failed`,
      );
    else if (this.#status(by) !== FAIL) this.#committed[by] = 1;
    if (at < 0) return;
    if (this.#place[writer] !== UNSEEN) {
      this.#anomalies.add('duplicate-elements', [by, t], k, () => `${what()}, with ${JSON.stringify(element)} twice`);
      this.#unusable.set(k, `a read of ${this.#tell.key(k)} shows an element twice`);
    } else this.#place[writer] = at;
  }

  /** A transaction's own appends to a key must stand in its own order. */
  #ownOrder(): void {
    const { micros, owner, key } = this.#t;
    for (let i = 0; i < micros; i++) {
      const before = this.#ownBefore[i] as number;
      if (before < 0 || this.#t.kind[i] !== APPEND || this.#unusable.has(key[i] as number)) continue;
      if ((this.#place[before] as number) <= (this.#place[i] as number)) continue;
      const t = owner[i] as number;
      this.#anomalies.add('incompatible-order', [t, owner[this.#longest[key[i] as number] as number] as number], key[i] as number, () => {
        const k = key[i] as number;
        return `${this.#tell.name(t)} ${this.#tell.micro(before)} before it ${this.#tell.micro(i)}, but ${this.#tell.micro(this.#longest[k] as number)} shows the reverse`;
      });
    }
  }

  /** Every read against the version order, and against what its own transaction did before. */
  reads(): void {
    const { micros, key, owner, kind } = this.#t;
    for (let i = 0; i < micros; i++) {
      if (kind[i] === APPEND) this.#future(i);
      if (!this.#answered(i)) continue;
      this.#internal(i);
      const k = key[i] as number;
      if (this.#unusable.has(k)) continue;
      this.#prefix(i, k);
      this.#intermediate(i, k, owner[i] as number);
    }
    this.#dirtyUpdates();
  }

  #prefix(i: number, k: number): void {
    const longest = this.#longest[k] as number;
    const order = this.#list(longest);
    const list = this.#list(i);
    for (let at = 0; at < list.length; at++) {
      if (same(list[at] as Value, order[at] as Value)) continue;
      const [t, other] = [this.#t.owner[i] as number, this.#t.owner[longest] as number];
      this.#anomalies.add('incompatible-order', [t, other], k, () => {
        const [one, two] = [this.#tell.micro(i), this.#tell.micro(longest)];
        return `${this.#tell.name(t)} ${one}, and ${this.#tell.name(other)} ${two}: neither is a beginning of the other`;
      });
      for (let rest = at; rest < list.length; rest++) this.#see(k, i, list[rest] as Value, -1);
      return;
    }
  }

  /** A read that shows what its own transaction appended only afterwards. */
  #future(append: number): void {
    for (let read = this.#readBefore[append] as number; read >= 0; read = this.#readBefore[read] as number) {
      if (this.#list(read).length <= (this.#place[append] as number)) continue;
      const t = this.#t.owner[read] as number;
      this.#anomalies.add('garbage-read', [t], this.#t.key[read] as number, () => {
        return `${this.#tell.name(t)} ${this.#tell.micro(read)}, and only then ${this.#tell.micro(append)}`;
      });
    }
  }

  #intermediate(i: number, k: number, t: number): void {
    const list = this.#list(i);
    const last = list[list.length - 1];
    if (last === undefined) return;
    const writer = (this.#writers[k] as Map<Value, number>).get(identity(last));
    if (writer === undefined || this.#replaced[writer] === 0 || this.#t.owner[writer] === t) return;
    const by = this.#t.owner[writer] as number;
    this.#anomalies.add('G1b', [by, t], k, () => {
      const what = `${this.#tell.name(t)} ${this.#tell.micro(i)}`;
      return `${what}, an intermediate state of ${this.#tell.name(by)}, which ${this.#tell.micro(writer)} and then appended more to it`;
    });
  }

  #internal(i: number): void {
    const list = this.#list(i);
    let own = this.#ownBefore[i] as number;
    const earlier = this.#readBefore[i] as number;
    let at = list.length;
    for (; own >= 0 && own > earlier; own = this.#ownBefore[own] as number) {
      at--;
      if (at < 0 || !same(list[at] as Value, this.#t.value[own] as Value)) return this.#tellInternal(i);
    }
    if (earlier < 0) return;
    const before = this.#list(earlier);
    if (before.length !== at) return this.#tellInternal(i);
    for (let j = 0; j < at; j++) if (!same(before[j] as Value, list[j] as Value)) return this.#tellInternal(i);
  }

  #tellInternal(i: number): void {
    const t = this.#t.owner[i] as number;
    const [own, earlier] = [this.#ownBefore[i] as number, this.#readBefore[i] as number];
    this.#anomalies.add('internal', [t], this.#t.key[i] as number, () => {
      const did = [earlier, own].filter((micro) => micro >= 0).sort((x, y) => x - y);
      return `${this.#tell.name(t)} ${did.map((micro) => this.#tell.micro(micro)).join(' and ')}, and then ${this.#tell.micro(i)}`;
    });
  }

  #dirtyUpdates(): void {
    for (let k = 0; k < this.#longest.length; k++) {
      const reader = this.#longest[k] as number;
      if (reader < 0 || this.#unusable.has(k)) continue;
      let aborted = NO_MICRO;
      for (const element of this.#list(reader)) {
        const writer = (this.#writers[k] as Map<Value, number>).get(identity(element));
        if (writer === undefined) continue;
        const by = this.#t.owner[writer] as number;
        if (this.#status(by) === FAIL) aborted = writer;
        else if (aborted >= 0) {
          const lost = aborted;
          const failed = this.#t.owner[lost] as number;
          this.#anomalies.add('dirty-update', [failed, by, this.#t.owner[reader] as number], k, () => {
            const [one, two] = [this.#tell.micro(lost), this.#tell.micro(writer)];
            return `${this.#tell.name(by)} ${two} on top of what ${this.#tell.name(failed)} ${one}, though that had failed`;
          });
          break;
        }
      }
    }
  }

  dependencies(): void {
    const { keys } = this.#t;
    const unseen = this.#unseen();
    for (let k = 0; k < keys.length; k++) {
      if (this.#unusable.has(k)) continue;
      const order = this.#seenOrder(k);
      const writers = unseen[k] as number[];
      const fan = writers.length === 0 ? null : new Fan(this.#graph, writers);
      if (writers.length > 1) this.#open.push({ key: k, writers });
      const { owner } = this.#t;
      for (let at = 1; at < order.length; at++)
        this.#graph.add(owner[order[at - 1] as number] as number, owner[order[at] as number] as number, WW, k);
      if (order.length > 0) fan?.connect(owner[order[order.length - 1] as number] as number, WW, k);
      this.#orders[k] = { order, fan };
    }
    this.#readDependencies();
    addPrecedence(this.#graph, this.#t, this.#committed);
  }

  /** Committed appends in the version order. */
  #seenOrder(k: number): readonly number[] {
    const reader = this.#longest[k] as number;
    if (reader < 0) return [];
    const order: number[] = [];
    for (const element of this.#list(reader)) {
      const writer = (this.#writers[k] as Map<Value, number>).get(identity(element));
      if (writer !== undefined && this.#committed[this.#t.owner[writer] as number] === 1) order.push(writer);
    }
    return order;
  }

  /** Of each key the committed transactions with appends that nobody read. */
  #unseen(): readonly number[][] {
    const { micros, kind, key, owner, keys } = this.#t;
    const unseen: number[][] = keys.map(() => []);
    for (let i = 0; i < micros; i++) {
      const t = owner[i] as number;
      if (kind[i] !== APPEND || this.#place[i] !== UNSEEN || this.#committed[t] === 0) continue;
      const writers = unseen[key[i] as number] as number[];
      if (writers[writers.length - 1] !== t) writers.push(t);
    }
    return unseen;
  }

  #readDependencies(): void {
    const { micros, key, owner } = this.#t;
    for (let i = 0; i < micros; i++) {
      const k = key[i] as number;
      if (!this.#answered(i) || this.#unusable.has(k)) continue;
      const t = owner[i] as number;
      const list = this.#list(i);
      const last = list[list.length - 1];
      if (last !== undefined) {
        const writer = (this.#writers[k] as Map<Value, number>).get(identity(last));
        if (writer !== undefined && this.#committed[owner[writer] as number] === 1) this.#graph.add(owner[writer] as number, t, WR, k);
      }
      const { order, fan } = this.#orders[k] as { order: readonly number[]; fan: Fan | null };
      let low = 0;
      for (let high = order.length; low < high; ) {
        const middle = (low + high) >>> 1;
        if ((this.#place[order[middle] as number] as number) < list.length) low = middle + 1;
        else high = middle;
      }
      if (low < order.length) this.#graph.add(t, owner[order[low] as number] as number, RW, k);
      else fan?.connect(t, RW, k);
    }
  }

  result(): Dependencies {
    return {
      graph: this.#graph,
      anomalies: this.#anomalies.all,
      committed: this.#committed,
      open: this.#open,
      undecided: [...this.#unusable.values()],
      withCycles: () => this.#withCycles(),
      completed: (rank) => this.#completed(rank),
    };
  }

  /** Unseen appends in the order of `rank`. */
  #completed(rank: Int32Array): DependencyGraph {
    const graph = this.#graph.copy();
    for (const { key, writers } of this.#open) {
      const order = [...writers].sort((x, y) => (rank[x] as number) - (rank[y] as number));
      for (let i = 1; i < order.length; i++) graph.add(order[i - 1] as number, order[i] as number, WW, key);
    }
    return graph;
  }

  #withCycles(): readonly IsolationAnomaly[] {
    const list = new AnomalyList();
    const { key } = this.#t;
    const versionOf = (i: number): Value | undefined =>
      this.#answered(i) && !this.#unusable.has(key[i] as number) ? this.#list(i).length : undefined;
    lostUpdates(this.#t, this.#committed, versionOf, list, (one, other, k) => {
      const names = `${this.#tell.name(one)} and ${this.#tell.name(other)}`;
      return `${names} read the same version of ${this.#tell.key(k)} and both appended to it: neither saw the other`;
    });
    const places = this.#place;
    const writerOf = (k: number, element: Value): number | undefined => {
      const writer = this.#unusable.has(k) ? undefined : (this.#writers[k] as Map<Value, number>).get(identity(element));
      return writer !== undefined && this.#committed[this.#t.owner[writer] as number] === 1 ? writer : undefined;
    };
    fracturedReads(this.#t, { places, writerOf, usable: (k) => !this.#unusable.has(k) }, list, this.#tell);
    return list.all;
  }
}
