/**
 * A scenario on the simulator with its verdicts: the checks that it names, with their thresholds, or those that fit.
 * The protocol's own invariants are always judged, since the run stops where one breaks.
 */
import {
  bankWith,
  type Checker,
  type CheckResult,
  checkers,
  convergenceWithin,
  isolationAt,
  isolationLevelNamed,
  modelNamed,
  stalenessWithin,
  type Verdict,
} from '../checkers/index.ts';
import { LightconeError, type Value } from '../core/index.ts';
import type { CheckSpec, Scenario } from '../scenario/index.ts';
import type { RunResult, Subject } from '../simulator/index.ts';
import type { TraceView } from '../trace/index.ts';
import { type BudgetLimits, defaultLimits, startBudget } from './history-budget.ts';
import { type CheckOutcome, overall } from './report.ts';
import { runScenario, type SimulatedScenario } from './simulated-scenario.ts';

export interface JudgedScenario extends SimulatedScenario {
  readonly checks: readonly CheckOutcome[];
  readonly verdict: Verdict;
}

/** Thresholds that each check takes, by name. */
const thresholds: { readonly [check: string]: readonly string[] } = {
  linearizability: ['model'],
  'split-brain': [],
  convergence: ['thresholdMs'],
  staleness: ['maxMs', 'maxVersions'],
  sessions: [],
  isolation: ['level'],
  'read-committed': [],
  'read-atomic': [],
  causal: [],
  bank: ['total'],
  'long-fork': [],
  lock: [],
  'set-full': [],
  'unique-ids': [],
  'total-queue': [],
  monotonic: [],
  watch: [],
  invariants: [],
};

/** Throws LC_SCENARIO on a check or threshold that is not there. */
function validateSpec(spec: CheckSpec): void {
  const known = thresholds[spec.check];
  if (known === undefined) {
    throw new LightconeError(
      'LC_SCENARIO',
      `there is no check ${JSON.stringify(spec.check)}; there are: ${Object.keys(thresholds).join(', ')}`,
      { check: spec.check },
    );
  }
  for (const [name, value] of Object.entries(spec)) {
    if (name === 'check') continue;
    if (!known.includes(name)) {
      const those = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
      throw new LightconeError('LC_SCENARIO', `the check ${spec.check} has no threshold ${JSON.stringify(name)}; ${those}`, {
        check: spec.check,
        name,
      });
    }
    const fits = name === 'model' || name === 'level' ? typeof value === 'string' : typeof value === 'number' && value >= 0;
    if (!fits)
      throw new LightconeError('LC_SCENARIO', `the threshold ${name} of ${spec.check} cannot be ${JSON.stringify(value)}`, {
        check: spec.check,
        name,
        value,
      });
    if (name === 'model') modelNamed(value as string);
    if (name === 'level') isolationLevelNamed(value as string);
  }
}

const given = (spec: CheckSpec, names: readonly string[]): { [name: string]: Value } =>
  Object.fromEntries(names.flatMap((name) => (spec[name] === undefined ? [] : [[name, spec[name]]])));

function checkerOf(spec: CheckSpec): Checker {
  if (spec.check === 'convergence') return convergenceWithin(given(spec, ['thresholdMs']));
  if (spec.check === 'staleness') return stalenessWithin(given(spec, ['maxMs', 'maxVersions']));
  if (spec.check === 'isolation' && typeof spec.level === 'string') return isolationAt(spec.level);
  if (spec.check === 'bank') return bankWith(given(spec, ['total']));
  return checkers[spec.check as keyof typeof checkers];
}

/** What broke while it ran; the history is judged by the checkers. */
function invariants({ violation, steps }: RunResult): CheckResult {
  const broken = violation !== null && violation.invariant !== 'linearizability' ? violation : null;
  return {
    verdict: broken === null ? 'pass' : 'violation',
    anomalies: broken === null ? [] : [{ kind: broken.invariant, message: `${broken.message} (step ${broken.step})`, operations: [] }],
    counterexample: null,
    stats: { steps },
  };
}

/** Too slow a convergence is an anomaly that the verdict does not show: a named threshold makes it one. */
function judged(spec: CheckSpec, result: CheckResult): CheckResult {
  const slow = result.anomalies.some(({ kind }) => kind === 'slow-convergence');
  return slow && spec.thresholdMs !== undefined && result.verdict === 'pass' ? { ...result, verdict: 'violation' } : result;
}

function checked(spec: CheckSpec, trace: TraceView, run: RunResult, limits: BudgetLimits, nowMs: () => number): CheckResult {
  if (spec.check === 'invariants') return invariants(run);
  const view = typeof spec.model === 'string' ? { ...trace, header: { ...trace.header, model: spec.model } } : trace;
  return judged(spec, checkerOf(spec).check(view, startBudget(limits, nowMs)));
}

/** Throws LC_SCENARIO before anything is run. */
export function judgeScenario(
  scenario: Scenario,
  subject: Subject,
  limits = defaultLimits,
  nowMs = (): number => performance.now(),
): JudgedScenario {
  for (const spec of scenario.checks) validateSpec(spec);
  const named = scenario.checks.filter(({ check }) => check !== 'invariants');
  const wanted: readonly CheckSpec[] = named.length > 0 ? named : [{ check: 'linearizability' }, { check: 'split-brain' }];
  const simulated = runScenario(scenario, subject);
  const checks = [{ check: 'invariants' }, ...wanted].map((spec): CheckOutcome => {
    const startMs = nowMs();
    const result = checked(spec, simulated.trace, simulated.result, limits, nowMs);
    return { check: spec.check, result, durationMs: nowMs() - startMs };
  });
  return { ...simulated, checks, verdict: overall(checks.map(({ result }) => result.verdict)) };
}
