import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Value } from '../core/index.ts';
import { type Fault, faultKinds } from '../scenario/index.ts';
import { type SystemHooks, supportedFaults, unsupported } from './capabilities.ts';
import { type CarriedOut, type CarryOutOptions, carryOut, type FaultEvent, type ScheduleResult } from './carry-out.ts';
import type { Links } from './contract.ts';
import { fileSizeLimit, tracerOf } from './disk-faults.ts';
import { managedProcesses, type RunProcesses } from './managed-processes.ts';
import { processEntry } from './process-table.ts';
import { type ProxyLinks, proxyLinks } from './proxy-links.ts';
import { until } from './testing-sockets.ts';

const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'];
/** Appends its start to a file of its own, then makes something durable now and then. */
const program = `
  const fs = require('fs');
  fs.appendFileSync('starts', 'x');
  const file = fs.openSync('data', 'a');
  process.on('SIGXFSZ', () => {});
  setInterval(() => {
    const start = performance.now();
    // A full disk takes no log either.
    try {
      fs.writeSync(file, 'y');
      fs.fsyncSync(file);
      fs.writeSync(1, Math.round(performance.now() - start) + '\\n');
    } catch {}
  }, 20);
`;

let directory: string;
let processes: RunProcesses;
let links: ProxyLinks;
let events: (FaultEvent & { readonly carriedOut: CarriedOut })[];
let notes: string[];
const wiped: string[] = [];

beforeAll(async () => {
  links = await proxyLinks();
});

afterAll(() => links.close());

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lightcone-carry-'));
  processes = managedProcesses({ directory });
  events = [];
  notes = [];
  wiped.length = 0;
});

afterEach(async () => {
  await processes.stopAll(0);
  await links.heal();
  rmSync(directory, { recursive: true, force: true });
});

const home = (node: string): string => join(directory, node);
const starts = (node: string): number => readFileSync(join(home(node), 'starts'), 'utf8').length;
const said = (node: string): string[] =>
  readFileSync(join(directory, `${node}.log`), 'utf8')
    .trim()
    .split('\n');
const pidOf = (node: string): number => processes.of(node)[0]?.pid ?? 0;

const system: SystemHooks = {
  async startNode(node) {
    mkdirSync(home(node), { recursive: true });
    await processes.spawn({
      owner: node,
      command: process.execPath,
      args: ['-e', program],
      cwd: home(node),
      logFile: join(directory, `${node}.log`),
    });
  },
  async wipe(node) {
    wiped.push(node);
    rmSync(home(node), { recursive: true });
  },
  actions: {
    async promote(node) {
      writeFileSync(join(directory, 'promoted'), node);
    },
  },
};

async function startAll(names: readonly string[]): Promise<void> {
  for (const node of names) await system.startNode(node);
  await until(() => names.every((node) => existsSync(join(home(node), 'starts'))), 15_000);
}

function run(faults: readonly Fault[], durationMs: number, more: Partial<CarryOutOptions> = {}): Promise<ScheduleResult> {
  const start = performance.now();
  return carryOut({
    faults,
    nodes,
    links,
    processes,
    system,
    leader: () => 'n2',
    clock: { nowMs: () => performance.now() - start },
    durationMs,
    record: (event) => events.push({ ...event, carriedOut: (event.detail as { readonly carriedOut: unknown }).carriedOut as CarriedOut }),
    note: (text) => notes.push(text),
    logFile: join(directory, 'nemesis.log'),
    ...more,
  });
}

const told = (): unknown[] => events.map(({ phase, fault, carriedOut: { verified } }) => [phase, fault, verified]);

