/**
 * The trace of a run as it happens: on disk line by line (so that nothing is lost when we die) and in memory as columns
 * (so that the checkers need not read it again). One clock, one order: whoever records first came first.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { LightconeError, type Value } from '../../core/index.ts';
import { type Header, type TraceRecord, type TraceView, TraceWriter, ViewBuilder } from '../../trace/index.ts';
import type { Completion, Operation } from '../../workloads/index.ts';

type Unordered<R> = R extends { readonly seq: number } ? Omit<R, 'seq' | 'timeNs'> : never;
/** A record that gets its place and time when it is recorded. */
export type Happening = Unordered<TraceRecord>;

export class Recorder {
  readonly #file: number;
  readonly #writer: TraceWriter;
  readonly #view: ViewBuilder;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  readonly #processNodes: readonly string[];
  #seq = 0;
  #bytes = 0;
  #closed = false;
  /** What kept the disk from taking more; the run is over then. */
  failure: LightconeError | null = null;

  /** Time 0 is now. Throws LC_FILE where the file cannot be made. */
  constructor(path: string, header: Header, nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
    this.#processNodes = header.processNodes ?? [];
    this.#file = openSync(path, 'wx');
    this.#writer = new TraceWriter((text) => this.#sink(text, path));
    this.#view = new ViewBuilder({ source: path });
    this.#writer.write(header);
    this.#view.add(header);
  }

  /** Milliseconds since time 0. */
  nowMs(): number {
    return this.#nowMs() - this.#startMs;
  }

  get operations(): number {
    return this.#view.operations;
  }

  get bytes(): number {
    return this.#bytes;
  }

  invoke(process: number, { f, key, value }: Operation, node: string): void {
    this.#add({
      type: 'op',
      phase: 'invoke',
      process,
      f,
      ...(key === undefined ? {} : { key }),
      ...(value === undefined ? {} : { value }),
      ...(this.#processNodes[process % this.#processNodes.length] === node ? {} : { node }),
    });
  }

  complete(process: number, f: string, { outcome, value, revision, code }: Completion): void {
    this.#add({
      type: 'op',
      phase: outcome,
      process,
      f,
      ...(value === undefined ? {} : { value }),
      ...(revision === undefined ? {} : { revision }),
      ...(code === undefined ? {} : { code }),
    });
  }

  record(happening: Exclude<Happening, { readonly type: 'op' }>): void {
    this.#add(happening);
  }

  note(text: string): void {
    this.#add({ type: 'note', text });
  }

  /** Everything so far is handed to the disk. */
  flush(): void {
    if (!this.#closed) this.#writer.end();
  }

  /** Once; later records are dropped. */
  close(): TraceView {
    this.flush();
    this.#closed = true;
    closeSync(this.#file);
    return this.#view.build();
  }

  #add(happening: Happening): void {
    if (this.#closed || this.failure !== null) return;
    const record = { ...happening, seq: this.#seq++, timeNs: Math.round(this.nowMs() * 1e6) } as TraceRecord;
    this.#view.add(record);
    this.#writer.write(record);
  }

  #sink(text: string, path: string): void {
    try {
      this.#bytes += writeSync(this.#file, text);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A file may be as long as the process' own limit (EFBIG), too.
      const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
      this.failure = new LightconeError(
        full ? 'LC_DISK_FULL' : 'LC_ENVIRONMENT',
        full ? `no space is left to record the run in ${path}` : `the run cannot be recorded in ${path}: ${code}`,
        { path } as { readonly [name: string]: Value },
        error,
      );
    }
  }
}
