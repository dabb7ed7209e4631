/** Does the scenario fit the system? Said before anything is started. */
import { LightconeError } from '../../core/index.ts';
import { refuseUnsupported, unsupported } from '../../nemesis/index.ts';
import { type FaultKind, faultKinds, type Scenario } from '../../scenario/index.ts';
import type { System } from '../../systems/index.ts';

/** Throws LC_FAULT_UNSUPPORTED for a fault that the links of this run cannot carry out. */
export function checkLinks(lacks: readonly FaultKind[], { faults }: Scenario): void {
  refuseUnsupported(
    faults,
    unsupported(
      faults,
      faultKinds.filter((kind) => !lacks.includes(kind)),
    ),
  );
}

/** Throws LC_SCENARIO (workload, nodes) or LC_FAULT_UNSUPPORTED. What can be done to a cluster that was attached to is asked elsewhere, and it is as large as it is. */
export function checkFits({ name, capabilities }: System, scenario: Scenario, attached = false): void {
  const { kind } = scenario.workload;
  if (!Object.hasOwn(capabilities.workloads, kind)) {
    const can = Object.keys(capabilities.workloads).join(', ');
    throw new LightconeError('LC_SCENARIO', `${name} has no clients for the workload ${JSON.stringify(kind)}; it has: ${can}`, { kind });
  }
  if (attached) return;
  const [min, max] = capabilities.nodes;
  const count = scenario.nodes.length;
  if (count < min || count > max)
    throw new LightconeError('LC_SCENARIO', `${name} runs with ${min === max ? min : `${min} to ${max}`} nodes, not with ${count}`, {
      count,
    });
  for (const fault of scenario.faults) {
    if (fault.optional === true || capabilities.faults.includes(fault.fault)) continue;
    const can = capabilities.faults.length === 0 ? 'it knows none' : `it knows: ${capabilities.faults.join(', ')}`;
    throw new LightconeError('LC_FAULT_UNSUPPORTED', `the fault ${fault.fault} cannot be carried out on ${name}; ${can}`, {
      fault: fault.fault,
    });
  }
}
