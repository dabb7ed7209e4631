/** What a checked history, a judged scenario or a simulated failure looks like as the document of an HTML report. */
import { readFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Scenario } from '../scenario/index.ts';
import type { Subject } from '../simulator/index.ts';
import { buildView, type TraceRecord } from '../trace/index.ts';
import { failureStory } from './failure-story.ts';
import type { LogLine, NodeLog } from './html-logs.ts';
import type { ReportDocument } from './html-report.ts';
import type { HistoryReport } from './report.ts';
import type { JudgedScenario } from './scenario-checks.ts';
import type { SmallFailure } from './search.ts';

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

/** What each node sent, got and lost, as if it had logged it. */
function messageLogs(records: readonly TraceRecord[]): NodeLog[] {
  const logs = new Map<string, LogLine[]>();
  const say = (node: string, text: string, timeNs: number | undefined): void => {
    const lines = logs.get(node) ?? [];
    lines.push(timeNs === undefined ? { text } : { text, timeNs });
    logs.set(node, lines);
  };
  for (const record of records) {
    if (record.type !== 'msg') continue;
    const { phase, from, to, body, timeNs } = record;
    if (phase === 'send') say(from, `to ${to}: ${body}`, timeNs);
    else if (phase === 'deliver') say(to, `from ${from}: ${body}`, timeNs);
    else say(to, `lost, from ${from}: ${body}`, timeNs);
  }
  return [...logs].map(([node, lines]) => ({ node, lines }));
}

/** A failure that the simulator found, as the run that was made small. */
export function failureDocument(subject: Subject, { replay, after }: SmallFailure, protocol: string, rerun: string): ReportDocument {
  const { violation, plan } = replay;
  const { records, faults } = failureStory(subject, replay);
  const invariant = violation?.invariant ?? 'failure';
  const anomalies = violation === null || violation === undefined ? [] : [{ kind: invariant, message: violation.message, operations: [] }];
  const stats = { step: violation?.step ?? 0, steps: after.steps };
  return {
    title: `${protocol}: ${invariant} at seed ${plan.seed}`,
    verdict: 'violation',
    checks: [{ check: invariant, result: { verdict: 'violation', anomalies, counterexample: null, stats }, durationMs: 0 }],
    view: buildView(records),
    scenario: { faults, plan },
    seed: plan.seed,
    rerun,
    versions: ownVersions(),
    environment: { target: `${protocol} (simulated, made small)`, ...machine() },
    logs: messageLogs(records),
  };
}
