/**
 * Waiting for what starts: polls until it serves, gives up at the deadline, on interruption, or as soon as a process is
 * gone, and then says who and shows the end of its log. A server that cannot start is the environment's fault, not a verdict.
 */
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { LightconeError } from '../core/index.ts';
import type { Processes } from '../nemesis/index.ts';
import { Broken, Refused } from './completion.ts';

const POLL_MS = 50;
const TAIL_BYTES = 2000;

/** The last lines of a log; empty where there is none. */
export async function logTail(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const length = Math.min(size, TAIL_BYTES);
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8').trim();
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

/** True once `check` is; false at the deadline. An exchange that fails means: not yet. */
export async function waitUntil(check: () => Promise<boolean>, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!signal.aborted) {
    try {
      if (await check()) return true;
    } catch (error) {
      if (!(error instanceof Broken || error instanceof Refused)) throw error;
    }
    if (performance.now() >= deadline) return false;
    await sleep(POLL_MS);
  }
  throw new LightconeError('LC_INTERRUPTED', 'interrupted while waiting for a system to serve');
}

export interface Readiness {
  readonly system: string;
  readonly processes: Processes;
  readonly signal: AbortSignal;
  readonly logFile: (node: string) => string;
  readonly serves: (node: string) => Promise<boolean>;
}

/** Resolves when all nodes serve; rejects with LC_ENVIRONMENT, the name of who does not and the end of its log. */
export async function allServe(nodes: readonly string[], timeoutMs: number, readiness: Readiness): Promise<void> {
  const { system, processes, signal, logFile, serves } = readiness;
  const started = performance.now();
  await Promise.all(
    nodes.map(async (node) => {
      let gone = false;
      const served = await waitUntil(
        async () => {
          gone = !processes.of(node).some(({ running }) => running);
          return gone || (await serves(node));
        },
        timeoutMs,
        signal,
      );
      if (served && !gone) return;
      const how = gone ? 'ended while it started' : `does not serve after ${Math.round(performance.now() - started)} ms`;
      const tail = await logTail(logFile(node));
      throw new LightconeError('LC_ENVIRONMENT', `${system}: ${node} ${how}; the end of its log:\n${tail}`, {
        system,
        node,
        log: logFile(node),
      });
    }),
  );
}
