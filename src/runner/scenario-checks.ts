/**
 * A scenario on the simulator with its verdicts: the checks that it names, with their thresholds, or those that fit.
 * The protocol's own invariants are always judged, since the run stops where one breaks.
 */
import type { CheckResult, Verdict } from '../checkers/index.ts';
import type { CheckSpec, Scenario } from '../scenario/index.ts';
import type { RunResult, Subject } from '../simulator/index.ts';
import type { TraceView } from '../trace/index.ts';
import { checkTrace, validateSpec } from './check-spec.ts';
import { type BudgetLimits, defaultLimits, startBudget } from './history-budget.ts';
import { type CheckOutcome, overall } from './report.ts';
import { checkFit, withoutImpossible } from './scenario-fit.ts';
import { runScenario, type SimulatedScenario } from './simulated-scenario.ts';

export interface JudgedScenario extends SimulatedScenario {
  readonly checks: readonly CheckOutcome[];
  readonly verdict: Verdict;
  /** Optional faults that no simulated world can do. */
  readonly leftOut: readonly string[];
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

function checked(spec: CheckSpec, trace: TraceView, run: RunResult, limits: BudgetLimits, nowMs: () => number): CheckResult {
  return spec.check === 'invariants' ? invariants(run) : checkTrace(spec, trace, startBudget(limits, nowMs));
}

/** Without leaders there is nothing that a split brain would show in: no check passes for want of evidence. */
function fitting({ beliefs }: TraceView): readonly CheckSpec[] {
  const leads = beliefs.some(({ kind, value }) => kind === 'leader' || (kind === 'role' && value === 'leader'));
  return [{ check: 'linearizability' }, ...(leads ? [{ check: 'split-brain' }] : [])];
}

/** Throws LC_SCENARIO before anything is run. */
export function judgeScenario(
  whole: Scenario,
  subject: Subject,
  limits = defaultLimits,
  nowMs = (): number => performance.now(),
): JudgedScenario {
  whole.checks.forEach((spec, i) => {
    validateSpec(spec, `checks[${i}]`);
  });
  const { scenario, leftOut } = withoutImpossible(whole);
  checkFit(scenario, subject);
  const named = scenario.checks.filter(({ check }) => check !== 'invariants');
  const simulated = runScenario(scenario, subject);
  const wanted = named.length > 0 ? named : fitting(simulated.trace);
  const checks = [{ check: 'invariants' }, ...wanted].map((spec): CheckOutcome => {
    const startMs = nowMs();
    const result = checked(spec, simulated.trace, simulated.result, limits, nowMs);
    return { check: spec.check, result, durationMs: nowMs() - startMs };
  });
  return { ...simulated, leftOut, checks, verdict: overall(checks.map(({ result }) => result.verdict)) };
}
