/**
 * What a campaign has done, line by line in `state.jsonl` of its folder: the plan, then every run as it ends, then the
 * tries of making a failing schedule small. Whoever is killed loses only what was under way, and that is done again.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LightconeError } from '../../core/index.ts';
import { asPlan, type CampaignPlan } from './plan.ts';
import type { RunOutcome } from './run-outcome.ts';

export interface CampaignRun extends RunOutcome {
  /** From 0. */
  readonly run: number;
  readonly seed: number;
  /** What stays of it: a folder with its scenario, and where there was one its report and trace. Null for runs that passed. */
  readonly folder: string | null;
}

/** One run of a candidate for a smaller schedule: `key` tells which. */
export interface ShrinkTry {
  readonly key: string;
  /** Null: the run said nothing. */
  readonly failed: boolean | null;
}

type Line =
  | { readonly kind: 'run'; readonly run: CampaignRun }
  | { readonly kind: 'runs'; readonly runs: number }
  | { readonly kind: 'try'; readonly tried: ShrinkTry };

/** `DIR/state.jsonl`. */
const stateIn = (folder: string): string => join(folder, 'state.jsonl');

export class CampaignState {
  readonly folder: string;
  #plan: CampaignPlan;
  readonly #done = new Map<number, CampaignRun>();
  readonly #tries: ShrinkTry[] = [];

  private constructor(folder: string, plan: CampaignPlan) {
    this.folder = folder;
    this.#plan = plan;
  }

  static isIn(folder: string): boolean {
    return existsSync(stateIn(folder));
  }

  /** Throws LC_FILE_EXISTS where there is a campaign already, LC_FILE where the folder cannot be made. */
  static begin(folder: string, plan: CampaignPlan): CampaignState {
    if (CampaignState.isIn(folder))
      throw new LightconeError('LC_FILE_EXISTS', `there is a campaign in ${folder} already: go on with --campaign ${folder}`, { folder });
    mkdirSync(folder, { recursive: true });
    // What a campaign leaves behind is nothing to commit, until somebody copies it elsewhere.
    const ignore = join(dirname(dirname(folder)), '.gitignore');
    if (/(^|[\\/])\.lightcone[\\/]campaigns[\\/]/.test(folder) && !existsSync(ignore)) writeFileSync(ignore, '*\n');
    const state = new CampaignState(folder, plan);
    state.#write(plan);
    return state;
  }

  /** Throws LC_USAGE where there is no campaign, LC_FILE where its state is not readable. */
  static open(folder: string): CampaignState {
    const path = stateIn(folder);
    if (!existsSync(path)) throw new LightconeError('LC_USAGE', `there is no campaign in ${folder}: --runs N begins one`, { folder });
    const [first, ...rest] = readFileSync(path, 'utf8').split('\n').flatMap(whole);
    const plan = asPlan(first);
    if (plan === null) throw new LightconeError('LC_FILE', `${path} is no state of a campaign of this version`, { path });
    const state = new CampaignState(folder, plan);
    for (const line of rest as Line[]) state.#take(line);
    return state;
  }

  get plan(): CampaignPlan {
    return this.#plan;
  }

  get done(): readonly CampaignRun[] {
    return [...this.#done.values()].sort((a, b) => a.run - b.run);
  }

  get tries(): readonly ShrinkTry[] {
    return this.#tries;
  }

  /** Numbers of the runs that are still to be done. */
  get left(): readonly number[] {
    return Array.from({ length: this.plan.runs }, (_, run) => run).filter((run) => !this.#done.has(run));
  }

  /** A run that is done already is not taken again: whoever brings it twice changes nothing. */
  add(run: CampaignRun): void {
    if (this.#done.has(run.run)) return;
    this.#record({ kind: 'run', run });
  }

  /** More runs than were planned; the seeds go on. */
  extendTo(runs: number): void {
    if (runs > this.#plan.runs) this.#record({ kind: 'runs', runs });
  }

  tried(tried: ShrinkTry): void {
    this.#record({ kind: 'try', tried });
  }

  #record(line: Line): void {
    this.#write(line);
    this.#take(line);
  }

  #take(line: Line): void {
    if (line.kind === 'run') this.#done.set(line.run.run, line.run);
    else if (line.kind === 'runs') this.#plan = { ...this.#plan, runs: line.runs };
    else if (line.kind === 'try') this.#tries.push(line.tried);
  }

  /** On a line of its own, whatever a process that died left of its last one. */
  #write(value: object): void {
    const path = stateIn(this.folder);
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
