/**
 * For tests: isolation levels by definition, on histories of a few transactions. Tries every set of unknown outcomes and every order of
 * the versions of each key; a level holds when one choice leaves none of the phenomena that it forbids (Adya 1999; Cerone et al.
 * 2015). Serializability is judged by execution: some order of the transactions gives every read its answer.
 */
import { equalValues, type Value } from '../../core/index.ts';
import type { TestOperation } from '../testing.ts';
import type { IsolationLevel } from './levels.ts';
import type { Micro } from './testing-transactions.ts';

type Matrix = readonly (readonly boolean[])[];

interface Transaction {
  readonly operation: TestOperation;
  readonly micros: readonly Micro[];
  /** Whether reads have answers. */
  readonly answered: boolean;
}

const compose = (a: Matrix, b: Matrix): Matrix => a.map((row) => row.map((_, j) => row.some((yes, k) => yes && b[k]?.[j] === true)));
const union = (...all: readonly Matrix[]): Matrix =>
  (all[0] as Matrix).map((row, i) => row.map((_, j) => all.some((matrix) => matrix[i]?.[j] === true)));

function closure(matrix: Matrix): Matrix {
  let all = matrix;
  for (let round = 0; round < matrix.length; round++) all = union(all, compose(all, matrix));
  return all;
}
const cyclic = (matrix: Matrix): boolean => closure(matrix).some((row, i) => row[i] === true);
/** A walk over `deps` closed by one step of `rw`. */
const closedBy = (rw: Matrix, deps: Matrix): boolean => {
  const reach = closure(deps);
  return rw.some((row, i) => row.some((yes, j) => yes && i !== j && reach[j]?.[i] === true));
};

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length <= 1) yield items;
  for (const [i, item] of items.entries())
    for (const rest of permutations([...items.slice(0, i), ...items.slice(i + 1)])) yield [item, ...rest];
}

function* choices<T>(options: readonly (readonly T[])[]): Generator<readonly T[]> {
  const [first, ...rest] = options;
  if (first === undefined) yield [];
  else for (const one of first) for (const others of choices(rest)) yield [one, ...others];
}

const transactionsOf = (operations: readonly TestOperation[]): readonly Transaction[] =>
  operations.map((operation) => ({
    operation,
    micros: (operation.status === 'ok' ? (operation.result ?? operation.argument) : operation.argument) as readonly Micro[],
    answered: operation.status === 'ok' && operation.result !== undefined,
  }));

/** Every set of transactions that may have taken effect. */
function* outcomes(operations: readonly TestOperation[]): Generator<readonly Transaction[]> {
  const all = transactionsOf(operations).filter(({ operation }) => operation.status !== 'fail');
  const options = all.map((one) => (one.operation.status === 'ok' ? [[one]] : [[one], []]));
  for (const chosen of choices(options)) yield chosen.flat();
}

const before = {
  nothing: () => false,
  process: (a: TestOperation, b: TestOperation) => a.process === b.process && a.call < b.call,
  realTime: (a: TestOperation, b: TestOperation) => a.status === 'ok' && a.ret < b.call,
} as const;

/** By execution: some order that keeps `precedes` explains every answer. */
export function serializable(operations: readonly TestOperation[], precedes: (a: TestOperation, b: TestOperation) => boolean): boolean {
  const explains = (order: readonly Transaction[]): boolean => {
    const state = new Map<string, Value>();
    return order.every(({ micros, answered }, i) => {
      if (order.slice(i + 1).some((later) => precedes(later.operation, (order[i] as Transaction).operation))) return false;
      return micros.every(([f, key, value]) => {
        const now = state.get(key) ?? null;
        if (f === 'append') state.set(key, [...((now ?? []) as readonly Value[]), value]);
        else if (f === 'w') state.set(key, value);
        else if (answered) return equalValues(Array.isArray(value) && value.length === 0 ? null : value, now);
        return true;
      });
    });
  };
  for (const chosen of outcomes(operations)) for (const order of permutations(chosen)) if (explains(order)) return true;
  return false;
}

/** A version order of one key: writing transaction and element, in order. */
type Order = readonly { readonly t: number; readonly element: Value }[];

interface Phenomena {
  readonly ww: Matrix;
  readonly wr: Matrix;
  readonly rw: Matrix;
  /** Anti-dependencies on all later versions, not only the next one. */
  readonly older: Matrix;
  /** A read of a part of a transaction. */
  readonly fractured: boolean;
}

/** What a read shows: the place in the order behind the last element that it saw; null: no version of this order. */
function placeOf(order: Order, lists: boolean, value: Value): number | null {
  if (!lists) {
    if (value === null) return 0;
    const at = order.findIndex(({ element }) => equalValues(element, value));
    return at < 0 ? null : at + 1;
  }
  const list = (value ?? []) as readonly Value[];
  return list.length <= order.length && list.every((item, i) => equalValues(item, order[i]?.element as Value)) ? list.length : null;
}

