/**
 * The nemesis without proxies: every node in a network of its own, packets between them dropped by the kernel. For a
 * process that `namespaceCommand` has started. What its links cannot do (delay, bandwidth, connections) is refused.
 */
import { dirname } from 'node:path';
import { loopbackPorts, managedProcesses, namespaceLacks, namespaceNetwork, reapLeftovers } from '../../nemesis/index.ts';
import type { Nemesis } from './machinery.ts';
import { realNemesis } from './real-nemesis.ts';

const STOP_GRACE_MS = 3000;

export const namespaceNemesis: Nemesis = {
  lacks: namespaceLacks,
  async open(directory, nodes) {
    reapLeftovers(dirname(directory));
    const { links, processes } = await namespaceNetwork({ nodes, processes: managedProcesses({ directory }) });
    const ports = loopbackPorts();
    return {
      ...{ ports, links, processes },
      async close() {
        await processes.stopAll(STOP_GRACE_MS);
        await links.close();
        await ports.close();
      },
    };
  },
  carryOut: realNemesis.carryOut,
};
