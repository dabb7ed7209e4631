/**
 * Linearizability (framework B): concurrent reads and writes of a few keys by many processes, through partitions,
 * kills and loss, so that some operations end as info. The whole history is checked, failures included.
 */
import { checkLinearizability, unlimitedBudget } from '../../checkers/index.ts';
import { type Fault, SCENARIO_VERSION, type Scenario } from '../../scenario/index.ts';
import { INFO, OK } from '../../trace/index.ts';
import type { TestResult, TestVerdict } from './result.ts';
import type { ValidationTarget } from './target.ts';

export interface LinearizabilitySize {
  /** 50 to 100,000. */
  readonly operations: number;
  /** 5 to 64. */
  readonly processes: number;
}

/** Faults every few seconds for as long as the workload may last: a split around the leader, a kill, loss. */
function faultsFor(durationMs: number): Fault[] {
  const faults: Fault[] = [];
  for (let atMs = 1000; atMs < durationMs; atMs += 9000) {
    faults.push({ fault: 'partition', shape: 'isolate', node: 'leader', atMs, forMs: 2000 });
    faults.push({ fault: 'kill', node: 'leader', atMs: atMs + 3000, forMs: 1000 });
    faults.push({ fault: 'loss', rate: 0.1, atMs: atMs + 6000, forMs: 1500 });
  }
  return faults;
}

/** Verdict and figures of one run. */
export async function linearizabilityViolations(target: ValidationTarget, seed: number, size: LinearizabilitySize): Promise<TestResult> {
  const ratePerSecond = Math.max(20, Math.ceil(size.operations / 60));
  // Clients that wait through faults fall behind the rate: leave them time to catch up.
  const durationMs = Math.ceil((size.operations / ratePerSecond) * 3000) + 20_000;
  const scenario: Scenario = {
    scenario: SCENARIO_VERSION,
    name: 'linearizability',
    target: target.scenarioTarget,
    nodes: target.nodes.map((name) => ({ name })),
    workload: { kind: 'kv', clients: size.processes, operations: size.operations, ratePerSecond, keys: 10, readShare: 0.5, timeoutMs: 300 },
    faults: faultsFor((size.operations / ratePerSecond) * 1000),
    checks: [{ check: 'linearizability' }],
    seed,
    durationMs,
  };
  const trace = await target.run(scenario);
  const { history } = trace;
  let acknowledged = 0;
  let unknown = 0;
  let lastMs = 0;
  for (let row = 0; row < history.count; row++) {
    if (history.status[row] === OK) acknowledged++;
    if (history.status[row] === INFO) unknown++;
    const endMs = (history.completeNs[row] as number) / 1e6;
    if (endMs > lastMs) lastMs = endMs;
  }
  const result = checkLinearizability(trace, { model: 'kv', budget: unlimitedBudget });
  const reasons: string[] = [];
  if (result.verdict === 'violation') reasons.push(result.anomalies[0]?.message ?? 'not linearizable');
  if (result.verdict === 'unknown') reasons.push(result.reason ?? 'not decided within the budget');
  if (acknowledged * 2 < history.count) reasons.push(`only ${acknowledged} of ${history.count} operations were acknowledged`);
  const verdict: TestVerdict = result.verdict === 'unknown' ? 'UNKNOWN' : reasons.length > 0 ? 'FAIL' : 'PASS';
  return {
    framework: 'B',
    test: 'linearizability_violations',
    fields: {
      concurrentOperations: history.count,
      processes: size.processes,
      operationsAcknowledged: acknowledged,
      operationsUnknown: unknown,
      linearizabilityViolations: result.anomalies.length,
      violationDetails: result.anomalies.slice(0, 5).map((anomaly) => anomaly.message),
      counterexample: result.counterexample?.story ?? null,
      testDurationMs: lastMs,
    },
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
    verdict,
  };
}
