/** `lightcone check SYSTEM --runs N`: a campaign over seeds and drawn fault schedules; what fails is kept and made small. */
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes, Random } from '../core/index.ts';
import { drawSchedule } from '../nemesis/index.ts';
import {
  type CampaignRun,
  CampaignState,
  type RunOutcome,
  readScenarioFile,
  runCampaign,
  scenarioYaml,
  shrinkSchedule,
} from '../runner/index.ts';
import type { FaultKind, Scenario } from '../scenario/index.ts';
import type { System } from '../systems/index.ts';
import { Arguments, usageError } from './arguments.ts';
import { scenarioOf } from './check-system.ts';
import { timeLeft } from './duration.ts';
import { annotate, counted } from './report.ts';
import { rerunCommand } from './rerun.ts';
import type { Io } from './verb.ts';

/** Options that make a run: they are the campaign's own when it goes on. */
const taken = ['scenario', 'time', 'nodes', 'clients', 'rate', 'workload', 'budget', 'seed'] as const;
/** A smaller schedule must fail in 2 of 3 runs; all in all this many runs are spent on it. */
const SHRINK = { wanted: 2, tries: 3, mostRuns: 24 };
const LOOK_MS = 100;
/** Lost disks, torn writes and jumping clocks are promises of their own: a scenario asks for them by name. */
const survivable: readonly FaultKind[] = ['partition', 'kill', 'pause', 'restart', 'delay', 'loss'];
/** After so much of the run no fault is drawn: what it did must still show. */
const CALM_END = 0.85;

const program = (): string => fileURLToPath(new URL('../../bin/lightcone.js', import.meta.url));

function begin(name: string, args: Arguments): CampaignState {
  const id = args.text('campaign');
  const root = process.cwd();
  if (id !== undefined) {
    const state = CampaignState.open(root, id);
    if (state.plan.system !== name) throw usageError(`the campaign ${id} is about ${state.plan.system}, not ${name}`);
    return state;
  }
  const options = Object.fromEntries(
    taken.flatMap((option) => (args.text(option) === undefined ? [] : [[option, args.text(option) as string]])),
  );
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const base = `${stamp}-${name.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '')}`;
  return CampaignState.begin(root, {
    ...{ campaign: 1, id: base, system: name, runs: args.integer('runs') as number, seed: args.integer('seed') ?? 1, options },
  });
}

