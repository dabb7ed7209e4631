/**
 * The verdict of a run on a real system: the checks that the scenario names, else those that the system's promise for
 * the workload calls for, and the evidence that it was a test at all.
 */
import { type CheckResult, checkers, isolationLevels } from '../../checkers/index.ts';
import type { CheckSpec, Scenario } from '../../scenario/index.ts';
import type { System } from '../../systems/index.ts';
import type { TraceView } from '../../trace/index.ts';
import type { WorkloadKind } from '../../workloads/index.ts';
import { checkTrace, validateSpec } from '../check-spec.ts';
import { type BudgetLimits, defaultLimits, startBudget } from '../history-budget.ts';
import { type CheckOutcome, overall } from '../report.ts';
import { bitesOf, evidence } from './evidence.ts';
import { runCounts } from './run-counts.ts';
import type { SystemRun } from './run-on-system.ts';
import { durability } from './survival.ts';
import type { SystemReport } from './system-report.ts';

/** Checks that a promise weaker than the workload's strongest check does not call for. */
const tooStrong: { readonly [promise: string]: readonly string[] } = {
  sequential: ['linearizability', 'monotonic'],
  causal: ['linearizability', 'monotonic'],
  sessions: ['linearizability', 'monotonic'],
  'read-committed': ['linearizability', 'monotonic'],
  eventual: ['linearizability', 'monotonic', 'sessions'],
  durable: ['linearizability', 'monotonic', 'sessions'],
};

/** Instead, where nothing is left. */
const insteadOf: { readonly [promise: string]: readonly string[] } = { eventual: ['convergence'], durable: ['convergence'] };
const DURABILITY = 'durability';
const survives = new Set(['set-full', 'counter']);
/** Implied by linearizability: asked only where that does not hold or could not be decided. */
const WEAKER = 'sessions';

export interface JudgeOptions {
  readonly rerun: string;
  readonly limits?: BudgetLimits;
  readonly nowMs?: () => number;
  readonly stopped?: () => boolean;
}

/** Throws LC_SCENARIO: call it before the run too. */
export function checksFor(scenario: Scenario, kind: WorkloadKind, system: System): readonly CheckSpec[] {
  scenario.checks.forEach((spec, i) => {
    validateSpec(spec, `checks[${i}]`);
  });
  const named = scenario.checks.filter(({ check }) => check !== 'invariants');
  if (named.length > 0) return named;
  const promise = system.capabilities.workloads[kind.name] ?? '';
  const fitting = kind.checks.filter((check) => !(tooStrong[promise] ?? []).includes(check));
  const chosen = fitting.length > 0 ? fitting : (insteadOf[promise] ?? kind.checks);
  // Sets and counters are read at the end through every node: that shows what was lost, whatever else is promised.
  const wanted = survives.has(kind.model) ? [DURABILITY, ...chosen] : chosen;
  // An isolation level is a promise that the checker of isolation takes as it stands.
  const level = isolationLevels.some((known) => known === promise) ? { level: promise } : {};
  return wanted.map((check): CheckSpec => ({ check, ...(check === 'isolation' ? level : {}) }));
}

export function judgeRun(run: SystemRun, scenario: Scenario, system: System, options: JudgeOptions): SystemReport {
  const { trace, facts, kind } = run;
  const nowMs = options.nowMs ?? (() => performance.now());
  const limits = options.limits ?? defaultLimits;
  const checks: CheckOutcome[] = [];
  const add = (check: string, decide: () => CheckResult): CheckResult => {
    const beganMs = nowMs();
    const result = decide();
    checks.push({ check, result, durationMs: nowMs() - beganMs });
    return result;
  };
  const asked = checksFor(scenario, kind, system);
  const named = scenario.checks.length > 0;
  for (const spec of asked) {
    const strongest = checks[0];
    if (!named && spec.check === WEAKER && strongest?.check === 'linearizability' && strongest.result.verdict === 'pass') continue;
    add(spec.check, () => decided(spec, trace, startBudget(limits, nowMs, options.stopped)));
  }
  if (!named && checks.some(({ check }) => check === 'linearizability') && trace.present.has('belief'))
    add('split-brain', () => decided({ check: 'split-brain' }, trace, startBudget(limits, nowMs, options.stopped)));
  const bites = bitesOf(scenario, facts, trace);
  const judgedSomething = checks.some(({ result }) => result.verdict !== 'skip');
  add('evidence', () =>
    withReason(evidence(scenario, facts, trace, bites), judgedSomething ? null : 'no check applies to what was recorded'),
  );
  const counts = runCounts(trace, kind.name, checks);
  const verdict = overall(checks.map(({ result }) => result.verdict));
  return {
    ...{ source: `${system.name}: ${scenario.name}`, format: 'lightcone', model: kind.model, view: trace },
    ...{ bytes: facts.traceBytes, readMs: 0, verdict, interrupted: facts.interrupted, checks, rerun: options.rerun },
    ...{ system: system.name, promise: system.capabilities.workloads[kind.name] ?? '', scenario, facts, bites, counts },
  };
}

function decided(spec: CheckSpec, trace: TraceView, budget: ReturnType<typeof startBudget>): CheckResult {
  if (spec.check === DURABILITY) return durability(trace, spec.everywhere === true);
  if (Object.hasOwn(checkers, spec.check)) return checkTrace(spec, trace, budget);
  return { verdict: 'skip', anomalies: [], counterexample: null, reason: `this version has no checker ${spec.check}`, stats: {} };
}

function withReason(result: CheckResult, reason: string | null): CheckResult {
  if (reason === null) return result;
  return { ...result, verdict: 'unknown', reason: result.reason === undefined ? reason : `${reason}; ${result.reason}` };
}
