/**
 * The run's processes, with a memory of who was started: a node whose process ends while everybody waits for it to serve is
 * told at once, with the end of its log, whatever the system's own `ready` does.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { LightconeError } from '../../core/index.ts';
import type { ManagedProcess, Processes, SpawnOptions } from '../../nemesis/index.ts';
import { pause } from './pause.ts';

const LOOK_MS = 100;
const TAIL_BYTES = 1500;

interface Started {
  readonly process: ManagedProcess;
  readonly logFile: string;
}

function tailOf(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString('utf8').trim();
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

export class StartedProcesses implements Processes {
  readonly #inner: Processes;
  /** The newest process of each owner. */
  readonly #newest = new Map<string, Started>();

  constructor(inner: Processes) {
    this.#inner = inner;
  }

  async spawn(options: SpawnOptions): Promise<ManagedProcess> {
    const process = await this.#inner.spawn(options);
    this.#newest.set(options.owner, { process, logFile: options.logFile });
    return process;
  }

  of(owner: string): readonly ManagedProcess[] {
    return this.#inner.of(owner);
  }

  kill(owner: string): Promise<void> {
    return this.#inner.kill(owner);
  }

  pause(owner: string): void {
    this.#inner.pause(owner);
  }

  resume(owner: string): void {
    this.#inner.resume(owner);
  }

  stop(owner: string, graceMs: number): Promise<void> {
    return this.#inner.stop(owner, graceMs);
  }

  stopAll(graceMs: number): Promise<void> {
    return this.#inner.stopAll(graceMs);
  }

  /** `ready`, or LC_ENVIRONMENT as soon as the process of one of `nodes` is gone. */
  async survive(nodes: readonly string[], ready: Promise<void>): Promise<void> {
    const over = new AbortController();
    ready.catch(() => undefined);
    const watch = async (): Promise<void> => {
      for (; !over.signal.aborted; await pause(LOOK_MS, over.signal)) {
        for (const node of nodes) {
          const started = this.#newest.get(node);
          if (started === undefined || started.process.running) continue;
          // The system's own words first, where it notices too.
          await Promise.race([ready, pause(LOOK_MS, over.signal)]);
          const { code, signal } = await started.process.exited;
          const log = tailOf(started.logFile);
          const how = `${node} ended while it started (${signal ?? `exit code ${code}`})`;
          throw new LightconeError('LC_ENVIRONMENT', `${how}; the end of its log:\n${log}`, { node, log: started.logFile });
        }
      }
    };
    try {
      await Promise.race([ready, watch()]);
    } finally {
      over.abort();
    }
  }
}
