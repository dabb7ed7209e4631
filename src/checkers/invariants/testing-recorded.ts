/**
 * For tests: long fork, watch, stale fencing tokens, causal reverse, dirty reads, Adya's G2 and sequential visibility against their definitions, pair
 * by pair, on small random recordings. Four in ten come from a store that keeps the promise; of the others some answers are
 * changed or drawn. Seeded. Shares no code with the checkers that it judges.
 */
import { Random, type Value } from '../../core/index.ts';
import type { EventRecord, TraceView } from '../../trace/index.ts';
import { unlimitedBudget } from '../budget.ts';
import type { Checker, CheckResult } from '../checker.ts';
import { type TestOperation, viewOf } from '../testing.ts';
import { type Counts, noCounts } from '../testing-comparison.ts';
import { causalReverse } from './causal-reverse.ts';
import { dirtyReads } from './dirty-reads.ts';
import { lock } from './lock.ts';
import { longFork } from './long-fork.ts';
import { predicateInserts } from './predicate-inserts.ts';
import { sequential } from './sequential.ts';
import { watch } from './watch.ts';

interface Recording {
  readonly operations: readonly TestOperation[];
  readonly events?: readonly EventRecord[];
}

interface Case {
  readonly checker: Checker;
  /** `wrong`: not from a store that keeps the promise. */
  readonly make: (random: Random, wrong: boolean) => Recording;
  /** Null: not decidable. */
  readonly holds: (recording: Recording) => boolean | null;
}

const pairs = <T>(items: readonly T[], bad: (a: T, b: T) => boolean): boolean => items.some((a) => items.some((b) => a !== b && bad(a, b)));
const ok = (operations: readonly TestOperation[], f: string): readonly TestOperation[] =>
  operations.filter((operation) => operation.f === f && operation.status === 'ok');

/** Operations of some processes, each taking effect (`effect`) at one instant while it is open. */
function concurrent(
  random: Random,
  count: number,
  draw: (at: number) => Pick<TestOperation, 'f' | 'argument' | 'key'>,
  effect: (operation: TestOperation) => void,
): TestOperation[] {
  const operations: TestOperation[] = [];
  const open: { operation: TestOperation; done: boolean }[] = [];
  let seq = 0;
  let process = 0;
  while (operations.length < count || open.length > 0) {
    if (operations.length < count && (open.length === 0 || (open.length < 3 && random.below(2) === 0))) {
      const operation: TestOperation = { process: process++, ...draw(operations.length), status: 'ok', call: seq++, ret: -1 };
      operations.push(operation);
      open.push({ operation, done: false });
      continue;
    }
    const one = random.pick(open);
    if (!one.done) {
      effect(one.operation);
      one.done = true;
      continue;
    }
    one.operation.ret = seq++;
    if (random.below(8) === 0) {
      one.operation.status = 'info';
      delete one.operation.result;
    }
    open.splice(open.indexOf(one), 1);
  }
  return operations;
}

type Micro = readonly [string, number, Value];

function forks(random: Random, wrong: boolean): Recording {
  const written = new Set<number>();
  const fresh = [1, 2, 3];
  const draw = (): Pick<TestOperation, 'f' | 'argument'> => {
    const key = random.below(2) === 0 ? fresh.shift() : undefined;
    const again = random.below(60) === 0 ? 1 : key;
    if (again !== undefined) return { f: 'txn', argument: [['w', again, 1]] };
    return { f: 'txn', argument: (random.below(4) === 0 ? [1, 2, 3] : random.below(4) === 0 ? [2] : [1, 2]).map((k) => ['r', k, null]) };
  };
  const operations = concurrent(random, 4 + random.below(5), draw, (operation) => {
    const micros = operation.argument as readonly Micro[];
    for (const [f, k] of micros) if (f === 'w') written.add(k);
    operation.result = micros.map(([f, k, value]) => [
      f,
      k,
      f === 'w' ? value : written.has(k) && !(wrong && random.below(3) === 0) ? 1 : null,
    ]);
  });
  return { operations };
}

function noFork({ operations }: Recording): boolean | null {
  const micros = (value: Value | undefined): readonly Micro[] => (value ?? []) as readonly Micro[];
  const writes = operations.flatMap(({ argument }) => micros(argument).filter(([f]) => f === 'w'));
  if (writes.length === 0) return null;
  if (pairs(writes, (a, b) => a[1] === b[1])) return null;
  const reads = ok(operations, 'txn').map(
    ({ result }) => new Map(micros(result).flatMap(([f, k, value]) => (f === 'r' ? [[k, value] as const] : []))),
  );
  const sameKeys = (a: ReadonlyMap<number, Value>, b: ReadonlyMap<number, Value>): boolean =>
    a.size === b.size && [...a.keys()].every((k) => b.has(k));
  const only = (a: ReadonlyMap<number, Value>, b: ReadonlyMap<number, Value>): boolean =>
    [...a].some(([k, value]) => value !== null && b.get(k) === null);
  return !pairs(reads, (a, b) => sameKeys(a, b) && only(a, b) && only(b, a));
}

