/**
 * For tests: bank, lock, set-full, unique ids, total-queue, monotonic and long fork against their definitions, pair by pair or read by
 * read, on small random histories: legal ones from a correct store, near misses with one answer or moment changed. Seeded.
 */
import { equalValues, Random, type Value } from '../../core/index.ts';
import { unlimitedBudget } from '../budget.ts';
import type { Checker } from '../checker.ts';
import { type Reference, type TestOperation, viewOf } from '../testing.ts';
import { type Counts, noCounts, sample } from '../testing-comparison.ts';
import type { Workload } from '../testing-histories.ts';
import { bankWith } from './bank.ts';
import { lock } from './lock.ts';
import { monotonic } from './monotonic.ts';
import { setFull } from './set-full.ts';
import { totalQueue } from './total-queue.ts';
import { uniqueIds } from './unique-ids.ts';

/** true: holds; false: violated; null: not decidable from the history. */
type Definition = (operations: readonly TestOperation[]) => boolean | null;

interface Case {
  readonly workload: Workload;
  readonly checker: Checker;
  readonly definition: Definition;
  /** Operations after everything else. */
  readonly end?: (random: Random, operations: readonly TestOperation[]) => TestOperation[];
}

const list = (value: Value | undefined): readonly Value[] => (value ?? []) as readonly Value[];
const ok = (operations: readonly TestOperation[], ...functions: readonly string[]): readonly TestOperation[] =>
  operations.filter(({ status, f }) => status === 'ok' && functions.includes(f));
const pairs = <T>(items: readonly T[], bad: (a: T, b: T) => boolean): boolean => items.some((a) => items.some((b) => a !== b && bad(a, b)));
const keys = [undefined];
const noResult = null;

const bankReference: Reference = {
  initial: [5, 5],
  apply(state, { f, argument }) {
    if (f === 'read') return { state, result: state };
    const [a, b] = state as readonly [number, number];
    return { state: [a - (argument as number), b + (argument as number)], result: noResult };
  },
};

const ticket: Reference = {
  initial: 0,
  apply: (state, { f }) => {
    const next = (state as number) + 1;
    return f === 'read' ? { state, result: state } : { state: next, result: next };
  },
};

const growing: Reference = {
  initial: [],
  apply: (state, { f, argument }) =>
    f === 'read' ? { state, result: state } : { state: [...list(state), argument as Value], result: noResult },
};

const bag: Reference = {
  initial: [],
  apply(state, { f, argument }) {
    if (f === 'enqueue') return { state: [...list(state), argument as Value], result: noResult };
    return { state: list(state).slice(1), result: list(state)[0] ?? null };
  },
};

const tokenLock: Reference = {
  initial: [null, 0],
  apply(state, { f, process }) {
    const [holder, token] = state as readonly [number | null, number];
    if (f === 'acquire') return holder === null ? { state: [process, token + 1], result: noResult } : null;
    return holder === process ? { state: [null, token], result: noResult } : null;
  },
};

/** Elements that reads must show, by the definition of Jepsen's set-full. */
const setDefinition: Definition = (operations) => {
  const adds = operations.filter(({ f, status }) => f === 'add' && status !== 'fail');
  const reads = ok(operations, 'read').filter(({ result }) => result !== undefined);
  for (const read of reads) {
    const items = list(read.result);
    if (items.some((item, i) => items.findIndex((other) => equalValues(other, item)) !== i)) return false;
    if (items.some((item) => !adds.some(({ argument, call }) => equalValues(argument as Value, item) && call < read.ret))) return false;
  }
  let unlooked = false;
  for (const add of adds) {
    const shows = (read: TestOperation): boolean => list(read.result).some((item) => equalValues(item, add.argument as Value));
    const known = Math.min(add.status === 'ok' ? add.ret : Number.POSITIVE_INFINITY, ...reads.filter(shows).map(({ ret }) => ret));
    if (known === Number.POSITIVE_INFINITY) continue;
    const lastShown = Math.max(-1, ...reads.filter(shows).map(({ call }) => call));
    const missed = reads.filter((read) => !shows(read) && read.call > known && read.call > lastShown);
    if (missed.length > 0) return false;
    if (lastShown < 0) unlooked = true;
  }
  return reads.length === 0 || unlooked ? null : true;
};

