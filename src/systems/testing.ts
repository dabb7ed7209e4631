/**
 * What every system must show before its verdicts count: it starts, serves through each node's client, says who leads,
 * survives a kill, answers honestly behind a cut, and leaves nothing behind. A system whose binaries are missing is
 * skipped by name. Real processes and links; nothing here knows a product.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Value } from '../core/index.ts';
import { loopbackPorts, managedProcesses, proxyLinks } from '../nemesis/index.ts';
import type { Completion, Operation } from '../workloads/index.ts';
import { binariesOf, doctor, type RunningSystem, type System, type SystemClient } from './index.ts';

const START_MS = 120_000;
const TIMEOUT_MS = 1500;

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

const elements = (completion: Completion): readonly Value[] => [...((completion.value ?? []) as readonly Value[])];

/** Its scenarios ask nothing of it that it does not declare, whatever their duration. */
function scenariosFit({ name, scenarios, capabilities }: System): void {
  it.each(Object.entries(scenarios))(`${name}: scenario %s fits what is declared`, (_name, make) => {
    const scenario = make({ nodes: 3, durationMs: 10_000, seed: 7 });
    expect(scenario).toMatchObject({ target: name, seed: 7, durationMs: 10_000 });
    expect(Object.keys(capabilities.workloads)).toContain(scenario.workload.kind);
    expect(scenario.faults.filter(({ fault, atMs }) => !capabilities.faults.includes(fault) || atMs > 10_000)).toEqual([]);
  });
}

/** Registers the conformance tests of one system; `workload` must be `set` or `replication`: add and read. */
export function systemConformance(system: System, workload = 'set'): void {
  scenariosFit(system);
  const [diagnosis] = doctor([system]);
  const missing = diagnosis?.missing.map(({ binary }) => binary) ?? [];
  const why = missing.length === 0 ? '' : ` (not tested: no ${missing.join(', ')}; ${diagnosis?.install})`;
  describe.skipIf(missing.length > 0)(`${system.name} as a system${why}`, () => {
    let run: TestRun;
    const clients: SystemClient[] = [];
    const client = async (node: string, name = `client-${node}`): Promise<SystemClient> => {
      const made = await run.system.client({ node, name, workload, timeoutMs: TIMEOUT_MS });
      clients.push(made);
      return made;
    };
    const read = async (node: string): Promise<readonly Value[]> => elements(await eventually(await client(node), { f: 'read' }));

    beforeAll(async () => {
      run = await startForTest(system);
    }, START_MS);
    afterAll(async () => {
      await run?.end();
    }, START_MS);

    it('serves through every node, says its version, and who leads', async () => {
      expect(run.system.version).toMatch(/^\d+\.\d+/);
      for (const [i, node] of run.nodes.entries())
        expect(await eventually(await client(node), { f: 'add', value: i })).toMatchObject({ outcome: 'ok' });
      expect([...(await read('n2'))].sort()).toEqual([0, 1, 2]);
      const beliefs = await Promise.all(run.nodes.map((node) => run.system.beliefs(node)));
      const roles = beliefs.map((each) => each.find(({ kind }) => kind === 'role')?.value);
      expect(roles.filter((role) => role === 'leader')).toHaveLength(1);
      // Some servers know only of themselves.
      const leaders = beliefs.flatMap((each) => each.flatMap(({ kind, value }) => (kind === 'leader' ? [value] : [])));
      expect(new Set(leaders).size).toBe(1);
      expect(await (await client('n1')).invoke({ f: 'fly' })).toEqual({ outcome: 'fail', code: 'UNSUPPORTED' });
    });

    it(
      'keeps what it acknowledged when a node is killed and starts again',
      async () => {
        expect(await eventually(await client('n1'), { f: 'add', value: 10 })).toMatchObject({ outcome: 'ok' });
        await run.processes.kill('n3');
        expect(await run.system.beliefs('n3')).toEqual([]);
        expect((await (await client('n3')).invoke({ f: 'read' })).outcome).not.toBe('info');
        await run.system.startNode('n3');
        await run.system.ready(START_MS);
        expect([...(await read('n3'))].sort((a, b) => Number(a) - Number(b))).toEqual([0, 1, 2, 10]);
      },
      START_MS,
    );

    it(
      'behind a cut a client says that it does not know, and what came of it is seen later',
      async () => {
        const lonely = await client('n2', 'lonely');
        expect(await eventually(lonely, { f: 'add', value: 20 })).toMatchObject({ outcome: 'ok' });
        // Its node too: a client that goes to the leader goes the way its node goes.
        await cutOff(run, 'lonely', run.nodes);
        await cutOff(run, 'n2', run.nodes);
        const blind = await lonely.invoke({ f: 'add', value: 21 });
        expect(['info', 'fail']).toContain(blind.outcome);
        expect(blind.code).toMatch(/^[A-Z][A-Z0-9_]+$/);
        expect((await lonely.invoke({ f: 'read' })).outcome).toBe('fail');
        await run.links.heal();
        expect(await eventually(await client('n1'), { f: 'add', value: 22 })).toMatchObject({ outcome: 'ok' });
        const seen = await read('n1');
        if (blind.outcome === 'fail') expect(seen).not.toContain(21);
        expect(seen).toContain(22);
      },
      START_MS,
    );

    it(
      'stops and leaves no process',
      async () => {
        for (const each of clients) await each.close();
        await run.system.stop();
        expect(run.nodes.flatMap((node) => run.processes.of(node))).toEqual([]);
        expect(run.processes.owners().size).toBe(0);
      },
      START_MS,
    );
  });
}
