/**
 * Processes with owners. Each leads a group of its own, leaves a pid file and carries the run's mark; signals go to
 * all who descend from it. A watchdog ends them all when our process does, so nothing here needs an exit handler.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LightconeError } from '../core/index.ts';
import type { ManagedProcess, Processes, SpawnOptions } from './contract.ts';
import { OWNER_VARIABLE, pidFolder, RUN_VARIABLE, removePidFile, writeHostFile, writePidFile } from './pid-files.ts';
import {
  allProcesses,
  bootId,
  environmentOf,
  family,
  isAlive,
  isStillThere,
  type ProcessIdentity,
  processEntry,
  processTableAvailable,
  send,
} from './process-table.ts';
import { siblingModule } from './sibling-module.ts';

export interface ProcessesOptions {
  /** The run's own directory; pid files go below it. */
  readonly directory: string;
  /** Must differ from that of every other run, also of earlier ones. */
  readonly runId?: string;
}

export interface RunProcesses extends Processes {
  readonly runId: string;
  /** Whose the processes are that run now, by pid. */
  owners(): ReadonlyMap<number, string>;
  /** Called whenever `owners` changed. */
  onChange(listener: () => void): void;
}

/** The node behind an owner: `n1` for `n1/sentinel`. */
export const nodeOfOwner = (owner: string): string => owner.split('/', 1)[0] ?? owner;

/** Looked up in /etc/passwd; null where we are not root, and for ourselves. */
export function userIds(user: string | undefined): { uid: number; gid: number } | null {
  if (user === undefined || process.getuid?.() !== 0) return null;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${user}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined)
    throw new LightconeError('LC_ENVIRONMENT', `there is no user ${JSON.stringify(user)}`, { user });
  return { uid: Number(uid), gid: Number(gid) };
}

class OwnedProcess implements ManagedProcess {
  readonly owner: string;
  readonly pid: number;
  readonly startTime: string;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  running = true;

