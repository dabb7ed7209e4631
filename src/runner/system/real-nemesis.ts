/** The nemesis of real runs: links through our proxies, processes with pid files, ports that nobody else gets. */

import { dirname } from 'node:path';
import {
  adoptedProcesses,
  carryOut,
  type Links,
  type LoopbackPorts,
  loopbackPorts,
  managedProcesses,
  type Processes,
  proxyLinks,
  reapLeftovers,
} from '../../nemesis/index.ts';
import type { Machinery, Nemesis } from './machinery.ts';

const STOP_GRACE_MS = 3000;

/** Closed in this order: links that went first would be one more fault. */
export function machineryOf(processes: Processes, links: Links, ports: LoopbackPorts): Machinery {
  return {
    ...{ ports, links, processes },
    async close() {
      await processes.stopAll(STOP_GRACE_MS);
      await links.close();
      await ports.close();
    },
  };
}

export const realNemesis: Nemesis = {
  async open(directory, _nodes, adopted) {
    // What a run that was killed left behind would hold ports, and time.
    reapLeftovers(dirname(directory));
    const owned = adopted === undefined ? managedProcesses({ directory }) : null;
    const processes = owned ?? adoptedProcesses(adopted ?? []);
    const links = await proxyLinks(owned === null ? {} : { processes: owned });
    const ports = loopbackPorts();
    return machineryOf(processes, links, ports);
  },
  async carryOut({ scenario, running, machinery, nowMs, ...context }) {
    await carryOut({
      ...context,
      faults: scenario.faults,
      ...{ links: machinery.links, processes: machinery.processes, system: running, clock: { nowMs } },
    });
  },
};
