/** The options of a campaign, and which campaign is meant: a new one, or one that goes on. */
import { join } from 'node:path';
import { CampaignState, campaignId, checkFits, checksFor, refuseOther, sameModule, survivable } from '../runner/index.ts';
import type { Scenario } from '../scenario/index.ts';
import type { System } from '../systems/index.ts';
import { workloadNamed } from '../workloads/index.ts';
import { Arguments, usageError } from './arguments.ts';
import { scenarioOf } from './check-system.ts';
import { parseTime } from './duration.ts';
import { nemesisOf } from './own-network.ts';
import { isModule } from './system-module.ts';
import type { Option } from './verb.ts';

export const campaignOptions: readonly Option[] = [
  {
    name: 'runs',
    kind: 'integer',
    value: 'N',
    min: 1,
    max: 1_000_000,
    summary: 'a campaign: so many seeds, each with its drawn fault schedule, or with --scenario its own',
  },
  { name: 'parallel', kind: 'integer', value: 'K', min: 1, max: 64, summary: 'runs of a campaign at the same time [1]' },
  {
    name: 'campaign',
    kind: 'text',
    value: 'DIR',
    summary: 'folder of the campaign; one that was stopped goes on [.lightcone/campaigns/...]',
  },
  { name: 'shrink', kind: 'text', value: 'M/N', summary: 'a smaller fault schedule must fail in M of N runs; no: leave it as it is [2/3]' },
  { name: 'shrink-time', kind: 'text', value: 'TIME', summary: 'for making failing schedules small, all in all [10m]' },
  {
    name: 'queue',
    kind: 'text',
    value: 'URL',
    excludes: ['parallel', 'links'],
    summary: 'let workers do the runs: nats://host:4222 (see `lightcone worker`)',
  },
];

/** Of one run: they are the campaign's own when it goes on. */
const ofRun = ['scenario', 'time', 'nodes', 'clients', 'rate', 'workload', 'budget', 'links'] as const;
/** Only campaigns have them. */
const ofCampaign = ['parallel', 'shrink', 'shrink-time', 'queue'] as const;
const DEFAULT_SHRINK = { wanted: 2, tries: 3 };
const DEFAULT_SHRINK_MS = 10 * 60_000;
const MOST_TRIES = 100;

/** Throws LC_USAGE for options of campaigns without one. */
export function isCampaign(args: Arguments): boolean {
  if (args.has('runs') || args.has('campaign')) return true;
  for (const option of ofCampaign) if (args.has(option)) throw usageError(`--${option} is for campaigns: say --runs N too`);
  return false;
}

export interface ShrinkChoice {
  readonly wanted: number;
  readonly tries: number;
  readonly withinMs: number;
}

/** Null: failing schedules are left as they are. */
export function shrinkChoice(args: Arguments): ShrinkChoice | null {
  const given = args.text('shrink');
  const time = args.text('shrink-time');
  const withinMs = time === undefined ? DEFAULT_SHRINK_MS : parseTime('shrink-time', time);
  if (given === 'no') return null;
  if (given === undefined) return { ...DEFAULT_SHRINK, withinMs };
  const [, m, n] = /^(\d{1,3})\/(\d{1,3})$/.exec(given) ?? [];
  const [wanted, tries] = [Number(m), Number(n)];
  if (!(wanted >= 1 && wanted <= tries && tries <= MOST_TRIES))
    throw usageError(`--shrink takes M/N such as 2/3 (M of N runs must fail), or no, not ${JSON.stringify(given)}`, { given });
  return { wanted, tries, withinMs };
}

function given(args: Arguments): { readonly [name: string]: string } {
  return Object.fromEntries(ofRun.flatMap((name) => (args.has(name) ? [[name, args.text(name) as string]] : [])));
}

/** Begins the campaign, or takes up the one that is there. Throws LC_USAGE where that is another one. */
export async function campaignState(name: string, system: System, args: Arguments, date: Date): Promise<CampaignState> {
  const named = isModule(name) ? sameModule(name) : name;
  const folder = args.text('campaign');
  const options = given(args);
  if (folder !== undefined && CampaignState.isIn(folder)) {
    const state = CampaignState.open(folder);
    const { seed, runs } = { seed: args.integer('seed'), runs: args.integer('runs') };
    refuseOther(
      state.plan,
      { system: named, options, ...(seed === undefined ? {} : { seed }), ...(runs === undefined ? {} : { runs }) },
      folder,
    );
    if (options.scenario !== undefined) await refuseChangedScenario(state, system, folder);
    if (runs !== undefined) state.extendTo(runs);
    return state;
  }
  const runs = args.integer('runs');
  if (runs === undefined) throw usageError(`there is no campaign in ${folder}: --runs N begins one`, { folder });
  const seed = args.integer('seed') ?? 1;
  const id = campaignId(named, date);
  const base = await scenarioOf(system, args, seed);
  // Before anything is written down: no run of it could do better.
  checkFits(system, base);
  checksFor(base, workloadNamed(base.workload.kind), system);
  // A scenario that is named keeps its faults: only seeds differ. Otherwise each run draws its own.
  const { lacks = [] } = nemesisOf(args).nemesis ?? {};
  const can = system.capabilities.faults.filter((kind) => !lacks.includes(kind));
  const draws = options.scenario === undefined ? survivable.filter((kind) => can.includes(kind)) : null;
  const plan = { campaign: 1 as const, id, system: named, runs, seed, options, base, draws };
  return CampaignState.begin(folder ?? join('.lightcone', 'campaigns', id), plan);
}

/** A scenario file that was changed in between would make two campaigns of one. */
async function refuseChangedScenario({ plan }: CampaignState, system: System, folder: string): Promise<void> {
  const args = new Arguments([], new Map(Object.entries(plan.options).map(([option, value]) => [option, [value]])));
  const now: Scenario = await scenarioOf(system, args, plan.seed);
  if (JSON.stringify(now) !== JSON.stringify(plan.base))
    throw usageError(`the scenario ${plan.options.scenario} was changed since the campaign in ${folder} began: choose another folder`, {
      folder,
    });
}
