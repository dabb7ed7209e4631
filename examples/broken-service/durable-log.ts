/** An append-only file of entries, one JSON line each. `append` returns when the disk has it; what a crash left half-written is cut off. */
import { closeSync, existsSync, fdatasync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Entry } from './state.ts';

const force = promisify(fdatasync);

export class DurableLog {
  readonly entries: Entry[] = [];
  readonly #file: number;
  /** Where each entry ends, in bytes. */
  readonly #ends: number[] = [];

  constructor(path: string) {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    for (let from = 0, to = bytes.indexOf(10); to >= 0; from = to + 1, to = bytes.indexOf(10, from)) {
      this.entries.push(JSON.parse(bytes.toString('utf8', from, to)) as Entry);
      this.#ends.push(to + 1);
    }
    this.#file = openSync(path, 'a');
    ftruncateSync(this.#file, this.#ends.at(-1) ?? 0);
  }

  get length(): number {
    return this.entries.length;
  }

  async append(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      const line = `${JSON.stringify(entry)}\n`;
      writeSync(this.#file, line);
      this.entries.push(entry);
      this.#ends.push((this.#ends.at(-1) ?? 0) + Buffer.byteLength(line));
    }
    await force(this.#file);
  }

  /** Only the first `length` entries stay. */
  truncate(length: number): void {
    if (length >= this.length) return;
    this.entries.length = length;
    this.#ends.length = length;
    ftruncateSync(this.#file, this.#ends.at(-1) ?? 0);
  }

  close(): void {
    closeSync(this.#file);
  }
}
