/**
 * Byzantine tolerance, in both frameworks. Any disagreement among honest nodes fails it whatever the success rate: the
 * 0.8 measures liveness. A protocol that promises to survive crashes only is skipped, not passed.
 */
import type { TestResult } from './result.ts';
import type { ValidationTarget } from './target.ts';

/** Nodes needed to outvote f liars under partial synchrony: quorums of n - f overlap in more than f (PBFT, section 3). */
export const requiredNodes = (liars: number): number => 3 * liars + 1;

/** Why the test cannot be run on this target, or null. */
function skipReason(target: ValidationTarget, liars: number): string | null {
  const required = requiredNodes(liars);
  if (target.nodes.length < required) return `Need ${required} nodes for ${liars} Byzantine failures, have ${target.nodes.length}`;
  if (target.tolerates === 'crashes') return 'Raft tolerates crashes, not lies: needs a BFT protocol';
  return null;
}

/** Framework A: the last node lies. */
export function networkPartitionByzantine(target: ValidationTarget, liars: number): TestResult {
  return {
    framework: 'A',
    test: 'network_partition_byzantine',
    reason: skipReason(target, liars) ?? 'no BFT target is there yet',
    fields: {
      consensusAchieved: null,
      byzantineNodes: target.nodes.slice(-liars),
      requiredNodes: requiredNodes(liars),
      actualNodes: target.nodes.length,
    },
    verdict: 'SKIP',
  };
}

/** Framework B: f random liars, ten attempts. */
export function byzantineFaultTolerance(target: ValidationTarget, liars: number): TestResult {
  return {
    framework: 'B',
    test: 'byzantine_fault_tolerance',
    reason: skipReason(target, liars) ?? 'no BFT target is there yet',
    fields: {
      byzantineNodes: liars,
      totalNodes: target.nodes.length,
      requiredHonest: 2 * liars + 1,
      consensusAttempts: 0,
      successfulConsensus: 0,
      successRate: null,
      safetyThreshold: 0.8,
    },
    verdict: 'SKIP',
  };
}
