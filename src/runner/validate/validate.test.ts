import { expect, test } from 'vitest';
import { Raft } from '../../protocols/raft/index.ts';
import { raftSubject } from '../../simulator/index.ts';
import { OK, type TraceView } from '../../trace/index.ts';
import { simulatorTarget } from '../simulator-target.ts';
import { type TestResult, type ValidationTarget, validate, validationExit, validationJson } from './index.ts';
import { linearizabilityViolations } from './linearizability.ts';

const raft = simulatorTarget(raftSubject(), 5, 'crashes');
const quick = { rerun: 'npx lightcone validate --seed 1', linearizability: { operations: 300, processes: 8 } };

async function resultsOf(target: ValidationTarget, seed = 1): Promise<Map<string, TestResult>> {
  const report = await validate(target, { ...quick, seed });
  return new Map(report.results.map((result) => [result.test, result]));
}

/** The target, lying about what it saw. */
function tampered(change: (trace: TraceView) => TraceView): ValidationTarget {
  return { ...raft, run: async (scenario) => change(await raft.run(scenario)) };
}

const verdicts = (results: Map<string, TestResult>): Record<string, string> =>
  Object.fromEntries([...results].map(([name, result]) => [name, result.verdict]));

test('Raft passes what it promises; what it does not promise is skipped with the reason; fields are the mission’s', async () => {
  for (const seed of [1, 2, 3]) {
    const report = await validate(raft, { ...quick, seed });
    expect(report.results.map(({ test: name, verdict, reason }) => [name, verdict, reason ?? ''])).toEqual([
      ['network_partition_byzantine', 'SKIP', 'Raft tolerates crashes, not lies: needs a BFT protocol'],
      ['network_partition_split_brain', 'PASS', ''],
      ['network_partition_convergence', 'PASS', ''],
      ['eventual_consistency_bounds', 'PASS', ''],
      ['split_brain_prevention', 'PASS', ''],
      ['byzantine_fault_tolerance', 'SKIP', 'Raft tolerates crashes, not lies: needs a BFT protocol'],
      ['linearizability_violations', 'PASS', ''],
    ]);
    expect(validationExit(report)).toBe(0);
    const { results } = validationJson(report) as { results: Record<string, unknown>[] };
    const keys = (name: string): string[] => Object.keys(results.find((result) => result.test === name) as object);
    expect(keys('network_partition_split_brain')).toEqual(
      expect.arrayContaining(['leaders_elected', 'split_brain_prevented', 'partition_groups']),
    );
    expect(keys('network_partition_convergence')).toEqual(
      expect.arrayContaining(['convergence_achieved', 'convergence_time_seconds', 'total_test_time', 'update_rate']),
    );
    expect(keys('network_partition_byzantine')).toEqual(
      expect.arrayContaining(['consensus_achieved', 'byzantine_nodes', 'required_nodes', 'actual_nodes']),
    );
    expect(keys('eventual_consistency_bounds')).toEqual(
      expect.arrayContaining(['writes_performed', 'consistency_sla_ms', 'actual_convergence_ms', 'sla_violated', 'total_test_time_ms']),
    );
    expect(keys('split_brain_prevention')).toEqual(
      expect.arrayContaining(['scenarios_tested', 'scenarios_passed', 'success_rate', 'scenario_details']),
    );
    expect(keys('linearizability_violations')).toEqual(
      expect.arrayContaining(['concurrent_operations', 'linearizability_violations', 'violation_details', 'test_duration_ms']),
    );
    for (const result of results) expect(Object.keys(result).at(-1)).toBe('verdict');
  }
});

test('the side without a majority answers writes, and never with ok', async () => {
  const details = (await resultsOf(raft)).get('split_brain_prevention')?.fields.scenarioDetails as {
    split: string;
    minorityAnswers: { ok: number; fail: number; info: number };
  }[];
  for (const split of ['2-3', '1-4', '3-2', '1-1-3']) {
    const answers = details.find((detail) => detail.split === split)?.minorityAnswers;
    expect(answers?.ok).toBe(0);
    expect((answers?.fail ?? 0) + (answers?.info ?? 0)).toBeGreaterThan(0);
  }
  expect(details).toHaveLength(35);
});

test('other sizes: an even split has no majority, and there nobody has to lead and nobody may acknowledge', async () => {
  for (const nodes of [3, 4, 7]) {
    const results = await resultsOf(simulatorTarget(raftSubject(), nodes, 'crashes'));
    for (const [name, { verdict, reason }] of results) expect([name, verdict === 'FAIL' ? reason : '']).toEqual([name, '']);
  }
});

test('two leaders of one epoch fail both split-brain tests', async () => {
  const twice = tampered((trace) => {
    const claim = trace.beliefs.find((belief) => belief.kind === 'role' && belief.value === 'leader');
    if (claim === undefined) return trace;
    const other = trace.header.nodes?.find((node) => node !== claim.node) as string;
    return { ...trace, beliefs: [...trace.beliefs, { ...claim, node: other, subject: other }] };
  });
  const results = await resultsOf(twice);
  for (const name of ['network_partition_split_brain', 'split_brain_prevention']) {
    expect(results.get(name)?.verdict).toBe('FAIL');
    expect(results.get(name)?.reason).toContain('Split-brain detected: 2 leaders elected');
  }
});

