export type { Anomaly, Budget, Checker, CheckResult, Counterexample, Verdict } from './checker.ts';