describe('links', () => {
  const shapes: [string, Fault, number][] = [
    ['groups', { fault: 'partition', shape: 'groups', groups: [['n1', 'minority']], atMs: 0 }, 12],
    ['one way', { fault: 'partition', shape: 'one-way', from: ['leader'], to: ['all'], atMs: 0 }, 4],
    ['bridge', { fault: 'partition', shape: 'bridge', bridge: 'n3', atMs: 0 }, 8],
    ['ring', { fault: 'partition', shape: 'ring', atMs: 0 }, 10],
    ['isolate', { fault: 'partition', shape: 'isolate', node: 'leader', atMs: 0 }, 8],
  ];
  it.each(shapes)('a partition is carried out, verified over each link, and healed: %s', async (_, fault, cut) => {
    const result = await run([{ ...fault, forMs: 150 }], 300);
    expect(events.map(({ carriedOut: { verified, probed } }) => [verified, probed])).toEqual([
      [true, cut],
      [true, cut],
    ]);
    expect(JSON.stringify(result.resolved)).not.toMatch(/leader|minority|all/);
    expect(events[0]?.carriedOut.inForceMs).toBeLessThan(50);
    expect(result).toMatchObject({ changes: 2, verified: 2, refuted: 0 });
  });

  it('partitions that overlap: a link is cut while any cuts it', async () => {
    const seen: boolean[] = [];
    const faults: Fault[] = [
      { fault: 'partition', shape: 'isolate', node: 'n1', atMs: 0, forMs: 150 },
      { fault: 'partition', shape: 'groups', groups: [['n1', 'n2']], atMs: 100, forMs: 250 },
    ];
    const running = run(faults, 500);
    await until(() => events.some(({ phase }) => phase === 'end'));
    seen.push(await links.probe('n1', 'n3', 50), await links.probe('n1', 'n2', 1000));
    await running;
    seen.push(await links.probe('n1', 'n3', 1000));
    expect(seen).toEqual([false, true, true]);
    expect(events.filter(({ carriedOut }) => carriedOut.verified === false)).toEqual([]);
  });

  it('delay and loss meet the named links, or all with those of clients; a delay is measured', async () => {
    const faults: Fault[] = [
      { fault: 'delay', minMs: 40, maxMs: 60, links: ['n1->*'], atMs: 0, forMs: 300 },
      { fault: 'loss', rate: 0.1, atMs: 400 },
    ];
    const running = run(faults, 500, { clients: ['client-1'] });
    await until(() => events.length === 1);
    const start = performance.now();
    expect(await links.probe('n1', 'n4', 2000)).toBe(true);
    expect(performance.now() - start).toBeGreaterThan(38);
    await running;
    expect(events.map(({ phase, fault, carriedOut: { probed } }) => [phase, fault, probed]).slice(0, 2)).toEqual([
      ['start', 'delay', 4],
      ['end', 'delay', 4],
    ]);
    expect(events.at(-1)).toMatchObject({ phase: 'end', fault: 'loss', carriedOut: { verified: true, probed: 30 } });
  });

  it('half-open connections, bandwidth and late ends are carried out; what a probe cannot show is counted', async () => {
    const faults: Fault[] = [
      { fault: 'half-open', links: ['n1->n2'], atMs: 0, forMs: 200 },
      { fault: 'bandwidth', bytesPerSecond: 20, links: ['n3->n4'], atMs: 0, forMs: 600 },
      { fault: 'slow-close', closeMs: 100, atMs: 800, forMs: 100 },
    ];
    const running = run(faults, 1000);
    await until(() => events.filter(({ phase }) => phase === 'start').length >= 2);
    await Promise.all(Array.from({ length: 3 }, () => links.probe('n3', 'n4', 1000)));
    await running;
    const found = events.map(({ phase, fault, carriedOut: { verified, probed, met } }) => [phase, fault, verified, probed, (met ?? 0) > 0]);
    expect(found.sort()).toEqual([
      ['end', 'bandwidth', true, 1, true],
      ['end', 'half-open', true, 1, true],
      ['end', 'slow-close', true, 20, false],
      ['start', 'bandwidth', null, 0, false],
      ['start', 'half-open', true, 1, false],
      ['start', 'slow-close', null, 0, false],
    ]);
  });

  it('what was not carried out is told as such', async () => {
    const idle: Links = { ...bound(links), set: async () => {} };
    const result = await run([{ fault: 'partition', shape: 'isolate', node: 'n1', atMs: 0 }], 150, { links: idle });
    expect(result.refuted).toBe(1);
    expect(events[0]?.carriedOut).toMatchObject({ verified: false, probed: 8 });
    expect(events[0]?.carriedOut.wrong).toHaveLength(8);
  });

  it('a fault for the leader waits for the end of an election and lasts as long as it was to; others go on meanwhile', async () => {
    const began = performance.now();
    const leader = (): string | null => (performance.now() - began > 400 ? 'n3' : null);
    const faults: Fault[] = [
      { fault: 'partition', shape: 'isolate', node: 'leader', atMs: 0, forMs: 300 },
      { fault: 'partition', shape: 'isolate', node: 'n1', atMs: 50, forMs: 150 },
    ];
    const result = await run(faults, 1500, { leader });
    expect(result.resolved).toMatchObject([{ node: 'n1' }, { node: 'n3', atMs: 0 }]);
    expect(events.map(({ phase, detail }) => [phase, (detail as { readonly node: string }).node])).toEqual([
      ['start', 'n1'],
      ['end', 'n1'],
      ['start', 'n3'],
      ['end', 'n3'],
    ]);
    const [, , start, end] = events.map(({ carriedOut }) => carriedOut.beganMs) as [number, number, number, number];
    expect(start).toBeGreaterThanOrEqual(400);
    expect(end - start).toBeGreaterThanOrEqual(250);
    expect(end).toBeLessThan(1400);
  });

  it('a fault without a target now is passed over with a note', async () => {
    const result = await run([{ fault: 'pause', node: 'leader', atMs: 0 }], 30, { leader: () => null });
    expect([result.resolved, notes]).toEqual([[], ['fault 1 skipped: nobody is its target now']]);
  });
});

