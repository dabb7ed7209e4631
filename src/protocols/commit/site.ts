/**
 * What every protocol of this room stands on: the ledger, the way to the log, messages to other sites and to itself,
 * timers, messages that are dropped. How records get into a log is the subclass's.
 * M: the protocol's messages; X: the records that it keeps besides those of the ledger.
 */
import type { Effects, Input, Node, NodeId, Reply, RequestInput, Writer } from '../../core/index.ts';
import type { CommitConfig } from './config.ts';
import { type Change, Ledger } from './ledger.ts';
import { type CommitRecord, keyOf, type Site, type TransactionId, type Write } from './transaction.ts';

/** Told to the module above, or the host: this site now takes `tx` for decided. */
export interface CommitIndication {
  readonly kind: 'decided';
  readonly tx: string;
  readonly commit: boolean;
  readonly role: 'coordinator' | 'participant';
}

/** Why a message was dropped: sent by no site, by one whose part it is not, or saying what cannot be. */
export type DropCode = 'LC_SENDER_UNKNOWN' | 'LC_SENDER_NOT_ENTITLED' | 'LC_MESSAGE_IMPOSSIBLE';

export type OutOf<M, X> = Effects<M, CommitRecord | X, CommitIndication>;

export abstract class SiteNode<M, X extends { readonly type: string } = never> implements Node<M, CommitRecord | X, CommitIndication> {
  readonly id: NodeId;
  readonly site: Site;
  readonly config: CommitConfig;
  ledger: Ledger;
  /** Messages that were dropped in this life, by reason: for operators, not part of the state. */
  readonly dropped = new Map<DropCode, number>();
  /** May act for its site (a group acts through its leader). */
  protected active = false;
  /** Transactions whose next record is on its way to the log, by role. */
  protected inFlight = new Set<string>();
  protected armed: boolean[] = [false, false];
  /** Messages of this site to itself, delivered before the step ends. */
  protected toSelf: M[] = [];

  constructor(id: NodeId, site: Site, config: CommitConfig) {
    this.id = id;
    this.site = site;
    this.config = config;
    const { presumption } = config;
    this.ledger = new Ledger(site, config.remember, { commit: presumption !== 'commit', abort: presumption !== 'abort' });
  }

  /** Makes `record` durable, then calls `logged` with it. */
  protected abstract write(record: CommitRecord | X, out: OutOf<M, X>): void;
  /** Inputs that the log answers with. */
  protected abstract logInput(input: Input<M, CommitRecord | X>, out: OutOf<M, X>): void;
  /** Whether the node wants to be woken though it does not act. */
  protected abstract waiting(): boolean;
  /** The timer fired while the node does not act. */
  protected abstract wake(out: OutOf<M, X>): void;
  protected abstract nodesOf(site: Site): readonly NodeId[];
  /** 0 when it belongs to none. */
  protected abstract siteOf(node: NodeId): Site;
  /** Why this node does not answer a client now; null when it does. */
  protected abstract refusal(request: RequestInput): Reply | null;
  /** Why a message of this site is not believed; null when it is. */
  protected abstract screen(from: Site, message: M): DropCode | null;
  protected abstract handle(from: Site, message: M, out: OutOf<M, X>): void;
  /** The log made `record` durable and it changed the ledger so: what to tell whom. */
  protected abstract react(record: CommitRecord | X, change: Change, out: OutOf<M, X>): void;

  // Decisions, each in one place, so that a mutant can get one wrong.

  /** Decision: can this participant promise to commit? Not while another transaction holds a key, or a value is not the expected one. */
  votesYes(tx: TransactionId, writes: readonly Write[], out: OutOf<M, X>): boolean {
    if (this.ledger.locked(writes, keyOf(tx)) || !this.ledger.asExpected(writes)) return false;
    return this.config.votes === 'free' || out.choose(2) === 0;
  }

  /** Decision: does a record that the log kept count after a restart? */
  replays(_record: CommitRecord | X): boolean {
    return true;
  }

  abstract step(input: Input<M, CommitRecord | X>, out: OutOf<M, X>): void;
  abstract clone(): SiteNode<M, X>;
  abstract encode(w: Writer): void;

  /** Takes a message, or drops and counts it. */
  protected receive(from: Site, message: M, out: OutOf<M, X>): void {
    const code = from === 0 ? 'LC_SENDER_UNKNOWN' : this.screen(from, message);
    if (code === null) this.handle(from, message, out);
    else this.dropped.set(code, (this.dropped.get(code) ?? 0) + 1);
  }

  /** Sites that a transaction may have: all known, none twice, at least one. */
  protected areSites(sites: readonly Site[]): boolean {
    return sites.length > 0 && new Set(sites).size === sites.length && sites.every((site) => this.isSite(site));
  }

  protected isSite(site: Site): boolean {
    return site === this.site || this.nodesOf(site).length > 0;
  }

  protected arm(timer: number, wanted: boolean, atUs: number, out: OutOf<M, X>): void {
    if (wanted === this.armed[timer]) return;
    this.armed[timer] = wanted;
    out.timer(timer, wanted ? atUs : Number.POSITIVE_INFINITY);
  }

  protected tell(site: Site, message: M, out: OutOf<M, X>): void {
    if (site === this.site) this.toSelf.push(message);
    else for (const node of this.nodesOf(site)) out.send(node, message, 0);
  }

  /** What this site told itself, and what follows from it. */
  protected drain(out: OutOf<M, X>): void {
    for (let i = 0; i < this.toSelf.length; i++) this.receive(this.site, this.toSelf[i] as M, out);
    this.toSelf = [];
  }

  /** Writes unless the transaction's next record in this role is on its way already. */
  protected log(role: 'coordinator' | 'participant', record: CommitRecord & { readonly tx: TransactionId }, out: OutOf<M, X>): void {
    const key = `${role} ${keyOf(record.tx)}`;
    if (this.inFlight.has(key)) return;
    this.inFlight.add(key);
    this.write(record, out);
  }

  /** What a record changes; those of the protocol's own, nothing in the ledger. */
  protected fold(record: CommitRecord | X): Change {
    return this.ledger.apply(record as CommitRecord);
  }

  /** The log holds `record`. */
  protected logged(record: CommitRecord | X, out: OutOf<M, X>): void {
    const change = this.fold(record);
    this.land(record);
    if (this.active) this.react(record, change, out);
  }

  /** The log did not take `record`: it may be written again. */
  protected land(record: CommitRecord | X): void {
    for (const key of flightKeys(record as CommitRecord)) this.inFlight.delete(key);
  }
}

/** What may be written for the transaction again once `record` is in the log. */
function flightKeys(record: CommitRecord): readonly string[] {
  switch (record.type) {
    case 'begin':
      return [`begin ${record.session}.${record.id}`];
    case 'collecting':
    case 'decided':
    case 'ended':
      return [`coordinator ${keyOf(record.tx)}`];
    case 'prepared':
    case 'finished':
      return [`participant ${keyOf(record.tx)}`];
    default:
      return [];
  }
}
