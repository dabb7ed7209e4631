export { workloadNamed, workloads } from './registry.ts';
export type { Completion, Generator, Operation, WorkloadKind, WorkloadOptions } from './workload.ts';
