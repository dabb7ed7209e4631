import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LightconeError } from '../core/index.ts';
import { formatRecord, type OperationRecord, type TraceRecord } from './index.ts';
import { JsonRecordParser } from './json-record.ts';
import { OperationLineParser } from './operation-line.ts';
import { defaultLimits } from './place.ts';

const fast = new OperationLineParser();
const full = new JsonRecordParser('in', defaultLimits);

/** The record without its absent fields, or null. */
function given(record: TraceRecord | null): object | null {
  return record === null ? null : Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
function slow(line: string): object | null {
  try {
    return given(full.parseFully(line, 1));
  } catch (error) {
    if (error instanceof LightconeError) return null;
    throw error;
  }
}

const plain = fc.oneof(fc.integer(), fc.constant(null), fc.constantFrom('', 'a', 'é', 'x y', '\u2028'), fc.constant(123456789012345));
const value = fc.oneof(
  { arbitrary: plain, weight: 6 },
  { arbitrary: fc.array(plain, { minLength: 1, maxLength: 3 }), weight: 3 },
  fc.constantFrom(true, 1.5, 'a"b', '\\', { a: 1 }, [[1]], [], -0, 1e300),
);
const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const record = fc.record({
  type: fc.constant('op'),
  seq: fc.nat(),
  timeNs: option(fc.oneof(fc.nat(), fc.constant(123456789012345))),
  phase: fc.constantFrom('invoke', 'ok', 'fail', 'info'),
  process: fc.nat(),
  f: fc.constantFrom('read', 'write', 'cas', 'add', 'enqueue', 'x', 'a"b', ''),
  key: option(value),
  value: option(value),
  node: option(fc.constantFrom('n1', 'n2', 'n3', '', 'a\\b')),
  revision: option(fc.nat()),
  code: fc.constantFrom(undefined, undefined, undefined, 'LC_TIMEOUT'),
});
const mutation = fc.record({
  at: fc.nat(300),
  cut: fc.nat(2),
  put: fc.oneof(
    fc.constantFrom('', '0', '00', '9', '-', '"', '\\', ',', '[', ']', '}', ' ', '\n', '.', 'e', '1234567890123456', '"seq":1'),
    fc.string({ maxLength: 1 }),
  ),
});

test('the fast path gives the record that JSON.parse and the full check give, or nothing', () => {
  let taken = 0;
  let mutatedTaken = 0;
  fc.assert(
    fc.property(record, fc.array(mutation, { maxLength: 2 }), (fields, mutations) => {
      let line = formatRecord(fields as unknown as OperationRecord);
      for (const { at, cut, put } of mutations) line = line.slice(0, at % line.length) + put + line.slice((at % line.length) + cut);
      const quick = given(fast.parse(line));
      if (quick === null) return;
      taken++;
      if (mutations.length > 0) mutatedTaken++;
      expect(slow(line)).toEqual(quick);
    }),
    { numRuns: 20_000 },
  );
  expect(taken).toBeGreaterThan(2000);
  expect(mutatedTaken).toBeGreaterThan(200);
});

test('the usual lines take it', () => {
  for (const fields of [
    { seq: 7, timeNs: 99, phase: 'invoke', process: 3, f: 'write', key: 'x', value: 17 },
    { seq: 0, phase: 'ok', process: 0, f: 'read', node: 'n1', value: null, revision: 4 },
    { seq: 1, phase: 'fail', process: 0, f: 'cas', value: [1, -2] },
  ]) {
    const line = formatRecord({ type: 'op', ...fields } as OperationRecord);
    expect(given(fast.parse(line))).toEqual({ type: 'op', ...fields });
  }
});
