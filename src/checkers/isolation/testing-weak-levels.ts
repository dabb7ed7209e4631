/**
 * For tests: read committed, read atomic and causal by definition (Biswas & Enea 2019, section 2), on a few transactions. Tries
 * every total order of the transactions that keeps sessions and reads: a level holds when one of them puts, for every read, each other
 * writer of the key that the level makes visible before the one that was read from.
 */
import { equalValues, type Value } from '../../core/index.ts';
import { unlimitedBudget } from '../budget.ts';
import { type TestOperation, viewOf } from '../testing.ts';
import { type Counts, noCounts } from '../testing-comparison.ts';
import { type Micro, transactionSample } from './testing-transactions.ts';
import { causal, readAtomic, readCommitted } from './weak-checker.ts';

const checkersOf = { 'read-committed': readCommitted, 'read-atomic': readAtomic, causal } as const;
type Level = keyof typeof checkersOf;

interface Read {
  readonly t: number;
  readonly at: number;
  readonly key: string;
  /** -1: the initial value. */
  readonly source: number;
}

const micros = ({ argument, result, status }: TestOperation): readonly Micro[] =>
  (status === 'ok' ? (result ?? argument) : argument) as readonly Micro[];

/** All reads from others; null when some read is none of any committed final write, or of what itself did. */
function readsOf(chosen: readonly TestOperation[]): readonly Read[] | null {
  const reads: Read[] = [];
  for (const [t, operation] of chosen.entries()) {
    if (operation.status !== 'ok' || operation.result === undefined) continue;
    const known = new Map<string, Value>();
    for (const [at, [f, key, value]] of micros(operation).entries()) {
      if (f !== 'r') {
        known.set(key, value);
        continue;
      }
      if (known.has(key)) {
        if (!equalValues(known.get(key) as Value, value)) return null;
      }
      known.set(key, value);
      const source = chosen.findIndex((other) => micros(other).findLast(([g, k]) => g === 'w' && k === key)?.[2] === value);
      if (
        source === t &&
        !micros(operation)
          .slice(0, at)
          .some(([g, k, own]) => g === 'w' && k === key && own === value)
      )
        return null;
      if (source < 0 && value !== null) {
        const own = micros(operation)
          .slice(0, at)
          .some(([g, k, item]) => g === 'w' && k === key && item === value);
        if (!own) return null;
      } else if (source !== t) reads.push({ t, at, key, source });
    }
  }
  return reads;
}

function holds(
  level: Level,
  chosen: readonly TestOperation[],
  order: readonly number[],
  reads: readonly Read[],
  visible: readonly (readonly boolean[])[],
): boolean {
  const place = (t: number): number => order.indexOf(t);
  const before = (a: number, b: number): boolean => {
    const [one, other] = [chosen[a] as TestOperation, chosen[b] as TestOperation];
    return one.process === other.process && one.call < other.call;
  };
  for (let a = 0; a < chosen.length; a++) for (let b = 0; b < chosen.length; b++) if (before(a, b) && place(a) > place(b)) return false;
  if (reads.some(({ t, source }) => source >= 0 && place(source) > place(t))) return false;
  return reads.every(({ t, at, key, source }) =>
    chosen.every((other, o) => {
      if (o === source || o === t || !micros(other).some(([f, k]) => f === 'w' && k === key)) return true;
      const direct = reads.some((read) => read.t === t && read.source === o && (level !== 'read-committed' || read.at < at));
      const sees = level === 'causal' ? visible[o]?.[t] === true : direct || (level === 'read-atomic' && before(o, t));
      return !sees || (source >= 0 && place(o) < place(source));
    }),
  );
}

function* orders(items: readonly number[]): Generator<readonly number[]> {
  if (items.length <= 1) yield items;
  for (const item of items) for (const rest of orders(items.filter((other) => other !== item))) yield [item, ...rest];
}

/** What reads and sessions put before what, closed. */
function happensBefore(chosen: readonly TestOperation[], reads: readonly Read[]): boolean[][] {
  const all = chosen.map((a, i) =>
    chosen.map((b, j) => (a.process === b.process && a.call < b.call) || reads.some(({ t, source }) => t === j && source === i)),
  );
  for (let k = 0; k < all.length; k++)
    for (let i = 0; i < all.length; i++)
      for (let j = 0; j < all.length; j++) if (all[i]?.[k] && all[k]?.[j]) (all[i] as boolean[])[j] = true;
  return all;
}

export function weakLevelHolds(level: Level, operations: readonly TestOperation[]): boolean {
  const certain = operations.filter(({ status }) => status === 'ok');
  const open = operations.filter(({ status }) => status === 'info');
  for (let choice = 0; choice < 1 << open.length; choice++) {
    const chosen = [...certain, ...open.filter((_, i) => (choice >> i) & 1)];
    const reads = readsOf(chosen);
    if (reads === null) continue;
    const visible = happensBefore(chosen, reads);
    for (const order of orders([...chosen.keys()])) if (holds(level, chosen, order, reads, visible)) return true;
  }
  return false;
}

/** Throws with the seed at the first disagreement. */
export function compareWeakLevel(level: Level, firstSeed: number, count: number): Counts {
  const counts: Counts = { ...noCounts(), undecided: 0 };
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const { operations, kind } = transactionSample(seed, false, counts);
    const result = checkersOf[level].check(viewOf(operations), unlimitedBudget);
    if (result.verdict === 'skip') {
      counts.undecided = (counts.undecided as number) + 1;
      continue;
    }
    const expected = weakLevelHolds(level, operations);
    if ((result.verdict === 'pass') !== expected || (kind === 'legal' && !expected)) {
      const lines = operations.map((operation) => JSON.stringify(operation)).join('\n');
      throw new Error(
        `${level}, seed ${seed} (${kind}): by definition ${expected}, the checker says ${result.verdict}\n${lines}\n${JSON.stringify(result)}`,
      );
    }
    if (expected) continue;
    counts.violations++;
    if (result.counterexample !== null && result.counterexample.story.length > 0) counts.counterexamples++;
  }
  return counts;
}
