export { type AdoptedNode, adoptedProcesses } from './adopted-processes.ts';
export { refuseUnsupported, type SystemHooks, supportedFaults, type Unsupported, unsupported } from './capabilities.ts';
export { type CarriedOut, type CarryOutOptions, carryOut, type FaultEvent, type ScheduleResult } from './carry-out.ts';
export {
  type Address,
  type LinkCondition,
  type LinkFaultKind,
  type Links,
  type LinkTraffic,
  linkFaults,
  type ManagedProcess,
  type OpenLink,
  type Ports,
  type Processes,
  type SpawnOptions,
} from './contract.ts';
export { type DrawOptions, drawSchedule } from './draw-schedule.ts';
export { type FaultTool, faultTools } from './fault-tools.ts';
export { managedProcesses, nodeOfOwner, type ProcessesOptions, type RunProcesses } from './managed-processes.ts';
export {
  insideNamespace,
  type NamespaceNetwork,
  type NamespaceOptions,
  namespaceCommand,
  namespaceLacks,
  namespaceNetwork,
  whyNoNamespaces,
} from './namespace-links.ts';
export { NAMESPACE_NETWORK } from './namespace-rules.ts';
export { type LoopbackPorts, loopbackPorts } from './ports.ts';
export { clockLibrary, ProcessClock } from './process-clock.ts';
export { programPath } from './program.ts';
export { type ProxyLinks, type ProxyOptions, proxyLinks, type SocketOwners } from './proxy-links.ts';
export { type Reaped, reapLeftovers } from './reaper.ts';
