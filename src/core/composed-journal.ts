/**
 * Many journals in one. A module's checkpoint must not drop what its siblings wrote, so the composition remembers
 * which records are still needed and turns a checkpoint into a record that replaces its module's earlier ones, or,
 * once most of the journal is dead, into a checkpoint that holds all that is alive.
 */
import type { Writer } from './codec.ts';
import type { ComposedRecord, ModuleRecord } from './composed-schema.ts';
import type { Schema } from './schema.ts';

export class ComposedJournal {
  /** Records that a replay would give to some module, oldest first. */
  #alive: ModuleRecord[] = [];
  /** Module records in the host's journal, dead ones included. */
  #length = 0;

  /** Splits what the disk kept: the records of each module, oldest first. */
  replay(records: readonly ComposedRecord[]): ReadonlyMap<string, readonly unknown[]> {
    this.#alive = [];
    this.#length = 0;
    for (const record of records) {
      if (record.type === 'journal') {
        this.#alive = [...record.entries];
        this.#length = record.entries.length;
      } else {
        this.#note(record.entry, record.replaces);
      }
    }
    const byModule = new Map<string, unknown[]>();
    for (const { module, record } of this.#alive) {
      const records = byModule.get(module);
      if (records === undefined) byModule.set(module, [record]);
      else records.push(record);
    }
    return byModule;
  }

  #note(entry: ModuleRecord, replaces: boolean): void {
    if (replaces) this.#alive = this.#alive.filter(({ module }) => module !== entry.module);
    this.#alive.push(entry);
    this.#length += 1;
  }

  append(entry: ModuleRecord): ComposedRecord {
    this.#note(entry, false);
    return { type: 'record', entry, replaces: false };
  }

  /** What to write for a module's checkpoint. A `journal` must be written as a checkpoint, a `record` as a record. */
  checkpoint(entry: ModuleRecord): ComposedRecord {
    this.#note(entry, true);
    if (this.#length < this.#alive.length * 2) return { type: 'record', entry, replaces: true };
    this.#length = this.#alive.length;
    return { type: 'journal', entries: [...this.#alive] };
  }

  clone(): ComposedJournal {
    const copy = new ComposedJournal();
    copy.#alive = [...this.#alive];
    copy.#length = this.#length;
    return copy;
  }

  encode(w: Writer, schema: Schema<ComposedRecord>): void {
    w.uint(this.#length);
    schema.write(w, { type: 'journal', entries: this.#alive });
  }
}
