/**
 * A site's own journal as its log: what is on its way to the disk. A forced record counts once it is durable; a lazy one
 * at once, or as soon as the forced ones before it do: a replay must meet them in the order in which they counted.
 */
import type { Effects, Schema, Token, Writer } from '../../core/index.ts';

interface Written<R> {
  readonly token: Token;
  readonly record: R;
  readonly forced: boolean;
  readonly counts: boolean;
}

export class Journal<R> {
  #token: Token = 0;
  /** Oldest first. */
  #pending: Written<R>[] = [];
  /** Records since the newest snapshot. */
  length = 0;

  /** Whether the record counts at once. */
  append(record: R, forced: boolean, out: Effects<never, R, never>): boolean {
    const counts = !forced && this.#pending.every((written) => written.counts);
    this.#token += 1;
    this.#pending.push({ token: this.#token, record, forced, counts });
    out.persist(this.#token, record);
    return counts;
  }

  /** `record` stands for everything before it. */
  checkpoint(record: R, out: Effects<never, R, never>): void {
    this.#token += 1;
    this.length = 0;
    this.#pending.push({ token: this.#token, record, forced: false, counts: true });
    out.checkpoint(this.#token, record);
  }

  get idle(): boolean {
    return this.#pending.length === 0;
  }

  /** The records that count from now on. */
  persisted(token: Token): readonly R[] {
    const first = this.#pending[0];
    if (first?.token !== token) return [];
    this.#pending.shift();
    this.length += 1;
    const next = this.#pending.findIndex(({ forced }) => forced);
    const end = next < 0 ? this.#pending.length : next;
    const now = [first, ...this.#pending.slice(0, end)].filter(({ counts }) => !counts).map(({ record }) => record);
    if (now.length > 0) this.#pending = this.#pending.map((written, i) => (i < end ? { ...written, counts: true } : written));
    return now;
  }

  copyInto(copy: Journal<R>): void {
    copy.#token = this.#token;
    copy.#pending = [...this.#pending];
    copy.length = this.length;
  }

  /** `counted`: how much was written matters to what comes. */
  encode(w: Writer, schema: Schema<R>, counted: boolean): void {
    if (counted) w.uint(this.length);
    w.uint(this.#pending.length);
    for (const { record, forced, counts } of this.#pending) {
      schema.write(w, record);
      w.bool(forced);
      w.bool(counts);
    }
  }
}
