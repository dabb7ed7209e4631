/** `lightcone check SYSTEM`: one run of one scenario on a real system, with its verdict. */
import { existsSync } from 'node:fs';
import {
  checksFor,
  dropData,
  exitCodeOf,
  judgeRun,
  parseBudget,
  readScenarioFile,
  renderJunit,
  runOnSystem,
  type Stage,
  type SystemReport,
  systemReportHtml,
  systemReportJson,
  systemReportText,
} from '../runner/index.ts';
import type { Scenario } from '../scenario/index.ts';
import type { System } from '../systems/index.ts';
import { workloadNamed } from '../workloads/index.ts';
import { type Arguments, suggestion, usageError } from './arguments.ts';
import { attachmentOf, calmScenario, shownEndpoints } from './attach.ts';
import { parseTime, timeLeft } from './duration.ts';
import { refuseUnwritable, writeOutput } from './output-file.ts';
import { nemesisOf } from './own-network.ts';
import { protocolNames } from './protocols/index.ts';
import { annotate, summarise, verbatim } from './report.ts';
import { rerunCommand } from './rerun.ts';
import type { Io } from './verb.ts';

const DEFAULT_TIME_MS = 20_000;
const DEFAULT_NODES = 3;
/** What the checkers may spend after Ctrl-C. */
const HASTE = { timeMs: 3000, bytes: 512 * 1024 * 1024, steps: Number.POSITIVE_INFINITY };
const LOOK_MS = 100;

export function listScenarios(system: System, io: Io): number {
  const options = { nodes: DEFAULT_NODES, durationMs: DEFAULT_TIME_MS, seed: 1 };
  const rows = Object.entries(system.scenarios).map(([name, make]) => [name, make(options).about ?? ''] as const);
  const width = Math.max(0, ...rows.map(([name]) => name.length)) + 2;
  io.out(`${system.name}: ${system.about}`);
  for (const [name, about] of rows) io.out(`  ${name.padEnd(width)}${about}`.trimEnd());
  return 0;
}

/** Throws LC_USAGE for a scenario that is not there, LC_SCENARIO for a file that is none. */
export async function scenarioOf(system: System, args: Arguments, seed: number): Promise<Scenario> {
  const name = args.text('scenario') ?? 'default';
  const time = args.text('time');
  const durationMs = time === undefined ? undefined : parseTime('time', time);
  const make = Object.hasOwn(system.scenarios, name) ? system.scenarios[name] : undefined;
  let scenario: Scenario;
  if (make !== undefined) {
    const [least, most] = system.capabilities.nodes;
    const attachment = attachmentOf(args);
    const nodes = attachment?.endpoints.length ?? args.integer('nodes') ?? Math.min(most, Math.max(least, DEFAULT_NODES));
    scenario = make({ nodes, durationMs: durationMs ?? DEFAULT_TIME_MS, seed });
    if (attachment !== undefined && !args.has('scenario')) scenario = calmScenario(scenario, attachment.allow);
  } else {
    if (!existsSync(name) && !/[\\/]|\.(ya?ml|json)$/.test(name)) {
      const names = Object.keys(system.scenarios);
      throw usageError(`${system.name} has no scenario ${JSON.stringify(name)}; ${suggestion(name, names)}`, { scenario: name });
    }
    scenario = forSystem(await readScenarioFile(name), system, name);
    if (args.has('nodes') && args.integer('nodes') !== scenario.nodes.length)
      throw usageError(`${name} names its ${scenario.nodes.length} nodes: leave --nodes out`);
    scenario = { ...scenario, seed, ...(durationMs === undefined ? {} : { durationMs }) };
  }
  const {
    clients = scenario.workload.clients,
    rate,
    kind,
  } = { clients: args.integer('clients'), rate: args.integer('rate'), kind: args.text('workload') };
  const workload = {
    ...scenario.workload,
    clients,
    ...(rate === undefined ? {} : { ratePerSecond: rate }),
    ...(kind === undefined ? {} : { kind }),
  };
  // What the scenario checks is about its own workload.
  return kind === undefined || kind === scenario.workload.kind ? { ...scenario, workload } : { ...scenario, workload, checks: [] };
}

