/**
 * What every system must show before its verdicts count: it starts, serves through each node's client, says who leads,
 * survives a kill, answers honestly behind a cut, and leaves nothing behind. A system whose binaries are missing is
 * skipped by name. Real processes and links; nothing here knows a product.
 */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
const sorted = (values: readonly Value[]): readonly Value[] => [...values].sort((a, b) => Number(a) - Number(b));

/** What a test runner offers; handed in, because a room imports no development package. */
export interface TestRunner {
  readonly describe: { skipIf(condition: boolean): (name: string, tests: () => void) => void };
  it(name: string, test: () => Promise<void> | void, timeoutMs?: number): void;
  beforeAll(hook: () => Promise<void>, timeoutMs?: number): void;
  afterAll(hook: () => Promise<void>, timeoutMs?: number): void;
}

/** Its scenarios ask nothing of it that it does not declare, whatever their duration. */
function scenariosFit({ name, scenarios, capabilities }: System, { it }: TestRunner): void {
  for (const [called, make] of Object.entries(scenarios))
    it(`${name}: scenario ${called} fits what is declared`, () => {
      const scenario = make({ nodes: 3, durationMs: 10_000, seed: 7 });
      deepEqual([scenario.target, scenario.seed, scenario.durationMs], [name, 7, 10_000]);
      ok(Object.hasOwn(capabilities.workloads, scenario.workload.kind));
      deepEqual(
        scenario.faults.filter(({ fault, atMs }) => !capabilities.faults.includes(fault) || atMs > 10_000),
        [],
      );
    });
}

/** The steps, in their order: each stands on what those before it wrote. */
class Conformance {
  readonly #system: System;
  readonly #workload: string;
  /** Of a queue, what is read is gone: all that came out so far. */
  readonly #taken: Value[] = [];
  readonly #clients: SystemClient[] = [];
  #run: TestRun | null = null;

  constructor(system: System, workload: string) {
    this.#system = system;
    this.#workload = workload;
  }

  async start(): Promise<void> {
    this.#run = await startForTest(this.#system);
  }

  async end(): Promise<void> {
    await this.#run?.end();
  }

  async serves(): Promise<void> {
    const { system, nodes } = this.#started;
    match(system.version, /^\d+\.\d+/);
    for (const [i, node] of nodes.entries()) await this.#add(node, i);
    deepEqual(sorted(await this.#read('n2')), [0, 1, 2]);
    const beliefs = (await Promise.all(nodes.map((node) => system.beliefs(node)))).flat();
    equal(beliefs.filter(({ kind, value }) => kind === 'role' && value === 'leader').length, 1);
    // Some servers know only of themselves.
    equal(new Set(beliefs.flatMap(({ kind, value }) => (kind === 'leader' ? [value] : []))).size, 1);
    deepEqual(await (await this.#client('n1')).invoke({ f: 'fly' }), { outcome: 'fail', code: 'UNSUPPORTED' });
  }

  async survivesKill(): Promise<void> {
    const { system, processes } = this.#started;
    await this.#add('n1', 10);
    await processes.kill('n3');
    deepEqual(await system.beliefs('n3'), []);
    notEqual((await (await this.#client('n3')).invoke(this.#question)).outcome, 'info');
    await system.startNode('n3');
    await system.ready(START_MS);
    deepEqual(sorted(await this.#read('n3')), [0, 1, 2, 10]);
  }

  async isHonestBehindACut(): Promise<void> {
    const run = this.#started;
    const lonely = await this.#client('n2', 'lonely');
    equal((await eventually(lonely, this.#addition(20))).outcome, 'ok');
    // Its node too: a client that goes to the leader goes the way its node goes.
    await cutOff(run, 'lonely', run.nodes);
    await cutOff(run, 'n2', run.nodes);
    const blind = await lonely.invoke(this.#addition(21));
    notEqual(blind.outcome, 'ok');
    match(blind.code ?? '', /^[A-Z][A-Z0-9_]+$/);
    // A read changes nothing, so it has failed; who took an item may have taken it.
    const looked = (await lonely.invoke(this.#question)).outcome;
    ok(looked === 'fail' || (this.#drains && looked === 'info'));
    await run.links.heal();
    await this.#add('n1', 22);
    const seen = await this.#read('n1');
    if (blind.outcome === 'fail') ok(!seen.includes(21));
    ok(seen.includes(22));
  }

  async leavesNothing(): Promise<void> {
    const { system, processes, nodes } = this.#started;
    for (const client of this.#clients) await client.close();
    await system.stop();
    deepEqual(
      nodes.flatMap((node) => processes.of(node)),
      [],
    );
    equal(processes.owners().size, 0);
  }

  get #started(): TestRun {
    if (this.#run === null) throw new Error(`${this.#system.name} did not start`);
    return this.#run;
  }

  async #client(node: string, name = `client-${node}`): Promise<SystemClient> {
    const made = await this.#started.system.client({ node, name, workload: this.#workload, timeoutMs: TIMEOUT_MS });
    this.#clients.push(made);
    return made;
  }

  get #drains(): boolean {
    return this.#workload === 'queue';
  }

  get #question(): Operation {
    return { f: this.#drains ? 'dequeue' : 'read' };
  }

  #addition(value: number): Operation {
    return { f: this.#drains ? 'enqueue' : 'add', value };
  }

  async #add(node: string, value: number): Promise<void> {
    equal((await eventually(await this.#client(node), this.#addition(value))).outcome, 'ok');
  }

  async #read(node: string): Promise<readonly Value[]> {
    const client = await this.#client(node);
    if (!this.#drains) return elements(await eventually(client, this.#question));
    for (;;) {
      const { outcome, value = null } = await eventually(client, this.#question);
      equal(outcome, 'ok');
      if (value === null) return [...this.#taken];
      this.#taken.push(value);
    }
  }
}

/** Registers the conformance tests of one system; `workload` must be `set` or one of its kin (add and read), or `queue`. */
export function systemConformance(system: System, runner: TestRunner, workload = 'set'): void {
  scenariosFit(system, runner);
  const [diagnosis] = doctor([system]);
  const missing = diagnosis?.missing.map(({ binary }) => binary) ?? [];
  const why = missing.length === 0 ? '' : ` (not tested: no ${missing.join(', ')}; ${diagnosis?.install})`;
  runner.describe.skipIf(missing.length > 0)(`${system.name} as a system${why}`, () => {
    const { it, beforeAll, afterAll } = runner;
    const steps = new Conformance(system, workload);
    beforeAll(() => steps.start(), START_MS);
    afterAll(() => steps.end(), START_MS);
    it('serves through every node, says its version, and who leads', () => steps.serves(), START_MS);
    it('keeps what it acknowledged when a node is killed and starts again', () => steps.survivesKill(), START_MS);
    it('behind a cut a client says that it does not know, and what came of it is seen later', () => steps.isHonestBehindACut(), START_MS);
    it('stops and leaves no process', () => steps.leavesNothing(), START_MS);
  });
}
