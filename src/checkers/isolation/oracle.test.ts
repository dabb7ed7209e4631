/** Isolation against its definitions, a seeded part; isolation.campaign.ts runs the whole. */
import { expect, test } from 'vitest';
import { assertMixed, describeCounts } from '../testing-comparison.ts';
import { compareIsolation } from './testing-isolation.ts';
import { compareWeakLevel } from './testing-weak-levels.ts';

const COUNT = 5000;

for (const model of ['list-append', 'rw-register'] as const) {
  test(`isolation agrees with the definitions: ${model}`, () => {
    const counts = compareIsolation(model, 1, COUNT + 500);
    console.log(describeCounts(`isolation, ${model}`, counts));
    assertMixed(counts, COUNT);
    expect(counts.counterexamples).toBe(counts.violations);
  });
}

for (const level of ['read-committed', 'read-atomic', 'causal'] as const) {
  test(`${level} agrees with its definition`, () => {
    const counts = compareWeakLevel(level, 1, 10_000);
    console.log(describeCounts(level, counts));
    assertMixed(counts, 9000);
    expect(counts.counterexamples).toBe(counts.violations);
  });
}
