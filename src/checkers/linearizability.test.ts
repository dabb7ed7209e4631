import { expect, test } from 'vitest';
import { Random } from '../core/index.ts';
import { buildView, type TraceView } from '../trace/index.ts';
import { budgetOf, checkers, checkLinearizability, unlimitedBudget } from './index.ts';
import { type TestOperation, viewOf } from './testing.ts';
import { legalHistory, nearMiss, workloads } from './testing-histories.ts';

type Given = Partial<TestOperation> & Pick<TestOperation, 'f' | 'call' | 'ret'>;

/** Each operation by a process of its own unless it names one. */
const view = (operations: readonly Given[], model?: string): TraceView =>
  viewOf(
    operations.map((operation, process) => ({ process, status: 'ok', ...operation })),
    model === undefined ? {} : { header: { model } },
  );
const verdict = (operations: readonly Given[], model: string): string => checkLinearizability(view(operations, model)).verdict;

const staleRead: readonly Given[] = [
  { f: 'write', key: 'x', argument: 1, call: 0, ret: 1 },
  { f: 'write', key: 'x', argument: 2, call: 2, ret: 3, process: 4 },
  { f: 'read', key: 'x', result: 1, call: 143, ret: 150, node: 'n3' },
];

test('a stale read is told with node, values, times and who had the newer write acknowledged', () => {
  const result = checkLinearizability(view(staleRead, 'register'));
  expect(result.verdict).toBe('violation');
  expect(result.counterexample?.operations).toEqual([0, 1, 2]);
  expect(result.counterexample?.story).toEqual([
    'p0: write x=1, from 0 s to 0.001 s',
    'p4: write x=2, from 0.002 s to 0.003 s',
    'p2: read x=1 on n3, from 0.143 s to 0.15 s',
    'n3 read x=1 at 0.143 s, 140 ms after write x=2 was acknowledged to p4',
  ]);
  expect(result.anomalies).toMatchObject([{ kind: 'non-linearizable', operations: [0, 1, 2], key: 0 }]);
});

test('without time the story counts positions', () => {
  const operations = staleRead.map((operation, process) => ({ process, status: 'ok' as const, ...operation }));
  const result = checkLinearizability(viewOf(operations, { untimed: true, header: { model: 'register' } }));
  expect(result.counterexample?.story.at(-1)).toBe('n3 read x=1 at position 143, 140 positions after write x=2 was acknowledged to p4');
});

test('a value that nobody wrote, and one that was read before it was written, are violations of one and of two operations', () => {
  const thin = checkLinearizability(view([{ f: 'read', result: 7, call: 0, ret: 1 }], 'register'));
  expect(thin.counterexample?.operations).toEqual([0]);
  expect(thin.counterexample?.story.at(-1)).toContain('nobody had written that value');
  const early: Given[] = [
    { f: 'read', result: 7, call: 0, ret: 1 },
    { f: 'write', argument: 7, call: 2, ret: 3 },
  ];
  const result = checkLinearizability(view(early, 'register'));
  expect(result.counterexample?.operations).toEqual([0, 1]);
  expect(result.counterexample?.story.at(-1)).toContain('before p1 began to write 7');
});

test('a write of unknown outcome may take effect at any later time, or never', () => {
  const write: Given = { f: 'write', argument: 1, status: 'info', call: 0, ret: 1 };
  expect(verdict([write, { f: 'read', result: null, call: 2, ret: 3 }, { f: 'read', result: 1, call: 4, ret: 5 }], 'register')).toBe(
    'pass',
  );
  expect(verdict([write, { f: 'read', result: 1, call: 2, ret: 3 }, { f: 'read', result: null, call: 4, ret: 5 }], 'register')).toBe(
    'violation',
  );
});

test('a failed write did not take effect', () => {
  const write: Given = { f: 'write', argument: 1, status: 'fail', call: 0, ret: 1 };
  expect(verdict([write, { f: 'read', result: 1, call: 2, ret: 3 }], 'register')).toBe('violation');
});

test('a failed cas compared and found another value, unless an error code says that nobody compared', () => {
  const cas: Given = { f: 'cas', argument: [null, 1], status: 'fail', call: 0, ret: 1 };
  expect(verdict([cas], 'cas-register')).toBe('violation');
  expect(verdict([{ ...cas, code: 'LC_NO_LEADER' }], 'cas-register')).toBe('pass');
  expect(verdict([{ ...cas, status: 'ok', result: false }], 'cas-register')).toBe('violation');
  expect(verdict([{ ...cas, status: 'info' }], 'cas-register')).toBe('pass');
});

