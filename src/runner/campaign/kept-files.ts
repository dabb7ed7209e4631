/** What a campaign keeps of a run that did not pass: its scenario, its report, its trace, what the host said. */
import { copyFileSync, existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scenario } from '../../scenario/index.ts';
import { scenarioYaml } from '../scenario-file.ts';

/** Of a run's own directory; no other name is ever taken from elsewhere. */
export const keptFiles: readonly string[] = ['report.json', 'trace.jsonl', 'run.log', 'nemesis.log'];

/** `run-0003`; tries of smaller schedules have names of their own. */
export const runName = (run: number): string => `run-${String(run + 1).padStart(4, '0')}`;

/** The folder of a run, with the scenario that it is started with. */
export function layOut(folder: string, name: string, scenario: Scenario): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  const file = join(path, 'scenario.yaml');
  writeFileSync(file, scenarioYaml(scenario));
  return file;
}

/** Takes what there is from the run's own directory; a link where the file system has them, since traces are large. */
export function keepFrom(directory: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of keptFiles) {
    const [from, to] = [join(directory, name), join(folder, name)];
    if (!existsSync(from)) continue;
    rmSync(to, { force: true });
    try {
      linkSync(from, to);
    } catch {
      copyFileSync(from, to);
    }
  }
}
