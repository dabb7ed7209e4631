/** The folder of one run, `.lightcone/runs/ID`: trace, scenario, versions, what the host said, a folder for each node. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LightconeError } from '../../core/index.ts';
import type { Scenario } from '../../scenario/index.ts';

export interface RunDirectory {
  readonly id: string;
  readonly path: string;
  readonly trace: string;
  file(name: string, content: string): void;
  log(text: string): void;
}

export const runsIn = (root: string): string => join(resolve(root), '.lightcone', 'runs');

/** Throws LC_FILE or LC_DISK_FULL. The name is made of the time, the system and the seed; a taken one gets a number. */
export function makeRunDirectory(root: string, system: string, scenario: Scenario, date: Date): RunDirectory {
  const runs = runsIn(root);
  const stamp = date.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const base = `${stamp}-${system.replace(/[^\w.-]+/g, '-')}-s${scenario.seed}`;
  try {
    mkdirSync(runs, { recursive: true });
    const ignore = join(resolve(root), '.lightcone', '.gitignore');
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
    const id = freeFolder(runs, base);
    const path = join(runs, id);
    for (const { name } of scenario.nodes) mkdirSync(join(path, name));
    const directory: RunDirectory = {
      id,
      path,
      trace: join(path, 'trace.jsonl'),
      file: (name, content) => writeFileSync(join(path, name), content),
      log: (text) => {
        try {
          appendFileSync(join(path, 'run.log'), `${new Date().toISOString()} ${text}\n`);
        } catch {
          // A full disk is said elsewhere; what was to be logged must not be what ends the run.
        }
      },
    };
    directory.file('scenario.json', `${JSON.stringify(scenario, null, 2)}\n`);
    return directory;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new LightconeError('LC_DISK_FULL', `no space is left for the run in ${runs}`, { path: runs }, error);
    throw new LightconeError('LC_FILE', `the run's folder cannot be made in ${runs}: ${code ?? String(error)}`, { path: runs }, error);
  }
}

/** Makes the folder: another run may begin at the same moment. */
function freeFolder(runs: string, base: string): string {
  for (let i = 1; ; i++) {
    const id = i === 1 ? base : `${base}-${i}`;
    try {
      mkdirSync(join(runs, id));
      return id;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Of a node's folder only the logs stay: data of servers is large, and says nothing once the verdict is good. */
export function dropData(directory: RunDirectory, nodes: readonly string[]): void {
  const prune = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        prune(path);
        if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
      } else if (!/\.(log|txt|conf|cfg|yaml|json|out|err)$/.test(entry.name)) rmSync(path, { force: true });
    }
  };
  for (const node of nodes) {
    const folder = join(directory.path, node);
    if (existsSync(folder)) prune(folder);
  }
}
