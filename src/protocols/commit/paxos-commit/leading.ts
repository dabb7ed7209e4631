/**
 * What a node knows of the ballots that it leads or learns from, and may forget in a crash: who has promised, who has
 * accepted, which transactions it wants to find out about, which outcomes it has found out.
 */
import type { Writer } from '../../../core/index.ts';
import { keyOf, type Site, type TransactionId } from '../transaction.ts';
import type { Accepted, InstanceVote } from './message.ts';

export interface Lead {
  readonly tx: TransactionId;
  readonly sites: readonly Site[];
  readonly ballot: number;
  readonly promises: Map<Site, Accepted | null>;
  readonly accepted: Map<Site, readonly InstanceVote[]>;
  proposed: boolean;
}

/** One in so many acceptors that are asked tries at a time, or they would outbid each other for ever. */
const SLOTS = 3;

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);
const bySite = (a: readonly [Site, unknown], b: readonly [Site, unknown]): number => a[0] - b[0];

export class Leading {
  #leads = new Map<string, Lead>();
  /** Transactions to find out about. */
  wanted = new Map<string, Lead>();
  outcomes = new Map<string, 'commit' | 'abort'>();

  of(tx: TransactionId): Lead | null {
    return this.#leads.get(keyOf(tx)) ?? null;
  }

  /** Starts `ballot`, unless a newer one (or this one) is under way. */
  begin(tx: TransactionId, sites: readonly Site[], ballot: number): Lead {
    const known = this.of(tx);
    if (known !== null && known.ballot >= ballot) return known;
    const lead: Lead = { tx, sites, ballot, promises: new Map(), accepted: new Map(), proposed: false };
    this.#leads.set(keyOf(tx), lead);
    if (this.wanted.has(keyOf(tx))) this.wanted.set(keyOf(tx), lead);
    return lead;
  }

  want(tx: TransactionId, sites: readonly Site[]): void {
    this.wanted.set(keyOf(tx), this.begin(tx, sites, 0));
  }

  /** Of what is wanted, what this node tries now. */
  due(out: { choose(n: number): number }): Lead[] {
    return [...this.wanted].sort(byKey).flatMap(([, lead]) => (out.choose(SLOTS) === 0 ? [lead] : []));
  }

  end(tx: TransactionId, outcome: 'commit' | 'abort'): void {
    this.#leads.delete(keyOf(tx));
    this.wanted.delete(keyOf(tx));
    this.outcomes.set(keyOf(tx), outcome);
  }

  copyInto(copy: Leading): void {
    const copied = (lead: Lead): Lead => ({ ...lead, promises: new Map(lead.promises), accepted: new Map(lead.accepted) });
    copy.#leads = new Map([...this.#leads].map(([key, lead]) => [key, copied(lead)]));
    copy.wanted = new Map([...this.wanted].map(([key, lead]) => [key, copy.#leads.get(key) ?? lead]));
    copy.outcomes = new Map(this.outcomes);
  }

  encode(w: Writer): void {
    const leads = [...this.#leads].sort(byKey).map(([key, { sites, ballot, promises, accepted, proposed }]) => {
      const promised = [...promises].sort(bySite) as unknown as [number, null][];
      return [key, sites, ballot, promised, [...accepted].sort(bySite) as unknown as [number, null][], proposed];
    });
    w.value(leads);
    w.value([...this.wanted.keys()].sort());
    w.value([...this.outcomes].sort(byKey));
  }
}
