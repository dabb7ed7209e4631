/** For tests: a system on links, processes and a directory of its own. Real processes and links; nothing here knows a product. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Value } from '../core/index.ts';
import { loopbackPorts, managedProcesses, proxyLinks } from '../nemesis/index.ts';
import type { Completion, Operation } from '../workloads/index.ts';
import { binariesOf, type RunningSystem, type System, type SystemClient } from './index.ts';

export const START_MS = 120_000;

export interface TestRun {
  readonly system: RunningSystem;
  readonly nodes: readonly string[];
  readonly links: Awaited<ReturnType<typeof proxyLinks>>;
  readonly processes: ReturnType<typeof managedProcesses>;
  readonly directory: string;
  end(): Promise<void>;
}

/** The system on its own links, processes and directory, ready to serve. */
export async function startForTest(system: System, settings: { readonly [name: string]: Value } = {}, nodes = 3): Promise<TestRun> {
  const directory = mkdtempSync(join(tmpdir(), `lightcone-${system.name}-`));
  const owned = join(directory, 'run');
  mkdirSync(owned);
  const processes = managedProcesses({ directory: owned });
  const links = await proxyLinks({ seed: 1, processes });
  const ports = loopbackPorts();
  const names = Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
  const end = async (): Promise<void> => {
    await processes.stopAll(2000);
    await links.close();
    await ports.close();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const { signal } = new AbortController();
    const context = { nodes: names, directory, settings, ports, links, processes, signal, binary: binariesOf(system), log: () => {} };
    const running = await system.start(context);
    await running.ready(START_MS);
    return { system: running, nodes: names, links, processes, directory, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Asks until the answer is ok: after a fault a system takes its time. */
export async function eventually(client: SystemClient, operation: Operation, withinMs = 20_000): Promise<Completion> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const completion = await client.invoke(operation);
    if (completion.outcome === 'ok' || performance.now() > deadline) return completion;
    await sleep(100);
  }
}

/** Cut all links of a node, to others and to its clients, or of a client only. */
export async function cutOff(run: TestRun, who: string, others: readonly string[]): Promise<void> {
  for (const other of others) {
    if (other === who) continue;
    await run.links.set(who, other, { cut: true });
    await run.links.set(other, who, { cut: true });
  }
}
