/**
 * Framework A: one network partition (`groups` always cut from each other, loss inside each), three questions about
 * it. Five nodes; durations are the target's seconds (virtual ones in a simulation).
 */
import { type Fault, SCENARIO_VERSION, type Scenario } from '../../scenario/index.ts';
import { convergence } from './convergence.ts';
import { claimsWithin, leadershipClaims, leadersPerEpoch } from './leadership.ts';
import type { TestResult, TestVerdict } from './result.ts';
import { answers } from './split-brain.ts';
import { convergenceBoundMs, placementFor, quorumOf, type ValidationTarget } from './target.ts';

export interface NetworkPartition {
  readonly partitionGroups: readonly (readonly string[])[];
  readonly durationSeconds: number;
  /** Share of messages lost inside the groups; 0.1 unless said otherwise. */
  readonly messageLossRate?: number;
}

const SETTLE_MS = 2000;

/** The faults of one partition that begins at `atMs`. */
export function partitionFaults({ partitionGroups, durationSeconds, messageLossRate = 0.1 }: NetworkPartition, atMs: number): Fault[] {
  const forMs = durationSeconds * 1000;
  const inside = partitionGroups.flatMap((group) => group.flatMap((a) => group.filter((b) => b !== a).map((b) => `${a}->${b}`)));
  const faults: Fault[] = [{ fault: 'partition', shape: 'groups', groups: partitionGroups, atMs, forMs }];
  if (messageLossRate > 0 && inside.length > 0) faults.push({ fault: 'loss', rate: messageLossRate, links: inside, atMs, forMs });
  return faults;
}

function halves(nodes: readonly string[]): [string[], string[]] {
  const small = Math.floor(nodes.length / 2);
  return [nodes.slice(0, small), nodes.slice(small)];
}

/** {1,2} | {3,4,5} for 30 s at 50 % loss: at most one leader an epoch, and the majority must elect one. */
export async function networkPartitionSplitBrain(target: ValidationTarget, seed: number): Promise<TestResult> {
  const [minority, majority] = halves(target.nodes);
  const partition: NetworkPartition = { partitionGroups: [minority, majority], durationSeconds: 30, messageLossRate: 0.5 };
  const scenario: Scenario = {
    scenario: SCENARIO_VERSION,
    name: 'network partition: split brain',
    target: target.scenarioTarget,
    nodes: target.nodes.map((name) => ({ name })),
    workload: {
      kind: 'kv',
      clients: target.nodes.length,
      operations: 1_000_000,
      ratePerSecond: 50,
      keys: 4,
      readShare: 0.25,
      placement: placementFor(target),
    },
    faults: partitionFaults(partition, SETTLE_MS),
    checks: [{ check: 'split-brain' }],
    seed,
    durationMs: SETTLE_MS + 32_000,
  };
  const trace = await target.run(scenario);
  const untilMs = SETTLE_MS + 30_000;
  const claims = leadershipClaims(trace);
  const leadersElected = leadersPerEpoch(claims);
  const quietMs = SETTLE_MS + 2 * target.timing.delayMaxMs + target.timing.syncMaxMs;
  // Where neither is a quorum, neither may acknowledge anything, neither has to lead.
  const even = majority.length < quorumOf(target);
  const unsafe = answers(trace, even ? target.nodes : minority, quietMs, untilMs).ok;
  const led = even || claimsWithin(claims, SETTLE_MS, untilMs).some((claim) => majority.includes(claim.node));
  const reasons: string[] = [];
  if (leadersElected > 1) reasons.push(`Split-brain detected: ${leadersElected} leaders elected`);
  if (unsafe > 0) reasons.push(`the side without a majority acknowledged ${unsafe} writes`);
  if (!led) reasons.push('the side with a majority elected nobody');
  return {
    framework: 'A',
    test: 'network_partition_split_brain',
    fields: { leadersElected, splitBrainPrevented: leadersElected <= 1 && unsafe === 0, partitionGroups: partition.partitionGroups },
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
    verdict: reasons.length === 0 ? 'PASS' : 'FAIL',
  };
}

/** 10 updates a second during a 15 s partition: all nodes agree within 60 s of the heal, and within the derived bound. */
export async function networkPartitionConvergence(target: ValidationTarget, seed: number): Promise<TestResult> {
  const updateRate = 10;
  const limitSeconds = 60;
  const partition: NetworkPartition = { partitionGroups: halves(target.nodes), durationSeconds: 15 };
  const healMs = SETTLE_MS + 15_000;
  const boundMs = convergenceBoundMs(target.timing);
  const scenario: Scenario = {
    scenario: SCENARIO_VERSION,
    name: 'network partition: convergence',
    target: target.scenarioTarget,
    nodes: target.nodes.map((name) => ({ name })),
    workload: {
      kind: 'kv',
      clients: 4,
      operations: 15 * updateRate,
      ratePerSecond: updateRate,
      keys: 10,
      readShare: 0,
      keyOrder: 'sequential',
    },
    faults: partitionFaults(partition, SETTLE_MS),
    checks: [{ check: 'convergence' }],
    seed,
    durationMs: healMs + limitSeconds * 1000,
  };
  const trace = await target.run(scenario);
  const { convergedMs, acknowledged, lastAckMs, undecided } = convergence(trace, target.nodes);
  const achieved = convergedMs !== null && convergedMs - healMs < limitSeconds * 1000;
  // Updates acknowledged after the heal move the goal: then the clock starts with the last of them.
  const timeMs = convergedMs === null ? null : Math.max(0, convergedMs - Math.max(healMs, lastAckMs));
  const reasons: string[] = undecided === null ? [] : [undecided];
  if (acknowledged === 0) reasons.push('no update was acknowledged');
  if (!achieved) reasons.push(`not converged ${limitSeconds} s after the heal`);
  else if (timeMs !== null && timeMs > boundMs) reasons.push(`converged after ${timeMs} ms, the delays and time-outs allow ${boundMs} ms`);
  const verdict: TestVerdict = undecided !== null ? 'UNKNOWN' : reasons.length === 0 ? 'PASS' : 'FAIL';
  return {
    framework: 'A',
    test: 'network_partition_convergence',
    fields: {
      convergenceAchieved: achieved,
      convergenceTimeSeconds: timeMs === null ? null : timeMs / 1000,
      totalTestTime: (convergedMs ?? healMs + limitSeconds * 1000) / 1000,
      updateRate,
      updatesAcknowledged: acknowledged,
      boundSeconds: boundMs / 1000,
    },
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
    verdict,
  };
}
