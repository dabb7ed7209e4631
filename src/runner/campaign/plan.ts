/** What a campaign is: which runs there are, and what each of them does. It never changes, save that runs may be added. */
import { randomBytes } from 'node:crypto';
import { LightconeError, Random, type Value } from '../../core/index.ts';
import { drawSchedule } from '../../nemesis/index.ts';
import type { FaultKind, Scenario } from '../../scenario/index.ts';

export interface CampaignPlan {
  readonly campaign: 1;
  /** Tells campaigns apart that share a work queue. */
  readonly id: string;
  /** As given: `etcd`, `./my-system.ts`. */
  readonly system: string;
  readonly runs: number;
  /** Run i (from 0) has seed + i. */
  readonly seed: number;
  /** Those of the command line that make the runs. */
  readonly options: { readonly [name: string]: string };
  /** What every run starts from. */
  readonly base: Scenario;
  /** Kinds of faults that each run draws its schedule from; null: every run keeps the faults of `base`. */
  readonly draws: readonly FaultKind[] | null;
}

/** Lost disks, torn writes and jumping clocks are promises of their own: a scenario asks for them by name. */
export const survivable: readonly FaultKind[] = ['partition', 'kill', 'pause', 'restart', 'delay', 'loss'];
/** After so much of the run no fault begins or lasts: what it did must still show. */
const CALM_END = 0.85;
/** How long systems take to notice a failure, in most settings; short runs take what they have. */
const TIMEOUT_MS = 1000;
const DRAWS = 20;
const DEFAULT_DURATION_MS = 20_000;

/** `2026-11-26T10:24:42Z` and `./my-system.ts` become `20261126-102442-my-system-ts-3f9a`. */
export function campaignId(system: string, date: Date): string {
  const stamp = date.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const name = system.replace(/[^\w-]+/g, '-').replace(/^-+/, '');
  return `${stamp}-${name}-${randomBytes(2).toString('hex')}`;
}

/** The scenario of a run, from 0. The same plan gives the same one. */
export function scenarioOfRun({ base, seed: first, draws }: CampaignPlan, run: number): Scenario {
  const seed = first + run;
  if (draws === null) return { ...base, seed };
  const nodes = base.nodes.map((node) => node.name);
  const durationMs = Math.floor((base.durationMs ?? DEFAULT_DURATION_MS) * CALM_END);
  const options = { nodes, durationMs, kinds: draws, timeoutMs: Math.max(2, Math.min(TIMEOUT_MS, durationMs >> 2)) };
  // A draw may come to nothing (a partition of one node): a run without faults would pass untested.
  let faults = drawSchedule(new Random(seed, 'campaign', 'faults'), options);
  for (let again = 1; faults.length === 0 && draws.length > 0 && again < DRAWS; again++)
    faults = drawSchedule(new Random(seed, 'campaign', `faults-${again}`), options);
  const name = `${base.name}-${seed}`;
  // Chance draws a short loss that nobody notices, too: with others that bit, the run was a test.
  return { ...base, name, about: `Faults drawn from seed ${seed}.`, seed, faults: faults.map((fault) => ({ ...fault, optional: true })) };
}

/** Throws LC_USAGE where the campaign that is there is another one; `wanted` holds what was asked for, and nothing else. */
export function refuseOther(
  plan: CampaignPlan,
  wanted: { readonly system: string; readonly seed?: number; readonly runs?: number; readonly options: CampaignPlan['options'] },
  folder: string,
): void {
  const refuse = (was: string, asked: string): never => {
    const sentence = `the campaign in ${folder} was begun with ${was}, not ${asked}: choose another folder, or leave the option out to go on`;
    throw new LightconeError('LC_USAGE', sentence, { folder, was, asked });
  };
  const said = (name: string, value: string | undefined): string => (value === undefined ? `no --${name}` : `--${name} ${value}`);
  if (plan.system !== wanted.system) refuse(plan.system, wanted.system);
  if (wanted.seed !== undefined && wanted.seed !== plan.seed) refuse(`--seed ${plan.seed}`, `--seed ${wanted.seed}`);
  if (wanted.runs !== undefined && wanted.runs < plan.runs) refuse(`--runs ${plan.runs}`, `--runs ${wanted.runs}`);
  for (const [name, value] of Object.entries(wanted.options))
    if (plan.options[name] !== value) refuse(said(name, plan.options[name]), said(name, value));
}

/** The stored line as a plan; null where it is none. */
export function asPlan(value: unknown): CampaignPlan | null {
  const plan = value as { readonly [field: string]: Value } | null;
  if (plan === null || typeof plan !== 'object' || plan.campaign !== 1) return null;
  const { id, system, runs, seed, base, options } = plan;
  const whole = typeof id === 'string' && typeof system === 'string' && Number.isInteger(runs) && Number.isInteger(seed);
  return whole && typeof base === 'object' && typeof options === 'object' ? (value as CampaignPlan) : null;
}
