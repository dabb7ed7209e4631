/**
 * Algorithms 1 and 2: registers whose written values are all different, without and with successful compare-and-sets,
 * in O(n log n). A compare-and-set follows the value that it replaced at once, so values form chains; a chain
 * (write, reads, cas, reads, ...) stands together as one block, and blocks are placed by their zones.
 * The preconditions are checked: where they do not hold the answer is `inapplicable`.
 */
import { NEVER } from '../trace/index.ts';
import { CAS, DIFFERS, READ, WRITE } from './model.ts';
import { ALWAYS, type Part } from './part.ts';
import { clash } from './zones.ts';

export interface FastAnswer {
  readonly verdict: 'pass' | 'violation' | 'inapplicable';
  /** Indices of operations that suffice for the violation. */
  readonly witness: readonly number[];
  readonly algorithm: 'zones' | 'chains';
}

/** The value before anything was written: group 0. */
const INITIAL = -1;
const NOBODY = -2;

/** Per value (a group): who wrote it, and the extremes of its operations. */
interface Groups {
  readonly count: number;
  /** Value -> group; 0 is "none" shifted by one. */
  readonly groupOf: Int32Array;
  readonly writer: Int32Array;
  /** First response and last invocation of the group's live operations, and which operations these are. */
  readonly first: Int32Array;
  readonly firstBy: Int32Array;
  readonly last: Int32Array;
  readonly lastBy: Int32Array;
  readonly live: Uint8Array;
  /** The group whose cas replaced this group's value, or NOBODY; and the group that this one replaced. */
  readonly successor: Int32Array;
  readonly predecessor: Int32Array;
}

const answer = (verdict: FastAnswer['verdict'], algorithm: FastAnswer['algorithm'], witness: readonly number[] = []): FastAnswer => ({
  verdict,
  witness: [...new Set(witness)].filter((index) => index >= 0).sort((x, y) => x - y),
  algorithm,
});

/**
 * Decides a part of the register family. `scratch` maps values to groups and is left zeroed; it must be at least as
 * long as the values are many. Failed comparisons are ignored: then a violation is one, but a pass is not (the caller
 * must search).
 */
export function decideUniqueValues(part: Part, scratch: Int32Array, clashOf: typeof clash = clash): FastAnswer {
  const groups = collectWriters(part, scratch);
  let algorithm: FastAnswer['algorithm'] = 'zones';
  if (groups === null) return answer('inapplicable', algorithm);
  try {
    const thinAir = markLive(part, groups);
    if (thinAir !== null) return answer('violation', algorithm, [thinAir]);
    for (let i = 0; i < part.count && algorithm === 'zones'; i++) if (part.kind[i] === CAS) algorithm = 'chains';
    const early = extremes(part, groups);
    if (early !== null) return answer('violation', algorithm, early);
    if (algorithm === 'zones') return zoneAnswer(clashOf, groups, groups.count, groups.first, groups.last, algorithm);
    return decideChains(part, groups, clashOf);
  } finally {
    for (let i = 0; i < part.count; i++) scratch[madeBy(part, i)] = 0;
    scratch[part.machine.initial] = 0;
  }
}

/** The value that an operation makes; for observers the one that they saw. */
const madeBy = (part: Part, i: number): number => (part.kind[i] === CAS ? part.b[i] : part.a[i]) as number;

