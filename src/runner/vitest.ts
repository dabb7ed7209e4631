/**
 * `lightcone/vitest`: a run on a real system inside a test. It needs nothing of Vitest itself: a run that did not pass is
 * an error whose message is the report.
 */
import { LightconeError } from '../core/index.ts';
import type { Scenario } from '../scenario/index.ts';
import type { System } from '../systems/index.ts';
import { workloadNamed } from '../workloads/index.ts';
import { checksFor, judgeRun } from './system/judge-run.ts';
import { runOnSystem } from './system/run-on-system.ts';
import { type SystemReport, systemReportText } from './system/system-report.ts';

export interface CheckSystemOptions {
  /** Default: a 3-node cluster, or the nearest that the system can be. */
  readonly nodes?: number;
  /** Default: 10 s. Give the test some 30 s more. */
  readonly durationMs?: number;
  readonly seed?: number;
  /** Where `.lightcone/runs` is made; default: the working directory. */
  readonly root?: string;
  /** What the test expects; default: pass. A test that shows a known weakness expects a violation. */
  readonly expect?: 'pass' | 'violation';
}

/** Throws LC_ENVIRONMENT where the system does not come up, and an Error with the report where the verdict is another than expected. */
export async function checkSystem(
  system: System,
  scenario: Scenario | string = 'default',
  options: CheckSystemOptions = {},
): Promise<SystemReport> {
  const [least, most] = system.capabilities.nodes;
  const { nodes = Math.min(most, Math.max(least, 3)), durationMs = 10_000, seed = 1, root = process.cwd(), expect = 'pass' } = options;
  const chosen = typeof scenario === 'string' ? named(system, scenario)({ nodes, durationMs, seed }) : scenario;
  checksFor(chosen, workloadNamed(chosen.workload.kind), system);
  const run = await runOnSystem(system, chosen, { root, signal: new AbortController().signal });
  const report = judgeRun(run, chosen, system, { rerun: `checkSystem(${system.name}, ${chosen.name}), seed ${chosen.seed}` });
  if (report.verdict !== expect) throw new Error(`expected ${expect}, but the verdict is ${report.verdict}\n${systemReportText(report)}`);
  return report;
}

function named(system: System, name: string): System['scenarios'][string] {
  const make = Object.hasOwn(system.scenarios, name) ? system.scenarios[name] : undefined;
  if (make !== undefined) return make;
  const names = Object.keys(system.scenarios).join(', ');
  throw new LightconeError('LC_USAGE', `${system.name} has no scenario ${JSON.stringify(name)}; it has: ${names}`, { scenario: name });
}
