import { expect, test } from 'vitest';
import { type Fault, parseScenario } from '../scenario/index.ts';
import { raftSubject } from '../simulator/index.ts';
import { judgeScenario } from './scenario-checks.ts';

const scenario = (faults: readonly Fault[]) =>
  parseScenario({
    scenario: 1,
    name: 'connections',
    target: 'raft',
    nodes: 3,
    workload: { kind: 'register', clients: 2, operations: 20 },
    faults,
    durationMs: 2000,
  });

test.each<Fault>([
  { fault: 'bandwidth', bytesPerSecond: 1000, atMs: 100 },
  { fault: 'half-open', atMs: 100 },
  { fault: 'slow-close', closeMs: 50, atMs: 100 },
])('%j is refused by the simulator, or left out, and named, where it is optional', (fault) => {
  expect(() => judgeScenario(scenario([fault]), raftSubject())).toThrow(
    expect.objectContaining({
      code: 'LC_FAULT_UNSUPPORTED',
      message: expect.stringContaining(`\`faults[0]\` (${fault.fault}) cannot be simulated`),
    }),
  );
  const { verdict, leftOut, result } = judgeScenario(scenario([{ ...fault, optional: true }]), raftSubject());
  expect([verdict, leftOut.length, result.resolved]).toEqual(['pass', 1, []]);
  expect(leftOut[0]).toMatch(new RegExp(`^${fault.fault}: `));
});
