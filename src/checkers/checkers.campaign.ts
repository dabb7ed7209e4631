/** The full comparison with brute force: at least 100,000 decided small histories for every algorithm, model and checker. */
import { expect, test } from 'vitest';
import { compareChecker, definitions } from './testing-checkers.ts';
import { assertMixed, describeCounts } from './testing-comparison.ts';
import { workloads } from './testing-histories.ts';
import { compareLinearizability, compareWithSearch } from './testing-linearizability.ts';

const COUNT = 100_000;
const FIRST_SEED = 1_000_000;

for (const name of Object.keys(workloads)) {
  test(`linearizability of ${COUNT} histories agrees with the oracle: ${name}`, () => {
    const counts = compareLinearizability(name, FIRST_SEED, COUNT);
    console.log(describeCounts(`linearizability, ${name}`, counts));
    assertMixed(counts, COUNT);
    expect(counts.counterexamples).toBe(counts.violations);
  });
}

/** Algorithms whose subtle cases need more operations than the oracle can take. */
const longer = [
  'counter, increments only (counting)',
  'set, one element (toggles)',
  'register, two values (toggles)',
  'queue, unique values',
  'stack, unique values',
  'priority-queue, unique values',
];

for (const name of longer) {
  test(`linearizability of ${COUNT} histories of 7 to 14 operations agrees with search: ${name}`, () => {
    const counts = compareWithSearch(name, FIRST_SEED, COUNT + 20_000);
    console.log(describeCounts(`longer histories, ${name}`, counts));
    assertMixed(counts, COUNT);
  });
}

for (const name of Object.keys(definitions)) {
  test(`${name} of ${COUNT} decided traces agrees with its definition`, () => {
    // Some samples leave nothing to decide: take twice as many.
    const counts = compareChecker(name, FIRST_SEED, 2 * COUNT);
    console.log(describeCounts(name, counts));
    assertMixed(counts, COUNT);
    expect(counts.counterexamples).toBe(counts.violations);
  });
}
