/**
 * The `Io` of a verb at work. It works in a thread of its own, so that the main thread can hear Ctrl-C and redraw its
 * progress line while a search does not come up for air: Ctrl-C becomes a flag in memory that both threads share.
 */
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { LightconeError } from '../core/index.ts';
import { useNativeHash } from '../crypto/index.ts';
import { run } from './main.ts';
import type { Io, Verb } from './verb.ts';

/** What the working thread tells the main one. */
export type WorkerMessage =
  | { readonly kind: 'out' | 'err' | 'progress'; readonly text: string }
  | { readonly kind: 'exit'; readonly code: number };

/** What it is started with. */
export interface WorkerStart {
  readonly args: readonly string[];
  /** One 32-bit word: not 0 once the user has asked to stop. */
  readonly flag: SharedArrayBuffer;
}

function workerIo(port: MessagePort, flag: Int32Array): Io {
  const tell = (message: WorkerMessage): void => port.postMessage(message);
  const signal = {
    get aborted(): boolean {
      return Atomics.load(flag, 0) !== 0;
    },
  };
  return {
    out: (text) => tell({ kind: 'out', text }),
    err: (text) => tell({ kind: 'err', text }),
    progress: (text) => tell({ kind: 'progress', text }),
    signal,
    breathe(sofar) {
      if (signal.aborted) throw new LightconeError('LC_INTERRUPTED', `interrupted: ${sofar()}`);
    },
    nowMs: () => performance.now(),
    environment: process.env,
  };
}

/** The working thread: runs the command that it was started with, and says how it ended. */
export async function work(verbs?: readonly Verb[]): Promise<void> {
  if (isMainThread || parentPort === null) throw new LightconeError('LC_BUG', 'the working thread was started as a process');
  const { args, flag } = workerData as WorkerStart;
  useNativeHash();
  const code = await run(args, workerIo(parentPort, new Int32Array(flag)), verbs);
  parentPort.postMessage({ kind: 'exit', code } satisfies WorkerMessage);
}