function deliveries(random: Random, wrong: boolean): Recording {
  const changes = 3 + random.below(4);
  const events: EventRecord[] = [];
  for (let s = 0; s < 3; s++) {
    const from = random.below(changes);
    const list = Array.from({ length: 1 + random.below(changes - from) }, (_, i) => ({ index: from + i, value: `v${from + i}` }));
    if (wrong && random.below(2) === 0) list.splice(random.below(list.length), 1 + random.below(2));
    if (wrong && random.below(4) === 0)
      list.splice(random.below(list.length + 1), 0, { index: random.below(changes), value: `v${random.below(changes)}` });
    for (const { index, value } of list) events.push({ type: 'event', seq: 0, subscription: `s${s}`, index, value });
  }
  // Subscriptions interleave; each keeps its own order.
  const queues = [0, 1, 2].map((s) => events.filter(({ subscription }) => subscription === `s${s}`));
  const mixed: EventRecord[] = [];
  while (queues.some((queue) => queue.length > 0))
    mixed.push({ ...(random.pick(queues.filter((queue) => queue.length > 0)).shift() as EventRecord), seq: mixed.length });
  return { operations: [], events: mixed };
}

function delivered({ events = [] }: Recording): boolean | null {
  if (events.length === 0) return null;
  if (pairs(events, (a, b) => a.index === b.index && a.value !== b.value)) return false;
  if (pairs(events, (a, b) => a.subscription === b.subscription && a.seq < b.seq && a.index >= b.index)) return false;
  return !events.some((missed) => {
    const names = new Set(events.map(({ subscription }) => subscription));
    return [...names].some((name) => {
      const own = events.filter(({ subscription }) => subscription === name).map(({ index }) => index);
      return !own.includes(missed.index) && own.some((index) => index < missed.index) && own.some((index) => index > missed.index);
    });
  });
}

function fencedWrites(random: Random, wrong: boolean): Recording {
  let accepted = 0;
  const draw = (at: number): Pick<TestOperation, 'f' | 'argument' | 'key'> =>
    at === 0 ? { f: 'acquire', key: 'x' } : { f: 'write', key: random.pick(['x', 'x', 'y']), argument: [1 + random.below(3), at] };
  const operations = concurrent(random, 4 + random.below(4), draw, (operation) => {
    if (operation.f === 'acquire') operation.result = 1;
    else if (((operation.argument as readonly number[])[0] as number) < accepted && !wrong) operation.status = 'fail';
    else accepted = Math.max(accepted, (operation.argument as readonly number[])[0] as number);
  });
  return { operations: operations.map((operation) => (operation.status === 'fail' ? { ...operation, code: 'stale' } : operation)) };
}

const fenced = ({ operations }: Recording): boolean =>
  !pairs(
    ok(operations, 'write'),
    (a, b) =>
      a.key === b.key &&
      a.ret < b.call &&
      ((a.argument as readonly number[])[0] as number) > ((b.argument as readonly number[])[0] as number),
  );

function growing(random: Random, wrong: boolean): Recording {
  const values = new Map<Value, number[]>([
    ['x', []],
    ['y', []],
  ]);
  const draw = (at: number): Pick<TestOperation, 'f' | 'argument' | 'key'> => {
    const key = random.pick(['x', 'x', 'y']);
    return random.below(2) === 0 ? { f: 'read', key } : { f: 'write', key, argument: random.below(60) === 0 ? 1 : at };
  };
  const operations = concurrent(random, 5 + random.below(4), draw, (operation) => {
    const list = values.get(operation.key as Value) as number[];
    if (operation.f === 'write') {
      if (random.below(8) === 0) operation.status = 'fail';
      if (operation.status !== 'fail' || (wrong && random.below(2) === 0)) list.push(operation.argument as number);
      return;
    }
    operation.result = list.filter(() => !(wrong && random.below(3) === 0));
    // Of a write that is yet to begin, perhaps, or of nobody.
    if (wrong && random.below(12) === 0) operation.result = [...(operation.result as number[]), random.below(12)];
  });
  return { operations };
}

function notReversed({ operations }: Recording): boolean | null {
  const writes = operations.filter(({ f }) => f === 'write');
  if (writes.length === 0) return null;
  const took = writes.filter(({ status }) => status !== 'fail');
  const unwritten = ok(operations, 'read').some(({ key, result, ret }) =>
    (result as readonly Value[]).some((value) => !took.some((write) => write.key === key && write.argument === value && write.call < ret)),
  );
  if (unwritten) return false;
  if (pairs(took, (a, b) => a.key === b.key && a.argument === b.argument)) return null;
  return !ok(operations, 'read').some(({ key, result }) => {
    const shows = (write: TestOperation): boolean => (result as readonly Value[]).includes(write.argument as Value);
    const own = took.filter((write) => write.key === key);
    return pairs(own, (a, b) => a.status === 'ok' && a.ret < b.call && shows(b) && !shows(a));
  });
}

