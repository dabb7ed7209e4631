/**
 * A scenario on the simulator with its verdicts: the checks that it names, with their thresholds, or those that fit.
 * The protocol's own invariants are always judged, since the run stops where one breaks.
 */
import {
  type Checker,
  type CheckResult,
  checkers,
  convergenceWithin,
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
import { checkFit } from './scenario-fit.ts';
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
  invariants: [],
};

/** Throws LC_SCENARIO on a check or threshold that is not there. */
function validateSpec(spec: CheckSpec, path: string): void {
  const known = thresholds[spec.check];
  if (known === undefined) {
    throw new LightconeError(
      'LC_SCENARIO',
      `there is no check ${JSON.stringify(spec.check)}; there are: ${Object.keys(thresholds).join(', ')}`,
      { check: spec.check, path: `${path}.check` },
    );
  }
  for (const [name, value] of Object.entries(spec)) {
    if (name === 'check') continue;
    if (!known.includes(name)) {
      const those = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
      throw new LightconeError('LC_SCENARIO', `the check ${spec.check} has no threshold ${JSON.stringify(name)}; ${those}`, {
        check: spec.check,
        name,
        path: `${path}.${name}`,
      });
    }
    const fits = name === 'model' ? typeof value === 'string' : typeof value === 'number' && value >= 0;
    if (!fits)
      throw new LightconeError('LC_SCENARIO', `the threshold ${name} of ${spec.check} cannot be ${JSON.stringify(value)}`, {
        check: spec.check,
        name,
        value,
        path: `${path}.${name}`,
      });
    if (name === 'model') modelNamed(value as string);
  }
}

const given = (spec: CheckSpec, names: readonly string[]): { [name: string]: Value } =>
  Object.fromEntries(names.flatMap((name) => (spec[name] === undefined ? [] : [[name, spec[name]]])));

function checkerOf(spec: CheckSpec): Checker {
  if (spec.check === 'convergence') return convergenceWithin(given(spec, ['thresholdMs']));
  if (spec.check === 'staleness') return stalenessWithin(given(spec, ['maxMs', 'maxVersions']));
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

/** Without leaders there is nothing that a split brain would show in: no check passes for want of evidence. */
function fitting({ beliefs }: TraceView): readonly CheckSpec[] {
  const leads = beliefs.some(({ kind, value }) => kind === 'leader' || (kind === 'role' && value === 'leader'));
  return [{ check: 'linearizability' }, ...(leads ? [{ check: 'split-brain' }] : [])];
}

/** Throws LC_SCENARIO before anything is run. */
export function judgeScenario(
  scenario: Scenario,
  subject: Subject,
  limits = defaultLimits,
  nowMs = (): number => performance.now(),
): JudgedScenario {
  scenario.checks.forEach((spec, i) => {
    validateSpec(spec, `checks[${i}]`);
  });
  checkFit(scenario, subject);
  const named = scenario.checks.filter(({ check }) => check !== 'invariants');
  const simulated = runScenario(scenario, subject);
  const wanted = named.length > 0 ? named : fitting(simulated.trace);
  const checks = [{ check: 'invariants' }, ...wanted].map((spec): CheckOutcome => {
    const startMs = nowMs();
    const result = checked(spec, simulated.trace, simulated.result, limits, nowMs);
    return { check: spec.check, result, durationMs: nowMs() - startMs };
  });
  return { ...simulated, checks, verdict: overall(checks.map(({ result }) => result.verdict)) };
}
