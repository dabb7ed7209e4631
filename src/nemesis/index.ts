export type { Address, LinkCondition, Links, ManagedProcess, OpenLink, Ports, Processes, SpawnOptions } from './contract.ts';
export { managedProcesses, nodeOfOwner, type ProcessesOptions, type RunProcesses } from './managed-processes.ts';
export { type LoopbackPorts, loopbackPorts } from './ports.ts';
export { type ProxyLinks, type ProxyOptions, proxyLinks, type SocketOwners } from './proxy-links.ts';
export type { LinkTraffic } from './proxy-orders.ts';
export { type Reaped, reapLeftovers } from './reaper.ts';
