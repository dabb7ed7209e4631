/**
 * One run as `lightcone check` itself, in a process of its own: a checker at work must not slow the clients of another run,
 * and a run that crashes takes nothing with it. It ends with this process, however that ends.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../core/index.ts';
import { keepFrom, type Launcher, type RunOutcome, readReport } from '../runner/index.ts';
import type { Scenario } from '../scenario/index.ts';

export interface RunProcessOptions {
  /** As on the command line. */
  readonly system: string;
  readonly budget: string | null;
  /** The engine of its links. */
  readonly links: string | null;
  /** Asked all the time: a run under way is then interrupted, and ends in an orderly way. */
  readonly stopped: () => boolean;
}

export interface EndedRun {
  readonly outcome: RunOutcome;
  /** Of the run; null where it did not get that far. */
  readonly directory: string | null;
}

const LOOK_MS = 100;
/** Beyond the run's own time: start, healing, final questions, checkers. Whoever takes longer hangs. */
const PATIENCE_MS = 10 * 60_000;
const DEFAULT_DURATION_MS = 30_000;
/** After Ctrl-C: servers are stopped, what there is is judged. */
const STOP_MS = 60_000;
const KEPT_ERRORS = 4000;

const program = (): string => fileURLToPath(new URL('../../bin/lightcone.js', import.meta.url));

/** What belongs to the campaign is not said again by each of its runs. */
function environment(): NodeJS.ProcessEnv {
  const { GITHUB_ACTIONS: _actions, GITHUB_STEP_SUMMARY: _summary, ...rest } = process.env;
  return { ...rest, LIGHTCONE_PARENT: String(process.pid) };
}

/** Never rejects: a process that cannot be started, crashes or hangs is an outcome. */
export function runProcess({ system, budget, links, stopped }: RunProcessOptions, file: string, scenario: Scenario): Promise<EndedRun> {
  const words = [
    'check',
    system,
    '--scenario',
    file,
    '--seed',
    String(scenario.seed),
    '--json',
    ...(budget === null ? [] : ['--budget', budget]),
    ...(links === null ? [] : ['--links', links]),
  ];
  const beganMs = performance.now();
  return new Promise((resolve) => {
    // In a group of its own: the terminal's Ctrl-C comes to us, and from us to it, once.
    const child = spawn(process.execPath, [program(), ...words], { stdio: ['ignore', 'pipe', 'pipe'], env: environment(), detached: true });
    const out: Buffer[] = [];
    let err = '';
    let hung = false;
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.stderr.on('data', (piece: Buffer) => {
      err = (err + piece).slice(-KEPT_ERRORS);
    });
    const kill = (): void => {
      hung = true;
      child.kill('SIGKILL');
    };
    let patience = setTimeout(kill, (scenario.durationMs ?? DEFAULT_DURATION_MS) + PATIENCE_MS);
    const looking = setInterval(() => {
      if (!stopped()) return;
      clearInterval(looking);
      clearTimeout(patience);
      patience = setTimeout(kill, STOP_MS);
      child.kill('SIGINT');
    }, LOOK_MS);
    const end = (code: number | null, signal: string | null): void => {
      clearInterval(looking);
      clearTimeout(patience);
      const tookMs = Math.round(performance.now() - beganMs);
      const judged = readReport(Buffer.concat(out).toString('utf8'));
      if (judged !== null) return resolve({ outcome: { ...judged.outcome, tookMs }, directory: judged.directory });
      resolve({ outcome: { ...withoutReport(code, signal, err, hung), broken: [], figures: {}, tookMs }, directory: null });
    };
    child.on('error', (error) => {
      err = error.message;
      end(exitCodes.environment, null);
    });
    child.on('close', end);
  });
}

/** Bad input and a system that does not come up test nothing; whatever else ends without a report has decided nothing. */
function withoutReport(code: number | null, signal: string | null, err: string, hung: boolean): Pick<RunOutcome, 'verdict' | 'said'> {
  const last = err.trim().split('\n').at(-1) ?? '';
  const how = hung
    ? 'its process hung and was killed'
    : signal !== null
      ? `its process was ended by ${signal}`
      : `its process ended with ${code}`;
  const untested = code === exitCodes.environment || code === exitCodes.badInput;
  return {
    verdict: untested ? 'environment' : 'unknown',
    said: untested && last !== '' ? last : `${how}${last === '' ? '' : `: ${last}`}`,
  };
}

/** Runs on this machine, so many at the same time. Of a run that passed nothing is kept, unless `keep` says so. */
export function localLauncher(options: RunProcessOptions, slots: number, keep: boolean): Launcher {
  return {
    slots,
    remote: false,
    async launch({ file, scenario, keeps }) {
      const { outcome, directory } = await runProcess(options, file, scenario);
      if (directory === null) return outcome;
      // An interrupted run is done again.
      const over = outcome.verdict === 'pass' || (options.stopped() && outcome.verdict !== 'violation');
      if (!over && keeps) keepFrom(directory, dirname(file));
      else if (!keep) rmSync(directory, { recursive: true, force: true });
      return outcome;
    },
  };
}
