/** The `Io` of a real process: streams that may close early, Ctrl-C, a progress line on a terminal. */
import { setImmediate } from 'node:timers/promises';
import { LightconeError } from '../core/index.ts';
import type { Io } from './verb.ts';

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 10_000;
const BREATH_MS = 50;
/** As a process that SIGPIPE ended. */
const READER_GONE = 141;

export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Progress on the terminal's last line; it vanishes before any other output. */
export class ProgressLine {
  readonly #stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>;
  readonly #now: () => number;
  #shown = false;
  #lastMs: number;

  constructor(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
    this.#lastMs = now();
  }

  show(text: string): void {
    const terminal = this.#stream.isTTY === true;
    const nowMs = this.#now();
    if (nowMs - this.#lastMs < (terminal ? REDRAW_MS : PLAIN_LINE_MS)) return;
    this.#lastMs = nowMs;
    if (!terminal) {
      this.#stream.write(`${text}\n`);
      return;
    }
    this.#stream.write(`\r${text.slice(0, Math.max(20, (this.#stream.columns ?? 80) - 1))}\u001b[K`);
    this.#shown = true;
  }

  clear(): void {
    if (!this.#shown) return;
    this.#stream.write('\r\u001b[K');
    this.#shown = false;
  }
}

/** A reader that went away (`| head`) ends us quietly; output that cannot be written is said once. */
function guard(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? READER_GONE);
    if (stream !== process.stderr) process.stderr.write(`LC_DISK_FULL: the output cannot be written (${error.code ?? error.message})\n`);
    process.exit(5);
  });
}

export function processIo({ stdout, stderr }: Streams = process): Io & { close(): void } {
  guard(stdout);
  guard(stderr);
  const line = new ProgressLine(stderr);
  const controller = new AbortController();
  let askedMs = 0;
  const onInterrupt = (): void => {
    // The wrapper process and the terminal may both deliver one Ctrl-C; a second one a moment later is impatience.
    if (controller.signal.aborted && performance.now() - askedMs > 1000) process.exit(130);
    if (!controller.signal.aborted) askedMs = performance.now();
    controller.abort();
  };
  process.on('SIGINT', onInterrupt);
  let breathedMs = performance.now();
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    line.clear();
    stream.write(`${text}\n`);
  };
  return {
    out: (text) => write(stdout, text),
    err: (text) => write(stderr, text),
    progress: (text) => line.show(text),
    signal: controller.signal,
    async breathe(sofar) {
      if (performance.now() - breathedMs > BREATH_MS) {
        await setImmediate();
        breathedMs = performance.now();
      }
      if (controller.signal.aborted) throw new LightconeError('LC_INTERRUPTED', `interrupted: ${sofar()}`);
    },
    cooperative(yes) {
      process.removeListener('SIGINT', onInterrupt);
      if (yes) process.on('SIGINT', onInterrupt);
    },
    nowMs: () => performance.now(),
    environment: process.env,
    close() {
      line.clear();
      process.removeListener('SIGINT', onInterrupt);
    },
  };
}