const queueDefinition: Definition = (operations) => {
  const puts = operations.filter(({ f, status }) => f === 'enqueue' && status !== 'fail');
  const out = ok(operations, 'dequeue', 'drain').flatMap((operation) =>
    (operation.f === 'drain' ? list(operation.result) : (operation.result ?? null) === null ? [] : [operation.result as Value]).map(
      (value) => ({ value, ret: operation.ret }),
    ),
  );
  const times = (value: Value): number => out.filter((taken) => equalValues(taken.value, value)).length;
  for (const { value, ret } of out) {
    const from = puts.filter(({ argument }) => equalValues(argument as Value, value));
    if (from.length < times(value) || from.every(({ call }) => call > ret)) return false;
  }
  const acknowledged = puts.filter(({ status }) => status === 'ok');
  const lost = acknowledged.filter(({ argument }) => times(argument as Value) === 0).length;
  const last = Math.max(-1, ...acknowledged.map(({ ret }) => ret));
  const emptied = ok(operations, 'dequeue', 'drain').some(
    ({ f, result, call }) => call > last && (f === 'drain' || (result ?? null) === null),
  );
  const open = operations.filter(({ f, status }) => f === 'dequeue' && status === 'info').length;
  if (lost === 0) return true;
  return emptied && lost > open ? false : null;
};

const lockDefinition: Definition = (operations) => {
  const holds = ok(operations, 'acquire').flatMap((acquire) => {
    const after = operations.filter(({ process, call }) => process === acquire.process && call > acquire.ret);
    const end = after.find(({ f, status }) => f === 'release' || (f === 'acquire' && status === 'ok'));
    const until = end?.call ?? Math.max(-1, ...after.map(({ call }) => call));
    return until > acquire.ret ? [{ from: acquire.ret, until }] : [];
  });
  const given = ok(operations, 'acquire');
  if (pairs(given, (a, b) => equalValues(a.result as Value, b.result as Value))) return false;
  if (pairs(given, (a, b) => a.ret < b.call && (a.result as number) > (b.result as number))) return false;
  return !pairs(holds, (a, b) => a.from < b.until && b.from < a.until);
};

const idDefinition: Definition = (operations) => {
  const given = ok(operations, 'generate').filter(({ result }) => result !== undefined);
  return !pairs(given, (a, b) => equalValues(a.result as Value, b.result as Value));
};

const drain = (random: Random, operations: readonly TestOperation[]): TestOperation[] => {
  const seq = Math.max(-1, ...operations.flatMap(({ call, ret }) => [call, ret])) + 1;
  const left = operations.filter(({ f, status, argument }) => {
    const taken = operations.some(
      (other) => other.f === 'dequeue' && other.status === 'ok' && equalValues(other.result ?? null, argument as Value),
    );
    return f === 'enqueue' && status === 'ok' && !taken;
  });
  // Elements that a dequeue of unknown outcome took are not there.
  const open = operations.filter(({ f, status }) => f === 'dequeue' && status === 'info').length;
  const result = left.map(({ argument }) => argument as Value).slice(random.below(open + 1));
  return random.below(5) === 0 ? [] : [{ process: 99, f: 'drain', status: 'ok', result, call: seq, ret: seq + 1 }];
};

const finalRead = (_random: Random, operations: readonly TestOperation[]): TestOperation[] => {
  const seq = Math.max(-1, ...operations.flatMap(({ call, ret }) => [call, ret])) + 1;
  const seen = operations.flatMap(({ f, status, argument, result }) =>
    f === 'read' ? list(result) : status === 'ok' ? [argument as Value] : [],
  );
  return [{ process: 99, f: 'read', status: 'ok', result: [...new Set(seen)], call: seq, ret: seq + 1 }];
};

