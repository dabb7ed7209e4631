/** What came of one run, as campaigns keep it and as workers send it. */
import { overall } from '../report.ts';

/** `environment`: the system did not come up, and nothing was tested. */
export type RunVerdict = 'pass' | 'violation' | 'unknown' | 'environment';
export const runVerdicts: readonly RunVerdict[] = ['pass', 'violation', 'unknown', 'environment'];

export interface RunOutcome {
  readonly verdict: RunVerdict;
  /** The most telling sentence. */
  readonly said: string;
  /** Checks that found a violation. */
  readonly broken: readonly string[];
  /** `acknowledged`, `lost`, `stale` ...: counts of the run's report. */
  readonly figures: { readonly [name: string]: number };
  readonly tookMs: number;
  /** Where it ran, if not here. */
  readonly worker?: string;
}

/** The report of `lightcone check --json`, as far as a campaign reads it. */
interface ReportJson {
  readonly verdict: 'pass' | 'violation' | 'unknown' | 'skip';
  readonly checks: readonly {
    readonly check: string;
    readonly verdict: string;
    readonly reason: string | null;
    readonly anomalies: readonly { readonly message: string }[];
  }[];
  readonly counts: { readonly [name: string]: unknown };
  readonly run: { readonly directory: string; readonly leaderChanges: number };
}

export interface JudgedRun {
  readonly outcome: Omit<RunOutcome, 'tookMs'>;
  /** Of the run, with its trace. */
  readonly directory: string;
}

/** Null where the text is no report: the run did not get that far. */
export function readReport(text: string): JudgedRun | null {
  try {
    const { verdict, checks, counts, run } = JSON.parse(text) as ReportJson;
    const broken = checks.filter((check) => check.verdict === 'violation').map(({ check }) => check);
    const telling = checks.find((check) => check.verdict === verdict);
    const numbers = Object.entries(counts).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
    const figures = { ...Object.fromEntries(numbers), leaderChanges: run.leaderChanges };
    const what = telling?.anomalies[0]?.message ?? telling?.reason ?? verdict;
    const said = telling === undefined || verdict === 'pass' ? what : `${telling.check}: ${what}`;
    return {
      outcome: { verdict: overall([verdict]) === 'skip' ? 'unknown' : (verdict as RunVerdict), said, broken, figures },
      directory: run.directory,
    };
  } catch {
    return null;
  }
}

/** Nothing is believed that came over the network; null for what is no outcome. */
export function asOutcome(value: unknown): RunOutcome | null {
  const { verdict, said, broken, figures, tookMs, worker } = (value ?? {}) as { readonly [field: string]: unknown };
  const known = runVerdicts.find((name) => name === verdict);
  if (known === undefined || typeof said !== 'string' || typeof tookMs !== 'number' || !Array.isArray(broken)) return null;
  const numbers = Object.entries((figures ?? {}) as object).filter(([, count]) => typeof count === 'number');
  return {
    ...{ verdict: known, said, broken: broken.map(String), figures: Object.fromEntries(numbers), tookMs },
    ...(typeof worker === 'string' ? { worker } : {}),
  };
}
