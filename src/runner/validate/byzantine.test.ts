import { describe, expect, test } from 'vitest';
import { SCENARIO_VERSION, type Scenario } from '../../scenario/index.ts';
import { paxosSubject, raftSubject } from '../../simulator/index.ts';
import { toyAgreement } from '../../simulator/testing.ts';
import { simulatorTarget } from '../simulator-target.ts';
import { byzantineFaultTolerance, networkPartitionByzantine } from './byzantine.ts';
import type { ValidationTarget } from './index.ts';

const scenario: Scenario = {
  scenario: SCENARIO_VERSION,
  name: 'calm',
  target: 'toy-agreement',
  nodes: ['node-1', 'node-2', 'node-3', 'node-4'].map((name) => ({ name })),
  workload: { kind: 'kv', clients: 4, operations: 40, ratePerSecond: 50 },
  faults: [],
  checks: [],
  seed: 1,
  durationMs: 2000,
};
const timing = { heartbeatMs: 30, electionTimeoutMaxMs: 2000 };
const toy = (nodes: number): ValidationTarget => simulatorTarget(toyAgreement(), nodes, 'lies', timing);
const both = async (target: ValidationTarget, liars: number) => [
  await networkPartitionByzantine(target, liars, 1),
  await byzantineFaultTolerance(target, liars, 1),
];

describe('a protocol that promises to survive liars', () => {
  test.each([[4, 1]])('%i nodes, %i of them lying: both tests pass', async (nodes, liars) => {
    for (const result of await both(toy(nodes), liars))
      expect([result.test, result.verdict, result.reason ?? '']).toEqual([result.test, 'PASS', '']);
  });

  test('one liar more: both tests fail with the violation that was found, and the nodes that are needed', async () => {
    for (const { verdict, reason, fields } of await both(toy(4), 2)) {
      expect(verdict).toBe('FAIL');
      expect(reason).toMatch(
        /^Need 7 nodes for 2 Byzantine failures, have 4; found violation: .* lied \((twins|equivocate).*seed \d+\): (state-machine-safety|linearizability)/,
      );
      expect(fields).toMatchObject({ byzantineNodes: expect.anything() });
    }
  });
});

describe('what cannot be decided is not passed', () => {
  test('a protocol that survives crashes only, or a target whose nodes cannot lie, is skipped with the reason', async () => {
    const { judge: _, ...honest } = toy(4);
    for (const subject of [raftSubject(), paxosSubject()])
      for (const { verdict, reason } of await both(simulatorTarget(subject, 4, 'crashes'), 1)) {
        const name = subject.name === 'raft' ? 'Raft' : 'Paxos';
        expect([verdict, reason]).toEqual(['SKIP', `${name} tolerates crashes, not lies: needs a BFT protocol`]);
      }
    for (const result of await both(simulatorTarget(raftSubject(), 3, 'crashes'), 1)) expect(result.reason).toMatch(/^Need 4 nodes/);
    for (const result of await both(honest, 1))
      expect([result.verdict, result.reason]).toEqual(['SKIP', 'the target cannot be made to lie']);
  });

  test('disagreement among the honest fails it, whatever the success rate; so does standing still', async () => {
    const target = toy(4);
    const broken = (
      violation: string | null,
      change: (trace: Awaited<ReturnType<ValidationTarget['run']>>) => object,
    ): ValidationTarget => ({
      ...target,
      judge: async (scenario) => {
        const trace = await target.run(scenario);
        return { trace: { ...trace, ...change(trace) }, violation };
      },
    });
    for (const result of await both(
      broken('state-machine-safety: x', () => ({})),
      1,
    )) {
      expect(result.verdict).toBe('FAIL');
      expect(result.reason).toContain('state-machine-safety: x');
    }
    for (const result of await both(
      broken(null, () => ({ beliefs: [] })),
      1,
    )) {
      expect(result.verdict).toBe('FAIL');
      expect(result.reason).toMatch(/no progress|0 of 10 attempts/);
    }
  });

  test('too many liars and nothing found: not decided, never passed', async () => {
    const trace = await toy(4).run({ ...scenario });
    const calm: ValidationTarget = { ...toy(4), judge: async () => ({ trace, violation: null }) };
    for (const { verdict, reason } of await both(calm, 2))
      expect([verdict, reason]).toEqual(['UNKNOWN', expect.stringMatching(/^Need 7 nodes.* 60 runs/)]);
  });
});
