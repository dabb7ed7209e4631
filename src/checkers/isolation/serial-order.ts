/**
 * Looks for one order of all committed transactions that explains every read of registers: depth-first, without recursion, within a
 * budget. Values are unique, so a version is overwritten only after its last reader, and a transaction that only reads
 * comes as soon as it can. Finding an order proves serializability; finding none proves the contrary.
 */
import type { Meter } from '../budget.ts';
import type { DependencyGraph } from './graph.ts';
import type { Access } from './rw-register.ts';

/** Transactions of a history whose states are remembered. */
const REMEMBERED_MAX = 2000;

export type SerialAnswer = 'found' | 'none' | 'unknown';

interface Frame {
  /** Transactions and auxiliary nodes placed since the frame began, to be taken back. */
  readonly placed: number[];
  /** Versions that stood before, by key. */
  readonly before: { readonly key: number; readonly version: number }[];
  readonly choices: readonly number[];
  next: number;
}

class SerialSearch {
  readonly #graph: DependencyGraph;
  readonly #mask: number;
  readonly #meter: Meter;
  readonly #byTransaction: readonly (readonly Access[])[];
  /** How many nodes must still come before each. */
  readonly #waiting: Int32Array;
  readonly #done: Uint8Array;
  /** The version (writer) of each key, and how many readers wait for each version of a key. */
  readonly #version = new Map<number, number>();
  readonly #readers = new Map<string, number>();
  readonly #ready = new Set<number>();
  readonly #visited = new Set<string>();
  readonly #rank: (t: number) => number;
  /** Long histories are not remembered state by state: that would cost their square. */
  readonly #remembers: boolean;
  #left = 0;