describe('nodes', () => {
  it('are killed and started again, paused, restarted, and lose their disks', async () => {
    await startAll(['n1', 'n2', 'n3', 'n4']);
    const faults: Fault[] = [
      { fault: 'kill', node: 'n1', atMs: 0, forMs: 3000 },
      { fault: 'pause', node: 'leader', atMs: 0, forMs: 3000 },
      { fault: 'restart', node: 'n3', atMs: 0 },
      { fault: 'disk-loss', node: 'n4', atMs: 0, forMs: 3000 },
      { fault: 'action', node: 'n3', name: 'promote', atMs: 0 },
    ];
    const running = run(faults, 3500);
    await until(() => events.length === 5);
    expect([processes.of('n1'), processEntry(pidOf('n2'))?.state, wiped]).toEqual([[], 'T', ['n4']]);
    await running;
    await until(() => starts('n1') === 2 && starts('n3') === 2 && existsSync(join(home('n4'), 'starts')), 15_000);
    expect([starts('n2'), starts('n4'), readFileSync(join(directory, 'promoted'), 'utf8')]).toEqual([1, 1, 'n3']);
    expect(told().sort()).toEqual([
      ['end', 'action', true],
      ['end', 'disk-loss', true],
      ['end', 'kill', true],
      ['end', 'pause', true],
      ['end', 'restart', true],
      ['start', 'action', true],
      ['start', 'disk-loss', true],
      ['start', 'kill', true],
      ['start', 'pause', true],
      ['start', 'restart', true],
    ]);
  });

  it('a node that is started while it is to stand still stands still', async () => {
    await startAll(['n1']);
    const faults: Fault[] = [
      { fault: 'pause', node: 'n1', atMs: 0, forMs: 2000 },
      { fault: 'kill', node: 'n1', atMs: 50, forMs: 150 },
    ];
    const running = run(faults, 2100);
    await until(() => events.some(({ phase, fault }) => phase === 'end' && fault === 'kill'));
    // The signal is sent; that the kernel has stopped it takes a moment.
    await until(() => processEntry(pidOf('n1'))?.state === 'T', 1000);
    await running;
    await until(() => starts('n1') === 2, 15_000);
  });

  it('everything is healed at once when the run is given up', async () => {
    await startAll(['n1', 'n2']);
    const giveUp = new AbortController();
    const faults: Fault[] = [
      { fault: 'kill', node: 'n1', atMs: 0 },
      { fault: 'pause', node: 'n2', atMs: 0 },
      { fault: 'partition', shape: 'isolate', node: 'n3', atMs: 0 },
      { fault: 'kill', node: 'n2', atMs: 60_000 },
    ];
    const running = run(faults, 120_000, { signal: giveUp.signal });
    await until(() => events.length === 3);
    giveUp.abort();
    await running;
    expect([processes.of('n1').length, processEntry(pidOf('n2'))?.state !== 'T', await links.probe('n3', 'n1', 2000)]).toEqual([
      1,
      true,
      true,
    ]);
    expect(events.filter(({ phase }) => phase === 'end')).toHaveLength(3);
  });

  it('one that does not start again is an error, after all else is healed', async () => {
    await startAll(['n1']);
    const broken: SystemHooks = { ...system, startNode: () => Promise.reject(new Error('no such binary')) };
    const faults: Fault[] = [
      { fault: 'kill', node: 'n1', atMs: 0, forMs: 50 },
      { fault: 'partition', shape: 'isolate', node: 'n3', atMs: 0 },
    ];
    await expect(run(faults, 100, { system: broken })).rejects.toMatchObject({
      code: 'LC_ENVIRONMENT',
      message: expect.stringContaining('no such binary'),
    });
    expect(await links.probe('n3', 'n1', 2000)).toBe(true);
    expect(events.find(({ phase, fault }) => phase === 'end' && fault === 'kill')?.carriedOut).toMatchObject({
      verified: false,
      why: 'no such binary',
    });
  });
});

