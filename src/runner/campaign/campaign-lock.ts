/** One campaign process a folder: a second one would run everything twice, and write between the lines of the first. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LightconeError } from '../../core/index.ts';

interface Holder {
  readonly pid: number;
  /** Tells a process from a later one with its number; null where the platform does not say. */
  readonly startTime: string | null;
}

/** Field 22 of Linux' /proc/PID/stat; the second field may hold spaces. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function lives({ pid, startTime: since }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return since === null || startTime(pid) === since;
}

function holderOf(path: string): Holder | null {
  try {
    const { pid, startTime: since } = JSON.parse(readFileSync(path, 'utf8')) as Holder;
    return typeof pid === 'number' ? { pid, startTime: since } : null;
  } catch {
    return null;
  }
}

/** Gives back how to let go. Throws LC_ENVIRONMENT while another process holds it; what a dead one left is taken over. */
export function lockCampaign(folder: string): () => void {
  const path = join(folder, 'lock');
  const own = JSON.stringify({ pid: process.pid, startTime: startTime(process.pid) } satisfies Holder);
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, own, { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(path);
    if (attempt > 0 || (holder !== null && lives(holder)))
      throw new LightconeError(
        'LC_ENVIRONMENT',
        `the campaign in ${folder} is under way in process ${holder?.pid ?? '?'}: wait for it, or end it`,
        {
          folder,
        },
      );
    rmSync(path, { force: true });
  }
}
