/** The command `lightcone` as a process of its own, in a folder of its own, with all that it left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { root } from '../tools/rooms.ts';

export interface Ended {
  /** 130 also where the signal itself ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

export interface Begun {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has said so far on both streams. */
  said(): string;
}

/** A folder that goes when the tests of this file are over. */
export function ownFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `lightcone-${name}-`));
  // PostgreSQL runs as a user of its own, who must get to the run's folder.
  chmodSync(folder, 0o755);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function begin(cwd: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}, wrapper: readonly string[] = []): Begun {
  const command = [...wrapper, process.execPath, join(root, 'bin', 'lightcone.js'), ...args];
  const startedMs = performance.now();
  const env = { ...process.env, GITHUB_ACTIONS: '', ...environment };
  const child = spawn(command[0] as string, command.slice(1), { cwd, stdio: ['ignore', 'pipe', 'pipe'], env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => {
    out += piece;
  });
  child.stderr.on('data', (piece: Buffer) => {
    err += piece;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code: code ?? (signal === 'SIGINT' ? 130 : null), out, err, ms: performance.now() - startedMs });
    });
  });
  return { child, ended, said: () => out + err };
}

export const lightcone = (cwd: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  begin(cwd, args, environment).ended;

/** The command lines of living processes that carry the mark of a run of this folder: those that name the folder. */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
      return line.includes(folder) ? [`${pid} ${line}`] : [];
    } catch {
      return [];
    }
  });
}

/** Runs all of `work`, `atOnce` of them at a time. */
export async function together<T, R>(atOnce: number, work: readonly T[], run: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < work.length) {
      const at = next++;
      results[at] = await run(work[at] as T);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}
