/** The checkers of this folder against their definitions, a seeded tenth; invariants.campaign.ts runs the whole. */
import { expect, test } from 'vitest';
import type { Checker } from '../checker.ts';
import { assertMixed, describeCounts } from '../testing-comparison.ts';
import { compareInvariant, invariantCases } from './testing-invariants.ts';

for (const name of Object.keys(invariantCases)) {
  test(`${name} agrees with its definition`, () => {
    const counts = compareInvariant(name, 1, 20_000);
    console.log(describeCounts(name, counts));
    assertMixed(counts, 10_000);
    expect(counts.counterexamples).toBe(counts.violations);
  });

  test(`the definition catches a ${name} that passes everything`, () => {
    const blind = (invariantCases[name] as { readonly checker: Checker }).checker;
    const passes = { ...blind, check: () => ({ verdict: 'pass' as const, anomalies: [], counterexample: null, stats: {} }) };
    expect(() => compareInvariant(name, 1, 3000, passes)).toThrow(/seed \d+/);
  });
}
