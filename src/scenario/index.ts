export type { Fault, FaultAction, FaultKind, LinkTarget, PartitionShape, Target } from './fault.ts';
export { defineScenario, parseScenario, type ScenarioInput } from './parse.ts';
export { scenarioReference } from './reference.ts';
export { faultTargets, isResolved, type ResolvedFault, resolveFault } from './resolve.ts';
export { type CheckSpec, type NodeSpec, SCENARIO_VERSION, type Scenario, type WorkloadSpec } from './scenario.ts';
export { faultKinds, type JsonSchema, scenarioSchema } from './schema.ts';
export {
  cutLinks,
  isSymbolic,
  type Link,
  linkEnds,
  resolveLinks,
  resolveTarget,
  type SymbolicTarget,
  symbolicTargets,
  type TargetResolver,
  targetResolver,
} from './targets.ts';
