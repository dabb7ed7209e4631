/**
 * Algorithm 3: linearizability of any model by search (Wing & Gong 1993; Lowe 2017), without recursion. The search
 * walks along the completions: at the p-th one its operation must have been linearized, chosen among those open.
 * A configuration is p, the state, which open operations are linearized, and how many of each optional group took effect.
 * Exact reductions: an enabled observer is linearized at once; of operations that do the same only the one that must
 * return first is tried; an optional register update only when something open can see it; a needed value must have a maker, and
 * what only grows must be able to grow into it; of
 * two configurations that differ only in what was used up, the thriftier is enough.
 */
import type { Meter } from './budget.ts';
import { ConfigTable } from './config-table.ts';
import { CAS, ILLEGAL, type Machine, READ, WRITE } from './model.ts';
import type { Part } from './part.ts';
import { type OptionalGroup, type Plan, planSearch } from './wgl-plan.ts';

export interface SearchAnswer {
  readonly verdict: 'pass' | 'violation' | 'unknown';
  /** Distinct configurations. */
  readonly states: number;
  /** Completions that some linearization reached, of `completions`. */
  readonly reached: number;
  readonly completions: number;
  /** `seq` of the completion that no linearization got past; only for a violation. */
  readonly stuckAt: number;
}

/** Layout of a frame: which candidate comes next, then the configuration. */
const CURSOR = 0;
const P = 1;
const STATE = 2;
const MASK = 3;
/** Steps between two looks at the memory that the model's states hold. */
const POLL_STEPS = 64;
/** How many coming reads a state that only grows is compared with. */
const READS_AHEAD = 8;

/** Searches `part` within the meter. Needs no precondition. */
export function searchPart(part: Part, meter: Meter, madeBytes: () => number = () => 0): SearchAnswer {
  return new Search(planSearch(part), meter, madeBytes).run();
}

class Search {
  readonly #plan: Plan;
  readonly #meter: Meter;
  readonly #table: ConfigTable;
  readonly #width: number;
  /** Which operation sits in each slot, as of completion `#seatedAt`. */
  readonly #seat: Int32Array;
  #seatedAt = -1;
  readonly #otherBytes: () => number;
  #frames: Int32Array;
  #reached = 0;

  constructor(plan: Plan, meter: Meter, madeBytes: () => number) {
    this.#plan = plan;
    this.#meter = meter;
    this.#width = MASK + plan.maskWords + plan.guards.length;
    this.#seat = new Int32Array(plan.slots);
    this.#frames = new Int32Array(this.#width * 32);
    this.#otherBytes = () => madeBytes() + 4 * this.#frames.length;
    this.#table = new ConfigTable(MASK + plan.maskWords - 1, plan.guards, meter, this.#otherBytes);
  }

