/** One run of one row, as its user would start it: the command in a process of its own, judged by its exit code and report. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { exitCodes } from '../../src/core/index.ts';
import { root } from '../rooms.ts';
import { commit, type ProofRun } from './record.ts';
import { nameOf, type ProofRow } from './rows.ts';

/** What is read of the report (docs/reference/check-report.md). */
interface Report {
  readonly verdict: string;
  readonly exitCode: number;
  readonly checks: readonly {
    readonly check: string;
    readonly verdict: string;
    readonly reason: string | null;
    readonly anomalies: readonly { readonly message: string }[];
    readonly stats: { readonly [name: string]: number };
  }[];
  readonly counts: {
    readonly acknowledged: number;
    readonly acknowledgedUpdates: number;
    readonly errors: { readonly [code: string]: number };
  } & Partial<Pick<ProofRun, 'lost' | 'divergent' | 'stale' | 'wrongReads' | 'anomalies'>>;
  readonly run: { readonly version: string; readonly leaderChanges: number; readonly directory: string };
}

export interface RowRun {
  readonly run: ProofRun;
  readonly version: string;
  /** Of the run, where what it left may explain an unexpected verdict. */
  readonly directory: string | null;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(words: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', 'lightcone.js'), ...words], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const told = { out: '', err: '' };
    child.stdout.on('data', (piece: Buffer) => {
      told.out += piece;
    });
    child.stderr.on('data', (piece: Buffer) => {
      told.err = (told.err + piece).slice(-4000);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...told }));
  });
}

/** Why a clean run proves nothing: null where its danger was there. */
function harmless({ danger, deposes }: ProofRow, { counts, run }: Report): string | null {
  if (danger !== undefined && !danger.some((code) => (counts.errors[code] ?? 0) > 0))
    return `no client was answered ${danger.join(' or ')}`;
  return deposes === true && run.leaderChanges === 0 ? 'the lead never changed hands' : null;
}

function asRun(row: ProofRow, seed: number, seconds: number, report: Report): ProofRun {
  const { counts, checks, run } = report;
  const { acknowledged, acknowledgedUpdates: updates, lost, divergent, stale, wrongReads, anomalies } = counts;
  const tame = report.verdict === 'pass' ? harmless(row, report) : null;
  const verdict = tame !== null || report.verdict === 'skip' ? 'unknown' : (report.verdict as ProofRun['verdict']);
  const telling = checks.find((check) => check.verdict === report.verdict);
  // What is found only sometimes is worth its words when it is.
  const expected = verdict === (row.expect === 'sometimes' ? 'pass' : row.expect);
  const epochGrowth = checks.find(({ check }) => check === 'elections')?.stats.epochGrowth;
  return {
    ...{ seed, commit: commit(), verdict, seconds, acknowledged, updates },
    ...(lost === undefined ? {} : { lost }),
    ...(divergent === undefined ? {} : { divergent }),
    ...(stale === undefined ? {} : { stale }),
    ...(wrongReads === undefined ? {} : { wrongReads }),
    ...(anomalies === undefined ? {} : { anomalies }),
    leaderChanges: run.leaderChanges,
    ...(epochGrowth === undefined ? {} : { epochGrowth }),
    ...(expected ? {} : { said: tame ?? telling?.reason ?? telling?.anomalies[0]?.message ?? report.verdict }),
  };
}

/** Runs it in `cwd`, where `.lightcone/runs` is made. Throws where the command ended as no run does. */
export async function runRow(row: ProofRow, seed: number, cwd: string): Promise<RowRun> {
  const words = ['check', row.system, '--scenario', row.scenario, '--time', `${row.seconds}s`, '--seed', String(seed), '--json'];
  const began = performance.now();
  const { code, out, err } = await start(words, cwd);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const last = err.trim().split('\n').at(-1) ?? '';
  if (code === exitCodes.environment) {
    const nothing = { acknowledged: 0, updates: 0, leaderChanges: 0 };
    const run: ProofRun = { seed, commit: commit(), verdict: 'environment', seconds, ...nothing, said: last };
    return { run, version: '', directory: null };
  }
  let report: Report;
  try {
    report = JSON.parse(out) as Report;
  } catch {
    throw new Error(`lightcone ${words.join(' ')} ended with ${code} and no report: ${last}`);
  }
  if (report.exitCode !== code) throw new Error(`${nameOf(row)}: the report says exit ${report.exitCode}, the command ended with ${code}`);
  return { run: asRun(row, seed, seconds, report), version: report.run.version, directory: report.run.directory };
}
