import { expect, test } from 'vitest';
import { defaultLimits, parseBudget, startBudget } from './index.ts';

test.each([
  ['10s', { timeMs: 10_000 }],
  ['500ms', { timeMs: 500 }],
  ['1.5m', { timeMs: 90_000 }],
  ['2GB', { bytes: 2e9 }],
  ['64MiB', { bytes: 67_108_864 }],
  ['steps=1_000', { steps: 1000 }],
  ['5s, 1GB,steps=2e6', { timeMs: 5000, bytes: 1e9, steps: 2e6 }],
])('%s', (text, limits) => {
  expect(parseBudget(text)).toEqual({ ...defaultLimits, ...limits });
});

test.each(['', '10', 's', '10 parsecs', '-5s', 'steps=', 'steps=-1', '10s,', 'constructor', '5toString'])(
  '%j is refused with what is possible',
  (text) => {
    expect(() => parseBudget(text)).toThrow(/--budget takes a time \(10s, 500ms\)/);
  },
);

test('the time runs from the start of the check, and the caller may end it early', () => {
  let now = 100;
  let stop = false;
  const budget = startBudget(
    { timeMs: 50, bytes: 1, steps: 2 },
    () => now,
    () => stop,
  );
  expect([budget.steps, budget.bytes, budget.expired()]).toEqual([2, 1, false]);
  now = 151;
  expect(budget.expired()).toBe(true);
  now = 120;
  expect(budget.expired()).toBe(false);
  stop = true;
  expect(budget.expired()).toBe(true);
});
