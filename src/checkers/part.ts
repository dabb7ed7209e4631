/**
 * One object of a history (a key, or an element of a set) in the normal form of its model: linearizability is local
 * (Herlihy & Wing 1990, theorem 1), so each part is decided alone. Also what weakening does to a part (DESIGN 4).
 */
import { type History, NEVER, NONE } from '../trace/index.ts';
import { CAS, DIFFERS, type Machine, observes, READ, type Shape, TAKE, type Translator, UPDATE } from './model.ts';

/** Before every `seq`: the invocation of a weakened operation and of the initial value. */
export const ALWAYS = -2147483648;
/** Indices below this and any `seq` make one exact number. */
const INDEX_MAX = 2 ** 22;

export interface Part {
  /** Index of the key in the history, or NONE. */
  readonly key: number;
  readonly count: number;
  /** Row of the history. */
  readonly row: Int32Array;
  readonly kind: Uint8Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  /** `seq` of the invocation; ascending. */
  readonly call: Int32Array;
  /** `seq` of the completion; NEVER: the operation may take effect at any time after its call, or not at all. */
  readonly ret: Int32Array;
  readonly machine: Machine;
}

export interface Partition {
  readonly parts: readonly Part[];
  /** Rows that constrain nothing: failed, or reads whose answer nobody knows. */
  readonly dropped: number;
}

function emptyPart(key: number, count: number, machine: Machine): Part {
  const ints = (): Int32Array => new Int32Array(count);
  return { key, count, row: ints(), kind: new Uint8Array(count), a: ints(), b: ints(), call: ints(), ret: ints(), machine };
}

/** The operations that returned, by completion. */
export function byCompletion({ count, ret }: Part): Int32Array {
  const keyed = new Float64Array(count);
  let returned = 0;
  for (let i = 0; i < count; i++) if (ret[i] !== NEVER) keyed[returned++] = (ret[i] as number) * INDEX_MAX + i;
  if (count > INDEX_MAX) {
    const rows = Int32Array.from({ length: count }, (_, i) => i).filter((i) => ret[i] !== NEVER);
    return rows.sort((x, y) => (ret[x] as number) - (ret[y] as number));
  }
  return Int32Array.from(keyed.subarray(0, returned).sort(), (key) => key % INDEX_MAX);
}

/** Splits a history into its objects. Throws LC_HISTORY_OPERATION for a function that the model does not have. */
export function partition(history: History, machine: Machine): Partition {
  const { count } = history;
  const translators = history.functions.map(machine.translator);
  const object = new Int32Array(count);
  const { sizes, keys } = machine.perArgument ? objectsByElement(history, object) : objectsByKey(history, object);
  const parts = sizes.map((size, at) => emptyPart(keys[at] as number, size, machine));
  const filled = new Int32Array(parts.length);
  const shape: Shape = { kind: READ, a: NONE, b: NONE };
  let dropped = 0;
  for (let row = 0; row < count; row++) {
    shape.b = NONE;
    if (!(translators[history.f[row] as number] as Translator)(history, row, shape)) {
      dropped++;
      continue;
    }
    const at = object[row] as number;
    const part = parts[at] as Part;
    const i = filled[at] as number;
    filled[at] = i + 1;
    part.row[i] = row;
    part.kind[i] = shape.kind;
    part.a[i] = shape.a;
    part.b[i] = shape.b;
    part.call[i] = history.invoke[row] as number;
    part.ret[i] = history.complete[row] as number;
  }
  return { parts: parts.map((part, at) => trimmed(part, filled[at] as number)).filter((part) => part.count > 0), dropped };
}

function objectsByKey(history: History, object: Int32Array): { sizes: number[]; keys: number[] } {
  const sizes: number[] = new Array(history.keys.length + 1).fill(0);
  for (let row = 0; row < history.count; row++) {
    const at = (history.key[row] as number) + 1;
    object[row] = at;
    sizes[at] = (sizes[at] as number) + 1;
  }
  return { sizes, keys: sizes.map((_, at) => at - 1) };
}

function objectsByElement(history: History, object: Int32Array): { sizes: number[]; keys: number[] } {
  const ids = new Map<number, number>();
  const sizes: number[] = [];
  const keys: number[] = [];
  for (let row = 0; row < history.count; row++) {
    const name = ((history.key[row] as number) + 1) * 2147483648 + (history.argument[row] as number) + 1;
    let at = ids.get(name);
    if (at === undefined) {
      at = sizes.length;
      ids.set(name, at);
      sizes.push(0);
      keys.push(history.key[row] as number);
    }
    object[row] = at;
    sizes[at] = (sizes[at] as number) + 1;
  }
  return { sizes, keys };
}

function trimmed(part: Part, count: number): Part {
  if (count === part.count) return part;
  const cut = (column: Int32Array): Int32Array => column.slice(0, count);
  const { key, machine } = part;
  const kind = part.kind.slice(0, count);
  return { key, count, row: cut(part.row), kind, a: cut(part.a), b: cut(part.b), call: cut(part.call), ret: cut(part.ret), machine };
}

