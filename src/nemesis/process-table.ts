/**
 * The processes of this machine as the kernel tells them (/proc), and who descends from whom. A process is known by its
 * pid and its start time together: pids are used again, the pair is not. Linux only.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** R, S, D, T (stopped), t (traced), Z (zombie) ... */
  readonly state: string;
  /** Clock ticks since boot. */
  readonly startTime: string;
}

/** Who a process is, also after its pid was used again. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

export const processTableAvailable = (): boolean => existsSync('/proc/self/stat');

/** Tells boots of the machine apart: start times count from the boot. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Null where there is no such process. */
export function processEntry(pid: number): ProcessEntry | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The name stands in brackets and may itself hold brackets and spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTime: fields[19] ?? '',
  };
}

/** A zombie counts as gone: it does nothing any more and waits for its parent to ask. */
export const isAlive = (entry: ProcessEntry | null): entry is ProcessEntry => entry !== null && entry.state !== 'Z' && entry.state !== 'X';

export function allProcesses(): ProcessEntry[] {
  const found: ProcessEntry[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const entry = processEntry(pid);
    if (entry !== null) found.push(entry);
  }
  return found;
}

/** True while this very process is alive. */
export function isStillThere({ pid, startTime }: ProcessIdentity): boolean {
  const entry = processEntry(pid);
  return isAlive(entry) && entry.startTime === startTime;
}

/**
 * Everyone alive who descends from `roots` or stands in a process group that one of them leads. PostgreSQL's backends
 * leave the group but stay children; a shell's children stay in the group when the shell is gone.
 */
export function family(roots: Iterable<number>, table: readonly ProcessEntry[] = allProcesses()): ProcessEntry[] {
  const members = new Set(roots);
  const leaders = new Set(members);
  for (let size = -1; size !== members.size; ) {
    size = members.size;
    for (const entry of table) if (members.has(entry.parent) || leaders.has(entry.group)) members.add(entry.pid);
  }
  return table.filter((entry) => members.has(entry.pid) && isAlive(entry));
}

/** A variable of the environment with which a process was started; null where it cannot be read or is not set. */
export function environmentOf(pid: number, name: string): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/environ`, 'latin1');
    const found = text.split('\0').find((entry) => entry.startsWith(`${name}=`));
    return found === undefined ? null : found.slice(name.length + 1);
  } catch {
    return null;
  }
}

/** Sends it if the process is there; says whether it was. Signal 0 only asks. */
export function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