/** A table of three rows, which a write sets at once; some writes are rolled back. */
function tables(random: Random, wrong: boolean): Recording {
  const rows: Value[] = [-1, -1, -1];
  const draw = (at: number): Pick<TestOperation, 'f' | 'argument'> =>
    random.below(2) === 0 ? { f: 'read' } : { f: 'write', argument: at };
  const operations = concurrent(random, 4 + random.below(4), draw, (operation) => {
    if (operation.f === 'read') {
      operation.result = rows.map((value) => (wrong && random.below(30) === 0 ? random.below(40) : value));
      return;
    }
    if (random.below(3) === 0) operation.status = 'fail';
    if (operation.status !== 'fail') rows.fill(operation.argument as Value);
    else if (wrong && random.below(3) === 0) rows[random.below(3)] = operation.argument as Value;
  });
  return { operations };
}

function clean({ operations }: Recording): boolean | null {
  const reads = ok(operations, 'read');
  const writes = operations.filter(({ f }) => f === 'write');
  if (reads.length === 0 || writes.length === 0) return null;
  const seen = reads.flatMap(({ result }) => result as readonly Value[]);
  const of = (value: Value): readonly TestOperation[] => writes.filter(({ argument }) => argument === value);
  if (seen.some((value) => of(value).length > 0 && of(value).every(({ status }) => status === 'fail'))) return false;
  return !pairs(seen, (a, b) => a !== b && of(a).length === 0 && of(b).length === 0);
}

function inserts(random: Random, wrong: boolean): Recording {
  const taken = new Set<Value>();
  const draw = (at: number): Pick<TestOperation, 'f' | 'argument' | 'key'> => ({ f: 'insert', key: random.below(3), argument: [null, at] });
  const operations = concurrent(random, 3 + random.below(4), draw, (operation) => {
    if (taken.has(operation.key as Value) && !(wrong && random.below(2) === 0)) operation.status = 'fail';
    else taken.add(operation.key as Value);
  });
  return { operations };
}

const onePerKey = ({ operations }: Recording): boolean => !pairs(ok(operations, 'insert'), (a, b) => a.key === b.key);

function parts(random: Random, wrong: boolean): Recording {
  const there = new Map<Value, number>();
  const draw = (): Pick<TestOperation, 'f' | 'argument'> => ({ f: random.below(2) === 0 ? 'read' : 'write', argument: random.below(2) });
  const operations = concurrent(random, 4 + random.below(4), draw, (operation) => {
    const key = operation.argument as Value;
    if (operation.f === 'write') there.set(key, Math.min(3, (there.get(key) ?? 0) + 1 + random.below(2)));
    else
      operation.result = [
        key,
        [2, 1, 0].map((part) => (part < (there.get(key) ?? 0) && !(wrong && random.below(4) === 0) ? `${part}` : null)),
      ];
  });
  return { operations };
}

function inSequence({ operations }: Recording): boolean | null {
  if (operations.every(({ f }) => f === 'write')) return null;
  return !ok(operations, 'read').some(({ result }) => {
    const answer = (result as readonly [Value, readonly Value[]])[1];
    return answer.some((later, i) => later !== null && answer.some((earlier, j) => j > i && earlier === null));
  });
}

export const recordedCases: { readonly [name: string]: Case } = {
  'long-fork': { checker: longFork, make: forks, holds: noFork },
  watch: { checker: watch, make: deliveries, holds: delivered },
  'stale tokens': { checker: lock, make: fencedWrites, holds: fenced },
  'causal-reverse': { checker: causalReverse, make: growing, holds: notReversed },
  'dirty-reads': { checker: dirtyReads, make: tables, holds: clean },
  'adya-g2': { checker: predicateInserts, make: inserts, holds: onePerKey },
  sequential: { checker: sequential, make: parts, holds: inSequence },
};

/** Throws with the seed at the first disagreement. */
export function compareRecorded(name: string, firstSeed: number, count: number, checker?: Checker): Counts {
  const made = recordedCases[name] as Case;
  const counts: Counts = { ...noCounts(), undecided: 0 };
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const random = new Random(seed, name);
    const legal = seed % 10 < 4;
    const recording = made.make(random, !legal);
    const view: TraceView = viewOf(recording.operations, { records: recording.events ?? [] });
    const result: CheckResult = (checker ?? made.checker).check(view, unlimitedBudget);
    const expected = made.holds(recording);
    const verdict = result.verdict === 'pass' ? true : result.verdict === 'violation' ? false : null;
    counts.histories++;
    counts[legal ? 'legal' : 'nearMisses'] = (counts[legal ? 'legal' : 'nearMisses'] as number) + 1;
    if (recording.operations.some(({ status }) => status === 'info')) counts.pending++;
    // Where nothing shows what is asked for, a checker may skip or pass.
    if (expected === null ? verdict === false : verdict !== expected || (legal && !expected)) {
      const lines = [...recording.operations, ...(recording.events ?? [])].map((one) => JSON.stringify(one)).join('\n');
      throw new Error(`${name}, seed ${seed}: by definition ${expected}, the checker says ${result.verdict} (${result.reason})\n${lines}`);
    }
    if (expected === null) counts.undecided = (counts.undecided as number) + 1;
    if (expected !== false) continue;
    counts.violations++;
    if (result.counterexample !== null && result.counterexample.story.length > 0) counts.counterexamples++;
  }
  return counts;
}
