/**
 * The nemesis without proxies: every node in a network of its own, packets between them dropped by the kernel. For a
 * process that `namespaceCommand` has started. What its links cannot do (delay, bandwidth, connections) is refused.
 */
import { dirname } from 'node:path';
import { loopbackPorts, managedProcesses, namespaceLacks, namespaceNetwork, reapLeftovers } from '../../nemesis/index.ts';
import type { Nemesis } from './machinery.ts';
import { machineryOf, realNemesis } from './real-nemesis.ts';

export const namespaceNemesis: Nemesis = {
  lacks: namespaceLacks,
  async open(directory, nodes) {
    reapLeftovers(dirname(directory));
    const { links, processes } = await namespaceNetwork({ nodes, processes: managedProcesses({ directory }) });
    return machineryOf(processes, links, loopbackPorts());
  },
  carryOut: realNemesis.carryOut,
};
