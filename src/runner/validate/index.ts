/** The validation suite: seven tests of four properties, on any target that runs scenarios. */
import { eventualConsistencyBounds } from './bounds.ts';
import { byzantineFaultTolerance, networkPartitionByzantine } from './byzantine.ts';
import { type LinearizabilitySize, linearizabilityViolations } from './linearizability.ts';
import { networkPartitionConvergence, networkPartitionSplitBrain } from './network-partition.ts';
import type { TestResult, ValidationReport } from './result.ts';
import { splitBrainPrevention } from './split-brain.ts';
import type { ValidationTarget } from './target.ts';

export interface ValidateOptions {
  readonly seed: number;
  /** The command that repeats this run; printed and kept in the report. */
  readonly rerun: string;
  /** Liars in the Byzantine tests; 1 unless said otherwise. */
  readonly byzantine?: number;
  /** 500 ms unless said otherwise. */
  readonly consistencySlaMs?: number;
  /** 1,000 operations by 16 processes unless said otherwise. */
  readonly linearizability?: LinearizabilitySize;
  /** Called as tests begin and advance; may throw (or reject) to stop. */
  readonly onProgress?: (test: string, done: number, of: number) => void | Promise<void>;
  readonly onResult?: (result: TestResult) => void;
}

/** Run all seven, in order. A test that cannot be run on this target is SKIP with the reason, never PASS. */
export async function validate(target: ValidationTarget, options: ValidateOptions): Promise<ValidationReport> {
  const { seed, byzantine = 1, consistencySlaMs = 500, linearizability = { operations: 1000, processes: 16 } } = options;
  const report = (test: string) => (done: number, of: number) => options.onProgress?.(test, done, of);
  const tests: readonly [string, () => TestResult | Promise<TestResult>][] = [
    ['network_partition_byzantine', () => networkPartitionByzantine(target, byzantine, seed)],
    ['network_partition_split_brain', () => networkPartitionSplitBrain(target, seed)],
    ['network_partition_convergence', () => networkPartitionConvergence(target, seed)],
    ['eventual_consistency_bounds', () => eventualConsistencyBounds(target, seed, consistencySlaMs)],
    ['split_brain_prevention', () => splitBrainPrevention(target, seed, report('split_brain_prevention'))],
    ['byzantine_fault_tolerance', () => byzantineFaultTolerance(target, byzantine, seed)],
    ['linearizability_violations', () => linearizabilityViolations(target, seed, linearizability)],
  ];
  const results: TestResult[] = [];
  for (const [test, run] of tests) {
    await options.onProgress?.(test, 0, 1);
    const result = await run();
    results.push(result);
    options.onResult?.(result);
  }
  return { target: target.name, nodes: target.nodes, seed, rerun: options.rerun, results };
}

export { requiredNodes } from './byzantine.ts';
export type { LinearizabilitySize } from './linearizability.ts';
export { type TestResult, type TestVerdict, type ValidationReport, validationExit, validationJson, worst } from './result.ts';
export { type Split, standardSplits } from './splits.ts';
export { convergenceBoundMs, type Timing, type ValidationTarget } from './target.ts';