/** One run as `lightcone check` itself, in a process of its own. */
function launch(name: string, budget: string | undefined, io: Io): (file: string, scenario: Scenario) => Promise<RunOutcome> {
  return (file, scenario) =>
    new Promise((resolve) => {
      const words = [
        'check',
        name,
        '--scenario',
        file,
        '--seed',
        String(scenario.seed),
        '--json',
        ...(budget === undefined ? [] : ['--budget', budget]),
      ];
      const child = spawn(process.execPath, [program(), ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
      let out = '';
      let err = '';
      child.stdout.on('data', (piece: Buffer) => {
        out += piece;
      });
      child.stderr.on('data', (piece: Buffer) => {
        err = (err + piece).slice(-4000);
      });
      const looking = setInterval(() => {
        if (!io.signal.aborted) return;
        clearInterval(looking);
        child.kill('SIGINT');
      }, LOOK_MS);
      child.on('close', (code) => {
        clearInterval(looking);
        resolve(outcomeOf(code, out, err));
      });
    });
}

interface RunJson {
  readonly verdict: RunOutcome['verdict'];
  readonly checks: readonly {
    readonly check: string;
    readonly verdict: string;
    readonly reason: string | null;
    readonly anomalies: readonly { readonly message: string }[];
  }[];
  readonly run: { readonly directory: string };
}

function outcomeOf(code: number | null, out: string, err: string): RunOutcome {
  try {
    const { verdict, checks, run } = JSON.parse(out) as RunJson;
    const telling = checks.find((check) => check.verdict === verdict);
    return { verdict, directory: run.directory, said: telling?.anomalies[0]?.message ?? telling?.reason ?? verdict };
  } catch {
    const said = err.trim().split('\n').at(-1) ?? '';
    return {
      verdict: code === exitCodes.environment ? 'environment' : 'unknown',
      directory: null,
      said: said === '' ? `ended with ${code}` : said,
    };
  }
}

export async function checkCampaign(name: string, system: System, args: Arguments, io: Io): Promise<number> {
  for (const option of ['junit', 'html'] as const) if (args.has(option)) throw usageError(`--${option} is for one run, not for a campaign`);
  const state = begin(name, args);
  const { plan } = state;
  const own = new Arguments([name], new Map(Object.entries(plan.options).map(([option, value]) => [option, [value]])));
  const base = await scenarioOf(system, own, plan.seed);
  // A scenario that is named keeps its faults: only seeds differ. Otherwise each run draws its own.
  const draws = plan.options.scenario === undefined;
  const scenario = (run: number): Scenario => drawn(base, system, plan.seed + run, draws);
  const start = launch(name, plan.options.budget, io);
  io.progress(`campaign ${plan.id}: ${plan.runs - state.left.length} of ${plan.runs} runs done`);
  await runCampaign({
    ...{ state, parallel: args.integer('parallel') ?? 1, scenarioOf: scenario, launch: start, stopped: () => io.signal.aborted },
    nowMs: () => io.nowMs(),
    progress: ({ done, runs, found, unknown, leftMs }) =>
      io.progress(
        `${done} of ${runs} runs, ${counted(found, 'violation')}, ${unknown} undecided${leftMs === null ? '' : `, ${timeLeft(leftMs)} left`}`,
      ),
  });
  const shrunk = await shrinkFirst(state, start, io);
  return sumUp(state, shrunk, args, io);
}

function drawn(base: Scenario, system: System, seed: number, draws: boolean): Scenario {
  if (!draws) return { ...base, seed };
  const nodes = base.nodes.map((node) => node.name);
  const kinds = survivable.filter((kind) => system.capabilities.faults.includes(kind));
  const durationMs = (base.durationMs ?? 20_000) * CALM_END;
  const faults = drawSchedule(new Random(seed, 'campaign', 'faults'), { nodes, durationMs, kinds });
  return { ...base, name: `${base.name}-${seed}`, about: `Drawn from seed ${seed}.`, seed, faults };
}

/** Of the first run that found something: its schedule made small, saved beside the campaign. */
async function shrinkFirst(state: CampaignState, start: ReturnType<typeof launch>, io: Io): Promise<string | null> {
  const first = state.done.find(({ verdict }) => verdict === 'violation');
  const file = join(state.folder, 'smallest.yaml');
  if (first?.scenario === undefined || io.signal.aborted) return null;
  if (existsSync(file)) return file;
  const failing = await readScenarioFile(first.scenario);
  let attempt = 0;
  const { scenario, runs, minimal } = await shrinkSchedule(failing, {
    ...SHRINK,
    stopped: () => io.signal.aborted,
    progress: (number, faults) =>
      io.progress(`making the schedule small: run ${number} of at most ${SHRINK.mostRuns}, ${counted(faults, 'fault')}`),
    fails: async (candidate) => {
      const path = join(state.folder, `smaller-${++attempt}.yaml`);
      writeFileSync(path, scenarioYaml(candidate));
      return (await start(path, candidate)).verdict === 'violation';
    },
  });
  const how = minimal ? 'no smaller one failed' : 'not everything smaller was tried';
  const about = `Found by campaign ${state.plan.id} (run ${first.run + 1}); fails in ${SHRINK.wanted} of ${SHRINK.tries} runs; ${runs} runs to make it small, ${how}.`;
  writeFileSync(file, scenarioYaml({ ...scenario, about }));
  return file;
}

function sumUp(state: CampaignState, shrunk: string | null, args: Arguments, io: Io): number {
  const { done, plan, folder } = state;
  const of = (verdict: CampaignRun['verdict']): readonly CampaignRun[] => done.filter((run) => run.verdict === verdict);
  const violations = of('violation');
  const rest = state.left.length;
  const again = rerunCommand(['check', plan.system], { campaign: plan.id });
  if (args.has('json')) io.out(JSON.stringify({ ...plan, folder, done, left: rest, smallest: shrunk, rerun: again }, null, 2));
  else {
    io.out(`Campaign ${plan.id}: ${done.length} of ${plan.runs} runs of ${plan.system}, seeds from ${plan.seed}`);
    io.out(
      `  ${of('pass').length} passed, ${violations.length} found a violation, ${of('unknown').length + of('skip').length} undecided, ${of('environment').length} did not come up`,
    );
    for (const { run, seed, said, scenario, verdict } of done)
      if (verdict !== 'pass')
        io.out(`  run ${run + 1} (seed ${seed}) ${verdict}: ${said}${scenario === undefined ? '' : ` [${scenario}]`}`);
    if (shrunk !== null)
      io.out(`Smallest schedule that still fails: ${shrunk}\nAgain: ${rerunCommand(['check', plan.system], { scenario: shrunk })}`);
    io.out(rest > 0 ? `${counted(rest, 'run')} left; go on: ${again}` : `State: ${folder}`);
  }
  for (const { seed, said } of violations) annotate(io, `${plan.system}, seed ${seed}`, said);
  if (violations.length > 0) return exitCodes.violation;
  if (rest > 0) return exitCodes.interrupted;
  if (of('environment').length > 0) return exitCodes.environment;
  return of('pass').length === done.length ? exitCodes.pass : exitCodes.unknown;
}
