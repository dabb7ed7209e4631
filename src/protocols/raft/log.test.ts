import { expect, test } from 'vitest';
import { InvariantViolation, Random, Writer } from '../../core/index.ts';
import { RaftLog } from './log.ts';
import { type Entry, entryKinds, makeEntry } from './message.ts';

const entry = (term: number, size = 1): Entry => makeEntry(term, entryKinds.normal, 1, 1, `t${term}`, size);
function logOf(...terms: number[]): RaftLog {
  const log = new RaftLog();
  for (const term of terms) log.push(entry(term));
  return log;
}
const terms = (log: RaftLog): number[] => Array.from({ length: log.last - log.base }, (_, i) => log.term(log.first + i));

test('terms are known from the base to the last entry, and nowhere else', () => {
  const log = logOf(1, 1, 2);
  expect([-1, 0, 1, 3, 4].map((index) => log.term(index))).toEqual([-1, 0, 1, 2, -1]);
  log.committed = 2;
  log.applied = 2;
  log.compactTo(2);
  expect([1, 2, 3].map((index) => log.term(index))).toEqual([-1, 1, 2]);
});

test('a log is as new as another by last term, then by length (Raft 5.4.1)', () => {
  const log = logOf(1, 2, 2);
  expect([log.isUpToDate(3, 2), log.isUpToDate(4, 2), log.isUpToDate(1, 3)]).toEqual([true, true, true]);
  expect([log.isUpToDate(2, 2), log.isUpToDate(9, 1)]).toEqual([false, false]);
});

test('replacing a suffix takes back what was durable, not what was committed', () => {
  const log = logOf(1, 1, 1, 1);
  log.inProgress = 5;
  log.stableTo(4, 1);
  log.committed = 1;
  log.replaceFrom(3, [entry(2)], 0);
  expect([terms(log), log.offset, log.inProgress]).toEqual([[1, 1, 2], 3, 3]);
  expect(() => log.replaceFrom(1, [entry(3)], 0)).toThrow(InvariantViolation);
});

test('an old write that ends late does not make its successor durable (the ABA race of overlapping appends)', () => {
  const log = logOf(1, 1);
  log.inProgress = 3;
  log.replaceFrom(2, [entry(2)], 0);
  log.stableTo(2, 1);
  expect(log.offset).toBe(1);
  log.stableTo(2, 2);
  expect(log.offset).toBe(3);
});

test('the hint after a rejection skips every term that cannot match', () => {
  expect(logOf(1, 3, 3, 3, 5, 5, 5, 5, 5).findConflictByTerm(6, 2)).toEqual({ index: 1, term: 1 });
  expect(logOf(1, 3, 3, 4, 4, 5, 5, 5, 6).findConflictByTerm(8, 3)).toEqual({ index: 3, term: 3 });
  expect(logOf(4, 4).findConflictByTerm(2, 3)).toEqual({ index: 0, term: 0 });
});

test('slices are cut by bytes, but never empty', () => {
  const log = new RaftLog();
  for (const size of [10, 10, 50, 1]) log.push(entry(1, size));
  const sizes = (lo: number, bytes: number): number[] => log.from(lo, bytes).map(({ size }) => size);
  expect([sizes(1, 20), sizes(1, 5), sizes(3, 49), sizes(1, Number.POSITIVE_INFINITY), sizes(5, 9)]).toEqual([
    [10, 10],
    [10],
    [50],
    [10, 10, 50, 1],
    [],
  ]);
});

test('it behaves like a plain array of entries, through clones (1,500 random walks)', () => {
  for (let seed = 0; seed < 1_500; seed++) {
    const random = new Random(seed, 'log');
    let log = new RaftLog();
    let model: number[] = [];
    let base = 0;
    const copies: { log: RaftLog; terms: number[] }[] = [];
    for (let step = 0; step < 20; step++) {
      const kind = random.below(6);
      if (kind < 3) {
        const term = (model.at(-1) ?? log.baseTerm) + random.below(2);
        log.push(entry(term));
        model.push(term);
      } else if (kind === 3 && log.last > log.committed) {
        const first = log.committed + 1 + random.below(log.last - log.committed);
        const fresh = [entry(9), entry(9)];
        log.replaceFrom(first, fresh, random.below(2));
        model = model.slice(0, first - base - 1).concat(terms(log).slice(first - base - 1));
      } else if (kind === 4) {
        log.commitTo(log.committed + random.below(log.last - log.committed + 1));
        log.applied = log.committed;
        const to = base + random.below(log.applied - base + 1);
        log.compactTo(to);
        model = model.slice(to - base);
        base = to;
      } else {
        copies.push({ log, terms: model.slice() });
        log = log.clone();
      }
      expect(terms(log)).toEqual(model);
    }
    for (const copy of copies) expect(terms(copy.log)).toEqual(copy.terms);
  }
});

test('a clone has the same bytes, until one of the two changes', () => {
  const log = logOf(1, 2);
  const copy = log.clone();
  const bytes = (of: RaftLog): string => {
    const writer = new Writer();
    of.encode(writer);
    return writer.take().toString();
  };
  expect(bytes(copy)).toBe(bytes(log));
  copy.push(entry(2));
  expect(bytes(copy)).not.toBe(bytes(log));
  expect(log.last).toBe(2);
});