export const invariantCases: { readonly [name: string]: Case } = {
  bank: {
    checker: bankWith({ total: 10 }),
    definition: (operations) => {
      const reads = ok(operations, 'read').filter(({ result }) => result !== undefined);
      if (reads.some(({ result }) => list(result).reduce((sum: number, one) => sum + (one as number), 0) !== 10)) return false;
      return reads.length === 0 ? null : true;
    },
    workload: {
      reference: bankReference,
      keys,
      next: (random) => (random.below(2) === 0 ? { f: 'read' } : { f: 'transfer', argument: 1 + random.below(3) }),
      result: (random) => [random.below(8), 5],
    },
  },
  'unique-ids': {
    checker: uniqueIds,
    definition: idDefinition,
    workload: {
      reference: ticket,
      keys,
      next: () => ({ f: 'generate' }),
      result: (random, _operation, serials) => 1 + random.below(serials),
    },
  },
  monotonic: {
    checker: monotonic,
    definition: (operations) => {
      const reads = ok(operations, 'read').filter(({ result }) => result !== undefined);
      return reads.length === 0 ? null : !pairs(reads, (a, b) => a.ret < b.call && (a.result as number) > (b.result as number));
    },
    workload: {
      reference: ticket,
      keys,
      next: (random) => ({ f: random.below(3) === 0 ? 'increment' : 'read' }),
      result: (random) => random.below(4),
    },
  },
  'set-full': {
    checker: setFull,
    definition: setDefinition,
    end: finalRead,
    workload: {
      reference: growing,
      keys,
      next: (random, serial) => (random.below(2) === 0 ? { f: 'read' } : { f: 'add', argument: serial }),
      result: (random, _operation, serials) => Array.from({ length: random.below(4) }, () => 1 + random.below(serials)),
    },
  },
  'total-queue': {
    checker: totalQueue,
    definition: queueDefinition,
    end: drain,
    workload: {
      reference: bag,
      keys,
      next: (random, serial) => (random.below(2) === 0 ? { f: 'enqueue', argument: serial } : { f: 'dequeue' }),
      result: (random, _operation, serials) => random.below(serials + 2) || null,
    },
  },
  lock: {
    checker: lock,
    definition: lockDefinition,
    workload: {
      reference: tokenLock,
      keys,
      next: (random, _serial, held) => ({ f: held !== (random.below(12) === 0) ? 'release' : 'acquire' }),
      result: noResultOf,
    },
  },
};

function noResultOf(): Value {
  return noResult;
}

/** `generate` answers what the store gave: legal histories come without it. */
function answered(name: string, operations: readonly TestOperation[], kind: string, random: Random): void {
  if (name === 'lock') lend(operations, kind, random);
  if (name !== 'unique-ids') return;
  for (const [i, operation] of operations.entries()) {
    if (operation.status !== 'ok') continue;
    operation.result = kind === 'legal' || random.below(3) > 0 ? i : random.below(operations.length);
  }
}

/** Tokens in the order of the answers; a lock that is not legal answers at once, whoever holds it, or with any token. */
function lend(operations: readonly TestOperation[], kind: string, random: Random): void {
  for (const operation of operations) {
    operation.call *= 2;
    operation.ret *= 2;
    if (kind === 'legal' || operation.f !== 'acquire' || random.below(3) > 0) continue;
    operation.status = 'ok';
    operation.ret = operation.call + 1;
  }
  const acquires = [...ok(operations, 'acquire')].sort((x, y) => x.ret - y.ret);
  const spoilt = kind !== 'legal' && random.below(4) === 0;
  for (const [i, acquire] of acquires.entries()) acquire.result = spoilt ? random.below(acquires.length + 1) : i + 1;
}

/** Throws with the seed at the first disagreement. */
export function compareInvariant(name: string, firstSeed: number, count: number, checker?: Checker): Counts {
  const made = invariantCases[name];
  if (made === undefined) throw new Error(`no case ${name}`);
  const counts: Counts = { ...noCounts(), undecided: 0 };
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const random = new Random(seed, name);
    const drawn = sample(made.workload, seed, counts);
    answered(name, drawn.operations, drawn.kind, random);
    const operations = [...drawn.operations, ...(made.end?.(random, drawn.operations) ?? [])];
    const result = (checker ?? made.checker).check(viewOf(operations), unlimitedBudget);
    if (result.verdict === 'skip') {
      counts.undecided = (counts.undecided as number) + 1;
      continue;
    }
    const expected = made.definition(operations);
    const verdict = result.verdict === 'pass' ? true : result.verdict === 'violation' ? false : null;
    const wrong = verdict !== expected ? `by definition ${expected}, the checker says ${result.verdict}` : null;
    const spoilt = drawn.kind === 'legal' && expected === false ? 'a history that is legal by construction violates the definition' : null;
    const why = wrong ?? spoilt;
    if (why !== null) {
      const lines = operations.map((operation) => JSON.stringify(operation)).join('\n');
      throw new Error(`${name}, seed ${seed} (${drawn.kind}): ${why}\n${lines}\n${JSON.stringify(result)}`);
    }
    if (expected === null) counts.undecided = (counts.undecided as number) + 1;
    if (expected !== false) continue;
    counts.violations++;
    if (result.counterexample !== null && result.counterexample.story.length > 0) counts.counterexamples++;
  }
  return counts;
}
