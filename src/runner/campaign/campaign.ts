/** Many runs, some at the same time: each is asked for, judged and written down by number, so that a campaign can go on where it stopped. */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Scenario } from '../../scenario/index.ts';
import type { CampaignState } from './campaign-state.ts';
import { layOut, runName } from './kept-files.ts';
import { scenarioOfRun } from './plan.ts';
import type { RunOutcome } from './run-outcome.ts';

/** Who carries runs out: processes on this machine, or workers behind a queue. */
export interface Launcher {
  /** Runs that may be asked for at the same time. */
  readonly slots: number;
  /** Others carry them out: how many at the same time is not known here. */
  readonly remote: boolean;
  /** Never rejects for what a run did: a process that crashed is an outcome, `unknown`. */
  launch(run: RunRequest): Promise<RunOutcome>;
}

export interface RunRequest {
  /** `run-0003`: no two of a campaign have the same, and nothing in it needs quoting. */
  readonly name: string;
  /** Where the scenario lies as a file. */
  readonly file: string;
  readonly scenario: Scenario;
  /** Put report, trace and logs of a run that did not pass beside the file. */
  readonly keeps: boolean;
}

export interface CampaignOptions {
  readonly state: CampaignState;
  readonly launcher: Launcher;
  readonly stopped: () => boolean;
  readonly nowMs: () => number;
  /** What a run is expected to take, before the first one has shown it, milliseconds. */
  readonly expectedMs: number;
  readonly onRun?: () => void;
}

export interface CampaignProgress {
  readonly done: number;
  readonly runs: number;
  readonly underWay: number;
  readonly violations: number;
  readonly undecided: number;
  /** Until the last run ends, milliseconds; null where nothing says how long a run takes or how many go at once. */
  readonly leftMs: number | null;
}

/** So many first runs that did not even start say that no other will. */
const HOPELESS = 3;

export class Campaign {
  readonly #options: CampaignOptions;
  readonly #beganMs: number;
  #lastMs: number;
  #doneHere = 0;
  #underWay = 0;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#beganMs = options.nowMs();
    this.#lastMs = this.#beganMs;
  }

  get progress(): CampaignProgress {
    const { done, plan } = this.#options.state;
    const violations = done.filter(({ verdict }) => verdict === 'violation').length;
    const passed = done.filter(({ verdict }) => verdict === 'pass').length;
    return {
      ...{ done: done.length, runs: plan.runs, underWay: this.#underWay, violations, undecided: done.length - violations - passed },
      leftMs: this.#leftMs(plan.runs - done.length),
    };
  }

  /** Nothing but environment: the machine is broken, not the system. */
  get hopeless(): boolean {
    const { done } = this.#options.state;
    return done.length >= HOPELESS && done.every(({ verdict }) => verdict === 'environment');
  }

  /** Resolves when all runs are done, or when no more are begun: stopped, or hopeless. */
  async run(): Promise<void> {
    const { state, launcher } = this.#options;
    const waiting = [...state.left];
    let failed = false;
    const work = async (): Promise<void> => {
      for (let run = waiting.shift(); run !== undefined && !failed && !this.#over; run = waiting.shift()) await this.#one(run);
    };
    const workers = Array.from({ length: Math.min(launcher.slots, waiting.length) }, () =>
      work().catch((error) => {
        failed = true;
        throw error;
      }),
    );
    await Promise.all(workers);
  }

  get #over(): boolean {
    return this.#options.stopped() || this.hopeless;
  }

  async #one(run: number): Promise<void> {
    const { state, launcher, stopped, nowMs, onRun } = this.#options;
    const scenario = scenarioOfRun(state.plan, run);
    const file = layOut(state.folder, runName(run), scenario);
    this.#underWay++;
    const outcome = await launcher.launch({ name: runName(run), file, scenario, keeps: true }).finally(() => this.#underWay--);
    // An interrupted run has decided nothing, unless it found something: it is done again when the campaign goes on.
    if (stopped() && outcome.verdict !== 'violation') return;
    const folder = outcome.verdict === 'pass' ? null : join(state.folder, runName(run));
    if (folder === null) rmSync(dirname(file), { recursive: true, force: true });
    state.add({ run, seed: scenario.seed, ...outcome, folder });
    this.#doneHere++;
    this.#lastMs = nowMs();
    onRun?.();
  }

  #leftMs(left: number): number | null {
    const { launcher, nowMs, expectedMs } = this.#options;
    if (left === 0) return 0;
    if (this.#doneHere > 0) {
      const eachMs = (this.#lastMs - this.#beganMs) / this.#doneHere;
      return Math.max(0, eachMs * left - (nowMs() - this.#lastMs));
    }
    if (launcher.remote) return null;
    return Math.max(0, expectedMs * Math.ceil(left / launcher.slots) - (nowMs() - this.#beganMs));
  }
}