/** The phenomena of one choice; null when a read shows what no committed transaction left behind. */
function phenomena(chosen: readonly Transaction[], orders: ReadonlyMap<string, Order>, lists: boolean): Phenomena | null {
  const none = (): boolean[][] => chosen.map(() => chosen.map(() => false));
  const [ww, wr, rw, older] = [none(), none(), none(), none()];
  const set = (matrix: boolean[][], i: number, j: number): void => {
    if (i !== j) (matrix[i] as boolean[])[j] = true;
  };
  for (const order of orders.values())
    for (let at = 1; at < order.length; at++) set(ww, order[at - 1]?.t as number, order[at]?.t as number);
  const places: { readonly t: number; readonly key: string; readonly place: number }[] = [];
  for (const [t, { micros, answered }] of chosen.entries()) {
    if (!answered) continue;
    for (const [i, [f, key, value]] of micros.entries()) {
      if (f !== 'r') continue;
      const order = orders.get(key) ?? [];
      // Nobody sees what itself will write later.
      const shown = lists ? ((value ?? []) as readonly Value[]) : [value];
      if (micros.slice(i).some(([g, k, own]) => g !== 'r' && k === key && shown.some((item) => equalValues(item, own)))) return null;
      // Registers: an own intermediate write is seen by nobody else.
      if (!lists && value !== null && micros.some(([g, k, own]) => g === 'w' && k === key && equalValues(own, value))) continue;
      const place = placeOf(order, lists, value);
      if (place === null) return null;
      const [last, next] = [order[place - 1], order[place]];
      if (last !== undefined && last.t !== t) {
        const finals = (chosen[last.t] as Transaction).micros.filter(([g, k]) => g !== 'r' && k === key);
        if (!equalValues(finals[finals.length - 1]?.[2] as Value, last.element)) return null;
        set(wr, last.t, t);
      }
      if (next !== undefined) set(rw, t, next.t);
      for (const later of order.slice(place)) set(older, t, later.t);
      places.push({ t, key, place });
    }
  }
  const fractured = places.some(({ t, key, place }) =>
    (orders.get(key) ?? []).some((version, at) => at >= place && wr[version.t]?.[t] === true),
  );
  return { ww, wr, rw, older, fractured };
}

/** A transaction that does not see what itself did. */
function internal({ micros, answered }: Transaction, lists: boolean): boolean {
  if (!answered) return false;
  const known = new Map<string, { value: Value; whole: boolean }>();
  return micros.some(([f, key, value]) => {
    const state = known.get(key);
    if (f === 'r') {
      const list = (lists ? (value ?? []) : value) as Value;
      const fits =
        state === undefined ||
        (state.whole
          ? equalValues(state.value, list)
          : equalValues((list as readonly Value[]).slice(-(state.value as readonly Value[]).length), state.value));
      known.set(key, { value: list, whole: true });
      return !fits;
    }
    const own = lists ? [...((state?.value ?? []) as readonly Value[]), value] : value;
    known.set(key, { value: own, whole: lists ? (state?.whole ?? false) : true });
    return false;
  });
}

function allows(level: IsolationLevel, found: Phenomena, process: Matrix, realTime: Matrix): boolean {
  const { ww, wr, rw, older, fractured } = found;
  const deps = union(ww, wr);
  const nonAdjacent = (all: Matrix): boolean => cyclic(union(all, compose(all, rw)));
  if (cyclic(deps)) return false;
  switch (level) {
    case 'read-committed':
      return true;
    case 'read-atomic':
      return !fractured;
    case 'causal':
      return !fractured && !cyclic(union(deps, process)) && !closedBy(older, union(wr, process));
    case 'consistent-view':
      return !closedBy(rw, deps);
    case 'parallel-snapshot-isolation':
      return !cyclic(union(deps, process)) && !closedBy(rw, union(deps, process));
    case 'snapshot-isolation':
      return !nonAdjacent(deps);
    case 'strong-session-snapshot-isolation':
      return !cyclic(union(deps, process)) && !nonAdjacent(union(deps, process));
    case 'strong-snapshot-isolation':
      return !cyclic(union(deps, process, realTime)) && !nonAdjacent(union(deps, process, realTime));
  }
  throw new Error(`${level} is judged by execution`);
}

const seesItself = new Set<IsolationLevel>(['read-committed', 'consistent-view']);

/** Whether the level holds, by definition. */
export function holdsAt(level: IsolationLevel, operations: readonly TestOperation[], lists: boolean): boolean {
  if (level === 'serializable' || level === 'repeatable-read') return serializable(operations, before.nothing);
  if (level === 'strong-session-serializable') return serializable(operations, before.process);
  if (level === 'strict-serializable') return serializable(operations, (a, b) => before.process(a, b) || before.realTime(a, b));
  for (const chosen of outcomes(operations)) {
    if (!seesItself.has(level) && chosen.some((one) => internal(one, lists))) continue;
    const relation = (of: (a: TestOperation, b: TestOperation) => boolean): Matrix =>
      chosen.map((a) => chosen.map((b) => of(a.operation, b.operation)));
    const [process, realTime] = [relation(before.process), relation(before.realTime)];
    for (const orders of versionOrders(chosen, lists)) {
      const found = phenomena(chosen, orders, lists);
      if (found !== null && allows(level, found, process, realTime)) return true;
    }
  }
  return false;
}

/** Every order of the versions of every key: appends keep the order of their transaction; of a register's writes the last counts. */
function* versionOrders(chosen: readonly Transaction[], lists: boolean): Generator<ReadonlyMap<string, Order>> {
  const written = new Map<string, { t: number; element: Value }[]>();
  for (const [t, { micros }] of chosen.entries()) {
    for (const [f, key, element] of micros) {
      if (f === 'r') continue;
      const all = (written.get(key) ?? []).filter((version) => lists || version.t !== t);
      written.set(key, [...all, { t, element }]);
    }
  }
  const keys = [...written.keys()];
  const options = keys.map((key) =>
    [...permutations(written.get(key) as Order)].filter((order) => {
      const own = (t: number): readonly Value[] => order.filter((version) => version.t === t).map(({ element }) => element);
      return order.every(({ t }) => own(t).every((element, i) => i === 0 || (own(t)[i - 1] as number) < (element as number)));
    }),
  );
  for (const orders of choices(options)) yield new Map(keys.map((key, i) => [key, orders[i] as Order]));
}