  run(): SearchAnswer {
    const { part, returns } = this.#plan;
    const verdict = returns.length === 0 ? 'pass' : this.#search();
    const stuckAt = verdict === 'violation' ? (part.ret[returns[this.#reached] as number] as number) : -1;
    return { verdict, states: this.#table.count, reached: this.#reached, completions: returns.length, stuckAt };
  }

  #search(): SearchAnswer['verdict'] {
    const width = this.#width;
    const frames = this.#frames;
    frames[CURSOR] = 0;
    frames[P] = -1;
    frames[STATE] = this.#plan.part.machine.initial;
    frames.fill(-1, MASK, MASK + this.#plan.maskWords);
    frames.fill(0, MASK + this.#plan.maskWords, width);
    this.#advance(0);
    if (this.#settle(0)) return 'pass';
    if (!this.#feasible(0)) return 'violation';
    let top = 0;
    while (top >= 0) {
      if ((top + 2) * width > this.#frames.length && !this.#growFrames()) return 'unknown';
      if (!this.#meter.spend(1) || (this.#meter.steps % POLL_STEPS === 0 && !this.#meter.hold(this.#table.bytes + this.#otherBytes())))
        return 'unknown';
      const at = top * width;
      this.#seatFor(this.#frames[at + P] as number);
      if (!this.#tryNext(at, at + width)) {
        top--;
        continue;
      }
      const next = at + width;
      if (this.#settle(next)) return 'pass';
      if (this.#feasible(next) && this.#table.insert(this.#frames, next + P)) top++;
    }
    return this.#meter.exhausted === null ? 'violation' : 'unknown';
  }

  #growFrames(): boolean {
    if (!this.#meter.hold(this.#table.bytes + this.#otherBytes() + 8 * this.#frames.length)) return false;
    const grown = new Int32Array(this.#frames.length * 2);
    grown.set(this.#frames);
    this.#frames = grown;
    return true;
  }

  /** Puts into the slots whoever is open at the p-th completion. */
  #seatFor(p: number): void {
    const { calls, entered, slot, previous } = this.#plan;
    const seat = this.#seat;
    while (this.#seatedAt > p) {
      const from = this.#seatedAt === 0 ? 0 : (entered[this.#seatedAt - 1] as number);
      for (let i = (entered[this.#seatedAt] as number) - 1; i >= from; i--) {
        const op = calls[i] as number;
        seat[slot[op] as number] = previous[op] as number;
      }
      this.#seatedAt--;
    }
    while (this.#seatedAt < p) {
      const from = this.#seatedAt < 0 ? 0 : (entered[this.#seatedAt] as number);
      this.#seatedAt++;
      for (let i = from; i < (entered[this.#seatedAt] as number); i++) {
        const op = calls[i] as number;
        seat[slot[op] as number] = op;
      }
    }
  }

  /** Moves the configuration at `at` to its next completion: the operations invoked until then become open. */
  #advance(at: number): void {
    const { calls, entered, slot, observer, part } = this.#plan;
    const frames = this.#frames;
    const p = (frames[at + P] as number) + 1;
    frames[at + P] = p;
    if (p > this.#reached) this.#reached = p;
    this.#seatFor(p);
    const state = frames[at + STATE] as number;
    for (let i = p === 0 ? 0 : (entered[p - 1] as number); i < (entered[p] as number); i++) {
      const op = calls[i] as number;
      if (observer[op] === 1 && part.machine.step(state, part.kind[op] as number, part.a[op] as number, 0) !== ILLEGAL) continue;
      const seat = slot[op] as number;
      frames[at + MASK + (seat >>> 5)] = (frames[at + MASK + (seat >>> 5)] as number) & ~(1 << (seat & 31));
    }
  }

  #open(at: number, seat: number): boolean {
    return (((this.#frames[at + MASK + (seat >>> 5)] as number) >>> (seat & 31)) & 1) === 0;
  }

  #close(at: number, seat: number): void {
    const word = at + MASK + (seat >>> 5);
    this.#frames[word] = (this.#frames[word] as number) | (1 << (seat & 31));
  }

  /** Linearizes every open observer that the new state satisfies, then passes all completions that are served. True at the end. */
  #settle(at: number): boolean {
    const { part, observer, returns, slot, slots } = this.#plan;
    const frames = this.#frames;
    const state = frames[at + STATE] as number;
    for (let seat = 0; seat < slots; seat++) {
      if (!this.#open(at, seat)) continue;
      const op = this.#seat[seat] as number;
      if (observer[op] === 1 && part.machine.step(state, part.kind[op] as number, part.a[op] as number, 0) !== ILLEGAL)
        this.#close(at, seat);
    }
    while (!this.#open(at, slot[returns[frames[at + P] as number] as number] as number)) {
      if ((frames[at + P] as number) + 1 === returns.length) {
        this.#reached = returns.length;
        return true;
      }
      this.#advance(at);
    }
    return false;
  }

  /** Registers: whether somebody can still make the value that the next completion needs. */
  #feasible(at: number): boolean {
    const { part, returns, slots, groups } = this.#plan;
    if (!part.machine.registers) return part.machine.grows === undefined || this.#canGrow(at, part.machine.grows);
    const frames = this.#frames;
    const due = returns[frames[at + P] as number] as number;
    const kind = part.kind[due] as number;
    const value = part.a[due] as number;
    if ((kind !== READ && kind !== CAS) || value === frames[at + STATE]) return true;
    for (let seat = 0; seat < slots; seat++) {
      if (!this.#open(at, seat)) continue;
      const op = this.#seat[seat] as number;
      if (part.kind[op] === WRITE ? part.a[op] === value : part.kind[op] === CAS && part.b[op] === value) return true;
    }
    return groups.some((group) => (group.kind === CAS ? group.b : group.a) === value && this.#available(at, group));
  }

  /** Where no overwrite can come between, what the next reads show must be what the state grows into. */
  #canGrow(at: number, grows: NonNullable<Machine['grows']>): boolean {
    const { part, returns, slot, slots, groups, overwrites } = this.#plan;
    const overwriting = (kind: number): boolean => kind === WRITE || kind === CAS;
    for (let seat = 0; seat < slots; seat++)
      if (this.#open(at, seat) && overwriting(part.kind[this.#seat[seat] as number] as number)) return true;
    if (groups.some((group) => overwriting(group.kind))) return true;
    const state = this.#frames[at + STATE] as number;
    const from = this.#frames[at + P] as number;
    const begun = overwrites[returns[from] as number] as number;
    let reads = 0;
    for (let p = from; p < returns.length && reads < READS_AHEAD; p++) {
      const op = returns[p] as number;
      if (overwrites[op] !== begun) break;
      const seat = slot[op] as number;
      if (part.kind[op] !== READ || (this.#seat[seat] === op && !this.#open(at, seat))) continue;
      if (!grows(state, part.a[op] as number)) return false;
      reads++;
    }
    return true;
  }

  #used(at: number, group: OptionalGroup): number {
    if (group.mask === 0) return 0;
    return ((this.#frames[at + MASK + this.#plan.maskWords + group.word] as number) >>> group.shift) & group.mask;
  }

  /** Whether one of the group was invoked in time and has not taken effect. */
  #available(at: number, group: OptionalGroup): boolean {
    const used = this.#used(at, group);
    const { part, returns } = this.#plan;
    return (
      used < group.calls.length && (group.calls[used] as number) < (part.ret[returns[this.#frames[at + P] as number] as number] as number)
    );
  }

  /** Writes the successor of `at` by its next untried candidate to `to`; false when there is none left. */
  #tryNext(at: number, to: number): boolean {
    const { slots, groups } = this.#plan;
    const frames = this.#frames;
    for (let cursor = frames[at + CURSOR] as number; cursor <= slots + groups.length; cursor++) {
      const done = cursor <= slots ? this.#trySeat(at, to, cursor) : this.#tryGroup(at, to, groups[cursor - slots - 1] as OptionalGroup);
      if (!done) continue;
      frames[at + CURSOR] = cursor + 1;
      frames[to + CURSOR] = 0;
      return true;
    }
    return false;
  }

  /** Cursor 0 is the operation that must return first, then come the slots. */
  #trySeat(at: number, to: number, cursor: number): boolean {
    const { part, returns, slot, twins } = this.#plan;
    const frames = this.#frames;
    const due = slot[returns[frames[at + P] as number] as number] as number;
    const seat = cursor === 0 ? due : cursor - 1;
    if ((cursor > 0 && seat === due) || !this.#open(at, seat)) return false;
    const op = this.#seat[seat] as number;
    if (twins[op] !== -1 && this.#hasEarlierTwin(at, op)) return false;
    const next = part.machine.step(frames[at + STATE] as number, part.kind[op] as number, part.a[op] as number, part.b[op] as number);
    if (next === ILLEGAL) return false;
    frames.copyWithin(to, at, at + this.#width);
    frames[to + STATE] = next;
    this.#close(to, seat);
    return true;
  }

  #hasEarlierTwin(at: number, op: number): boolean {
    const { part, slots, twins } = this.#plan;
    for (let seat = 0; seat < slots; seat++) {
      if (!this.#open(at, seat)) continue;
      const other = this.#seat[seat] as number;
      if (twins[other] === twins[op] && (part.ret[other] as number) < (part.ret[op] as number)) return true;
    }
    return false;
  }

  #tryGroup(at: number, to: number, group: OptionalGroup): boolean {
    const { part, slots, twins, maskWords } = this.#plan;
    if (!this.#available(at, group)) return false;
    const frames = this.#frames;
    const next = part.machine.step(frames[at + STATE] as number, group.kind, group.a, group.b);
    if (next === ILLEGAL || (part.machine.registers && next === frames[at + STATE])) return false;
    if (group.twins !== -1) {
      for (let seat = 0; seat < slots; seat++) if (this.#open(at, seat) && twins[this.#seat[seat] as number] === group.twins) return false;
    }
    if (part.machine.registers && !this.#seen(at, next, group)) return false;
    frames.copyWithin(to, at, at + this.#width);
    frames[to + STATE] = next;
    if (group.mask === 0) return true;
    const word = to + MASK + maskWords + group.word;
    frames[word] = (frames[word] as number) + (1 << group.shift);
    return true;
  }

  /** Whether anything that could come next (other than an overwrite, before which the optional update is pointless) is possible in `state`. */
  #seen(at: number, state: number, by: OptionalGroup): boolean {
    const { part, slots, groups } = this.#plan;
    for (let seat = 0; seat < slots; seat++) {
      if (!this.#open(at, seat)) continue;
      const op = this.#seat[seat] as number;
      const kind = part.kind[op] as number;
      if (kind !== WRITE && part.machine.step(state, kind, part.a[op] as number, part.b[op] as number) !== ILLEGAL) return true;
    }
    return groups.some((group) => group !== by && group.kind === CAS && group.a === state && this.#available(at, group));
  }
}
