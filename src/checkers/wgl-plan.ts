/**
 * What the search needs to know about a part before it starts: returns in order, a slot for every operation that must
 * be open at the same time as others, and the operations that may never take effect, grouped by what they do.
 */
import { NEVER } from '../trace/index.ts';
import { CAS, DIFFERS, observes, READ, WRITE } from './model.ts';
import { ALWAYS, type Part } from './part.ts';

/** Interchangeable optional operations: only the earliest that is left needs to be tried. */
export interface OptionalGroup {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  /** Operations that do the same share a class with required ones. */
  readonly twins: number;
  /** Invocations, ascending. */
  readonly calls: readonly number[];
  /** Where a configuration counts how many took effect. */
  readonly word: number;
  readonly shift: number;
  /** 0 for a group that cannot run out: it needs no counting. */
  readonly mask: number;
}

export interface Plan {
  readonly part: Part;
  /** Required operations by completion. */
  readonly returns: Int32Array;
  /** Required operations by invocation. */
  readonly calls: Int32Array;
  /** How many of `calls` were invoked before the p-th completion. */
  readonly entered: Int32Array;
  /** Per operation. */
  readonly slot: Int32Array;
  /** Who had the slot before. */
  readonly previous: Int32Array;
  /** Class of operations that do the same, or -1 where an operation has no twin. */
  readonly twins: Int32Array;
  readonly observer: Uint8Array;
  /** How many required writes and compare-and-sets were invoked before it completed. */
  readonly overwrites: Int32Array;
  readonly slots: number;
  readonly maskWords: number;
  readonly groups: readonly OptionalGroup[];
  /** Per counter word the bit above each counter. */
  readonly guards: Int32Array;
}

export function planSearch(part: Part): Plan {
  const required: number[] = [];
  const optional: number[] = [];
  for (let i = 0; i < part.count; i++) {
    if (part.ret[i] !== NEVER) required.push(i);
    else if (!observes(part.kind[i] as number)) optional.push(i);
  }
  const calls = Int32Array.from(required);
  const returns = Int32Array.from(required).sort((x, y) => (part.ret[x] as number) - (part.ret[y] as number));
  const observer = new Uint8Array(part.count);
  for (let i = 0; i < part.count; i++) if (observes(part.kind[i] as number)) observer[i] = 1;
  const twins = classes(part, required, optional);
  const useful = part.machine.registers ? needed(part, required, optional) : optional;
  const { groups, guards } = group(part, useful, twins, part.machine.registers ? runs(part, required) : Number.POSITIVE_INFINITY);
  const seats = assignSlots(part, calls, returns);
  return {
    part,
    returns,
    calls,
    twins,
    observer,
    overwrites: overwritesBefore(part, calls, returns),
    ...seats,
    maskWords: (seats.slots + 31) >>> 5,
    groups,
    guards,
  };
}

function overwritesBefore(part: Part, calls: Int32Array, returns: Int32Array): Int32Array {
  const before = new Int32Array(part.count);
  let next = 0;
  let overwrites = 0;
  for (const op of returns) {
    for (; next < calls.length && (part.call[calls[next] as number] as number) < (part.ret[op] as number); next++) {
      const kind = part.kind[calls[next] as number];
      if (kind === WRITE || kind === CAS) overwrites++;
    }
    before[op] = overwrites;
  }
  return before;
}

/** Optional register updates come in runs, each before a required operation that sees something; a run uses one of a kind at most once. */
function runs(part: Part, required: readonly number[]): number {
  return required.reduce((count, i) => count + Number(part.kind[i] !== WRITE), 0);
}

/** Operations of one class do exactly the same; -1: nobody else does. */
function classes(part: Part, required: readonly number[], optional: readonly number[]): Int32Array {
  const ids = new Map<number | string, number>();
  const twins = new Int32Array(part.count).fill(-1);
  const sizes: number[] = [];
  for (const i of [...required, ...optional]) {
    const kind = part.kind[i] as number;
    const name = kind === CAS ? `${part.a[i]},${part.b[i]}` : ((part.a[i] as number) + 1) * 16 + kind;
    let id = ids.get(name);
    if (id === undefined) {
      id = sizes.length;
      ids.set(name, id);
      sizes.push(0);
    }
    twins[i] = id;
    sizes[id] = (sizes[id] as number) + 1;
  }
  for (let i = 0; i < part.count; i++) if (sizes[twins[i] as number] === 1) twins[i] = -1;
  return twins;
}

/** An optional register update is only of use when something sees its value. */
function needed(part: Part, required: readonly number[], optional: readonly number[]): readonly number[] {
  const values = new Set<number>();
  for (const i of required) {
    if (part.kind[i] === DIFFERS) return optional;
    if (part.kind[i] === READ || part.kind[i] === CAS) values.add(part.a[i] as number);
  }
  let useful: number[] = [];
  for (let size = -1; size !== values.size; ) {
    size = values.size;
    useful = optional.filter((i) => values.has((part.kind[i] === CAS ? part.b[i] : part.a[i]) as number));
    for (const i of useful) if (part.kind[i] === CAS) values.add(part.a[i] as number);
  }
  return useful;
}

function group(part: Part, optional: readonly number[], twins: Int32Array, uses: number): { groups: OptionalGroup[]; guards: Int32Array } {
  const members = new Map<string, number[]>();
  for (const i of optional) {
    const name = `${part.kind[i]},${part.a[i]},${part.b[i]}`;
    const known = members.get(name);
    if (known) known.push(i);
    else members.set(name, [i]);
  }
  const guards: number[] = [];
  let shift = 32;
  const groups = [...members.values()].map((list): OptionalGroup => {
    const first = list[0] as number;
    const calls = list.map((i) => part.call[i] as number).sort((x, y) => x - y);
    const [kind, a, b] = [part.kind[first] as number, part.a[first] as number, part.b[first] as number];
    const same = { kind, a, b, twins: twins[first] as number, calls };
    if (calls.length >= uses && calls[uses - 1] === ALWAYS) return { ...same, word: 0, shift: 0, mask: 0 };
    const bits = 32 - Math.clz32(list.length);
    if (shift + bits + 1 > 32) {
      guards.push(0);
      shift = 0;
    }
    const word = guards.length - 1;
    const counted = { ...same, word, shift, mask: (1 << bits) - 1 };
    shift += bits + 1;
    guards[word] = (guards[word] as number) | (1 << (shift - 1));
    return counted;
  });
  // Those that overwrite come first: they explain most.
  groups.sort((x, y) => Number(y.kind === WRITE) - Number(x.kind === WRITE));
  return { groups, guards: Int32Array.from(guards) };
}

function assignSlots(part: Part, calls: Int32Array, returns: Int32Array): Pick<Plan, 'entered' | 'slot' | 'previous' | 'slots'> {
  const entered = new Int32Array(returns.length);
  const slot = new Int32Array(part.count).fill(-1);
  const previous = new Int32Array(part.count).fill(-1);
  const occupant: number[] = [];
  const free: number[] = [];
  let next = 0;
  for (let p = 0; p < returns.length; p++) {
    const leaving = returns[p] as number;
    for (; next < calls.length && (part.call[calls[next] as number] as number) < (part.ret[leaving] as number); next++) {
      const op = calls[next] as number;
      const seat = free.pop() ?? occupant.length;
      slot[op] = seat;
      previous[op] = occupant[seat] ?? -1;
      occupant[seat] = op;
    }
    entered[p] = next;
    free.push(slot[leaving] as number);
  }
  return { entered, slot, previous, slots: occupant.length };
}
