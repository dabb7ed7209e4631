export { budgetOf, defaultBudget, Meter, TIME_OVER, unlimitedBudget } from './budget.ts';
export type { Anomaly, Budget, Checker, CheckResult, Counterexample, Verdict } from './checker.ts';
export { type ConvergenceBounds, convergence, convergenceWithin } from './convergence.ts';
export { checkLinearizability, type LinearizabilityOptions, linearizability, modelOf } from './linearizability.ts';
export { type Model, type ModelName, modelNamed, models } from './models.ts';
export { type CheckerName, checkers } from './registry.ts';
export { type SessionGuarantee, sessionGuarantees, sessions } from './sessions.ts';
export { type Claim, claimsOf, splitBrain } from './split-brain.ts';
export { type StalenessBounds, staleness, stalenessWithin } from './staleness.ts';
