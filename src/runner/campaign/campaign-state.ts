/**
 * What a campaign has done, line by line in `.lightcone/campaigns/ID/state.jsonl`: whoever is killed loses only the runs
 * under way, which are then run again.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LightconeError } from '../../core/index.ts';

export interface CampaignPlan {
  readonly campaign: 1;
  readonly id: string;
  readonly system: string;
  readonly runs: number;
  readonly seed: number;
  /** The options of the command line that make each run: they are taken over when it goes on. */
  readonly options: { readonly [name: string]: string };
}

export interface CampaignRun {
  /** From 0. */
  readonly run: number;
  readonly seed: number;
  /** `environment`: the system did not come up, and nothing was tested. */
  readonly verdict: 'pass' | 'violation' | 'unknown' | 'skip' | 'environment';
  readonly directory: string | null;
  readonly said: string;
  /** The scenario file, of runs that found something. */
  readonly scenario?: string;
}

const campaignsIn = (root: string): string => join(resolve(root), '.lightcone', 'campaigns');

export class CampaignState {
  readonly plan: CampaignPlan;
  readonly folder: string;
  readonly #done = new Map<number, CampaignRun>();

  private constructor(folder: string, plan: CampaignPlan, done: readonly CampaignRun[]) {
    this.folder = folder;
    this.plan = plan;
    for (const run of done) this.#done.set(run.run, run);
  }

  /** Throws LC_FILE_EXISTS. */
  static begin(root: string, plan: CampaignPlan): CampaignState {
    const folder = join(campaignsIn(root), plan.id);
    if (existsSync(folder)) {
      const sentence = `there is a campaign ${plan.id} already: go on with --campaign ${plan.id}`;
      throw new LightconeError('LC_FILE_EXISTS', sentence, { id: plan.id });
    }
    mkdirSync(folder, { recursive: true });
    const state = new CampaignState(folder, plan, []);
    state.#write(plan);
    return state;
  }

  /** Throws LC_USAGE where there is no such campaign, LC_FILE where its state is not readable. */
  static open(root: string, id: string): CampaignState {
    const folder = join(campaignsIn(root), id);
    const path = join(folder, 'state.jsonl');
    if (!existsSync(path))
      throw new LightconeError('LC_USAGE', `there is no campaign ${JSON.stringify(id)} in ${campaignsIn(root)}`, { id });
    const [plan, ...done] = readFileSync(path, 'utf8').split('\n').flatMap(whole);
    if (plan === undefined || (plan as CampaignPlan).campaign !== 1)
      throw new LightconeError('LC_FILE', `${path} is no state of a campaign of this version`, { path });
    return new CampaignState(folder, plan as CampaignPlan, done as CampaignRun[]);
  }

  get done(): readonly CampaignRun[] {
    return [...this.#done.values()].sort((a, b) => a.run - b.run);
  }

  /** Numbers of the runs that are still to be done. */
  get left(): readonly number[] {
    return Array.from({ length: this.plan.runs }, (_, run) => run).filter((run) => !this.#done.has(run));
  }

  add(run: CampaignRun): void {
    this.#done.set(run.run, run);
    this.#write(run);
  }

  /** On a line of its own, whatever a process that died left of its last one. */
  #write(value: object): void {
    const path = join(this.folder, 'state.jsonl');
    const torn = existsSync(path) && !readFileSync(path, 'utf8').endsWith('\n');
    appendFileSync(path, `${torn ? '\n' : ''}${JSON.stringify(value)}\n`);
  }
}

/** Nothing for a line that was being written when the process died. */
function whole(line: string): object[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as object];
  } catch {
    return [];
  }
}