/** The operations `order` of a part (indices, ascending in the new call times), after `change` has been applied to each. */
function select(part: Part, order: readonly number[], weak: (index: number) => boolean): Part {
  const copy = emptyPart(part.key, order.length, part.machine);
  order.forEach((from, to) => {
    const weakened = weak(from);
    copy.row[to] = part.row[from] as number;
    copy.kind[to] = part.kind[from] as number;
    copy.a[to] = weakened && part.kind[from] === TAKE ? NONE : (part.a[from] as number);
    copy.b[to] = part.b[from] as number;
    copy.call[to] = weakened ? ALWAYS : (part.call[from] as number);
    copy.ret[to] = weakened ? NEVER : (part.ret[from] as number);
  });
  return copy;
}

/**
 * Weakens every operation outside `kept` (flags by index): observers go; updates may take effect once, at any point of
 * the whole history, before their own invocation too, or never, and what they returned is forgotten. Of the weakened
 * ones, those that cannot matter to what was kept are left out, which changes no verdict.
 */
export function weakenedPart(part: Part, kept: Uint8Array): Part {
  const order: number[] = [];
  for (let i = 0; i < part.count; i++) if (kept[i] === 0 && !observes(part.kind[i] as number)) order.push(i);
  const all = [...relevant(part, kept, order)];
  for (let i = 0; i < part.count; i++) if (kept[i] === 1) all.push(i);
  return select(part, all, (i) => kept[i] === 0);
}

/** `part` up to (and with) the operations that returned by `until`: what returned later is pending, what was called later is gone. */
export function prefixPart(part: Part, until: number): Part {
  const order: number[] = [];
  for (let i = 0; i < part.count; i++) {
    if ((part.call[i] as number) > until) break;
    if ((part.ret[i] as number) <= until || !observes(part.kind[i] as number)) order.push(i);
  }
  const copy = select(part, order, () => false);
  for (let i = 0; i < copy.count; i++) {
    if ((copy.ret[i] as number) <= until) continue;
    copy.ret[i] = NEVER;
    if (copy.kind[i] === TAKE) copy.a[i] = NONE;
  }
  return copy;
}

/**
 * Which weakened updates can help to explain the kept operations. Registers: those whose value something kept needs,
 * directly or through weakened compare-and-sets, and of equal ones no more than there are kept operations: before
 * each kept operation one of each is enough. Queues, stacks: additions of what a kept take returned; another value only helps
 * those weakened takes that would take it away again. Others: all.
 */
function relevant(part: Part, kept: Uint8Array, weak: readonly number[]): readonly number[] {
  if (part.machine.registers) return relevantWrites(part, kept, weak);
  if (part.machine.discipline === undefined) return weak;
  const taken = new Set<number>();
  for (let i = 0; i < part.count; i++) if (kept[i] === 1 && part.kind[i] === TAKE) taken.add(part.a[i] as number);
  return weak.filter((i) => part.kind[i] !== UPDATE || taken.has(part.a[i] as number));
}

function relevantWrites(part: Part, kept: Uint8Array, weak: readonly number[]): readonly number[] {
  const needed = new Set<number>();
  let keptCount = 0;
  let anyValue = false;
  for (let i = 0; i < part.count; i++) {
    if (kept[i] === 0) continue;
    keptCount++;
    const kind = part.kind[i] as number;
    if (kind === READ || kind === CAS) needed.add(part.a[i] as number);
    if (kind === DIFFERS) anyValue = true;
  }
  if (!anyValue) closeOverCas(part, weak, needed);
  const copies = new Map<string, number>();
  return weak.filter((i) => {
    const makes = (part.kind[i] === CAS ? part.b[i] : part.a[i]) as number;
    if (!anyValue && !needed.has(makes)) return false;
    const name = `${part.kind[i]},${part.a[i]},${part.b[i]}`;
    const seen = (copies.get(name) ?? 0) + 1;
    copies.set(name, seen);
    return seen <= keptCount;
  });
}

/** Adds what weakened compare-and-sets need in order to make something needed, until nothing is added. */
function closeOverCas(part: Part, weak: readonly number[], needed: Set<number>): void {
  const makers = new Map<number, number[]>();
  for (const i of weak) {
    if (part.kind[i] !== CAS) continue;
    const made = part.b[i] as number;
    const sources = makers.get(made);
    if (sources) sources.push(part.a[i] as number);
    else makers.set(made, [part.a[i] as number]);
  }
  const work = [...needed];
  for (let value = work.pop(); value !== undefined; value = work.pop()) {
    for (const source of makers.get(value) ?? []) {
      if (needed.has(source)) continue;
      needed.add(source);
      work.push(source);
    }
  }
}
