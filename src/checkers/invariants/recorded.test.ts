/** Checkers of recordings against their definitions, a seeded part; recorded.campaign.ts runs the whole. */
import { expect, test } from 'vitest';
import { describeCounts } from '../testing-comparison.ts';
import { compareRecorded, recordedCases } from './testing-recorded.ts';

for (const [name, { checker }] of Object.entries(recordedCases)) {
  test(`${name} agrees with its definition, which catches one that passes everything`, () => {
    const counts = compareRecorded(name, 1, 5000);
    console.log(describeCounts(name, counts));
    expect(counts.violations).toBeGreaterThan(150);
    expect(counts.counterexamples).toBe(counts.violations);
    const passes = { ...checker, check: () => ({ verdict: 'pass' as const, anomalies: [], counterexample: null, stats: {} }) };
    expect(() => compareRecorded(name, 1, 1000, passes)).toThrow(/seed \d+/);
  });
}
