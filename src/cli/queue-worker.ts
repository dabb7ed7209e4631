/** `lightcone worker`: does the runs of campaigns that other machines publish with `lightcone check SYSTEM --runs N --queue URL`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { exitCodes, LightconeError } from '../core/index.ts';
import {
  moduleHash,
  ownVersions,
  queueAddress,
  type RunOrder,
  sameModule,
  scenarioYaml,
  systemToken,
  type WorkerSystem,
  workAtQueue,
} from '../runner/index.ts';
import { doctor, systems } from '../systems/index.ts';
import { type Arguments, usageError } from './arguments.ts';
import { parseTime } from './duration.ts';
import { counted } from './report.ts';
import { type EndedRun, runProcess } from './run-process.ts';
import { isModule, systemOf } from './system-module.ts';
import type { Io, Verb } from './verb.ts';

export const workerVerb: Verb = {
  name: 'worker',
  summary: 'Do the runs of campaigns on other machines, from a work queue.',
  positionals: [],
  options: [
    {
      name: 'queue',
      kind: 'text',
      value: 'URL',
      summary: 'where the runs are: nats://host:4222, with user:password@ or NATS_USER, NATS_PASSWORD, NATS_CREDS',
    },
    { name: 'parallel', kind: 'integer', value: 'K', min: 1, max: 64, summary: 'runs at the same time [1]' },
    {
      name: 'allow-module',
      kind: 'text',
      value: 'FILE',
      repeats: true,
      summary: 'a system of your own that this worker may run, under the path that campaigns use',
    },
    { name: 'idle', kind: 'text', value: 'TIME', summary: 'end after so long without a run [never]' },
  ],
  examples: [
    ['worker --queue nats://10.0.0.5:4222', 'all systems whose servers are installed here'],
    ['worker --queue nats://10.0.0.5:4222 --allow-module ./my-system.ts --parallel 4', 'and a system of your own'],
  ],
  run: async (args, io) => await work(args, io),
};

const TICK_MS = 1000;

/** What is installed here, and the modules that were named; nothing else is ever run. Throws LC_USAGE or LC_FILE. */
async function systemsHere(args: Arguments): Promise<ReadonlyMap<WorkerSystem, string>> {
  const here = new Map<WorkerSystem, string>();
  for (const { system: name, missing } of doctor(Object.values(systems)))
    if (missing.length === 0) here.set({ name, token: systemToken(name, false), module: null }, name);
  for (const path of args.texts('allow-module')) {
    if (!isModule(path))
      throw usageError(`--allow-module takes the file of a system such as ./my-system.ts, not ${JSON.stringify(path)}`, { path });
    await systemOf(path);
    here.set({ name: sameModule(path), token: systemToken(path, true), module: moduleHash(resolve(path)) }, path);
  }
  if (here.size === 0)
    throw new LightconeError(
      'LC_ENVIRONMENT',
      'no system can be run here: no servers are installed (`lightcone doctor`), and no --allow-module was given',
    );
  return here;
}

async function work(args: Arguments, io: Io): Promise<number> {
  const url = args.text('queue');
  if (url === undefined) throw usageError('worker needs a queue: --queue nats://host:4222');
  const address = queueAddress(url, io.environment);
  const here = await systemsHere(args);
  const idle = args.text('idle');
  const stopped = (): boolean => io.signal.aborted;
  const slots = args.integer('parallel') ?? 1;
  io.out(`Works for ${address.shown}: ${[...here.keys()].map(({ name }) => name).join(', ')}; ${counted(slots, 'run')} at a time`);
  const ticking = setInterval(() => {
    if (stopped()) io.progress('stopping what is under way');
  }, TICK_MS);
  try {
    const done = await workAtQueue({
      ...{ address, systems: [...here.keys()], slots, version: ownVersions().lightcone as string, worker: `${hostname()}-${process.pid}` },
      ...{ stopped, nowMs: () => io.nowMs(), log: (text: string) => io.out(text) },
      ...(idle === undefined ? {} : { idleMs: parseTime('idle', idle) }),
      run: (order, system) => runOrder(order, here.get(system) as string, stopped),
    });
    io.out(`${counted(done, 'run')} done`);
    return stopped() ? exitCodes.interrupted : exitCodes.pass;
  } finally {
    clearInterval(ticking);
  }
}

async function runOrder(order: RunOrder, system: string, stopped: () => boolean): Promise<EndedRun> {
  const file = join(resolve('.lightcone', 'queue'), `${order.campaign}-${order.name}-${process.pid}.yaml`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, scenarioYaml(order.scenario));
  try {
    const ended = await runProcess({ system, budget: order.budget, links: null, stopped }, file, order.scenario);
    if ((ended.outcome.verdict === 'pass' || !order.keeps) && ended.directory !== null)
      rmSync(ended.directory, { recursive: true, force: true });
    return ended;
  } finally {
    rmSync(file, { force: true });
  }
}