/** Null when two operations write the same value, or one writes the initial value again. */
function collectWriters(part: Part, scratch: Int32Array): Groups | null {
  let count = 1;
  scratch[part.machine.initial] = 1;
  let unique = true;
  for (let i = 0; i < part.count; i++) {
    const kind = part.kind[i] as number;
    if (kind !== WRITE && kind !== CAS) continue;
    const value = madeBy(part, i);
    if (scratch[value] !== 0) unique = false;
    else scratch[value] = ++count;
  }
  if (!unique) {
    for (let i = 0; i < part.count; i++) scratch[madeBy(part, i)] = 0;
    scratch[part.machine.initial] = 0;
    return null;
  }
  const ints = (fill: number): Int32Array => new Int32Array(count).fill(fill);
  const groups: Groups = {
    count,
    groupOf: scratch,
    writer: ints(INITIAL),
    first: ints(NEVER),
    firstBy: ints(INITIAL),
    last: ints(ALWAYS),
    lastBy: ints(INITIAL),
    live: new Uint8Array(count),
    successor: ints(NOBODY),
    predecessor: ints(NOBODY),
  };
  for (let i = 0; i < part.count; i++) {
    const kind = part.kind[i] as number;
    if (kind === WRITE || kind === CAS) groups.writer[(scratch[madeBy(part, i)] as number) - 1] = i;
  }
  return groups;
}

/** A value is live when its writer returned or when it was seen, by a read or by a live cas. Returns an operation that saw a value nobody wrote. */
function markLive(part: Part, groups: Groups): number | null {
  const { groupOf, live, writer } = groups;
  const work: number[] = [];
  live[0] = 1;
  const see = (value: number): boolean => {
    const group = (groupOf[value] as number) - 1;
    if (group < 0) return false;
    if (live[group] === 0) {
      live[group] = 1;
      work.push(group);
    }
    return true;
  };
  for (let i = 0; i < part.count; i++) {
    const kind = part.kind[i] as number;
    if (kind === DIFFERS || (kind !== READ && part.ret[i] === NEVER)) continue;
    if (!see(madeBy(part, i))) return i;
  }
  for (let group = work.pop(); group !== undefined; group = work.pop()) {
    const by = writer[group] as number;
    if (by >= 0 && part.kind[by] === CAS && !see(part.a[by] as number)) return by;
  }
  return null;
}

/** Fills first and last; returns two operations when a value was seen before its writer began. */
function extremes(part: Part, groups: Groups): readonly number[] | null {
  const { groupOf, live, writer, first, firstBy, last, lastBy } = groups;
  first[0] = ALWAYS;
  for (let i = 0; i < part.count; i++) {
    const kind = part.kind[i] as number;
    if (kind === DIFFERS) continue;
    const group = (groupOf[madeBy(part, i)] as number) - 1;
    if (live[group] === 0) continue;
    const call = part.call[i] as number;
    const ret = part.ret[i] as number;
    if (kind === READ) {
      const by = writer[group] as number;
      if (by >= 0 && ret < (part.call[by] as number)) return [i, by];
    }
    if (ret < (first[group] as number)) {
      first[group] = ret;
      firstBy[group] = i;
    }
    if (call >= (last[group] as number)) {
      last[group] = call;
      lastBy[group] = i;
    }
  }
  // Values that never took effect lie out of everyone's way: a point after the end.
  for (let group = 0; group < groups.count; group++) if (live[group] === 0) last[group] = NEVER;
  return null;
}

function zoneAnswer(
  clashOf: typeof clash,
  by: { readonly firstBy: Int32Array; readonly lastBy: Int32Array },
  count: number,
  first: Int32Array,
  last: Int32Array,
  algorithm: FastAnswer['algorithm'],
  more: (unit: number) => readonly number[] = () => [],
): FastAnswer {
  const pair = clashOf({ count, first, last });
  if (pair === null) return answer('pass', algorithm);
  const witness = pair.flatMap((unit) => [by.firstBy[unit] as number, by.lastBy[unit] as number, ...more(unit)]);
  return answer('violation', algorithm, witness);
}

