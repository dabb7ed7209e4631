/**
 * What every system must show before its verdicts count: it starts, serves through each node's client, says who leads,
 * survives a kill, answers honestly behind a cut, and leaves nothing behind. A system whose binaries are missing is
 * skipped by name.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Value } from '../core/index.ts';
import { doctor, type System, type SystemClient, systems } from './index.ts';
import { cutOff, eventually, START_MS, startForTest, type TestRun } from './testing.ts';

const TIMEOUT_MS = 1500;
const WORKLOAD = 'set';

/** A system that runs, and the clients that a test made of it. */
class Subject {
  run!: TestRun;
  readonly clients: SystemClient[] = [];

  async client(node: string, name = `client-${node}`): Promise<SystemClient> {
    const made = await this.run.system.client({ node, name, workload: WORKLOAD, timeoutMs: TIMEOUT_MS });
    this.clients.push(made);
    return made;
  }

  async read(node: string): Promise<Value[]> {
    const { value } = await eventually(await this.client(node), { f: 'read' });
    return [...((value ?? []) as readonly Value[])].sort((a, b) => Number(a) - Number(b));
  }

  async add(node: string, value: number): Promise<void> {
    expect(await eventually(await this.client(node), { f: 'add', value })).toMatchObject({ outcome: 'ok' });
  }
}

async function serves(subject: Subject): Promise<void> {
  const { run } = subject;
  expect(run.system.version).toMatch(/^\d+\.\d+/);
  for (const [i, node] of run.nodes.entries()) await subject.add(node, i);
  expect(await subject.read('n2')).toEqual([0, 1, 2]);
  const beliefs = await Promise.all(run.nodes.map((node) => run.system.beliefs(node)));
  const roles = beliefs.map((each) => each.find(({ kind }) => kind === 'role')?.value);
  expect(roles.filter((role) => role === 'leader')).toHaveLength(1);
  // Some servers know only of themselves.
  const leaders = beliefs.flatMap((each) => each.flatMap(({ kind, value }) => (kind === 'leader' ? [value] : [])));
  expect(new Set(leaders).size).toBe(1);
  expect(await (await subject.client('n1')).invoke({ f: 'fly' })).toEqual({ outcome: 'fail', code: 'UNSUPPORTED' });
}

async function survivesKill(subject: Subject): Promise<void> {
  const { run } = subject;
  await subject.add('n1', 10);
  await run.processes.kill('n3');
  expect(await run.system.beliefs('n3')).toEqual([]);
  expect((await (await subject.client('n3')).invoke({ f: 'read' })).outcome).not.toBe('info');
  await run.system.startNode('n3');
  await run.system.ready(START_MS);
  expect(await subject.read('n3')).toEqual([0, 1, 2, 10]);
}

async function honestBehindCut(subject: Subject): Promise<void> {
  const { run } = subject;
  const lonely = await subject.client('n2', 'lonely');
  expect(await eventually(lonely, { f: 'add', value: 20 })).toMatchObject({ outcome: 'ok' });
  // Its node too: a client that goes to the leader goes the way its node goes.
  await cutOff(run, 'lonely', run.nodes);
  await cutOff(run, 'n2', run.nodes);
  const blind = await lonely.invoke({ f: 'add', value: 21 });
  expect(['info', 'fail']).toContain(blind.outcome);
  expect(blind.code).toMatch(/^[A-Z][A-Z0-9_]+$/);
  expect((await lonely.invoke({ f: 'read' })).outcome).toBe('fail');
  await run.links.heal();
  await subject.add('n1', 22);
  const seen = await subject.read('n1');
  if (blind.outcome === 'fail') expect(seen).not.toContain(21);
  expect(seen).toContain(22);
}

async function leavesNothing({ run, clients }: Subject): Promise<void> {
  for (const each of clients) await each.close();
  await run.system.stop();
  expect(run.nodes.flatMap((node) => run.processes.of(node))).toEqual([]);
  expect(run.processes.owners().size).toBe(0);
}

function conforms(system: System): void {
  const [diagnosis] = doctor([system]);
  const missing = diagnosis?.missing.map(({ binary }) => binary) ?? [];
  const why = missing.length === 0 ? '' : ` (not tested: no ${missing.join(', ')}; ${diagnosis?.install})`;
  describe.skipIf(missing.length > 0)(`${system.name} as a system${why}`, () => {
    const subject = new Subject();
    beforeAll(async () => {
      subject.run = await startForTest(system);
    }, START_MS);
    afterAll(async () => {
      await subject.run?.end();
    }, START_MS);

    it('serves through every node, says its version, and who leads', () => serves(subject), START_MS);
    it('keeps what it acknowledged when a node is killed and starts again', () => survivesKill(subject), START_MS);
    it('behind a cut a client says that it does not know, and what came of it is seen later', () => honestBehindCut(subject), START_MS);
    it('stops and leaves no process', () => leavesNothing(subject), START_MS);
  });
}

for (const system of Object.values(systems)) {
  it.each(Object.entries(system.scenarios))(`${system.name}: scenario %s fits what is declared`, (_name, make) => {
    const scenario = make({ nodes: 3, durationMs: 10_000, seed: 7 });
    expect(scenario).toMatchObject({ target: system.name, seed: 7, durationMs: 10_000 });
    expect(Object.keys(system.capabilities.workloads)).toContain(scenario.workload.kind);
    expect(scenario.faults.filter(({ fault, atMs }) => !system.capabilities.faults.includes(fault) || atMs > 10_000)).toEqual([]);
  });
  conforms(system);
}
