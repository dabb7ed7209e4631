/**
 * Disks that are full or slow, for processes that run: a limit on the size of files (`prlimit`: every write that would
 * lengthen a file fails, its log's too; what was allocated before can still be written), and `strace` that holds each fsync back.
 */
import { readFileSync } from 'node:fs';
import type { ManagedProcess, Processes } from './contract.ts';
import { family } from './process-table.ts';
import { feed, programPath } from './program.ts';

/** Whether we may look into a process that is not our child: Yama's setting, where the kernel has it. */
function mayTrace(): boolean {
  if (process.getuid?.() === 0) return true;
  try {
    return readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'utf8').trim() === '0';
  } catch {
    return true;
  }
}

export const canFillDisk = (): boolean => programPath('prlimit') !== null;
export const canSlowDisk = (): boolean => programPath('strace') !== null && mayTrace();

const pidsOf = (processes: Processes, node: string): number[] => family(processes.of(node).map(({ pid }) => pid)).map(({ pid }) => pid);

/** The soft limit on the size of files; null where the process is gone. */
export function fileSizeLimit(pid: number): string | null {
  try {
    return /^Max file size\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1] ?? null;
  } catch {
    return null;
  }
}

/** Who traces the process; 0: nobody, or it is gone. */
export function tracerOf(pid: number): number {
  try {
    return Number(/^TracerPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Only the soft limit is touched, so that it can be lifted again without root. */
async function limitFiles(processes: Processes, node: string, limit: string): Promise<boolean> {
  const pids = pidsOf(processes, node);
  for (const pid of pids) {
    try {
      await feed('prlimit', ['--pid', String(pid), `--fsize=${limit}:`]);
    } catch (error) {
      // A process that ended meanwhile needs no limit.
      if (fileSizeLimit(pid) !== null) throw error;
    }
  }
  return pids.every((pid) => fileSizeLimit(pid) === limit || fileSizeLimit(pid) === null);
}

/** Resolves to whether the limit is in force. */
export const fillDisk = (processes: Processes, node: string): Promise<boolean> => limitFiles(processes, node, '1');
export const freeDisk = (processes: Processes, node: string): Promise<boolean> => limitFiles(processes, node, 'unlimited');

const tracerName = (node: string): string => `nemesis/slow-disk-${node}`;

/** Every fsync of the node's processes takes `syncMs` longer. Resolves to whether all of them are held. */
export async function slowDisk(processes: Processes, node: string, syncMs: number, logFile: string): Promise<boolean> {
  await normalDisk(processes, node);
  const pids = pidsOf(processes, node);
  if (pids.length === 0) return true;
  const delay = `inject=fsync,fdatasync,sync_file_range,msync:delay_enter=${Math.round(syncMs * 1000)}`;
  const args = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync,sync_file_range,msync', '-e', delay];
  const tracer = await processes.spawn({
    owner: tracerName(node),
    command: programPath('strace') ?? 'strace',
    args: [...args, ...pids.flatMap((pid) => ['-p', String(pid)])],
    cwd: '/',
    logFile,
  });
  const held = (): boolean => pids.every((pid) => tracerOf(pid) === tracer.pid);
  for (const end = performance.now() + 3000; performance.now() < end && tracer.running && !held(); ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return held();
}

/** Resolves to whether nobody holds the node's processes any more. */
export async function normalDisk(processes: Processes, node: string): Promise<boolean> {
  const tracers: readonly ManagedProcess[] = processes.of(tracerName(node));
  // Asked to end, it lets go of those it holds; killed, the kernel does.
  if (tracers.length > 0) await processes.stop(tracerName(node), 2000);
  return pidsOf(processes, node).every((pid) => !tracers.some((tracer) => tracer.pid === tracerOf(pid)));
}