  constructor(owner: string, pid: number, child: ChildProcess) {
    this.owner = owner;
    this.pid = pid;
    this.startTime = processEntry(pid)?.startTime ?? '';
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.running = false;
        resolve({ code, signal });
      });
    });
  }

  signal(name: Parameters<ManagedProcess['signal']>[0]): void {
    // The pid of a child that has not been waited for is not given to anybody else, so this meets nobody but ours.
    if (this.running) send(-this.pid, name);
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class RunProcessTable implements RunProcesses {
  readonly runId: string;
  readonly #folder: string;
  /** When our process was started: nothing of ours is older. */
  readonly #since: number;
  readonly #processes = new Set<OwnedProcess>();
  readonly #listeners: (() => void)[] = [];
  #watchdog: ChildProcess | null = null;

  constructor({ directory, runId }: ProcessesOptions) {
    if (!processTableAvailable())
      throw new LightconeError('LC_ENVIRONMENT', `processes are watched through /proc, which ${process.platform} has not`);
    this.#since = Number(processEntry(process.pid)?.startTime);
    this.runId = runId ?? `${process.pid}-${Date.now().toString(36)}-${randomBytes(6).toString('hex')}`;
    this.#folder = pidFolder(directory);
    writeHostFile(this.#folder, this.runId);
  }

  owners(): ReadonlyMap<number, string> {
    return new Map([...this.#processes].filter(({ running }) => running).map(({ pid, owner }) => [pid, owner]));
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async spawn(options: SpawnOptions): Promise<ManagedProcess> {
    const { owner, command, args, cwd, env = {}, user, logFile } = options;
    const ids = userIds(user);
    this.#watch();
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, 'a');
    let child: ChildProcess;
    try {
      child = spawn(command, args, {
        cwd,
        env: { ...process.env, ...env, [RUN_VARIABLE]: this.runId, [OWNER_VARIABLE]: owner },
        stdio: ['ignore', log, log],
        detached: true,
        ...(ids ?? {}),
      });
    } catch (error) {
      throw cannotStart(options, error);
    } finally {
      closeSync(log);
    }
    const { pid } = child;
    if (pid === undefined) {
      const error = await new Promise<unknown>((resolve) => child.once('error', resolve));
      throw cannotStart(options, error);
    }
    const started = new OwnedProcess(owner, pid, child);
    writePidFile(this.#folder, { pid, startTime: started.startTime, run: this.runId, boot: bootId(), owner, command });
    this.#processes.add(started);
    this.#changed();
    void started.exited.then(() => this.#gone(started));
    return started;
  }

  of(owner: string): readonly ManagedProcess[] {
    return this.#of(owner);
  }

  async kill(owner: string): Promise<void> {
    await this.#killAll(this.#of(owner), owner, []);
  }

  pause(owner: string): void {
    // Whoever is forked while the others are stopped is met by a further look.
    const stopped = new Set<number>();
    for (let size = -1; size !== stopped.size; ) {
      size = stopped.size;
      for (const { pid } of this.#family(this.#of(owner))) {
        if (!stopped.has(pid)) send(pid, 'SIGSTOP');
        stopped.add(pid);
      }
    }
  }

  resume(owner: string): void {
    for (const { pid } of this.#family(this.#of(owner))) send(pid, 'SIGCONT');
  }

  async stop(owner: string, graceMs: number): Promise<void> {
    await this.#stop(this.#of(owner), owner, graceMs);
  }

  async stopAll(graceMs: number): Promise<void> {
    await this.#stop([...this.#processes], null, graceMs);
    // Told that all is well it goes without a look: it must not meet what is started after this.
    this.#watchdog?.stdin?.end('done');
    this.#watchdog = null;
    if (this.#processes.size === 0) rmSync(this.#folder, { recursive: true, force: true });
  }

  #of(owner: string): OwnedProcess[] {
    return [...this.#processes].filter((one) => one.running && (one.owner === owner || one.owner.startsWith(`${owner}/`)));
  }

  #family(processes: readonly OwnedProcess[]): ProcessIdentity[] {
    return family(processes.filter(({ running }) => running).map(({ pid }) => pid));
  }

  /**
   * The families of these processes, and who else carries the run's mark: a process whose parents are gone. `owner` null:
   * of any owner. One walk through the table, for it is not cheap.
   */
  #members(processes: readonly OwnedProcess[], owner: string | null): ProcessIdentity[] {
    const table = allProcesses();
    const roots = processes.filter(({ running }) => running).map(({ pid }) => pid);
    const members = new Map(family(roots, table).map((entry) => [entry.pid, entry]));
    for (const entry of table) {
      if (members.has(entry.pid) || Number(entry.startTime) < this.#since || !isAlive(entry)) continue;
      if (environmentOf(entry.pid, RUN_VARIABLE) !== this.runId) continue;
      const whose = environmentOf(entry.pid, OWNER_VARIABLE) ?? '';
      if (owner === null || whose === owner || whose.startsWith(`${owner}/`)) members.set(entry.pid, entry);
    }
    return [...members.values()];
  }

  async #stop(processes: readonly OwnedProcess[], owner: string | null, graceMs: number): Promise<void> {
    for (const one of processes) {
      one.signal('SIGTERM');
      one.signal('SIGCONT');
    }
    const known = this.#members(processes, owner);
    const gone = Promise.all(processes.map(({ exited }) => exited));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([gone, late]);
    clearTimeout(timer);
    await this.#killAll(processes, owner, known);
  }

  /** `known`: also those who were of the family before its head was gone. */
  async #killAll(processes: readonly OwnedProcess[], owner: string | null, known: readonly ProcessIdentity[]): Promise<void> {
    for (let left = known; ; ) {
      left = [...left.filter(isStillThere), ...this.#members(processes, owner)];
      if (left.length === 0) break;
      for (const { pid } of left) send(pid, 'SIGKILL');
      // They are not our children, or not only: nobody tells us when they are gone.
      while (left.some(isStillThere)) await delay(2);
    }
    await Promise.all(processes.map(({ exited }) => exited));
  }

  #gone(process: OwnedProcess): void {
    this.#processes.delete(process);
    // Its group may have outlived it: then the file is what the reaper knows it by.
    if (family([process.pid]).length === 0) removePidFile(this.#folder, process.pid);
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #watch(): void {
    if (this.#watchdog !== null) return;
    writeHostFile(this.#folder, this.runId);
    const watchdog = spawn(process.execPath, [fileURLToPath(siblingModule('watchdog')), this.#folder, this.runId], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: { PATH: process.env.PATH ?? '' },
    });
    // A watchdog that cannot start is no reason to stop: the reaper of the next run does its work.
    watchdog.on('error', () => {});
    watchdog.stdin?.on('error', () => {});
    watchdog.unref();
    (watchdog.stdin as (NodeJS.WritableStream & { unref?: () => void }) | null)?.unref?.();
    this.#watchdog = watchdog;
  }
}

function cannotStart({ command, owner, cwd }: SpawnOptions, error: unknown): LightconeError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'there is no such program or directory' : code === 'EACCES' ? 'not allowed' : message;
  return new LightconeError('LC_ENVIRONMENT', `${command} of ${owner} cannot be started in ${cwd}: ${why}`, { command, owner, cwd }, error);
}

/** The processes of one run. Needs /proc. */
export const managedProcesses = (options: ProcessesOptions): RunProcesses => new RunProcessTable(options);
