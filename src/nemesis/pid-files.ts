/**
 * What a run leaves on disk about its processes, so that a watchdog or a later run can end exactly these: one file a
 * process (pid, start time, run), and one file about the run's host. Each is written whole under another name and
 * renamed, so that a reader never meets half of one.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootId, isStillThere, type ProcessIdentity, processEntry } from './process-table.ts';

/** In the environment of everything that we start: whose it is, also when its parent is gone. */
export const RUN_VARIABLE = 'LIGHTCONE_RUN';
export const OWNER_VARIABLE = 'LIGHTCONE_OWNER';

const FOLDER = 'processes';
const HOST_FILE = 'host.json';

export interface PidFile extends ProcessIdentity {
  readonly run: string;
  /** Of the machine: start times count from its boot. */
  readonly boot: string;
  readonly owner: string;
  readonly command: string;
}

/** Who started the processes of a run. */
export interface HostFile extends ProcessIdentity {
  readonly run: string;
  readonly boot: string;
}

/** The folder of the pid files of the run whose own directory is `directory`. */
export const pidFolder = (directory: string): string => join(directory, FOLDER);

function writeWhole(path: string, value: object): void {
  const draft = `${path}.new`;
  writeFileSync(draft, `${JSON.stringify(value)}\n`);
  renameSync(draft, path);
}

export function writeHostFile(folder: string, run: string): void {
  mkdirSync(folder, { recursive: true });
  const startTime = processEntry(process.pid)?.startTime ?? '';
  writeWhole(join(folder, HOST_FILE), { run, boot: bootId(), pid: process.pid, startTime } satisfies HostFile);
}

export const pidFilePath = (folder: string, pid: number): string => join(folder, `${pid}.json`);

export function writePidFile(folder: string, file: PidFile): void {
  writeWhole(pidFilePath(folder, file.pid), file);
}

export function removePidFile(folder: string, pid: number): void {
  rmSync(pidFilePath(folder, pid), { force: true });
}

/** Null where it is absent or nothing of ours. */
function readWhole(path: string): PidFile | null {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<PidFile> | null;
    if (value === null || typeof value !== 'object') return null;
    const { pid, startTime, run, boot, owner = '', command = '' } = value;
    if (!Number.isInteger(pid) || (pid as number) <= 1 || typeof startTime !== 'string' || startTime === '') return null;
    if (typeof run !== 'string' || run === '' || typeof boot !== 'string') return null;
    return { pid: pid as number, startTime, run, boot, owner: String(owner), command: String(command) };
  } catch {
    return null;
  }
}

export function readPidFiles(folder: string): PidFile[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+\.json$/.test(name))
    .map((name) => readWhole(join(folder, name)))
    .filter((file) => file !== null);
}

export const readHostFile = (folder: string): HostFile | null => readWhole(join(folder, HOST_FILE));

/** True while the process that started the run is alive. */
export function isHostAlive(folder: string): boolean {
  const host = readHostFile(folder);
  return host !== null && host.boot === bootId() && isStillThere(host);
}
