/** The nemesis of real runs: links through our proxies, processes with pid files, ports that nobody else gets. */

import { dirname } from 'node:path';
import { carryOut, loopbackPorts, managedProcesses, proxyLinks, reapLeftovers } from '../../nemesis/index.ts';
import type { Nemesis } from './machinery.ts';

const STOP_GRACE_MS = 3000;

export const realNemesis: Nemesis = {
  async open(directory) {
    // What a run that was killed left behind would hold ports, and time.
    reapLeftovers(dirname(directory));
    const processes = managedProcesses({ directory });
    const links = await proxyLinks({ processes });
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
  async carryOut({ scenario, nodes, clients, running, machinery, leader, nowMs, record, note, signal, logFile, durationMs, capabilities }) {
    await carryOut({
      ...{ faults: scenario.faults, nodes, clients, leader, record, note, signal, logFile, durationMs, capabilities },
      ...{ links: machinery.links, processes: machinery.processes, system: running, clock: { nowMs } },
    });
  },
};
