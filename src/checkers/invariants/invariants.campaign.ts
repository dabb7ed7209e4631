/** The checkers of this folder against their definitions, at least 100,000 decided histories each. */
import { expect, test } from 'vitest';
import { assertMixed, describeCounts } from '../testing-comparison.ts';
import { compareInvariant, invariantCases } from './testing-invariants.ts';

for (const name of Object.keys(invariantCases)) {
  test(`${name} of 100,000 decided histories agrees with its definition`, () => {
    const counts = compareInvariant(name, 1_000_000, 200_000);
    console.log(describeCounts(name, counts));
    assertMixed(counts, 100_000);
    expect(counts.counterexamples).toBe(counts.violations);
  });
}
