/**
 * Split-brain prevention (framework B): for each split, no epoch has two leaders, the side with a majority elects
 * somebody and acknowledges writes, and the other side acknowledges nothing. Two nodes that claim different epochs
 * are no split brain: the older one has not heard yet, and cannot acknowledge.
 */
import { checkLinearizability, unlimitedBudget } from '../../checkers/index.ts';
import { SCENARIO_VERSION, type Scenario } from '../../scenario/index.ts';
import { INFO, OK, type TraceView } from '../../trace/index.ts';
import { claimsWithin, leadershipClaims, leadersPerEpoch } from './leadership.ts';
import { type TestResult, type TestVerdict, worst } from './result.ts';
import { type Split, standardSplits } from './splits.ts';
import { placementFor, quorumOf, type ValidationTarget } from './target.ts';

const SETTLE_MS = 2000;
const SPLIT_MS = 5000;
const RECOVERY_MS = 2000;

export interface ScenarioDetail {
  readonly partitionGroups: readonly (readonly string[])[];
  readonly split: string;
  /** Most leaders that any one epoch had. */
  readonly leadersElected: number;
  /** For each part: who claimed to lead during the split, with the epoch. */
  readonly leadersBySide: readonly (readonly string[])[];
  readonly splitBrainDetected: boolean;
  /** Writes asked during the split that the majority's side acknowledged. */
  readonly majorityAcknowledged: number;
  /** What the side without a majority answered to writes asked during the split. */
  readonly minorityAnswers: { readonly ok: number; readonly fail: number; readonly info: number };
  readonly safetyPreserved: boolean;
  readonly verdict: TestVerdict;
  readonly reason?: string;
}

export function splitScenario(target: ValidationTarget, split: Split, seed: number): Scenario {
  return {
    scenario: SCENARIO_VERSION,
    name: `split ${split.name}`,
    target: target.scenarioTarget,
    nodes: target.nodes.map((name) => ({ name })),
    workload: {
      kind: 'kv',
      clients: target.nodes.length,
      operations: 1_000_000,
      ratePerSecond: 20 * target.nodes.length,
      keys: 4,
      readShare: 0.25,
      placement: placementFor(target),
    },
    faults: [{ fault: 'partition', ...split.shape, atMs: SETTLE_MS, forMs: SPLIT_MS }],
    checks: [{ check: 'split-brain' }, { check: 'linearizability' }],
    seed,
    durationMs: SETTLE_MS + SPLIT_MS + RECOVERY_MS,
  };
}

/** Counts of the answers that `nodes` gave to writes asked within [fromMs, untilMs). */
export function answers(trace: TraceView, nodes: readonly string[], fromMs: number, untilMs: number) {
  const { history } = trace;
  const count = { ok: 0, fail: 0, info: 0 };
  for (let row = 0; row < history.count; row++) {
    const node = history.nodes[history.node[row] as number];
    const atMs = (history.invokeNs[row] as number) / 1e6;
    if (node === undefined || !nodes.includes(node) || atMs < fromMs || atMs >= untilMs) continue;
    if (history.functions[history.f[row] as number] === 'read') continue;
    const answeredMs = (history.completeNs[row] as number) / 1e6;
    if (history.status[row] === OK && answeredMs < untilMs) count.ok++;
    else if (history.status[row] === INFO || answeredMs >= untilMs) count.info++;
    else count.fail++;
  }
  return count;
}

/** Judge one split from its trace. */
export function judgeSplit(trace: TraceView, split: Split, target: ValidationTarget): ScenarioDetail {
  const fromMs = SETTLE_MS;
  const untilMs = SETTLE_MS + SPLIT_MS;
  // Messages that were on their way when the split began may still arrive.
  const quietMs = fromMs + 2 * target.timing.delayMaxMs + target.timing.syncMaxMs;
  const all = leadershipClaims(trace);
  const during = claimsWithin(all, fromMs, untilMs);
  const leadersElected = leadersPerEpoch(all);
  const majority = answers(trace, split.majority, quietMs, untilMs);
  const minorityAnswers = answers(trace, split.minority, quietMs, untilMs);
  const linearizable = checkLinearizability(trace, { model: 'kv', budget: unlimitedBudget });
  const splitBrainDetected = leadersElected > 1;
  const reasons: string[] = [];
  if (splitBrainDetected) reasons.push(`Split-brain detected: ${leadersElected} leaders elected`);
  // Who only hears a majority may pass on what it agreed on, to a client that asks everybody.
  const hears = target.tolerates === 'lies' && split.shape.shape === 'one-way';
  if (minorityAnswers.ok > 0 && !hears) reasons.push(`the side without a majority acknowledged ${minorityAnswers.ok} writes`);
  if (linearizable.verdict === 'violation') reasons.push(`not linearizable: ${linearizable.anomalies[0]?.message ?? 'see the history'}`);
  const safetyPreserved = reasons.length === 0;
  const progressDue = split.majority.length > 0;
  const led = !progressDue || during.some((claim) => split.majority.includes(claim.node));
  const acknowledged = !progressDue || majority.ok > 0;
  if (!led) reasons.push('the side with a majority elected nobody');
  else if (!acknowledged) reasons.push('the side with a majority acknowledged no write');
  if (linearizable.verdict === 'unknown') reasons.push('linearizability was not decided within the budget');
  const verdict: TestVerdict = !safetyPreserved || !led || !acknowledged ? 'FAIL' : linearizable.verdict === 'pass' ? 'PASS' : 'UNKNOWN';
  return {
    partitionGroups: split.groups,
    split: split.name,
    leadersElected,
    leadersBySide: split.groups.map((group) =>
      during.filter((claim) => group.includes(claim.node)).map((claim) => `${claim.node} in epoch ${claim.epoch}`),
    ),
    splitBrainDetected,
    majorityAcknowledged: majority.ok,
    minorityAnswers,
    safetyPreserved,
    verdict,
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
  };
}

export async function splitBrainPrevention(
  target: ValidationTarget,
  seed: number,
  progress: (done: number, of: number) => void,
): Promise<TestResult> {
  const splits = standardSplits(target.nodes, quorumOf(target));
  const details: ScenarioDetail[] = [];
  for (const [i, split] of splits.entries()) {
    details.push(judgeSplit(await target.run(splitScenario(target, split, seed + i)), split, target));
    await progress(i + 1, splits.length);
  }
  const passed = details.filter((detail) => detail.verdict === 'PASS').length;
  const bad = details.find((detail) => detail.verdict !== 'PASS');
  return {
    framework: 'B',
    test: 'split_brain_prevention',
    fields: {
      scenariosTested: details.length,
      scenariosPassed: passed,
      successRate: passed / details.length,
      scenarioDetails: details,
    },
    ...(bad === undefined ? {} : { reason: `split ${bad.split}: ${bad.reason}` }),
    verdict: worst(details.map((detail) => detail.verdict)),
  };
}
