/**
 * What a voter said, on disk: one line a record, synced before the voter says it. A line that a crash cut short was never
 * told to anybody and is dropped; a line that is damaged in the middle means a disk that cannot be trusted: refused.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { hashBytes, LightconeError, Reader, Writer } from '../core/index.ts';
import { fromHex, hex } from '../crypto/index.ts';
import { recordSchema, type VoteRecord } from '../protocols/vote/index.ts';

/** Digits of the hash that ends each line. */
const CHECK = 16;

export class VoterJournal {
  readonly #path: string | null;
  readonly #file: number | null = null;
  /** By digest of the electorate. */
  readonly #records = new Map<string, VoteRecord[]>();

  /** `path` null: nothing is kept across restarts. @throws LC_FILE */
  constructor(path: string | null) {
    this.#path = path;
    if (path === null) return;
    try {
      this.#file = openSync(path, 'a+', 0o600);
      this.#restore(this.#file, readFileSync(this.#file, 'utf8'));
    } catch (error) {
      if (error instanceof LightconeError) throw error;
      const { code = 'unknown' } = error as { readonly code?: string };
      throw new LightconeError('LC_FILE', `the journal ${path} cannot be used (${code})`, { path }, error);
    }
  }

  records(digest: string): readonly VoteRecord[] {
    return this.#records.get(digest) ?? [];
  }

  /** Returns once it is durable. */
  append(digest: string, record: VoteRecord): void {
    this.#keep(digest, record);
    if (this.#file === null) return;
    const w = new Writer();
    recordSchema.write(w, record);
    const text = `${digest} ${hex(w.take())}`;
    writeSync(this.#file, `${text} ${checkOf(text)}\n`);
    fsyncSync(this.#file);
  }

  #keep(digest: string, record: VoteRecord): void {
    const known = this.#records.get(digest);
    if (known === undefined) this.#records.set(digest, [record]);
    else known.push(record);
  }

  #restore(file: number, content: string): void {
    const whole = content.lastIndexOf('\n') + 1;
    for (const [i, line] of content.slice(0, whole).split('\n').slice(0, -1).entries()) {
      const [digest = '', bytes = '', check = ''] = line.split(' ');
      const record = check === checkOf(`${digest} ${bytes}`) ? fromHex(bytes, bytes.length / 2) : null;
      if (record === null)
        throw new LightconeError(
          'LC_FILE',
          `line ${i + 1} of the journal ${this.#path} is damaged: a voter that forgot its word must not vote`,
          {
            path: this.#path,
            line: i + 1,
          },
        );
      this.#keep(digest, recordSchema.read(new Reader(record)));
    }
    if (whole < content.length) ftruncateSync(file, Buffer.byteLength(content.slice(0, whole)));
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }
}

const checkOf = (text: string): string => hashBytes(new TextEncoder().encode(text)).slice(0, CHECK);
