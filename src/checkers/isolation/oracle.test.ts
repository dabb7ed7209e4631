/** Isolation against its definitions, a seeded part; isolation.campaign.ts runs the whole. */
import { expect, test } from 'vitest';
import { assertMixed, describeCounts } from '../testing-comparison.ts';
import { compareIsolation } from './testing-isolation.ts';

const COUNT = 5000;

for (const model of ['list-append', 'rw-register'] as const) {
  test(`isolation agrees with the definitions: ${model}`, () => {
    const counts = compareIsolation(model, 1, COUNT + 500);
    console.log(describeCounts(`isolation, ${model}`, counts));
    assertMixed(counts, COUNT);
    expect(counts.counterexamples).toBe(counts.violations);
  });
}