describe('disks', () => {
  const can = supportedFaults(system);

  it.skipIf(!can.includes('disk-full'))('a full one refuses what would lengthen a file, until it is free again', async () => {
    await startAll(['n1']);
    await until(() => said('n1').length > 2);
    const running = run([{ fault: 'disk-full', node: 'n1', atMs: 0, forMs: 300 }], 400);
    await until(() => events.length === 1);
    expect([events[0]?.carriedOut.verified, fileSizeLimit(pidOf('n1'))]).toEqual([true, '1']);
    const before = readFileSync(join(home('n1'), 'data')).length;
    await running;
    expect([events[1]?.carriedOut.verified, fileSizeLimit(pidOf('n1'))]).toEqual([true, 'unlimited']);
    await until(() => readFileSync(join(home('n1'), 'data')).length > before);
  });

  it.skipIf(!can.includes('slow-disk'))('a slow one holds each fsync back', async () => {
    await startAll(['n1']);
    await until(() => said('n1').length > 2);
    const running = run([{ fault: 'slow-disk', node: 'n1', syncMs: 150, atMs: 0, forMs: 1000 }], 1100);
    await until(() => events.length === 1);
    expect([events[0]?.carriedOut.verified, tracerOf(pidOf('n1')) > 0]).toEqual([true, true]);
    await until(() => Number(said('n1').at(-1)) >= 150);
    await running;
    expect([events[1]?.carriedOut.verified, tracerOf(pidOf('n1'))]).toEqual([true, 0]);
    await until(() => Number(said('n1').at(-1)) < 150);
  });
});

describe('what cannot be carried out', () => {
  const version: Fault = { fault: 'version', node: 'n1', version: 2, atMs: 0 };

  it('is refused before anything is done', async () => {
    await expect(run([{ fault: 'kill', node: 'n1', atMs: 0 }, version], 100)).rejects.toMatchObject({
      code: 'LC_FAULT_UNSUPPORTED',
      message: '`faults[1]` (version) cannot be carried out: the system has one version',
    });
    expect(events).toEqual([]);
    await expect(run([{ fault: 'action', node: 'n1', name: 'demote', atMs: 0 }], 100)).rejects.toThrow(
      'there is no action "demote" (there are: promote)',
    );
  });

  it('is left out with a note where it is optional', async () => {
    const result = await run([{ ...version, optional: true }], 20);
    expect([result.resolved, notes]).toEqual([[], ['fault 1 (version) left out: the system has one version']]);
  });

  it('is said of every kind that a bare system and machine lack', () => {
    const faults = faultKinds.map((fault) => ({ fault, node: 'n1', atMs: 0 }) as unknown as Fault);
    const lacks = unsupported(faults, supportedFaults({ startNode: system.startNode, wipe: system.wipe }));
    const sure = ['duplicate', 'reorder', 'torn-write', 'power-loss', 'clock-jump', 'clock-drift', 'version', 'adversary', 'action'];
    expect(lacks.map(({ fault }) => fault.fault).filter((kind) => !kind.endsWith('disk') && kind !== 'disk-full')).toEqual(sure);
    expect(lacks.every(({ why }) => why.length > 10)).toBe(true);
  });
});

/** The methods of a class are not its own properties. */
function bound(of: Links): Links {
  return {
    open: (link) => of.open(link),
    set: (from, to, condition) => of.set(from, to, condition),
    heal: () => of.heal(),
    probe: (from, to, timeoutMs) => of.probe(from, to, timeoutMs),
    close: () => of.close(),
  };
}

it('events are plain data', async () => {
  await run([{ fault: 'delay', minMs: 1, maxMs: 2, atMs: 0, forMs: 20 }], 50);
  const plain: Value = JSON.parse(JSON.stringify(events.map(({ detail }) => detail))) as Value;
  expect(plain).toEqual(events.map(({ detail }) => detail));
});
