/** The first record about a matter wins, whatever a log brings after it: a group's log may hold two of everything. */
import { describe, expect, test } from 'vitest';
import { Writer } from '../../core/index.ts';
import { Ledger } from './ledger.ts';
import type { CommitRecord, TransactionId } from './transaction.ts';

const SITE = 1;
const tx = (number: number, coordinator = SITE): TransactionId => ({ coordinator, number });
const writes = (key: string, value: number, expected: readonly number[] = []) => [{ key, value, expected }];
const parts = [
  { site: 1, writes: writes('x', 1) },
  { site: 2, writes: writes('y', 1) },
];
const begin = (session: number, id: number): CommitRecord => ({ type: 'begin', session, id, parts });
const decided = (number: number, commit: boolean, sites: readonly number[] = [1, 2]): CommitRecord => ({
  type: 'decided',
  tx: tx(number),
  commit,
  sites,
  session: 0,
  id: 0,
});
const prepared = (of: TransactionId, key = 'x', value = 1, expected: readonly number[] = []): CommitRecord => ({
  type: 'prepared',
  tx: of,
  sites: [1, 2],
  writes: writes(key, value, expected),
});
const finished = (of: TransactionId, commit: boolean): CommitRecord => ({ type: 'finished', tx: of, commit });

function ledger(records: readonly CommitRecord[], remember = 1000): Ledger {
  const made = new Ledger(SITE, remember);
  for (const record of records) made.apply(record);
  return made;
}

describe('as a coordinator', () => {
  test('a request begins one transaction, however often the log has it', () => {
    const made = ledger([begin(7, 1)]);
    expect(made.apply(begin(7, 1))).toBeNull();
    expect([made.number, made.coordinated.size]).toEqual([1, 1]);
  });

  test('a request that a newer one of its session has overtaken begins nothing', () => {
    const made = ledger([begin(7, 2)]);
    expect(made.apply(begin(7, 1))).toBeNull();
    expect(made.coordinated.size).toBe(1);
  });

  test('requests without a session are each their own', () => {
    const made = ledger([begin(0, 1)]);
    expect(made.apply(begin(0, 1))).toMatchObject({ what: 'begun', coordinated: { tx: tx(2) } });
  });

  test.each([true, false])('the first decision stays (commit: %s)', (commit) => {
    const made = ledger([begin(0, 1), decided(1, commit)]);
    expect(made.apply(decided(1, !commit))).toBeNull();
    expect(made.coordinated.get('1.1')?.state).toBe(commit ? 'committed' : 'aborted');
  });

  test('a list of participants that comes after the decision reopens nothing', () => {
    const made = ledger([begin(0, 1), decided(1, false)]);
    expect(made.apply({ type: 'collecting', tx: tx(1), sites: [1, 2], session: 0, id: 0 })).toBeNull();
    expect([made.coordinated.get('1.1')?.state, made.pending()]).toEqual(['aborted', []]);
  });

  test('what is being voted on has not ended', () => {
    const made = ledger([begin(0, 1)]);
    expect(made.apply({ type: 'ended', tx: tx(1) })).toBeNull();
    expect(made.pending().map(({ tx: of }) => of)).toEqual([tx(1)]);
  });

  test('as many as are to be remembered are, and of more the oldest that have ended go', () => {
    const settled = (number: number): CommitRecord[] => [begin(0, number), decided(number, false)];
    expect([...ledger([...settled(1), ...settled(2)], 2).coordinated.keys()]).toEqual(['1.1', '1.2']);
    expect([...ledger([...settled(1), ...settled(2), ...settled(3)], 2).coordinated.keys()]).toEqual(['1.2', '1.3']);
    expect([...ledger([begin(0, 1), ...settled(2), ...settled(3)], 2).coordinated.keys()]).toEqual(['1.1', '1.3']);
  });
});

describe('as a participant', () => {
  const [one, other] = [tx(1, 2), tx(2, 2)];

  test('a promise is made once', () => {
    const made = ledger([prepared(one)]);
    expect(made.apply(prepared(one, 'z'))).toBeNull();
    expect(made.doubted().map((each) => each.writes)).toEqual([writes('x', 1)]);
  });

  test('what was refused is not promised later', () => {
    const made = ledger([finished(one, false)]);
    expect(made.apply(prepared(one))).toBeNull();
    expect(made.inDoubt.size).toBe(0);
  });

  test('a promise for a key that another one holds is a refusal, and so is one for a value that is not the expected one', () => {
    expect(ledger([prepared(one)]).apply(prepared(other))).toMatchObject({ what: 'refused' });
    expect(ledger([]).apply(prepared(one, 'x', 1, [5]))).toMatchObject({ what: 'refused' });
    expect(ledger([prepared(one), finished(one, true)]).apply(prepared(other, 'x', 2, [1]))).toMatchObject({ what: 'prepared' });
  });

  test('a transaction is not in its own way', () => {
    const made = ledger([prepared(one)]);
    expect([made.locked(writes('x', 1), '2.1'), made.locked(writes('x', 1), ''), made.locked(writes('y', 1), '')]).toEqual([
      false,
      true,
      false,
    ]);
  });

  test.each([true, false])('what is over stays as it is (commit: %s)', (commit) => {
    const made = ledger([prepared(one), finished(one, commit)]);
    expect(made.apply(finished(one, !commit))).toBeNull();
    expect([made.participated.get('2.1')?.state, made.data.get('x')]).toEqual(commit ? ['committed', 1] : ['aborted', undefined]);
  });

  test('a refusal is not carried out after all', () => {
    const made = ledger([finished(one, false)]);
    expect(made.apply(finished(one, true))).toBeNull();
    expect(made.participated.get('2.1')?.state).toBe('aborted');
  });

  test('what was forgotten is settled for good; what is in doubt is never forgotten', () => {
    const over = (number: number): CommitRecord[] => [prepared(tx(number, 2), `k${number}`), finished(tx(number, 2), true)];
    const made = ledger([prepared(one), ...over(2), ...over(3), ...over(4)], 2);
    expect([made.participated.has('2.1'), made.forgotten(tx(2, 2))]).toEqual([true, true]);
    expect(made.apply(prepared(tx(2, 2)))).toBeNull();
    expect(made.apply(finished(tx(2, 2), false))).toBeNull();
  });
});

test('a snapshot holds all of it', () => {
  const made = ledger([begin(7, 1), begin(7, 2), decided(1, true), prepared(tx(1, 2), 'z'), finished(tx(5, 3), false)]);
  const copy = new Ledger(SITE, 1000);
  copy.restore(made.snapshot());
  const bytes = (of: Ledger): string => {
    const w = new Writer(256);
    of.encode(w);
    return Buffer.from(w.bytes.subarray(0, w.length)).toString('hex');
  };
  expect(bytes(copy)).toBe(bytes(made));
  expect([copy.pending().length, copy.doubted().length]).toEqual([made.pending().length, made.doubted().length]);
});
