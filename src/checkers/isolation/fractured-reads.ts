/** Fractured reads of lists: a transaction sees one key as another transaction left it, and another key as it was before that one. */
import type { Value } from '../../core/index.ts';
import { OK } from '../../trace/index.ts';
import type { AnomalyList } from './dependencies.ts';
import { APPEND, READ, type Transactions } from './transactions.ts';
import type { TransactionTeller } from './words.ts';

export interface ListVersions {
  /** Of each append its place in the version order. */
  readonly places: Int32Array;
  /** The committed append of an element. */
  readonly writerOf: (key: number, element: Value) => number | undefined;
  readonly usable: (key: number) => boolean;
}

export function fracturedReads(transactions: Transactions, versions: ListVersions, list: AnomalyList, tell: TransactionTeller): void {
  const { count, from, key, owner, kind, value, history, row } = transactions;
  const shown = (i: number): readonly Value[] => (value[i] ?? []) as readonly Value[];
  for (let t = 0; t < count; t++) {
    if (history.status[row[t] as number] !== OK) continue;
    /** Of each key the oldest read. */
    const seen = new Map<number, number>();
    const sources = new Set<number>();
    for (let i = from[t] as number; i < (from[t + 1] as number); i++) {
      const k = key[i] as number;
      if (kind[i] !== READ || value[i] === undefined || !versions.usable(k)) continue;
      const items = shown(i);
      if (!seen.has(k) || items.length < shown(seen.get(k) as number).length) seen.set(k, i);
      const last = items[items.length - 1];
      const writer = last === undefined ? undefined : versions.writerOf(k, last);
      if (writer !== undefined) sources.add(owner[writer] as number);
    }
    for (const source of sources) {
      if (source === t) continue;
      for (let i = from[source] as number; i < (from[source + 1] as number); i++) {
        const read = kind[i] === APPEND ? seen.get(key[i] as number) : undefined;
        if (read === undefined || (versions.places[i] as number) < shown(read).length) continue;
        list.add('fractured-read', [source, t], key[i] as number, () => {
          const what = `${tell.name(t)} saw a part of ${tell.name(source)}`;
          return `${what}, but ${tell.micro(read)}, without what ${tell.name(source)} ${tell.micro(i)}`;
        });
        break;
      }
    }
  }
}
