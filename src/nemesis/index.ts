export type { Address, LinkCondition, Links, ManagedProcess, OpenLink, Ports, Processes, SpawnOptions } from './contract.ts';
