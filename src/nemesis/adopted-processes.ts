/**
 * Processes of a cluster that somebody else runs, named by the user: they may be made to stand still, or be killed, and
 * nothing else. Each is known by pid and start time together, and must be who listens at its node's address, so that a wrong
 * number meets nobody. Whoever stands still goes on when the run is over, also when we die (adopted-watchdog.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LightconeError } from '../core/index.ts';
import { listensOn } from './connection-owner.ts';
import type { Address, ManagedProcess, Processes } from './contract.ts';
import { allProcesses, isAlive, isStillThere, type ProcessEntry, type ProcessIdentity, processEntry, send } from './process-table.ts';
import { siblingModule } from './sibling-module.ts';

export interface AdoptedNode {
  readonly node: string;
  readonly pid: number;
  /** Where the node serves its clients: the process, or a child of it, must listen there. */
  readonly address: Address;
}

const LOOK_MS = 2;

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The process and all that descend from it; never who merely shares its process group. */
export function withDescendants(root: number, table: readonly ProcessEntry[] = allProcesses()): ProcessEntry[] {
  const members = new Set([root]);
  for (let size = 0; size !== members.size; ) {
    size = members.size;
    for (const { pid, parent } of table) if (members.has(parent)) members.add(pid);
  }
  return table.filter((entry) => members.has(entry.pid) && isAlive(entry));
}

const refuse = (what: string, data: { readonly [name: string]: string | number }): never => {
  throw new LightconeError('LC_USAGE', what, data);
};

/** Throws LC_USAGE for a pid that is not the node's, or that we may not signal. */
function identified({ node, pid, address }: AdoptedNode): ProcessIdentity {
  const entry = processEntry(pid);
  const about = { node, pid };
  if (!isAlive(entry)) return refuse(`--pids: there is no process ${pid} (${node})`, about);
  if (pid <= 1 || withDescendants(pid).some((one) => one.pid === process.pid))
    return refuse(`--pids: ${pid} is not a server (${node})`, about);
  if (!send(pid, 0)) return refuse(`--pids: this user may not signal ${pid} (${node})`, about);
  const listens = listensOn(
    withDescendants(pid).map((one) => one.pid),
    address.port,
  );
  if (!listens) return refuse(`--pids: process ${pid} does not listen at ${address.host}:${address.port}, so it is not ${node}`, about);
  return { pid, startTime: entry.startTime };
}

class Adopted implements ManagedProcess {
  readonly owner: string;
  readonly pid: number;
  readonly startTime: string;
  readonly exited: ManagedProcess['exited'];

  constructor(owner: string, { pid, startTime }: ProcessIdentity) {
    this.owner = owner;
    this.pid = pid;
    this.startTime = startTime;
    // It is not our child: nobody tells us.
    this.exited = new Promise(() => {});
  }

  get running(): boolean {
    return isStillThere(this);
  }

  signal(): void {
    throw new LightconeError('LC_FAULT_UNSUPPORTED', 'only pause and kill are done to a process that is not ours', { owner: this.owner });
  }
}

class AdoptedProcesses implements Processes {
  readonly #nodes: ReadonlyMap<string, Adopted>;
  readonly #paused = new Set<string>();
  #watchdog: ChildProcess | null = null;

  constructor(nodes: readonly AdoptedNode[]) {
    this.#nodes = new Map(nodes.map((one) => [one.node, new Adopted(one.node, identified(one))]));
  }

  spawn(): Promise<never> {
    return Promise.reject(new LightconeError('LC_FAULT_UNSUPPORTED', 'nothing is started in a cluster that somebody else runs', {}));
  }

  of(owner: string): readonly ManagedProcess[] {
    const one = this.#nodes.get(owner);
    return one?.running === true ? [one] : [];
  }

  async kill(owner: string): Promise<void> {
    const one = this.#named(owner);
    for (let left: readonly ProcessIdentity[] = withDescendants(one.pid); ; left = left.filter(isStillThere)) {
      if (left.length === 0) return;
      for (const { pid } of left) send(pid, 'SIGKILL');
      await delay(LOOK_MS);
    }
  }

  pause(owner: string): void {
    const one = this.#named(owner);
    this.#watch();
    this.#paused.add(owner);
    // The head first: it forks nobody any more.
    for (const { pid } of withDescendants(one.pid).sort((a, b) => Number(b.pid === one.pid) - Number(a.pid === one.pid)))
      send(pid, 'SIGSTOP');
  }

  resume(owner: string): void {
    this.#paused.delete(owner);
    const one = this.#nodes.get(owner);
    if (one?.running === true) for (const { pid } of withDescendants(one.pid)) send(pid, 'SIGCONT');
  }

  stop(): Promise<never> {
    return this.spawn();
  }

  /** Nothing is stopped: whoever stands still goes on. */
  async stopAll(): Promise<void> {
    for (const owner of [...this.#paused]) this.resume(owner);
    this.#watchdog?.stdin?.end('done');
    this.#watchdog = null;
  }

  /** Throws LC_ENVIRONMENT where the process is gone: who came in its place was not named. */
  #named(owner: string): Adopted {
    const one = this.#nodes.get(owner);
    if (one?.running === true) return one;
    throw new LightconeError(
      'LC_ENVIRONMENT',
      `the process of ${owner} that was named is gone; who came in its place is not ours to touch`,
      { owner },
    );
  }

  #watch(): void {
    if (this.#watchdog !== null) return;
    const named = [...this.#nodes.values()].map(({ pid, startTime }) => `${pid}:${startTime}`);
    const watchdog = spawn(process.execPath, [fileURLToPath(siblingModule('adopted-watchdog')), ...named], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: { PATH: process.env.PATH ?? '' },
    });
    watchdog.on('error', () => {});
    watchdog.stdin?.on('error', () => {});
    watchdog.unref();
    (watchdog.stdin as (NodeJS.WritableStream & { unref?: () => void }) | null)?.unref?.();
    this.#watchdog = watchdog;
  }
}

/** Throws LC_USAGE for a pid that is not its node's. */
export const adoptedProcesses = (nodes: readonly AdoptedNode[]): Processes => new AdoptedProcesses(nodes);