test('a majority side that elects nobody is no pass', async () => {
  const leaderless = tampered((trace) => ({ ...trace, beliefs: trace.beliefs.filter((belief) => belief.value !== 'leader') }));
  const results = await resultsOf(leaderless);
  expect(results.get('split_brain_prevention')).toMatchObject({ verdict: 'FAIL' });
  expect(results.get('network_partition_split_brain')?.reason).toContain('elected nobody');
});

test('a write that the minority acknowledges is unsafe', async () => {
  const unsafe = tampered((trace) => {
    const { history } = trace;
    const status = history.status.slice();
    const completeNs = history.completeNs.slice();
    for (let row = 0; row < history.count; row++) {
      const write = history.functions[history.f[row] as number] === 'write';
      if (!write || history.status[row] === OK || history.node[row] !== 0) continue;
      status[row] = OK;
      completeNs[row] = (history.invokeNs[row] as number) + 1;
    }
    return { ...trace, history: { ...history, status, completeNs } };
  });
  const results = await resultsOf(unsafe);
  expect(results.get('split_brain_prevention')?.reason).toMatch(/the side without a majority acknowledged \d+ writes/);
});

test('a node that never applies fails convergence; missing revisions leave it undecided, never passed', async () => {
  const stuck = await resultsOf(
    tampered((trace) => ({ ...trace, beliefs: trace.beliefs.filter((belief) => belief.kind !== 'position' || belief.node !== 'node-4') })),
  );
  expect(verdicts(stuck)).toMatchObject({ network_partition_convergence: 'FAIL', eventual_consistency_bounds: 'FAIL' });
  expect(stuck.get('eventual_consistency_bounds')?.reason).toContain('node-4 never had all writes');
  const blind = await validate(
    tampered((trace) => ({ ...trace, history: { ...trace.history, revision: trace.history.revision.map(() => -1) } })),
    { ...quick, seed: 1 },
  );
  expect(blind.results.find((result) => result.test === 'eventual_consistency_bounds')?.verdict).toBe('UNKNOWN');
  expect(validationExit(blind)).toBe(3);
});

test('an SLA that is exceeded by anything is violated; a met one is not', async () => {
  const strict = await validate(raft, { ...quick, seed: 1, consistencySlaMs: 0 });
  expect(strict.results.find((result) => result.test === 'eventual_consistency_bounds')).toMatchObject({
    verdict: 'FAIL',
    fields: { slaViolated: true },
  });
});

test('a stale read is found, told, and fails', async () => {
  const stale = tampered((trace) => {
    const { history } = trace;
    const result = history.result.slice();
    for (let row = history.count - 1; row > 0; row--) {
      if (history.functions[history.f[row] as number] !== 'read' || history.status[row] !== OK || (history.result[row] as number) <= 0)
        continue;
      result[row] = 0;
      break;
    }
    return { ...trace, history: { ...history, result } };
  });
  const found = (await resultsOf(stale)).get('linearizability_violations');
  expect(found?.verdict).toBe('FAIL');
  expect(found?.fields.violationDetails).toHaveLength(1);
});

test('the checked history has unknown outcomes in it, from 50 operations by 5 processes to 20,000 by 64', async () => {
  for (const [operations, processes, unknown] of [
    [50, 5, 0],
    [2000, 16, 1],
    [20_000, 64, 1],
  ] as const) {
    const result = await linearizabilityViolations(raft, 1, { operations, processes });
    expect(result).toMatchObject({ verdict: 'PASS', fields: { concurrentOperations: operations, processes } });
    expect(result.fields.operationsUnknown).toBeGreaterThanOrEqual(unknown);
  }
});

test('too few nodes for the liars asked for: the reason says how many it takes', async () => {
  const report = await validate(raft, { ...quick, seed: 1, byzantine: 2 });
  expect(report.results[0]).toMatchObject({ verdict: 'SKIP', reason: 'Need 7 nodes for 2 Byzantine failures, have 5' });
});

test('mutants of Raft fail the suite', async () => {
  class EveryVote extends Raft {
    protected override mayGrantVote(): boolean {
      return true;
    }
  }
  class NoCheckQuorum extends Raft {
    protected override quorumActive(): boolean {
      return true;
    }
  }
  const failing = async (mutant: typeof Raft): Promise<string[]> => {
    const failed = new Set<string>();
    for (const seed of [1, 2, 3]) {
      const report = await validate(simulatorTarget(raftSubject({ raft: mutant }), 5, 'crashes'), { ...quick, seed });
      for (const result of report.results) if (result.verdict === 'FAIL') failed.add(result.test);
    }
    return [...failed];
  };
  expect(await failing(EveryVote)).toContain('split_brain_prevention');
  expect(await failing(NoCheckQuorum)).toContain('split_brain_prevention');
});
