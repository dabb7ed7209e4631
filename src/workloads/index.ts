export type { Completion, Generator, Operation, WorkloadKind, WorkloadOptions } from './workload.ts';
