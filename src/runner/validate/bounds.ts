/**
 * Eventual-consistency bounds (framework B): 100 concurrent writes to distinct keys through random nodes. Once all are
 * acknowledged, every node must have applied them within the SLA; violated if strictly later. The same writes across a
 * partition and its heal must converge within what the configured delays and time-outs allow.
 */
import { type Fault, SCENARIO_VERSION, type Scenario } from '../../scenario/index.ts';
import { convergence } from './convergence.ts';
import type { TestResult } from './result.ts';
import { convergenceBoundMs, type ValidationTarget } from './target.ts';

const WRITES = 100;
const SPLIT_MS = 3000;

function writes(target: ValidationTarget, seed: number, faults: readonly Fault[]): Scenario {
  return {
    scenario: SCENARIO_VERSION,
    name: 'eventual-consistency bounds',
    target: target.scenarioTarget,
    nodes: target.nodes.map((name) => ({ name })),
    workload: { kind: 'kv', clients: WRITES, operations: WRITES, keys: WRITES, keyOrder: 'sequential', readShare: 0 },
    faults,
    checks: [{ check: 'convergence' }],
    seed,
    durationMs: 30_000,
  };
}

export async function eventualConsistencyBounds(target: ValidationTarget, seed: number, slaMs = 500): Promise<TestResult> {
  const boundMs = convergenceBoundMs(target.timing);
  const calm = convergence(await target.run(writes(target, seed, [])), target.nodes);
  const minority = target.nodes.slice(0, Math.floor(target.nodes.length / 2));
  const groups = [minority, target.nodes.filter((node) => !minority.includes(node))];
  const cut: Fault = { fault: 'partition', shape: 'groups', groups, atMs: 0, forMs: SPLIT_MS };
  const split = convergence(await target.run(writes(target, seed + 1, [cut])), target.nodes);
  const actualMs = calm.convergedMs === null ? null : Math.max(0, calm.convergedMs - calm.lastAckMs);
  const healedMs = split.convergedMs === null ? null : Math.max(0, split.convergedMs - Math.max(SPLIT_MS, split.lastAckMs));
  const undecided = calm.undecided ?? split.undecided;
  const reasons: string[] = undecided === null ? [] : [undecided];
  if (calm.acknowledged < WRITES) reasons.push(`only ${calm.acknowledged} of ${WRITES} writes were acknowledged`);
  if (actualMs === null) reasons.push(`${calm.lastNode} never had all writes`);
  else if (actualMs > slaMs) reasons.push(`converged after ${actualMs} ms, the SLA is ${slaMs} ms`);
  if (healedMs === null) reasons.push(`${split.lastNode} never had all writes after the heal`);
  else if (healedMs > boundMs) reasons.push(`converged ${healedMs} ms after the heal, the delays and time-outs allow ${boundMs} ms`);
  return {
    framework: 'B',
    test: 'eventual_consistency_bounds',
    fields: {
      writesPerformed: calm.acknowledged,
      consistencySlaMs: slaMs,
      actualConvergenceMs: actualMs,
      slaViolated: actualMs === null || actualMs > slaMs,
      convergenceAfterHealMs: healedMs,
      boundMs,
      totalTestTimeMs: calm.convergedMs,
    },
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
    verdict: undecided !== null ? 'UNKNOWN' : reasons.length === 0 ? 'PASS' : 'FAIL',
  };
}
