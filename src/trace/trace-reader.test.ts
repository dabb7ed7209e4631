import { expect, test } from 'vitest';
import { LightconeError } from '../core/index.ts';
import { readTrace, TraceReader, type ViewReadOptions } from './index.ts';
import { fuzzReaders } from './testing.ts';

const header = '{"type":"header","trace":1}\n';
const invoke = '{"type":"op","seq":1,"phase":"invoke","process":0,"f":"read"}\n';

function refusal(input: string | Uint8Array, options: ViewReadOptions = {}): string {
  try {
    readTrace(input, { source: 'in', ...options });
  } catch (error) {
    if (error instanceof LightconeError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

test('a trace is read alike however it is cut into chunks, as text or as bytes', () => {
  const text = `\ufeff${header}{"type":"op","seq":1,"timeNs":5,"phase":"invoke","process":0,"f":"write","key":"ключ","value":"é🜚"}\r\n\n{"type":"note","seq":2,"text":"hi"}\n{"type":"op","seq":3,"timeNs":6,"phase":"ok","process":0,"f":"write"}`;
  const whole = readTrace(text);
  expect(whole.history.values).toEqual([null, 'é🜚']);
  expect(whole.others).toHaveLength(1);
  expect([...whole.present]).toEqual(['header', 'op', 'note']);
  expect(whole.timed).toBe(true);
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 3, 7, 50]) {
    const reader = new TraceReader();
    for (let at = 0; at < bytes.length; at += size) reader.feed(bytes.subarray(at, at + size));
    expect(reader.end()).toEqual(whole);
  }
});

test.each([
  [
    '',
    'LC_TRACE_SYNTAX in:1: the input is empty: expected a lightcone trace (JSON Lines), a Jepsen or Elle history (EDN or JSON) or a Jepsen log',
  ],
  [
    '\n\nhello\n',
    'LC_TRACE_SYNTAX in:3: not a lightcone trace (JSON Lines), a Jepsen or Elle history (EDN or JSON) or a Jepsen log: "hello"',
  ],
  [invoke, 'LC_TRACE_SYNTAX in:1: a trace starts with its header, not with a record of type op'],
  [header + header, 'LC_TRACE_SYNTAX in:2: the header must be the first record'],
  ['{"type":"header","trace":2}', 'LC_TRACE_VERSION in:1: trace version 2; this reader knows version 1'],
  ['{"type":"header"}', 'LC_TRACE_SYNTAX in:1: `trace` must be the version, 1, not absent'],
  [`${header}{"type":"op","seq":1`, 'LC_TRACE_SYNTAX in:2: not JSON: "{\\"type\\":\\"op\\",\\"seq\\":1"'],
  [`${header}[1]`, 'LC_TRACE_SYNTAX in:2: a record is an object, not [1]'],
  [`${header}{"type":"opp"}`, 'LC_TRACE_SYNTAX in:2: `type` must be op, header, msg, fault, belief, apply, event, note, not "opp"'],
  [`${header}{"type":"op","seq":-1}`, 'LC_TRACE_SYNTAX in:2: `seq` must be an integer from 0, not -1'],
  [`${header}{"type":"op","seq":1,"valeu":3}`, 'LC_TRACE_SYNTAX in:2: a record of type "op" has no field "valeu"'],
  [`${header}{"type":"op","seq":1,"phase":"done"}`, 'LC_TRACE_SYNTAX in:2: `phase` must be invoke, ok, fail or info, not "done"'],
  [
    `${header}{"type":"op","seq":1,"phase":"ok","process":"p1"}`,
    'LC_TRACE_SYNTAX in:2: `process` must be an integer from 0 to 2147483647, not "p1"',
  ],
  [`${header}{"type":"op","seq":1,"phase":"ok","process":1,"f":7}`, 'LC_TRACE_SYNTAX in:2: `f` must be a name, not 7'],
  [
    `${header}{"type":"belief","seq":1,"node":"a","subject":"","kind":"mood","value":1}`,
    'LC_TRACE_SYNTAX in:2: `kind` must be leader, epoch, role, members, position, digest, decision or x-..., not "mood"',
  ],
  [
    `${header}{"type":"fault","seq":1,"phase":"begin","fault":"kill","detail":1}`,
    'LC_TRACE_SYNTAX in:2: `phase` must be start, end, not "begin"',
  ],
  [`${header}${invoke}{"type":"note","seq":1,"text":""}`, 'LC_HISTORY_TIME in:3: seq 1 comes after seq 1: the order runs backwards'],
  [
    `${header}{"type":"note","seq":1,"timeNs":9,"text":""}\n{"type":"note","seq":2,"timeNs":8,"text":""}`,
    'LC_HISTORY_TIME in:3: time 8 ns comes after 9 ns: time runs backwards',
  ],
  [
    `${header}${invoke}${invoke.replace('1', '2')}`,
    'LC_HISTORY_OVERLAP in:3: process 0 invokes read while its read invoked at seq 1 is open',
  ],
  [
    `${header}${invoke.replace('invoke', 'ok')}`,
    'LC_HISTORY_UNMATCHED in:2: process 0 completes read (ok), but it has no open operation; the invocations are needed, too',
  ],
  [
    `${header}{"type":"op","seq":1,"phase":"invoke","process":0,"f":"write","value":9007199254740993}`,
    'LC_TRACE_SYNTAX in:2: `value` has the integer 9007199254740993, which a double cannot hold: write it as a string',
  ],
])('refused: %j', (text, message) => {
  expect(refusal(text)).toBe(message);
});

test('bytes that are not UTF-8 are refused with their line, also at the end', () => {
  const bad = Buffer.concat([Buffer.from(header), Buffer.from(invoke), Buffer.from([0x22, 0xff, 0x0a])]);
  expect(refusal(bad)).toBe('LC_TRACE_SYNTAX in:3: the bytes are not UTF-8');
  expect(refusal(Buffer.concat([Buffer.from(header), Buffer.from([0xe2, 0x82])]))).toBe('LC_TRACE_SYNTAX in:2: the bytes are not UTF-8');
});

test('a value nested too deep is refused, not a stack overflow', () => {
  const deep = `${header}{"type":"op","seq":1,"phase":"invoke","process":0,"f":"write","value":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  expect(refusal(deep)).toContain('LC_TRACE_SYNTAX in:2: `value` is nested too deep');
});

test('a line of 100 MB is refused after the limit, without taking the rest', () => {
  for (const start of [header, '', 'INFO  jepsen.util - 0\t:invoke\t:read\tnil\n', '[{:process 0 :type :invoke :f :read}\n{:a "']) {
    const reader = new TraceReader({
      source: 'in',
      format: start.startsWith('INFO') ? 'jepsen-log' : start.startsWith('[') ? 'jepsen-edn' : 'lightcone',
    });
    const piece = Buffer.alloc(1 << 20, 0x61);
    let fed = 0;
    const feedAll = () => {
      reader.feed(start);
      for (; fed < 100; fed++) reader.feed(piece);
    };
    expect(feedAll).toThrow(/in:\d: a (?:line|form) of more than 16777216 characters/);
    expect(fed).toBeLessThanOrEqual(16);
  }
});

test('limits on records and on what is kept are refusals, never silent loss', () => {
  const notes = [1, 2, 3].map((seq) => `{"type":"note","seq":${seq},"text":"x"}\n`).join('');
  expect(refusal(header + notes, { limits: { maxRecords: 3 } })).toBe('LC_TRACE_LIMIT in:4: more than 3 records');
  expect(refusal(header + notes, { limits: { maxKept: 2 } })).toBe(
    'LC_TRACE_LIMIT in:4: more than 2 records to keep; this one is of type note',
  );
  expect(refusal(header + notes, { limits: { maxKept: 2 }, keep: ['belief'] })).toBe('accepted');
});

test('messages are kept only when asked for', () => {
  const text = `${header}{"type":"msg","seq":1,"phase":"send","from":"a","to":"b","id":1,"body":"hi"}`;
  expect(readTrace(text).present.has('msg')).toBe(false);
  expect(readTrace(text, { keep: ['msg'] }).others).toHaveLength(1);
});

test('any bytes and any damaged file end as a view or a LightconeError that names the source, however chunked', () => {
  expect(fuzzReaders(8000, 1)).toBeGreaterThan(800);
});
