/**
 * What a site durably knows of transactions: a pure fold over its records, the same on every replica of a group and
 * after every replay. The first record about a matter wins; later ones change nothing. Decides nothing itself.
 */
import { equalValues, type Value, type Writer } from '../../core/index.ts';
import { type CommitRecord, keyOf, type Part, type Site, type TransactionId, type Write } from './transaction.ts';

/** A transaction as its coordinator knows it. */
export interface Coordinated {
  readonly tx: TransactionId;
  readonly session: number;
  readonly id: number;
  /** Empty once decided, and after a restart: then only the sites matter. */
  readonly parts: readonly Part[];
  /** Who takes part; once decided, who needs to know: those that write. */
  readonly sites: readonly Site[];
  readonly state: 'voting' | 'committed' | 'aborted';
  /** Nobody will ask who does not get the right answer from the presumption: it may be forgotten. */
  readonly ended: boolean;
  /** Its beginning is on the log (presumed commit). */
  readonly collected: boolean;
}

/** A transaction as a participant knows it. */
export interface Participated {
  readonly tx: TransactionId;
  readonly sites: readonly Site[];
  /** What it holds locks for; empty unless prepared. */
  readonly writes: readonly Write[];
  readonly state: 'prepared' | 'committed' | 'aborted';
  /** It was prepared once (false: it refused). */
  readonly voted: boolean;
}

/** What a record changed; null: nothing. */
export type Change =
  | { readonly what: 'begun' | 'collected' | 'decided' | 'ended'; readonly coordinated: Coordinated }
  | { readonly what: 'prepared' | 'refused' | 'finished'; readonly participated: Participated }
  | { readonly what: 'session'; readonly id: number; readonly session: number }
  | null;

/** Numbers that one life of a coordinator can give. */
const LIFE = 2 ** 20;

const begun = { state: 'voting', ended: false, collected: false } as const;

const ascending = (a: TransactionId, b: TransactionId): number => a.coordinator - b.coordinator || a.number - b.number;

/** Which decisions the participants must acknowledge before the coordinator may forget them. */
export interface Acknowledged {
  readonly commit: boolean;
  readonly abort: boolean;
}

export class Ledger {
  readonly site: Site;
  readonly acknowledged: Acknowledged;
  /** Decided transactions remembered in each role; older ones are forgotten, and their numbers refused. */
  readonly remember: number;
  /** Newest number given to a transaction or session of this site. */
  number = 0;
  /** Where this life's numbers begin (sites with lives only). What older sessions asked and was not committed was aborted, or never came. */
  #born = 0;
  /** Newest session that was forgotten to make room. */
  #evicted = 0;
  coordinated = new Map<string, Coordinated>();
  participated = new Map<string, Participated>();
  /** Keys of coordinated transactions that still need work: not ended. */
  open = new Set<string>();
  /** Keys of transactions prepared here: they hold locks until someone tells the outcome. */
  inDoubt = new Set<string>();
  /** What the committed transactions wrote here. */
  data = new Map<string, Value>();
  /** By session: its newest transaction. */
  sessions = new Map<number, { readonly id: number; readonly key: string }>();
  /** Of each coordinator: numbers up to this are settled here, whatever arrives late. */
  settled = new Map<Site, number>();

  constructor(site: Site, remember: number, acknowledged: Acknowledged = { commit: true, abort: false }) {
    this.site = site;
    this.remember = remember;
    this.acknowledged = acknowledged;
  }

  apply(record: CommitRecord): Change {
    switch (record.type) {
      case 'life':
        this.number = (Math.floor(this.number / LIFE) + 1) * LIFE;
        this.#born = this.number;
        return null;
      case 'session':
        this.number += 1;
        return { what: 'session', id: record.id, session: this.number };
      case 'begin':
        return this.#begin(record.session, record.id, record.parts);
      case 'collecting':
        return this.#collect(record);
      case 'decided':
        return this.#decide(record);
      case 'ended':
        return this.#end(record.tx);
      case 'prepared':
        return this.#prepare(record);
      case 'finished':
        return this.#finish(record.tx, record.commit);
      case 'snapshot':
        this.restore(record.ledger);
        return null;
    }
  }

  /** The transaction of this request, if it has one already. */
  known(session: number, id: number): Coordinated | null {
    const newest = this.sessions.get(session);
    if (session === 0 || newest === undefined || newest.id !== id) return null;
    return this.coordinated.get(newest.key) ?? null;
  }

