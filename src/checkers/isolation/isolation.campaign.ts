/** The full comparison of isolation with its definitions: at least 100,000 decided small histories for each model. */
import { expect, test } from 'vitest';
import { assertMixed, describeCounts } from '../testing-comparison.ts';
import { compareIsolation } from './testing-isolation.ts';
import { compareWeakLevel } from './testing-weak-levels.ts';

const COUNT = 100_000;

for (const model of ['list-append', 'rw-register'] as const) {
  test(`isolation of ${COUNT} histories agrees with the definitions: ${model}`, () => {
    const counts = compareIsolation(model, 1_000_000, COUNT + 10_000);
    console.log(describeCounts(`isolation, ${model}`, counts));
    assertMixed(counts, COUNT);
    expect(counts.counterexamples).toBe(counts.violations);
  });
}

for (const level of ['read-committed', 'read-atomic', 'causal'] as const) {
  test(`${level} of ${COUNT} histories agrees with its definition`, () => {
    // A history without any transaction of registers that wrote is skipped.
    const counts = compareWeakLevel(level, 1_000_000, COUNT + 20_000);
    console.log(describeCounts(level, counts));
    assertMixed(counts, COUNT);
    expect(counts.counterexamples).toBe(counts.violations);
  });
}
