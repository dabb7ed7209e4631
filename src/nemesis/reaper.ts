/**
 * Ends what a run left behind, and nothing else: a process of a pid file (pid, start time and boot agree), its
 * descendants, the members of its group, and whoever still carries the run's mark in its environment.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isHostAlive, type PidFile, pidFolder, RUN_VARIABLE, readHostFile, readPidFiles } from './pid-files.ts';
import { allProcesses, bootId, environmentOf, family, isAlive, type ProcessEntry, send } from './process-table.ts';

export interface Reaped {
  readonly run: string;
  readonly owner: string;
  readonly pid: number;
}

/** The living processes of a run. Without its pid in a file a process counts only with the run's mark. */
export function processesOfRun(run: string, files: readonly PidFile[]): ProcessEntry[] {
  const table = allProcesses();
  const boot = bootId();
  const byPid = new Map(table.map((entry) => [entry.pid, entry]));
  const roots = files.filter((file) => file.run === run && file.boot === boot && byPid.get(file.pid)?.startTime === file.startTime);
  const ours = new Map(family(new Set(roots.map(({ pid }) => pid)), table).map((entry) => [entry.pid, entry]));
  for (const entry of table) {
    if (!ours.has(entry.pid) && isAlive(entry) && environmentOf(entry.pid, RUN_VARIABLE) === run) ours.set(entry.pid, entry);
  }
  ours.delete(process.pid);
  return [...ours.values()];
}

/** SIGKILL to all of a run until a look finds none; null when some do not die. `waitMs` blocks: for those who have nothing else to do. */
function endRun(run: string, files: readonly PidFile[]): Reaped[] | null {
  const owners = new Map(files.map(({ pid, owner }) => [pid, owner]));
  const ended = new Map<number, Reaped>();
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let look = 0; look < 200; look++) {
    const left = processesOfRun(run, files);
    if (left.length === 0) return [...ended.values()];
    for (const { pid } of left) {
      send(pid, 'SIGKILL');
      ended.set(pid, { run, owner: owners.get(pid) ?? '', pid });
    }
    Atomics.wait(pause, 0, 0, 5);
  }
  return null;
}

/**
 * Ends everything of the run whose pid files are in `folder`, whether its host lives or not; what it ended. `alsoRun` is found
 * by its mark even where the folder is gone. Blocks for some milliseconds.
 */
export function reapFolder(folder: string, alsoRun?: string): Reaped[] {
  const files = readPidFiles(folder);
  const runs = new Set(files.map(({ run }) => run));
  if (alsoRun !== undefined) runs.add(alsoRun);
  const host = readHostFile(folder);
  if (host !== null && host.boot === bootId()) runs.add(host.run);
  const ended: Reaped[] = [];
  let clean = true;
  for (const run of runs) {
    const gone = endRun(run, files);
    if (gone === null) clean = false;
    else ended.push(...gone);
  }
  if (clean) rmSync(folder, { recursive: true, force: true });
  return ended;
}

/** Ends what runs left whose host is dead; each folder of `runsDirectory` is a run's own directory. Living runs are not touched. */
export function reapLeftovers(runsDirectory: string): Reaped[] {
  let names: string[];
  try {
    names = readdirSync(runsDirectory);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const folder = pidFolder(join(runsDirectory, name));
    return readHostFile(folder) === null || isHostAlive(folder) ? [] : reapFolder(folder);
  });
}