test('keys are objects of their own', () => {
  const operations: Given[] = [
    { f: 'put', key: 'x', argument: 1, call: 0, ret: 1 },
    { f: 'get', key: 'y', result: null, call: 2, ret: 3 },
    { f: 'get', key: 'x', result: 1, call: 4, ret: 5 },
  ];
  expect(checkLinearizability(view(operations, 'kv'))).toMatchObject({ verdict: 'pass', stats: { objects: 2, objectsPassed: 2 } });
});

/** Model, a history that it accepts, and what makes the last operation wrong. */
const cases: readonly (readonly [string, readonly Given[], Partial<Given>])[] = [
  [
    'kv',
    [
      { f: 'append', argument: 'a', call: 0, ret: 1 },
      { f: 'append', argument: 'b', call: 2, ret: 3 },
      { f: 'get', result: 'ab', call: 4, ret: 5 },
    ],
    { result: 'ba' },
  ],
  [
    'kv',
    [
      { f: 'put', argument: 1, call: 0, ret: 1 },
      { f: 'delete', call: 2, ret: 3 },
      { f: 'get', result: null, call: 4, ret: 5 },
    ],
    { result: 1 },
  ],
  [
    'counter',
    [
      { f: 'increment', call: 0, ret: 1 },
      { f: 'add', argument: 4, call: 2, ret: 3 },
      { f: 'read', result: 5, call: 4, ret: 5 },
    ],
    { result: 1 },
  ],
  [
    'set',
    [
      { f: 'add', argument: 3, call: 0, ret: 1 },
      { f: 'contains', argument: 3, result: true, call: 2, ret: 3 },
    ],
    { result: false },
  ],
  [
    'set',
    [
      { f: 'add', argument: 3, call: 0, ret: 1 },
      { f: 'add', argument: 1, call: 2, ret: 3 },
      { f: 'read', result: [1, 3], call: 4, ret: 5 },
    ],
    { result: [3] },
  ],
  [
    'queue',
    [
      { f: 'enqueue', argument: 3, call: 0, ret: 1 },
      { f: 'enqueue', argument: 1, call: 2, ret: 3 },
      { f: 'dequeue', result: 3, call: 4, ret: 5 },
    ],
    { result: 1 },
  ],
  [
    'queue',
    [
      { f: 'enqueue', argument: 3, call: 0, ret: 3 },
      { f: 'dequeue', result: null, call: 1, ret: 2 },
    ],
    { call: 4, ret: 5 },
  ],
  [
    'mutex',
    [
      { f: 'acquire', process: 1, call: 0, ret: 1 },
      { f: 'release', process: 1, call: 2, ret: 3 },
      { f: 'acquire', process: 2, call: 4, ret: 5 },
    ],
    { f: 'release', process: 2 },
  ],
];

test('every model accepts a history of its own and rejects one wrong answer', () => {
  for (const [model, operations, wrong] of cases) {
    expect(verdict(operations, model), model).toBe('pass');
    expect(verdict([...operations.slice(0, -1), { ...(operations.at(-1) as Given), ...wrong }], model), model).toBe('violation');
  }
});

test('the initial value is the header’s', () => {
  const operations: TestOperation[] = [{ process: 0, f: 'read', status: 'ok', result: 5, call: 0, ret: 1 }];
  expect(checkLinearizability(viewOf(operations, { header: { model: 'register', initial: 5 } })).verdict).toBe('pass');
  expect(checkLinearizability(viewOf(operations, { header: { model: 'register' } })).verdict).toBe('violation');
});

test('an operation that the model does not have, a model that does not exist, and an impossible amount are refused in one sentence', () => {
  const pop: Given[] = [{ f: 'peek', call: 0, ret: 1 }];
  expect(() => checkLinearizability(view(pop, 'queue'))).toThrow(/the model queue has no operation "peek" \(it has enqueue, dequeue\)/);
  expect(() => checkLinearizability(view(pop))).toThrow(/no model has all of the operations "peek"/);
  expect(() => checkLinearizability(view(pop), { model: 'heap' })).toThrow(/there is no model "heap"/);
  expect(() => checkLinearizability(view([{ f: 'add', argument: 'much', call: 0, ret: 1 }], 'counter'))).toThrow(
    /needs an integer, not "much"/,
  );
  expect(checkers.linearizability.check(viewOf([], { header: { model: 'list-append' } }), unlimitedBudget).verdict).toBe('skip');
});

test('an empty history passes', () => {
  expect(checkLinearizability(buildView([])).verdict).toBe('pass');
});

