export { budgetOf, defaultBudget, Meter, unlimitedBudget } from './budget.ts';
export type { Anomaly, Budget, Checker, CheckResult, Counterexample, Verdict } from './checker.ts';
export { checkLinearizability, type LinearizabilityOptions, linearizability, modelOf } from './linearizability.ts';
export { type Model, type ModelName, modelNamed, models } from './models.ts';
