/** The simulator as a target of the validation suite. */
import { defaultRaftConfig } from '../protocols/raft/index.ts';
import type { Subject } from '../simulator/index.ts';
import { delayMs, runScenario, syncMs } from './simulated-scenario.ts';
import type { Timing, ValidationTarget } from './validate/index.ts';

/**
 * `subject` on `nodes` simulated nodes `node-1`, `node-2`, ...
 * @param tolerates what the subject's protocol promises to survive
 * @param timing of the protocol, where it is not Raft's: how often it is heard of, how long until a failure is noticed and repaired
 */
export function simulatorTarget(
  subject: Subject,
  nodes: number,
  tolerates: 'crashes' | 'lies',
  timing: Partial<Timing> = {},
): ValidationTarget {
  return {
    name: `${subject.name} (simulated, ${nodes} nodes)`,
    scenarioTarget: subject.name,
    nodes: Array.from({ length: nodes }, (_, i) => `node-${i + 1}`),
    tolerates,
    timing: {
      delayMaxMs: delayMs.max,
      syncMaxMs: syncMs.max,
      heartbeatMs: defaultRaftConfig.heartbeatUs / 1000,
      electionTimeoutMaxMs: (2 * defaultRaftConfig.electionTimeoutUs) / 1000,
      ...timing,
    },
    virtualTime: true,
    run: (scenario) => Promise.resolve(runScenario(scenario, subject).trace),
    judge(scenario) {
      const { trace, result } = runScenario(scenario, subject);
      return Promise.resolve({ trace, violation: result.violation?.message ?? null });
    },
  };
}
