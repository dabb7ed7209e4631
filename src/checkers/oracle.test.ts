/** Every checker against brute force, a seeded tenth; checkers.campaign.ts runs the whole. */
import { expect, test } from 'vitest';
import { NEVER } from '../trace/index.ts';
import { Meter, unlimitedBudget } from './budget.ts';
import type { CheckResult } from './checker.ts';
import { convergence } from './convergence.ts';
import { Domain } from './domain.ts';
import { checkLinearizability, modelOf } from './linearizability.ts';
import { DIFFERS } from './model.ts';
import { ALWAYS, type Part, partition } from './part.ts';
import { sessions } from './sessions.ts';
import { splitBrain } from './split-brain.ts';
import { stalenessWithin } from './staleness.ts';
import { viewOf } from './testing.ts';
import { compareChecker, definitions } from './testing-checkers.ts';
import { assertMixed, describeCounts } from './testing-comparison.ts';
import { workloads } from './testing-histories.ts';
import { type CheckUnderTest, compareLinearizability, realCheck } from './testing-linearizability.ts';
import { decideUniqueValues } from './unique-values.ts';
import { searchPart } from './wgl.ts';
import { clash, type Zones } from './zones.ts';

const COUNT = 5_000;
const FIRST_SEED = 1;

for (const name of Object.keys(workloads)) {
  test(`linearizability agrees with brute force, verdicts and counterexamples: ${name}`, () => {
    const counts = compareLinearizability(name, FIRST_SEED, COUNT);
    console.log(describeCounts(`linearizability, ${name}`, counts));
    assertMixed(counts, COUNT);
    expect(counts.counterexamples).toBe(counts.violations);
  });
}

for (const name of Object.keys(definitions)) {
  test(`${name} agrees with its definition, verdicts and counterexamples`, () => {
    const counts = compareChecker(name, FIRST_SEED, 2 * COUNT);
    console.log(describeCounts(name, counts));
    assertMixed(counts, COUNT);
    expect(counts.counterexamples).toBe(counts.violations);
  });
}

/** A broken algorithm: decides each part by `decide`. */
const broken =
  (decide: (part: Part, scratch: Int32Array) => boolean): CheckUnderTest =>
  (operations, workload) => {
    const header = { model: workload.model, ...(workload.initial === undefined ? {} : { initial: workload.initial }) };
    const view = viewOf(operations, { header });
    const domain = new Domain(view.history);
    const { parts } = partition(view.history, modelOf(view, undefined).machine(domain, workload.initial ?? null));
    const legal = parts.every((part) => decide(part, new Int32Array(domain.size)));
    const rest: CheckResult = { verdict: 'pass', anomalies: [], counterexample: null, stats: {} };
    return legal
      ? rest
      : checkLinearizability(view).verdict === 'violation'
        ? checkLinearizability(view)
        : { ...rest, verdict: 'violation' };
  };

const search = (part: Part): boolean => searchPart(part, new Meter(unlimitedBudget)).verdict === 'pass';
const zones = (clashOf: (zones: Zones) => readonly [number, number] | null) =>
  broken((part, scratch) => decideUniqueValues(part, scratch, clashOf).verdict === 'pass');

/** Forward zones that begin before others end, compared with the neighbour after next: off by one. */
const skipsOneZone = (all: Zones): readonly [number, number] | null => {
  const forward = [...Array(all.count).keys()].filter((g) => (all.first[g] as number) < (all.last[g] as number));
  forward.sort((x, y) => (all.first[x] as number) - (all.first[y] as number));
  const overlap = forward.some((g, i) => i > 1 && (all.first[g] as number) < (all.last[forward[i - 2] as number] as number));
  return overlap ? [0, 0] : null;
};
/** Backward zones are never looked at: as if they had no length and no place. */
const forwardOnly = ({ count, first, last }: Zones): readonly [number, number] | null => {
  const out = (at: number): boolean => (first[at] as number) >= (last[at] as number);
  return clash({ count, first: first.map((at, g) => (out(g) ? NEVER : at)), last: last.map((at, g) => (out(g) ? NEVER : at)) });
};

const mutants: { readonly [name: string]: { readonly workload: string; readonly check: CheckUnderTest } } = {
  'zones compared with the neighbour after next': { workload: 'register, unique writes (zones)', check: zones(skipsOneZone) },
  'zones without the backward rule': { workload: 'register, unique writes (zones)', check: zones(forwardOnly) },
  'search in which info operations must happen': {
    workload: 'cas-register, repeated values',
    check: broken((part) => search({ ...part, ret: part.ret.map((ret) => (ret === NEVER ? 1000 : ret)) })),
  },
  'search in which info operations never happen': {
    workload: 'register, repeated values',
    check: broken((part) => search({ ...part, ret: part.ret, call: part.call.map((call, i) => (part.ret[i] === NEVER ? NEVER : call)) })),
  },
  'search that ignores real time': { workload: 'queue', check: broken((part) => search({ ...part, call: part.call.map(() => ALWAYS) })) },
  'search that believes every failed comparison': {
    workload: 'cas-register, repeated values',
    check: broken((part) => search({ ...part, kind: part.kind.map((kind) => (kind === DIFFERS ? 0 : kind)) })),
  },
  'a counterexample with one operation too many': {
    workload: 'kv, two keys',
    check: (operations, workload) => {
      const result = realCheck(operations, workload);
      const { counterexample } = result;
      const spare = operations.findIndex((_, row) => counterexample?.operations.includes(row) === false);
      return counterexample === null || spare < 0
        ? result
        : { ...result, counterexample: { ...counterexample, operations: [...counterexample.operations, spare] } };
    },
  },
  'a counterexample with one operation too few': {
    workload: 'counter',
    check: (operations, workload) => {
      const result = realCheck(operations, workload);
      const { counterexample } = result;
      return counterexample === null
        ? result
        : { ...result, counterexample: { ...counterexample, operations: counterexample.operations.slice(1) } };
    },
  },
};

for (const [name, { workload, check }] of Object.entries(mutants)) {
  test(`the oracle catches ${name}`, () => {
    expect(() => compareLinearizability(workload, FIRST_SEED, 3000, check)).toThrow(/seed \d+/);
  });
}

test('the definitions catch checkers that pass everything, or tell too much', () => {
  for (const [name, checker] of Object.entries({ 'split-brain': splitBrain, convergence, staleness: stalenessWithin({}), sessions })) {
    const blind = { ...checker, check: (): CheckResult => ({ verdict: 'pass', anomalies: [], counterexample: null, stats: {} }) };
    expect(() => compareChecker(name, FIRST_SEED, 3000, blind), name).toThrow(/seed \d+/);
    const talkative: typeof checker = {
      ...checker,
      check(view, budget) {
        const result = checker.check(view, budget);
        const { counterexample } = result;
        const all = Array.from({ length: view.history.count }, (_, row) => row);
        return counterexample === null ? result : { ...result, counterexample: { ...counterexample, operations: all } };
      },
    };
    expect(() => compareChecker(name, FIRST_SEED, 3000, talkative), name).toThrow(/seed \d+/);
  }
});
