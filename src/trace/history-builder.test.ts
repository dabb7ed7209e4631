import { expect, test } from 'vitest';
import { LightconeError } from '../core/index.ts';
import { FAIL, HistoryBuilder, INFO, NEVER, NONE, OK, type OperationRecord } from './index.ts';
import { buildView } from './view-builder.ts';

type Half = Partial<OperationRecord> & Pick<OperationRecord, 'phase' | 'process' | 'f'>;

function build(halves: readonly Half[], dropEchoes = false) {
  const builder = new HistoryBuilder({ source: 'h', dropEchoes });
  halves.forEach((half, seq) => {
    builder.add({ type: 'op', seq, ...half }, seq + 1);
  });
  return builder.build();
}
function refusal(halves: readonly Half[]): string {
  try {
    build(halves);
  } catch (error) {
    if (error instanceof LightconeError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

test('operations are rows in the order of their invocations; an open operation is info and completes never', () => {
  const h = build([
    { phase: 'invoke', process: 4, f: 'write', value: 'a', key: 'x', timeNs: 10 },
    { phase: 'invoke', process: 2, f: 'read', key: 'x', timeNs: 11 },
    { phase: 'ok', process: 2, f: 'read', value: 'a', node: 'n1', revision: 7, timeNs: 20 },
    { phase: 'fail', process: 4, f: 'write', timeNs: 21, code: 'LC_NO_LEADER' },
    { phase: 'invoke', process: 2, f: 'cas', value: ['a', 5], timeNs: 22 },
  ]);
  expect(h.count).toBe(3);
  expect([...h.process]).toEqual([4, 2, 2]);
  expect([...h.f].map((f) => h.functions[f])).toEqual(['write', 'read', 'cas']);
  expect([...h.status]).toEqual([FAIL, OK, INFO]);
  expect([...h.invoke]).toEqual([0, 1, 4]);
  expect([...h.complete]).toEqual([3, 2, NEVER]);
  expect([...h.argument].map((v) => (v === NONE ? NONE : h.values[v]))).toEqual(['a', NONE, 5]);
  expect([...h.expected].map((v) => (v === NONE ? NONE : h.values[v]))).toEqual([NONE, NONE, 'a']);
  expect([...h.result].map((v) => (v === NONE ? NONE : h.values[v]))).toEqual([NONE, 'a', NONE]);
  expect([...h.invokeNs]).toEqual([10, 11, 22]);
  expect([...h.completeNs]).toEqual([21, 20, Number.NaN]);
  expect([...(h.code ?? [])].map((code) => h.codes?.[code] ?? '-')).toEqual(['LC_NO_LEADER', '-', '-']);
  expect([...h.key]).toEqual([0, 0, NONE]);
  expect([...h.node]).toEqual([NONE, 0, NONE]);
  expect([...h.revision]).toEqual([NONE, 7, NONE]);
  expect(h.values[0]).toBe(null);
});

test('an invocation that names no node went to the place of its process, where the header says who that is', () => {
  const record = (seq: number, process: number, node?: string) =>
    ({ type: 'op', seq, phase: 'invoke', process, f: 'read', ...(node === undefined ? {} : { node }) }) as const;
  const header = { type: 'header', trace: 1, processNodes: ['a', 'b'] } as const;
  const { history } = buildView([header, record(0, 0), record(1, 5), record(2, 2, 'b'), record(3, 1, 'c')]);
  expect([...history.node].map((node) => history.nodes[node])).toEqual(['a', 'b', 'b', 'c']);
});

test('a read of null is a result, a read without a value is none', () => {
  const h = build([
    { phase: 'invoke', process: 0, f: 'read', value: null },
    { phase: 'ok', process: 0, f: 'read', value: null },
    { phase: 'invoke', process: 0, f: 'read' },
    { phase: 'ok', process: 0, f: 'read' },
    { phase: 'invoke', process: 0, f: 'write', value: null },
  ]);
  expect([...h.argument]).toEqual([NONE, NONE, 0]);
  expect([...h.result]).toEqual([0, NONE, NONE]);
});

test('equal values are one value, whatever the order of their keys; 1 and "1" are two', () => {
  const values = [{ a: 1, b: [2] }, { b: [2], a: 1 }, 1, '1', [1], ['1'], -0, 0, new Uint8Array([1]), new Uint8Array([1]), '#01', true];
  const h = build(values.map((value, process) => ({ phase: 'invoke', process, f: 'write', value }) as const));
  const ids = [...h.argument];
  expect(ids[0]).toBe(ids[1]);
  expect(ids[6]).toBe(ids[7]);
  expect(ids[8]).toBe(ids[9]);
  expect(new Set(ids).size).toBe(9);
  expect(Object.is(h.values[ids[6] as number], 0)).toBe(true);
});

test('where the recorder repeats arguments in completions, they are no results', () => {
  const halves: Half[] = [
    { phase: 'invoke', process: 0, f: 'cas', value: [1, 2] },
    { phase: 'ok', process: 0, f: 'cas', value: [1, 2] },
    { phase: 'invoke', process: 0, f: 'acquire', value: null },
    { phase: 'ok', process: 0, f: 'acquire', value: 33 },
  ];
  expect([...build(halves, true).result].map((v) => v === NONE)).toEqual([true, false]);
  expect([...build(halves, false).result].map((v) => v === NONE)).toEqual([false, false]);
});

test('many operations grow the columns', () => {
  const halves: Half[] = [];
  for (let i = 0; i < 5000; i++)
    halves.push({ phase: 'invoke', process: i % 7, f: 'write', value: i }, { phase: 'ok', process: i % 7, f: 'write' });
  const h = build(halves);
  expect(h.count).toBe(5000);
  expect(h.complete[4999]).toBe(9999);
  expect(h.values[h.argument[4999] as number]).toBe(4999);
});

test.each<[string, Half[]]>([
  [
    'LC_HISTORY_UNMATCHED h:1: process 3 completes read (ok), but it has no open operation; the invocations are needed, too',
    [{ phase: 'ok', process: 3, f: 'read' }],
  ],
  [
    'LC_HISTORY_UNMATCHED h:2: process 3 completes read (ok), but it has an open write',
    [
      { phase: 'invoke', process: 3, f: 'write', value: 1 },
      { phase: 'ok', process: 3, f: 'read' },
    ],
  ],
  [
    'LC_HISTORY_UNMATCHED h:2: process 3 completes read (ok), but it has an open read of key "x", not of "y"',
    [
      { phase: 'invoke', process: 3, f: 'read', key: 'x' },
      { phase: 'ok', process: 3, f: 'read', key: 'y' },
    ],
  ],
  [
    'LC_HISTORY_OVERLAP h:2: process 3 invokes read while its write invoked at seq 0 is open',
    [
      { phase: 'invoke', process: 3, f: 'write', value: 1 },
      { phase: 'invoke', process: 3, f: 'read' },
    ],
  ],
  [
    'LC_HISTORY_OVERLAP h:3: process 3 invokes read after an operation of unknown outcome (info)',
    [
      { phase: 'invoke', process: 3, f: 'write', value: 1 },
      { phase: 'info', process: 3, f: 'write' },
      { phase: 'invoke', process: 3, f: 'read' },
    ],
  ],
  [
    'LC_HISTORY_UNMATCHED h:3: process 3 completes write (ok), but it has no open operation',
    [
      { phase: 'invoke', process: 3, f: 'write', value: 1 },
      { phase: 'info', process: 3, f: 'write' },
      { phase: 'ok', process: 3, f: 'write' },
    ],
  ],
  [
    'LC_HISTORY_TIME h:2: time 9 ns comes after 10 ns: time runs backwards',
    [
      { phase: 'invoke', process: 3, f: 'write', value: 1, timeNs: 10 },
      { phase: 'ok', process: 3, f: 'write', timeNs: 9 },
    ],
  ],
  [
    'LC_HISTORY_TIME h:2: seq 0 comes after seq 0: the order runs backwards',
    [
      { phase: 'invoke', process: 1, f: 'read' },
      { phase: 'ok', process: 1, f: 'read', seq: 0 },
    ],
  ],
  ['LC_TRACE_SYNTAX h:1: cas needs [expected, new], not 5', [{ phase: 'invoke', process: 1, f: 'cas', value: 5 }]],
])('refused: %s', (message, halves) => {
  expect(refusal(halves)).toBe(message);
});
