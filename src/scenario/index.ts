export type { Fault, FaultAction, FaultKind, LinkTarget, PartitionShape, Target } from './fault.ts';
export { type CheckSpec, type NodeSpec, SCENARIO_VERSION, type Scenario, type WorkloadSpec } from './scenario.ts';
