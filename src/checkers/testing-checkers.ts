/** For tests: split brain, convergence, staleness and sessions against their definitions, verdicts and counterexamples. */
import { Random, type Value } from '../core/index.ts';
import { unlimitedBudget } from './budget.ts';
import type { Checker, CheckResult } from './checker.ts';
import { convergence } from './convergence.ts';
import { sessions } from './sessions.ts';
import { splitBrain } from './split-brain.ts';
import { stalenessWithin } from './staleness.ts';
import { type TestOperation, viewOf } from './testing.ts';
import { type ClusterSample, clusterSample, noSplitBrain, settles, settlingSample } from './testing-beliefs.ts';
import { type Counts, noCounts, refuteCounterexample, sample } from './testing-comparison.ts';
import { type Workload, workloads } from './testing-histories.ts';
import { freshEnough, sessionsHold } from './testing-versions.ts';

type Weak = (index: number) => boolean;
/** Of one sample: what the checker says, and whether the definition holds when some operations are weakened (null: not decidable). */
interface Case {
  readonly operations: readonly TestOperation[];
  readonly result: CheckResult;
  readonly holds: (weak: Weak) => boolean | null;
  readonly about: unknown;
}
type MakeCase = (seed: number, counts: Counts) => Case;

const never: Weak = () => false;

export const definitions: { readonly [checker: string]: (checker?: Checker) => MakeCase } = {
  'split-brain':
    (checker = splitBrain) =>
    (seed, counts) =>
      clusterCase(clusterSample(seed, counts), checker, noSplitBrain),
  convergence:
    (checker = convergence) =>
    (seed, counts) =>
      clusterCase(settlingSample(seed, counts), checker, settles),
  staleness: (checker) => (seed, counts) => stalenessCase(seed, counts, checker),
  sessions:
    (checker = sessions) =>
    (seed, counts) =>
      sessionsCase(seed, counts, checker),
};

function clusterCase(made: ClusterSample, checker: Checker, definition: (made: ClusterSample, weak: Weak) => boolean | null): Case {
  const view = viewOf(made.operations, { records: [...made.beliefs, ...made.faults] });
  return {
    operations: made.operations,
    result: checker.check(view, unlimitedBudget),
    holds: (weak) => definition(made, weak),
    about: made,
  };
}

const replicated = workloads['register, unique writes (zones)'] as Workload;
const twoKeys: Workload = { ...replicated, keys: ['x', 'x', 'y'] };

function stalenessCase(seed: number, counts: Counts, checker?: Checker): Case {
  const random = new Random(seed, 'staleness');
  // Now and then a value is written twice: then every possible writer counts.
  const repeated: Workload = {
    ...twoKeys,
    next: (draw, serial) => (draw.below(2) === 0 ? { f: 'read' } : { f: 'write', argument: 1 + (serial % 3) }),
  };
  const { operations, kind } = sample(random.below(3) === 0 ? repeated : twoKeys, seed, counts);
  if (kind === 'arbitrary') showOldValues(random, operations);
  const bounds = { maxMs: random.below(4), maxVersions: random.below(2) };
  const result = (checker ?? stalenessWithin(bounds)).check(viewOf(operations), unlimitedBudget);
  return { operations, result, holds: (weak) => freshEnough(operations, bounds, weak), about: { operations, bounds } };
}

/** Reads answer what was there earlier: the initial value, or one written before. */
function showOldValues(random: Random, operations: readonly TestOperation[]): void {
  for (const read of operations) {
    if (read.result === undefined) continue;
    const old = operations
      .filter(({ f, call, key }) => f === 'write' && call < read.call && key === read.key)
      .map(({ argument }) => argument as Value);
    read.result = random.pick([null, ...old]);
  }
}

function sessionsCase(seed: number, counts: Counts, checker: Checker): Case {
  const random = new Random(seed, 'sessions');
  const { operations, kind } = sample({ ...replicated, keys: ['x'] }, seed, counts);
  if (kind === 'arbitrary') showOldValues(random, operations);
  if (random.below(20) === 0) for (const operation of operations) if (operation.f === 'write') operation.argument = 1;
  const acknowledged = operations.filter(({ f, status }) => f === 'write' && status === 'ok');
  const revised = kind !== 'legal' && random.below(2) === 0;
  if (revised) {
    const revisions = acknowledged.map((_, index) => index + 1);
    if (random.below(2) === 0) random.shuffle(revisions);
    acknowledged.forEach((operation, index) => {
      operation.revision = revisions[index] as number;
    });
    const spoilt = acknowledged[0];
    if (spoilt !== undefined && random.below(6) === 0) delete spoilt.revision;
  }
  const byRevision = acknowledged.length > 0 && acknowledged.every(({ revision }) => revision !== undefined);
  const result = checker.check(viewOf(operations), unlimitedBudget);
  return { operations, result, holds: (weak) => sessionsHold(operations, byRevision, weak), about: operations };
}

/** Compares `count` samples; throws an Error with the seed and the sample at the first disagreement. */
export function compareChecker(name: string, firstSeed: number, count: number, checker?: Checker): Counts {
  const make = definitions[name]?.(checker);
  if (make === undefined) throw new Error(`no definition of ${name}`);
  const counts: Counts = { ...noCounts(), undecided: 0 };
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const { operations, result, holds, about } = make(seed, counts);
    const fail = (why: string): never => {
      throw new Error(`${name}, seed ${seed}: ${why}\n${JSON.stringify(about, null, 1)}\n${JSON.stringify(result)}`);
    };
    const expected = holds(never);
    const verdict = result.verdict === 'pass' ? true : result.verdict === 'violation' ? false : null;
    if (verdict !== expected) fail(`by definition ${expected}, the checker says ${result.verdict}`);
    if (expected === false && seed % 10 < 4) fail('a history that is legal by construction violates the definition');
    if (expected === null) counts.undecided = (counts.undecided as number) + 1;
    if (expected !== false) continue;
    counts.violations++;
    if (result.counterexample === null) return fail('a violation without counterexample');
    // Undecidable counts as holding: nothing is violated there.
    const refuted = refuteCounterexample(operations.length, result.counterexample.operations, (weak) => holds(weak) !== false);
    if (refuted !== null) fail(`counterexample ${result.counterexample.operations.join()}: ${refuted}`);
    counts.counterexamples++;
  }
  return counts;
}