  constructor(
    graph: DependencyGraph,
    committed: Uint8Array,
    accesses: readonly Access[],
    mask: number,
    meter: Meter,
    rank: (t: number) => number,
  ) {
    this.#graph = graph;
    this.#rank = rank;
    this.#remembers = graph.transactions <= REMEMBERED_MAX;
    this.#mask = mask;
    this.#meter = meter;
    this.#waiting = new Int32Array(graph.nodes);
    this.#done = new Uint8Array(graph.nodes);
    const by: Access[][] = Array.from({ length: graph.transactions }, () => []);
    for (const access of accesses) {
      (by[access.t] as Access[]).push(access);
      if (access.read < 0) continue;
      const name = `${access.key},${access.source}`;
      this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
    }
    this.#byTransaction = by;
    for (let e = 0; e < graph.edges; e++) {
      const to = graph.to[e] as number;
      if (((graph.kind[e] as number) & mask) !== 0) this.#waiting[to] = (this.#waiting[to] as number) + 1;
    }
    for (let n = 0; n < graph.nodes; n++) {
      if (n < graph.transactions && committed[n] === 0) continue;
      this.#left++;
      if (this.#waiting[n] === 0) this.#ready.add(n);
    }
  }

  run(): SerialAnswer {
    const stack: Frame[] = [];
    for (;;) {
      const frame: Frame = { placed: [], before: [], choices: [], next: 0 };
      if (!this.#settle(frame)) return 'unknown';
      if (this.#left === 0) return 'found';
      const choices = this.#choices();
      stack.push({ ...frame, choices });
      for (;;) {
        const top = stack[stack.length - 1];
        if (top === undefined) return 'none';
        const choice = top.choices[top.next++];
        if (choice !== undefined) {
          if (!this.#meter.spend(1 + top.choices.length)) return 'unknown';
          const step: Frame = { placed: [], before: [], choices: [], next: 0 };
          this.#place(choice, step);
          stack.push(step);
          break;
        }
        this.#takeBack(stack.pop() as Frame);
      }
    }
  }

  /** Places what needs no choice: auxiliary nodes, and readers that can read now. */
  #settle(frame: Frame): boolean {
    for (let again = true; again; ) {
      again = false;
      for (const node of this.#ready) {
        if (!this.#meter.spend(1)) return false;
        if (
          node < this.#graph.transactions &&
          !((this.#byTransaction[node] as readonly Access[]).every(({ write }) => write < 0) && this.#fits(node))
        )
          continue;
        this.#place(node, frame);
        again = true;
      }
    }
    return true;
  }

  /** Whether every read sees the present version and nothing is overwritten that somebody else must still read. */
  #fits(t: number): boolean {
    return (this.#byTransaction[t] as readonly Access[]).every(({ key, read, source, write }) => {
      const version = this.#version.get(key) ?? -1;
      if (read >= 0 && source !== version) return false;
      return write < 0 || (this.#readers.get(`${key},${version}`) ?? 0) === (read >= 0 ? 1 : 0);
    });
  }

  /** What can come next, the likeliest first. */
  #choices(): readonly number[] {
    if (this.#remembers && !this.#isNew()) return [];
    return [...this.#ready].filter((node) => this.#fits(node)).sort((x, y) => this.#rank(x) - this.#rank(y) || x - y);
  }

  /** False when this state has been seen, or the budget ended. */
  #isNew(): boolean {
    const done: number[] = [];
    for (let word = 0, n = 0; n < this.#done.length; word++) {
      let bits = 0;
      for (let bit = 0; bit < 16 && n < this.#done.length; bit++, n++) bits |= (this.#done[n] as number) << bit;
      done[word] = bits;
    }
    const versions = [...this.#version].sort(([x], [y]) => x - y).flat();
    const name = `${String.fromCharCode(...done.slice(0, 4096))}${done.slice(4096).join()}|${versions.join()}`;
    if (this.#visited.has(name)) return false;
    this.#visited.add(name);
    return this.#meter.spend(done.length) && this.#meter.hold(this.#visited.size * (100 + 2 * name.length));
  }

  #place(node: number, frame: Frame): void {
    frame.placed.push(node);
    this.#done[node] = 1;
    this.#left--;
    this.#ready.delete(node);
    for (const { key, read, source, write } of this.#byTransaction[node] ?? []) {
      if (read >= 0) this.#count(key, source, -1);
      if (write < 0) continue;
      frame.before.push({ key, version: this.#version.get(key) ?? -1 });
      this.#version.set(key, node);
    }
    this.#release(node, -1);
  }

  #takeBack(frame: Frame): void {
    for (const { key, version } of frame.before.reverse()) this.#version.set(key, version);
    for (const node of frame.placed.reverse()) {
      this.#release(node, 1);
      this.#done[node] = 0;
      this.#left++;
      this.#ready.add(node);
      for (const { key, read, source } of this.#byTransaction[node] ?? []) if (read >= 0) this.#count(key, source, 1);
    }
  }

  #count(key: number, source: number, by: number): void {
    const name = `${key},${source}`;
    this.#readers.set(name, (this.#readers.get(name) ?? 0) + by);
  }

  #release(node: number, by: number): void {
    const { starts, order } = this.#graph.adjacency();
    for (let at = starts[node] as number; at < (starts[node + 1] as number); at++) {
      const e = order[at] as number;
      if (((this.#graph.kind[e] as number) & this.#mask) === 0) continue;
      const to = this.#graph.to[e] as number;
      this.#waiting[to] = (this.#waiting[to] as number) + by;
      if (this.#waiting[to] === 0) this.#ready.add(to);
      else this.#ready.delete(to);
    }
  }
}

/** Whether some order that keeps the edges of `mask` explains all reads. `rank`: which of those that can come next is tried first. */
export function searchSerialOrder(
  graph: DependencyGraph,
  committed: Uint8Array,
  accesses: readonly Access[],
  mask: number,
  meter: Meter,
  rank: (t: number) => number,
): SerialAnswer {
  if (!meter.hold(200 * graph.nodes)) return 'unknown';
  const answer = new SerialSearch(graph, committed, accesses, mask, meter, rank).run();
  return answer === 'none' && meter.exhausted !== null ? 'unknown' : answer;
}
