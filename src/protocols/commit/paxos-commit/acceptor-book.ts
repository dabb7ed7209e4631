/**
 * What an acceptor durably knows: for each transaction the highest ballot promised and what it accepted last. A pure fold
 * over its records. It forgets nothing: Paxos Commit needs to be told that nobody will ask, and the paper leaves that out.
 */
import type { Value, Writer } from '../../../core/index.ts';
import { keyOf, type Site, type TransactionId } from '../transaction.ts';
import type { Accepted, AcceptorRecord } from './message.ts';

export interface Instances {
  readonly tx: TransactionId;
  readonly sites: readonly Site[];
  readonly promised: number;
  readonly accepted: Accepted | null;
}

export class AcceptorBook {
  #instances = new Map<string, Instances>();

  of(tx: TransactionId): Instances | null {
    return this.#instances.get(keyOf(tx)) ?? null;
  }

  apply(record: AcceptorRecord): void {
    const { tx, sites, ballot } = record;
    const known = this.of(tx) ?? { tx, sites, promised: 0, accepted: null };
    const accepted = record.type === 'accepted' ? { ballot, votes: record.votes } : known.accepted;
    this.#instances.set(keyOf(tx), { ...known, promised: ballot, accepted });
  }

  snapshot(): Value {
    const ascending = (a: Instances, b: Instances): number => a.tx.coordinator - b.tx.coordinator || a.tx.number - b.tx.number;
    return [...this.#instances.values()].sort(ascending) as unknown as Value;
  }

  restore(snapshot: Value): void {
    this.#instances = new Map((snapshot as unknown as readonly Instances[]).map((each) => [keyOf(each.tx), each]));
  }

  clone(): AcceptorBook {
    const copy = new AcceptorBook();
    copy.#instances = new Map(this.#instances);
    return copy;
  }

  encode(w: Writer): void {
    w.value(this.snapshot());
  }
}