  /**
   * True for a request whose outcome this site can no longer tell: a newer one of its session has overtaken it, or its
   * transaction, its session or its life is over and forgotten. To begin it (again) might carry it out twice, or after
   * all.
   */
  late(session: number, id: number): boolean {
    if (session === 0) return false;
    const newest = this.sessions.get(session);
    if (newest !== undefined && id < newest.id) return true;
    if (newest?.id === id) return !this.coordinated.has(newest.key);
    return session <= this.#born || (newest === undefined && session <= this.#evicted);
  }

  /** Whether another prepared transaction holds one of these keys. */
  locked(writes: readonly Write[], except: string): boolean {
    for (const key of this.inDoubt) {
      if (key === except) continue;
      const { writes: held } = this.participated.get(key) as Participated;
      if (held.some((mine) => writes.some((theirs) => theirs.key === mine.key))) return true;
    }
    return false;
  }

  /** True when the transaction is over here and its outcome forgotten. */
  forgotten(tx: TransactionId): boolean {
    return !this.participated.has(keyOf(tx)) && tx.number <= (this.settled.get(tx.coordinator) ?? 0);
  }

  #begin(session: number, id: number, parts: readonly Part[]): Change {
    if (this.known(session, id) !== null || this.late(session, id)) return null;
    this.number += 1;
    const tx = { coordinator: this.site, number: this.number };
    const coordinated: Coordinated = { tx, session, id, parts, sites: parts.map(({ site }) => site), ...begun };
    this.#coordinate(coordinated);
    return { what: 'begun', coordinated };
  }

  #coordinate(coordinated: Coordinated): void {
    const key = keyOf(coordinated.tx);
    this.coordinated.set(key, coordinated);
    const { session, id, ended } = coordinated;
    if (ended) this.open.delete(key);
    else this.open.add(key);
    if (session !== 0 && id >= (this.sessions.get(session)?.id ?? 0)) this.sessions.set(session, { id, key });
    if (this.sessions.size > this.remember) {
      const oldest = this.sessions.keys().next().value as number;
      this.sessions.delete(oldest);
      this.#evicted = Math.max(this.#evicted, oldest);
    }
  }

  #collect({ tx, sites, session, id }: CommitRecord & { readonly type: 'collecting' }): Change {
    const known = this.coordinated.get(keyOf(tx));
    if (known !== undefined && known.state !== 'voting') return null;
    this.number = Math.max(this.number, tx.number);
    const coordinated: Coordinated = { tx, session, id, parts: [], sites, ...begun, ...known, collected: true };
    this.#coordinate(coordinated);
    return { what: 'collected', coordinated };
  }

  #decide(record: CommitRecord & { readonly type: 'decided' }): Change {
    const { tx, commit, sites, session, id } = record;
    const known = this.coordinated.get(keyOf(tx));
    if (known !== undefined && known.state !== 'voting') return null;
    this.number = Math.max(this.number, tx.number);
    const ended = sites.length === 0 || !(commit ? this.acknowledged.commit : this.acknowledged.abort);
    const collected = known?.collected ?? false;
    const coordinated: Coordinated = { tx, session, id, parts: [], sites, state: commit ? 'committed' : 'aborted', ended, collected };
    this.#coordinate(coordinated);
    this.#forgetCoordinated();
    return { what: 'decided', coordinated };
  }

  #end(tx: TransactionId): Change {
    const known = this.coordinated.get(keyOf(tx));
    if (known === undefined || known.state === 'voting' || known.ended) return null;
    const coordinated: Coordinated = { ...known, ended: true };
    this.#coordinate(coordinated);
    this.#forgetCoordinated();
    return { what: 'ended', coordinated };
  }

  /** Ended ones may go, oldest first. */
  #forgetCoordinated(): void {
    if (this.coordinated.size <= this.remember) return;
    for (const [key, { ended }] of this.coordinated) {
      if (!ended) continue;
      this.coordinated.delete(key);
      if (this.coordinated.size <= this.remember) return;
    }
  }

  /** Whether every write meets the value that it expects. */
  asExpected(writes: readonly Write[]): boolean {
    return writes.every(
      ({ key, expected }) => expected.length === 0 || expected.some((one) => equalValues(one, this.data.get(key) ?? null)),
    );
  }

  /** A record for keys that another prepared transaction took first, or has changed since, is a refusal. */
  #prepare(record: CommitRecord & { readonly type: 'prepared' }): Change {
    const { tx, sites, writes } = record;
    const key = keyOf(tx);
    if (this.participated.has(key) || this.forgotten(tx)) return null;
    if (this.locked(writes, key) || !this.asExpected(writes)) return this.#refuse(tx, sites);
    const participated: Participated = { tx, sites, writes, state: 'prepared', voted: true };
    this.participated.set(key, participated);
    this.inDoubt.add(key);
    return { what: 'prepared', participated };
  }

  #refuse(tx: TransactionId, sites: readonly Site[]): Change {
    const participated: Participated = { tx, sites, writes: [], state: 'aborted', voted: false };
    this.participated.set(keyOf(tx), participated);
    this.#forgetParticipated();
    return { what: 'refused', participated };
  }

  #finish(tx: TransactionId, commit: boolean): Change {
    const known = this.participated.get(keyOf(tx));
    if (known === undefined) return commit || this.forgotten(tx) ? null : this.#refuse(tx, []);
    if (known.state !== 'prepared') return null;
    if (commit) for (const { key, value } of known.writes) this.data.set(key, value);
    const participated: Participated = { ...known, writes: [], state: commit ? 'committed' : 'aborted' };
    this.participated.set(keyOf(tx), participated);
    this.inDoubt.delete(keyOf(tx));
    this.#forgetParticipated();
    return { what: 'finished', participated };
  }

  #forgetParticipated(): void {
    if (this.participated.size <= this.remember) return;
    for (const [key, { state, tx }] of this.participated) {
      if (state === 'prepared') continue;
      this.participated.delete(key);
      this.settled.set(tx.coordinator, Math.max(this.settled.get(tx.coordinator) ?? 0, tx.number));
      return;
    }
  }

  /** Everything, as a value. Without `voting`: as if transactions that are being voted on had never begun, unless their beginning is on the log. */
  snapshot(voting = true): Value {
    const coordinated = [...this.coordinated.values()].filter((one) => voting || one.state !== 'voting' || one.collected);
    const kept = new Set(coordinated.map(({ tx }) => keyOf(tx)));
    return [
      this.number,
      coordinated as unknown as Value,
      [...this.participated.values()] as unknown as Value,
      [...this.data].sort((a, b) => (a[0] < b[0] ? -1 : 1)),
      [...this.sessions]
        .filter(([, { key }]) => kept.has(key) || !this.coordinated.has(key))
        .map(([session, { id, key }]) => [session, id, key]),
      [...this.settled].sort((a, b) => a[0] - b[0]),
      this.#evicted,
    ];
  }

  restore(snapshot: Value): void {
    const [number, coordinated, participated, data, sessions, settled, evicted] = snapshot as unknown as [
      number,
      readonly Coordinated[],
      readonly Participated[],
      readonly (readonly [string, Value])[],
      readonly (readonly [number, number, string])[],
      readonly (readonly [number, number])[],
      number,
    ];
    this.number = number;
    this.#evicted = evicted;
    this.coordinated = new Map(coordinated.map((each) => [keyOf(each.tx), each]));
    this.participated = new Map(participated.map((each) => [keyOf(each.tx), each]));
    this.data = new Map(data);
    this.sessions = new Map(sessions.map(([session, id, key]) => [session, { id, key }]));
    this.settled = new Map(settled);
    this.open = new Set(coordinated.filter(({ ended }) => !ended).map(({ tx }) => keyOf(tx)));
    this.inDoubt = new Set(participated.filter(({ state }) => state === 'prepared').map(({ tx }) => keyOf(tx)));
  }

  /** Coordinated transactions that still need work, ascending. */
  pending(): Coordinated[] {
    return [...this.open].map((key) => this.coordinated.get(key) as Coordinated).sort((a, b) => ascending(a.tx, b.tx));
  }

  /** Transactions prepared here, ascending. */
  doubted(): Participated[] {
    return [...this.inDoubt].map((key) => this.participated.get(key) as Participated).sort((a, b) => ascending(a.tx, b.tx));
  }

  clone(): Ledger {
    const copy = new Ledger(this.site, this.remember, this.acknowledged);
    copy.number = this.number;
    copy.#born = this.#born;
    copy.#evicted = this.#evicted;
    copy.coordinated = new Map(this.coordinated);
    copy.participated = new Map(this.participated);
    copy.open = new Set(this.open);
    copy.inDoubt = new Set(this.inDoubt);
    copy.data = new Map(this.data);
    copy.sessions = new Map(this.sessions);
    copy.settled = new Map(this.settled);
    return copy;
  }

  encode(w: Writer): void {
    w.value(this.snapshot());
  }
}