/** A scenario written for a simulated protocol runs on any system; one for another system does not. */
function forSystem(scenario: Scenario, system: System, source: string): Scenario {
  if (scenario.target === system.name) return scenario;
  if (!protocolNames.includes(scenario.target))
    throw usageError(`${source} is a scenario for ${scenario.target}, not for ${system.name}`, { target: scenario.target });
  // Settings are the protocol's own (election time-outs of the simulator): the system has its own.
  const { settings: _settings, ...rest } = scenario;
  return { ...rest, target: system.name };
}

/** The user's Ctrl-C as a signal that can be waited for. */
export function abortSignal(io: Io): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const timer = setInterval(() => {
    if (io.signal.aborted) controller.abort();
  }, LOOK_MS);
  return { signal: controller.signal, end: () => clearInterval(timer) };
}

export function stageInWords({ stage, leftMs, operations }: Stage): string {
  const done = `${operations.toLocaleString('en-US')} operations`;
  switch (stage) {
    case 'start':
      return 'starting the system';
    case 'work':
      return `clients and faults: ${timeLeft(leftMs)} left, ${done}`;
    case 'heal':
      return `healing, and waiting until every node serves: ${done}`;
    case 'read':
      return `final questions: ${done}`;
    case 'stop':
      return 'stopping what was started';
    case 'check':
      return `checking ${done}`;
  }
}

export function rerunOf(name: string, args: Arguments, seed: number): string {
  const given = (option: string): string | undefined => args.text(option);
  const attachment = attachmentOf(args);
  return rerunCommand(['check', name], {
    ...{ scenario: given('scenario'), time: given('time'), nodes: given('nodes'), clients: given('clients') },
    ...{ links: given('links'), rate: given('rate'), workload: given('workload'), budget: given('budget'), seed },
    ...(attachment === undefined ? {} : { attach: shownEndpoints(attachment.endpoints), allow: given('allow'), pids: given('pids') }),
  });
}

/** Runs and judges; the servers' data go unless something was found or `--keep` is given. */
export async function runAndJudge(
  name: string,
  system: System,
  scenario: Scenario,
  args: Arguments,
  io: Io,
  tell: (stage: Stage) => void,
): Promise<SystemReport> {
  checksFor(scenario, workloadNamed(scenario.workload.kind), system);
  const budget = args.text('budget');
  const limits = budget === undefined ? undefined : parseBudget(budget);
  const { signal, end } = abortSignal(io);
  const attach = attachmentOf(args);
  try {
    const run = await runOnSystem(system, scenario, {
      root: process.cwd(),
      signal,
      progress: tell,
      ...nemesisOf(args),
      ...(attach === undefined ? {} : { attach }),
    });
    tell({ stage: 'check', leftMs: 0, operations: run.trace.history.count });
    const chosen = signal.aborted ? HASTE : limits;
    const report = judgeRun(run, scenario, system, {
      rerun: rerunOf(name, args, scenario.seed),
      nowMs: () => io.nowMs(),
      ...(chosen === undefined ? {} : { limits: chosen }),
    });
    const { directory } = run.facts;
    directory.file('report.json', systemReportJson(report));
    if (report.verdict === 'pass' && !args.has('keep'))
      dropData(
        directory,
        scenario.nodes.map((node) => node.name),
      );
    return report;
  } finally {
    end();
  }
}

export async function checkOnce(name: string, system: System, args: Arguments, io: Io): Promise<number> {
  const files = { junit: args.text('junit'), html: args.text('html') };
  for (const path of Object.values(files)) refuseUnwritable(path);
  const fromFile = args.integer('seed');
  const scenario = await scenarioOf(system, args, fromFile ?? (await seedOf(args)));
  const report = await runAndJudge(name, system, scenario, args, io, (stage) => io.progress(stageInWords(stage)));
  const text = systemReportText(report);
  io.out(args.has('json') ? systemReportJson(report).trimEnd() : text);
  summarise(io, verbatim(text));
  for (const { check, result } of report.checks)
    if (result.verdict === 'violation') annotate(io, `${system.name}: ${check}`, result.anomalies[0]?.message ?? check);
  // Last: whatever becomes of the files, the verdict was said.
  if (files.junit !== undefined) writeOutput(files.junit, renderJunit(report));
  if (files.html !== undefined) writeOutput(files.html, systemReportHtml(report));
  return exitCodeOf(report.verdict, report.interrupted);
}

/** A file's own seed, where none is given. */
async function seedOf(args: Arguments): Promise<number> {
  const name = args.text('scenario');
  return name !== undefined && existsSync(name) ? (await readScenarioFile(name)).seed : 1;
}