/** Writers of equal values, all concurrent, and a read that nothing explains until the end: as hard as it gets for a search. */
function hard(width: number): TraceView {
  const operations: Given[] = [];
  for (let i = 0; i < width; i++) operations.push({ f: 'enqueue', argument: i, call: i, ret: 1000 + i });
  for (let i = 0; i < width; i++) operations.push({ f: 'dequeue', result: i === 0 ? width : width - i, call: 500 + i, ret: 2000 + i });
  return view(operations, 'queue');
}

test('a hopeless search ends within its budget of steps, bytes or time: unknown, with what was decided', () => {
  const steps = checkLinearizability(hard(40), { algorithm: 'search', budget: budgetOf({ steps: 20_000 }) });
  expect(steps.verdict).toBe('unknown');
  expect(steps.reason).toMatch(
    /the budget of 20000 steps was spent: 0 of 1 objects \(0 of 80 operations\) were decided; the search linearized \d+ of 80/,
  );
  const bytes = checkLinearizability(hard(40), { algorithm: 'search', budget: budgetOf({ bytes: 4_000_000 }) });
  expect(bytes.verdict).toBe('unknown');
  expect(bytes.reason).toMatch(/the limit of 4000000 bytes/);
  expect(bytes.stats.peakBytes).toBeLessThanOrEqual(4_000_000);
  let polls = 0;
  const time = checkLinearizability(hard(40), { algorithm: 'search', budget: budgetOf({ expired: () => ++polls > 3 }) });
  expect(time).toMatchObject({ verdict: 'unknown', reason: expect.stringMatching(/the time was over/) });
});

test('what was decided before the budget ended is counted', () => {
  const easy: Given[] = [{ f: 'enqueue', key: 'a', argument: 1, call: 5000, ret: 5001 }];
  const both = [
    ...easy,
    ...[...Array(80).keys()].map((row): Given => {
      const { history } = hard(40);
      const f = history.functions[history.f[row] as number] as string;
      const value = history.values[(f === 'enqueue' ? history.argument : history.result)[row] as number] as number;
      const call = history.invoke[row] as number;
      return { f, key: 'b', ...(f === 'enqueue' ? { argument: value } : { result: value }), call, ret: history.complete[row] as number };
    }),
  ].map((operation, process) => ({ process, ...operation }));
  const result = checkLinearizability(view(both, 'queue'), { algorithm: 'search', budget: budgetOf({ steps: 20_000 }) });
  expect(result.verdict).toBe('unknown');
  expect(result.stats).toMatchObject({ objects: 2, objectsUndecided: 1 });
});

test('a long history needs no deep stack, whichever algorithm decides it', () => {
  const operations: Given[] = [];
  for (let i = 0; i < 50_000; i++)
    operations.push(
      i % 2 === 0 ? { f: 'write', argument: i, call: 2 * i, ret: 2 * i + 1 } : { f: 'read', result: i - 1, call: 2 * i, ret: 2 * i + 1 },
    );
  const long = view(
    operations.map((operation) => ({ ...operation, process: 0 })),
    'register',
  );
  expect(checkLinearizability(long)).toMatchObject({ verdict: 'pass', stats: { byZones: 1 } });
  expect(checkLinearizability(long, { algorithm: 'search' })).toMatchObject({ verdict: 'pass', stats: { bySearch: 1 } });
});

test('on longer histories the fast algorithms agree with the search', () => {
  let violations = 0;
  for (const name of [
    'register, unique writes (zones)',
    'cas-register, unique writes and successful cas (chains)',
    'cas-register, unique writes, failing cas',
  ]) {
    const workload = workloads[name] as (typeof workloads)[string];
    for (let seed = 1; seed <= 300; seed++) {
      const random = new Random(seed, name);
      const sizes = { operations: 20 + random.below(60), processes: 2 + random.below(6), infoPpm: 50_000, failPpm: 50_000 };
      const legal = legalHistory(random, workload, sizes);
      const operations = seed % 2 === 0 ? legal : nearMiss(random, workload, legal);
      const made = viewOf(operations, { header: { model: workload.model } });
      const [best, searched] = [checkLinearizability(made), checkLinearizability(made, { algorithm: 'search', explain: false })];
      expect(best.verdict, `${name}, seed ${seed}`).toBe(searched.verdict);
      if (seed % 2 === 0) expect(best.verdict, `${name}, seed ${seed}`).toBe('pass');
      if (best.verdict === 'violation') violations++;
    }
  }
  expect(violations).toBeGreaterThan(100);
});
