/**
 * The main thread of the command: streams that may close early, a progress line on a terminal, Ctrl-C. The verb works
 * in another thread (worker-io.ts); here nothing ever takes long.
 */
import { fstatSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { errorKinds, exitCodes } from '../core/index.ts';
import type { WorkerMessage, WorkerStart } from './worker-io.ts';

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 10_000;
/** As a process that SIGPIPE ended. */
const READER_GONE = 141;
/** The wrapper process and the terminal may both deliver one Ctrl-C; a second one later than this is impatience. */
const SAME_MS = 1000;
/** A verb that has said nothing so long after Ctrl-C is in the middle of something that cannot be asked. */
const GRACE_MS = 5000;

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
    this.#stream.write(`\r${text.slice(0, Math.max(20, (this.#stream.columns || 80) - 1))}\u001b[K`);
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
    process.exit(exitCodes.environment);
  });
}

/** By the signal itself: `process.exit` would wait for a thread that may be blocked for ever (opening a pipe that nobody writes to). */
function endNow(): void {
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
}

/** Standard input is read here: a read that blocks in the other thread could not be ended. */
function passInput(worker: Worker, fail: (text: string, code: number) => void): void {
  const { stdin } = process;
  if (fstatSync(0).isDirectory()) return fail('LC_FILE: standard input cannot be read: it is a folder', errorKinds.LC_FILE.exit);
  stdin.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    fail(`LC_FILE: standard input cannot be read: ${code ?? message}`, errorKinds.LC_FILE.exit);
  });
  if (worker.stdin !== null) stdin.pipe(worker.stdin);
}

interface Interruption {
  interrupt(): void;
  /** The verb said something: it is still tidying up (servers are being stopped, say), and gets its time anew. */
  heard(): void;
}

/** First Ctrl-C: the verb is asked to sum up. One more, or no answer: the end, at once. */
function interruption(flag: Int32Array, line: ProgressLine): Interruption {
  let askedMs = Number.NaN;
  let patience: NodeJS.Timeout | undefined;
  const wait = (): void => {
    clearTimeout(patience);
    patience = setTimeout(() => {
      line.clear();
      process.stderr.write('interrupted: in the middle of something that cannot be summed up\n');
      endNow();
    }, GRACE_MS);
    patience.unref();
  };
  return {
    interrupt() {
      const nowMs = performance.now();
      if (nowMs - askedMs > SAME_MS) endNow();
      if (!Number.isNaN(askedMs)) return;
      askedMs = nowMs;
      Atomics.store(flag, 0, 1);
      wait();
    },
    heard() {
      if (!Number.isNaN(askedMs)) wait();
    },
  };
}

/** What ended the working thread from outside: memory, or an error of ours. */
function failure(error: Error & { readonly code?: string }): readonly [text: string, exit: number] {
  const code = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'LC_MEMORY' : 'LC_BUG';
  const said = code === 'LC_MEMORY' ? 'memory ran out before anything was decided' : error.message.split('\n')[0];
  return [`${code}: ${said} (${errorKinds[code].advice})`, errorKinds[code].exit];
}

const entryPoint = (): URL => new URL(`./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** The process: what `bin/lightcone.js` calls. `entry` is the working thread's script. */
export function main(args: readonly string[], entry: URL = entryPoint()): Promise<void> {
  const { stdout, stderr } = process;
  guard(stdout);
  guard(stderr);
  const line = new ProgressLine(stderr);
  const start: WorkerStart = { args, flag: new SharedArrayBuffer(4) };
  const { interrupt: interrupted, heard } = interruption(new Int32Array(start.flag), line);
  process.on('SIGINT', interrupted);
  const reads = args.some((word) => word === '-' || word === '--history=-');
  const worker = new Worker(entry, { workerData: start, stdin: true });
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    line.clear();
    stream.write(`${text}\n`);
  };
  return new Promise((resolve) => {
    const end = (code: number): void => {
      line.clear();
      process.exitCode = code;
      process.removeListener('SIGINT', interrupted);
      if (reads) process.stdin.destroy();
      resolve();
    };
    worker.on('message', (message: WorkerMessage) => {
      heard();
      if (message.kind === 'exit') end(message.code);
      else if (message.kind === 'progress') line.show(message.text);
      else write(message.kind === 'out' ? stdout : stderr, message.text);
    });
    if (reads)
      passInput(worker, (text, code) => {
        write(stderr, text);
        end(code);
        void worker.terminate();
      });
    worker.on('error', (error) => {
      const [text, code] = failure(error);
      write(stderr, text);
      end(code);
    });
  });
}
