/** An `Io` that records what a verb prints, for tests. */
import { LightconeError } from '../core/index.ts';
import type { Io } from './verb.ts';

export interface RecordingIo extends Io {
  outText(): string;
  errText(): string;
  readonly progressLines: readonly string[];
  /** As Ctrl-C: the next `breathe` throws. */
  interrupt(): void;
}

export function recordingIo(environment: Io['environment'] = {}): RecordingIo {
  const out: string[] = [];
  const err: string[] = [];
  const progressLines: string[] = [];
  const controller = new AbortController();
  return {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    progress: (text) => void progressLines.push(text),
    signal: controller.signal,
    breathe(sofar) {
      if (controller.signal.aborted) throw new LightconeError('LC_INTERRUPTED', `interrupted: ${sofar()}`);
    },
    nowMs: () => performance.now(),
    environment,
    outText: () => out.map((text) => `${text}\n`).join(''),
    errText: () => err.map((text) => `${text}\n`).join(''),
    progressLines,
    interrupt: () => controller.abort(),
  };
}
