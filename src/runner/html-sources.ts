/** What a checked history or a judged scenario looks like as the document of an HTML report. */
import { readFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Scenario } from '../scenario/index.ts';
import type { ReportDocument } from './html-report.ts';
import type { HistoryReport } from './report.ts';
import type { JudgedScenario } from './scenario-checks.ts';

/** Versions of what runs here; the caller adds those of the system under test. */
export function ownVersions(): { readonly [name: string]: string } {
  const manifest = fileURLToPath(new URL('../../package.json', import.meta.url));
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return { lightcone: version, node: process.version };
}

const machine = (): { [name: string]: string } => ({
  platform: `${process.platform} ${release()} ${process.arch}`,
  processors: String(availableParallelism()),
});

/** A history that somebody recorded, as `lightcone check --history` judged it. */
export function historyDocument(report: HistoryReport): ReportDocument {
  const { view, source, format, model } = report;
  const { seed, scenario, source: recorder } = view.header;
  return {
    title: source === '-' ? 'standard input' : source,
    verdict: report.verdict,
    checks: report.checks,
    view,
    scenario: scenario ?? null,
    seed: seed ?? null,
    rerun: report.rerun,
    versions: { ...ownVersions(), ...(recorder === undefined ? {} : { 'recorded by': recorder }) },
    environment: { format, ...(model === null ? {} : { model }), ...machine() },
    logs: [],
  };
}

/** A scenario that ran on the simulator. */
export function scenarioDocument(scenario: Scenario, { trace, checks, verdict, result }: JudgedScenario, rerun: string): ReportDocument {
  return {
    title: scenario.name,
    verdict,
    checks,
    view: trace,
    scenario,
    seed: scenario.seed,
    rerun,
    versions: ownVersions(),
    environment: { target: `${scenario.target} (simulated)`, steps: String(result.steps), ...machine() },
    logs: [],
  };
}