function decideChains(part: Part, groups: Groups, clashOf: typeof clash): FastAnswer {
  const { count, groupOf, live, writer, successor, predecessor } = groups;
  for (let group = 1; group < count; group++) {
    const by = writer[group] as number;
    if (live[group] === 0 || part.kind[by] !== CAS) continue;
    const before = (groupOf[part.a[by] as number] as number) - 1;
    const rival = successor[before] as number;
    if (rival !== NOBODY) return answer('violation', 'chains', [by, writer[rival] as number, ...seenBy(groups, [group, rival])]);
    successor[before] = group;
    predecessor[group] = before;
  }
  const first = new Int32Array(count).fill(NEVER);
  const last = new Int32Array(count).fill(NEVER);
  const by = { firstBy: new Int32Array(count).fill(INITIAL), lastBy: new Int32Array(count).fill(INITIAL) };
  let visited = 0;
  for (let root = 0; root < count; root++) {
    if (live[root] === 0 || predecessor[root] !== NOBODY) continue;
    const chain: number[] = [];
    for (let group = root; group !== NOBODY; group = successor[group] as number) chain.push(group);
    visited += chain.length;
    const reversed = backInTime(part, groups, chain);
    if (reversed !== null) return answer('violation', 'chains', reversed);
    measure(groups, chain, first, last, by);
  }
  const cyclic = [];
  for (let group = 0; group < count; group++) if (live[group] === 1) cyclic.push(group);
  if (visited < cyclic.length) {
    // What no root leads to is a ring of compare-and-sets that each needed the other first.
    return answer(
      'violation',
      'chains',
      cyclic.flatMap((group) => [writer[group] as number, ...seenBy(groups, [group])]),
    );
  }
  // Between the ends of a block any of its operations may be the one that holds it together: name the writers too.
  const inner = (root: number): readonly number[] => {
    const all: number[] = [];
    for (let group = root; group !== NOBODY; group = successor[group] as number)
      all.push(writer[group] as number, ...seenBy(groups, [group]));
    return all;
  };
  return zoneAnswer(clashOf, by, count, first, last, 'chains', inner);
}

/** Operations that prove that the values were there. */
const seenBy = ({ firstBy, lastBy }: Groups, of: readonly number[]): number[] =>
  of.flatMap((group) => [firstBy[group] as number, lastBy[group] as number]);

/** A block's operations must come in its order: W, its reads, the cas, its reads, ... Returns what proves that they cannot. */
function backInTime(part: Part, groups: Groups, chain: readonly number[]): readonly number[] | null {
  const { writer, last, lastBy } = groups;
  let earliest = NEVER;
  let earliestBy = INITIAL;
  const later = (index: number): void => {
    if (index < 0 || (part.ret[index] as number) >= earliest) return;
    earliest = part.ret[index] as number;
    earliestBy = index;
  };
  for (let at = chain.length - 1; at >= 0; at--) {
    const group = chain[at] as number;
    const by = writer[group] as number;
    // Reads of this value (and its writer) began before anything of later values ended.
    if ((last[group] as number) > earliest) return proof(groups, chain, at, [lastBy[group] as number, earliestBy]);
    later(groups.firstBy[group] as number);
    if (by >= 0 && (part.call[by] as number) > earliest) return proof(groups, chain, at, [by, earliestBy]);
    later(by);
  }
  return null;
}

/** The contradiction, with the writers that link its two values. */
function proof(groups: Groups, chain: readonly number[], from: number, core: readonly number[]): readonly number[] {
  const links = chain.slice(from).flatMap((group) => [groups.writer[group] as number, ...seenBy(groups, [group])]);
  return [...core, ...links];
}

function measure(
  groups: Groups,
  chain: readonly number[],
  first: Int32Array,
  last: Int32Array,
  by: { readonly firstBy: Int32Array; readonly lastBy: Int32Array },
): void {
  const root = chain[0] as number;
  last[root] = ALWAYS;
  for (const group of chain) {
    if ((groups.first[group] as number) < (first[root] as number)) {
      first[root] = groups.first[group] as number;
      by.firstBy[root] = groups.firstBy[group] as number;
    }
    if ((groups.last[group] as number) >= (last[root] as number)) {
      last[root] = groups.last[group] as number;
      by.lastBy[root] = groups.lastBy[group] as number;
    }
  }
}
