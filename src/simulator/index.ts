export type { Observer, Payload } from './observer.ts';
export type { LivenessPlan, Plan, PlannedOperation, WorkloadPlan } from './plan.ts';
export { type RunOptions, type RunResult, simulate, type Violation } from './simulate.ts';
export type { Goal, Invariants, Settings, Subject } from './subject.ts';
export { type Director, World } from './world.ts';
