import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { equalValues, LightconeError, type Value } from '../core/index.ts';
import { formatRecord, RecordReader, readTrace, type TraceRecord, TraceWriter } from './index.ts';

function write(records: Iterable<TraceRecord>): string {
  let text = '';
  const writer = new TraceWriter((piece) => {
    text += piece;
  });
  for (const record of records) writer.write(record);
  writer.end();
  return text;
}
function read(text: string): TraceRecord[] {
  const records: TraceRecord[] = [];
  const reader = new RecordReader({}, (record) => records.push(record));
  reader.feed(text);
  reader.end();
  return records;
}

const values = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'binary' }),
    fc.constant('\ud800'),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$bytes', '$$bytes', '$double', '__proto__', 'toString')), tie('value'), {
      maxKeys: 3,
    }),
  ) as fc.Arbitrary<Value>,
})).value;
const count = fc.maxSafeInteger().map(Math.abs);
const name = fc.string({ minLength: 1 });
const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const stamp = { clock: option(name), offsetNs: option(fc.maxSafeInteger()), uncertaintyNs: option(count) };
const body = fc.oneof(
  fc.record({
    type: fc.constant('op'),
    phase: fc.constantFrom('invoke', 'ok', 'fail', 'info'),
    process: fc.nat(),
    f: name,
    key: option(values),
    value: option(values),
    node: option(name),
    revision: option(count),
    code: option(fc.string()),
  }),
  fc.record({ type: fc.constant('fault'), phase: fc.constantFrom('start', 'end'), fault: name, detail: values, ...stamp }),
  fc.record({
    type: fc.constant('belief'),
    node: name,
    subject: fc.string(),
    kind: fc.constantFrom('leader', 'x-mood'),
    value: values,
    epoch: option(count),
    localNs: option(fc.maxSafeInteger()),
    ...stamp,
  }),
  fc.record({ type: fc.constant('apply'), node: name, index: count, op: values, ...stamp }),
  fc.record({ type: fc.constant('event'), subscription: name, index: count, value: values, ...stamp }),
  fc.record({ type: fc.constant('note'), text: fc.string(), ...stamp }),
  fc.record({
    type: fc.constant('msg'),
    phase: fc.constantFrom('send', 'deliver', 'drop'),
    from: name,
    to: name,
    id: count,
    body: fc.string(),
    ...stamp,
  }),
);
const head = fc.record({
  type: fc.constant('header'),
  trace: fc.constant(1),
  seed: option(fc.maxSafeInteger()),
  source: option(fc.string()),
  model: option(name),
  nodes: option(fc.array(name)),
  initial: option(values),
  scenario: option(values),
});

const plain = (record: object): Value => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Value;

test('what the writer writes, the reader reads again: every record kind, every value', () => {
  fc.assert(
    fc.property(head, fc.array(body, { maxLength: 5 }), option(count), (first, bodies, timeNs) => {
      const records = [first, ...bodies.map((record, seq) => ({ ...record, seq, timeNs }))] as unknown as TraceRecord[];
      const text = write(records);
      const again = read(text);
      expect(again).toHaveLength(records.length);
      again.forEach((record, i) => {
        expect(equalValues(plain(record), plain(records[i] as TraceRecord))).toBe(true);
      });
      expect(write(again)).toBe(text);
    }),
    { numRuns: 1500 },
  );
});

test('the order of keys does not show: equal records are equal lines', () => {
  expect(formatRecord({ seq: 1, type: 'note', text: 'x', timeNs: 4 })).toBe('{"type":"note","seq":1,"timeNs":4,"text":"x"}');
  expect(formatRecord({ type: 'apply', seq: 1, node: 'n', index: 0, op: { b: 1, a: 2 } })).toBe(
    '{"type":"apply","seq":1,"node":"n","index":0,"op":{"a":2,"b":1}}',
  );
});

test('a version 1 trace is read for ever, and written back byte for byte', () => {
  const text = readFileSync(new URL('./fixtures/v1.jsonl', import.meta.url), 'utf8');
  expect(write(read(text))).toBe(text);
  const view = readTrace(text);
  expect(view.header).toEqual({
    type: 'header',
    trace: 1,
    seed: 42,
    source: 'lightcone 0.1.0',
    model: 'kv',
    nodes: ['n1', 'n2', 'n3'],
    initial: null,
    scenario: { name: 'fixture' },
  });
  expect([view.history.count, view.beliefs.length, view.faults.length, view.others.length]).toEqual([3, 1, 2, 3]);
  expect(view.history.values).toEqual([null, 1, new Uint8Array([0, 255])]);
  expect(view.timed).toBe(true);
});

test('the writer refuses what no reader would take', () => {
  const code = (records: readonly unknown[]) => {
    try {
      write(records as TraceRecord[]);
    } catch (error) {
      return error instanceof LightconeError ? error.code : error;
    }
    return 'accepted';
  };
  const header = { type: 'header', trace: 1 };
  expect(code([{ type: 'note', seq: 0, text: '' }])).toBe('LC_TRACE_SYNTAX');
  expect(code([header, header])).toBe('LC_TRACE_SYNTAX');
  expect(code([{ type: 'header', trace: 9 }])).toBe('LC_TRACE_VERSION');
  expect(code([header, { type: 'note', seq: 1, text: '' }, { type: 'note', seq: 1, text: '' }])).toBe('LC_HISTORY_TIME');
  expect(code([header, { type: 'apply', seq: 1, node: 'n', index: 0, op: Number.NaN }])).toBe('LC_TRACE_SYNTAX');
});

test('a long trace leaves in pieces of whole lines', () => {
  const pieces: string[] = [];
  const writer = new TraceWriter((piece) => pieces.push(piece));
  writer.write({ type: 'header', trace: 1 });
  for (let seq = 0; seq < 5000; seq++) writer.write({ type: 'note', seq, text: 'a note of some length' });
  writer.end();
  expect(pieces.length).toBeGreaterThan(2);
  expect(pieces.every((piece) => piece.endsWith('\n') && piece.length < 70_000)).toBe(true);
  expect(readTrace(pieces.join('')).others).toHaveLength(5000);
});
