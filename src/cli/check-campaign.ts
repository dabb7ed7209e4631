/** `lightcone check SYSTEM --runs N`: a campaign over seeds and fault schedules; what fails is kept and made small. */
import { resolve } from 'node:path';
import {
  Campaign,
  type CampaignReport,
  type CampaignState,
  campaignExit,
  campaignJson,
  campaignMarkdown,
  campaignReport,
  campaignText,
  type Launcher,
  lockCampaign,
  makeRegressions,
  moduleHash,
  ownVersions,
  QueueLauncher,
  queueAddress,
  type Regression,
  runName,
  systemToken,
} from '../runner/index.ts';
import { binariesOf, type System } from '../systems/index.ts';
import { type Arguments, usageError } from './arguments.ts';
import { campaignState, type ShrinkChoice, shrinkChoice } from './campaign-options.ts';
import { timeLeft } from './duration.ts';
import { annotate, counted, summarise } from './report.ts';
import { rerunCommand } from './rerun.ts';
import { localLauncher } from './run-process.ts';
import { isModule } from './system-module.ts';
import type { Io } from './verb.ts';

const TICK_MS = 1000;
/** Start, healing, final questions, checkers: what a run takes beside its own time, until one has shown it. */
const AROUND_MS = 8000;
const DEFAULT_DURATION_MS = 30_000;

interface Crew extends Launcher {
  /** Beside the counts; empty where there is nothing to say. */
  inWords(): string;
  /** Of the queue, without its secrets; undefined for this machine. */
  readonly queue: string | undefined;
  close(done: boolean): Promise<void>;
}

/** Whoever carries the runs out. Throws LC_ENVIRONMENT where the queue cannot be reached. */
async function crewOf(name: string, system: System, state: CampaignState, args: Arguments, io: Io): Promise<Crew> {
  const { plan } = state;
  const { budget = null, links = null } = plan.options;
  const stopped = (): boolean => io.signal.aborted;
  const url = args.text('queue');
  if (url === undefined) {
    const binary = binariesOf(system);
    for (const requirement of system.requires) binary(requirement.binary);
    const local = localLauncher({ system: name, budget, links, stopped }, args.integer('parallel') ?? 1, args.has('keep'));
    return { ...local, queue: undefined, inWords: () => '', close: async () => {} };
  }
  const address = queueAddress(url, io.environment);
  const module = isModule(name) ? moduleHash(resolve(name)) : null;
  const launcher = await QueueLauncher.open({
    ...{ address, systemToken: systemToken(plan.system, module !== null), stopped, nowMs: () => io.nowMs() },
    done: state.done.map(({ run }) => runName(run)),
    orders: { lightcone: ownVersions().lightcone as string, campaign: plan.id, system: plan.system, module, budget },
  });
  const join = rerunCommand(['worker'], { queue: address.shown, ...(module === null ? {} : { 'allow-module': name }) });
  return {
    ...{ slots: launcher.slots, remote: true, queue: address.shown },
    launch: (run) => launcher.launch(run),
    inWords: () => `; ${launcher.workersInWords}${launcher.hasWorkers ? '' : `: ${join}`}`,
    close: (done) => launcher.close(done),
  };
}

export async function checkCampaign(name: string, system: System, args: Arguments, io: Io): Promise<number> {
  for (const option of ['junit', 'html'] as const) if (args.has(option)) throw usageError(`--${option} is for one run, not for a campaign`);
  const shrink = shrinkChoice(args);
  const state = await campaignState(name, system, args, new Date());
  const unlock = lockCampaign(state.folder);
  try {
    const crew = await crewOf(name, system, state, args, io);
    const regressions = await carryOut(state, crew, shrink, io).finally(() => crew.close(state.left.length === 0 && !io.signal.aborted));
    const report = campaignReport(state, regressions, {
      interrupted: io.signal.aborted,
      rerun: rerunCommand(['check', name], { campaign: state.folder, queue: crew.queue }),
      replay: (file) => rerunCommand(['check', name], { scenario: file }),
    });
    return tell(report, args, io);
  } finally {
    unlock();
  }
}

/** The runs, then the schedules of those that failed. */
async function carryOut(state: CampaignState, crew: Crew, shrink: ShrinkChoice | null, io: Io): Promise<readonly Regression[]> {
  const nowMs = (): number => io.nowMs();
  const stopped = (): boolean => io.signal.aborted;
  const expectedMs = (state.plan.base.durationMs ?? DEFAULT_DURATION_MS) + AROUND_MS;
  const campaign = new Campaign({ state, launcher: crew, stopped, nowMs, expectedMs, onRun: () => io.progress(inWords()) });
  let making: (() => string) | null = null;
  const inWords = (): string => {
    if (stopped()) return `stopping what is under way: ${state.done.length} of ${state.plan.runs} runs done`;
    return making === null ? `${progressInWords(campaign, crew.remote)}${crew.inWords()}` : making();
  };
  const ticking = setInterval(() => io.progress(inWords()), TICK_MS);
  try {
    io.progress(inWords());
    await campaign.run();
    if (shrink === null || stopped() || campaign.hopeless) return [];
    return await makeRegressions({
      ...{ state, launcher: { ...crew, slots: Math.min(crew.slots, shrink.tries) }, ...shrink, nowMs, stopped },
      progress: ({ check, runs, faults, deadlineMs }) => {
        making = () =>
          `making the schedule that breaks ${check} small: run ${runs}, ${faults.best} of ${counted(faults.before, 'fault')}, trying ${faults.tried}; at most ${timeLeft(Math.max(0, deadlineMs - nowMs()))} left${crew.inWords()}`;
        io.progress(inWords());
      },
    });
  } finally {
    clearInterval(ticking);
  }
}

function progressInWords(campaign: Campaign, queued: boolean): string {
  const { done, runs, underWay, violations, undecided, leftMs } = campaign.progress;
  const left = leftMs === null || leftMs < TICK_MS ? '' : `, about ${timeLeft(leftMs)} left`;
  return `${done} of ${counted(runs, 'run')} done, ${underWay} ${queued ? 'asked for' : 'under way'}, ${counted(violations, 'violation')}, ${undecided} undecided${left}`;
}

function tell(report: CampaignReport, args: Arguments, io: Io): number {
  io.out(args.has('json') ? campaignJson(report) : campaignText(report));
  summarise(io, campaignMarkdown(report));
  for (const { seed, said, verdict } of report.runs) if (verdict === 'violation') annotate(io, `${report.plan.system}, seed ${seed}`, said);
  return campaignExit(report);
}
