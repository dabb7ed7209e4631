/** For tests: linearizability against the exhaustive oracle, verdicts and counterexamples. */

import type { Value } from '../core/index.ts';
import { Random } from '../core/index.ts';
import { budgetOf } from './budget.ts';
import type { CheckResult } from './checker.ts';
import { algorithms } from './decider.ts';
import { checkLinearizability } from './linearizability.ts';
import { linearizable, type Reference, references, type TestOperation, viewOf } from './testing.ts';
import { type Counts, noCounts, refuteCounterexample, sample } from './testing-comparison.ts';
import { arbitraryHistory, legalHistory, type ModelWorkload, nearMiss, workloads } from './testing-histories.ts';

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

/**
 * Histories too long for the oracle: the best algorithm against search, which the oracle has confirmed. Where search gives up (a
 * budget of `steps`) nothing is compared. Throws with the seed at the first disagreement.
 */
export function compareWithSearch(name: string, firstSeed: number, count: number, steps = 20_000): Counts {
  const workload = workloads[name] as ModelWorkload;
  const counts: Counts = { ...noCounts(), undecided: 0, fast: 0 };
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const random = new Random(seed, name);
    const sizes = { operations: 7 + random.below(8), processes: 3 + random.below(4), infoPpm: random.below(3) * 100_000, failPpm: 50_000 };
    const turn = seed % 10;
    const kind = turn < 3 ? 'legal' : turn < 8 ? 'nearMisses' : 'arbitrary';
    const make = kind === 'arbitrary' ? arbitraryHistory : legalHistory;
    const drawn = make(random, workload, sizes);
    const operations = kind === 'nearMisses' ? nearMiss(random, workload, drawn) : drawn;
    const view = viewOf(operations, { header: headerOf(workload) });
    const best = checkLinearizability(view, { explain: false });
    const searched = checkLinearizability(view, { algorithm: 'search', explain: false, budget: budgetOf({ steps }) });
    counts.histories++;
    counts[kind] = (counts[kind] as number) + 1;
    if (operations.some(({ status }) => status === 'info')) counts.pending++;
    if (best.stats.bySearch === 0) counts.fast = (counts.fast as number) + 1;
    if (best.verdict === 'violation') counts.violations++;
    if (searched.verdict === 'unknown') counts.undecided = (counts.undecided as number) + 1;
    else if (searched.verdict !== best.verdict || (kind === 'legal' && best.verdict !== 'pass')) {
      const lines = operations.map((operation) => JSON.stringify(operation)).join('\n');
      throw new Error(`${name}, seed ${seed} (${kind}): ${best.verdict}, by search ${searched.verdict}\n${lines}`);
    }
  }
  return counts;
}
