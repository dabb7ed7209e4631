/** For tests: linearizability against the exhaustive oracle, verdicts and counterexamples. */

import type { Value } from '../core/index.ts';
import type { CheckResult } from './checker.ts';
import { algorithms } from './decider.ts';
import { checkLinearizability } from './linearizability.ts';
import { linearizable, type Reference, references, type TestOperation, viewOf } from './testing.ts';
import { type Counts, noCounts, refuteCounterexample, sample } from './testing-comparison.ts';
import { type ModelWorkload, workloads } from './testing-histories.ts';

export type CheckUnderTest = (operations: readonly TestOperation[], workload: ModelWorkload) => CheckResult;

const headerOf = (workload: ModelWorkload): { model: string; initial?: Value } => ({
  model: workload.model,
  ...(workload.initial === undefined ? {} : { initial: workload.initial }),
});

/** The product: the best algorithm, and search, which must agree. */
export const realCheck: CheckUnderTest = (operations, workload) => {
  const view = viewOf(operations, { header: headerOf(workload) });
  const best = checkLinearizability(view);
  const searched = checkLinearizability(view, { algorithm: 'search', explain: false });
  if (best.verdict !== searched.verdict) throw new Error(`the best algorithm says ${best.verdict}, search says ${searched.verdict}`);
  return best;
};

/** Compares `count` histories; throws an Error with the seed and the history at the first disagreement. */
export function compareLinearizability(name: string, firstSeed: number, count: number, check: CheckUnderTest = realCheck): Counts {
  const workload = workloads[name];
  if (workload === undefined) throw new Error(`no workload ${name}`);
  const reference = references[workload.model] as Reference;
  const by = algorithms.map((algorithm) => `by${algorithm[0]?.toUpperCase()}${algorithm.slice(1)}`);
  const counts: Counts = { ...noCounts(), ...Object.fromEntries(by.map((stat) => [stat, 0])) };
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const { operations, kind } = sample(workload, seed, counts);
    const holds = (weak?: (index: number) => boolean): boolean => linearizable(operations, reference, workload.initial, weak);
    const fail = (why: string): never => {
      throw new Error(`${name}, seed ${seed} (${kind}): ${why}\n${operations.map((operation) => JSON.stringify(operation)).join('\n')}`);
    };
    const expected = holds();
    if (kind === 'legal' && !expected) fail('the oracle rejects a history that is legal by construction');
    const result = check(operations, workload);
    for (const stat of by) counts[stat] = (counts[stat] as number) + (result.stats[stat] ?? 0);
    if (result.verdict !== (expected ? 'pass' : 'violation'))
      fail(`the oracle says ${expected ? 'pass' : 'violation'}, the checker ${result.verdict}`);
    if (expected) continue;
    counts.violations++;
    if (result.counterexample === null) return fail('a violation without counterexample');
    const refuted = refuteCounterexample(operations.length, result.counterexample.operations, holds);
    if (refuted !== null) fail(`counterexample ${result.counterexample.operations.join()}: ${refuted}`);
    counts.counterexamples++;
  }
  return counts;
}
