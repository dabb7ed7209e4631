/** Checkers of recordings against their definitions, at least 100,000 decided ones each. */
import { expect, test } from 'vitest';
import { describeCounts } from '../testing-comparison.ts';
import { compareRecorded, recordedCases } from './testing-recorded.ts';

for (const name of Object.keys(recordedCases)) {
  test(`${name} of 100,000 decided recordings agrees with its definition`, () => {
    const counts = compareRecorded(name, 1_000_000, 130_000);
    console.log(describeCounts(name, counts));
    expect(counts.histories - (counts.undecided ?? 0)).toBeGreaterThanOrEqual(100_000);
    expect(counts.violations).toBeGreaterThan(4000);
    expect(counts.counterexamples).toBe(counts.violations);
  });
}
