/**
 * What both roles stand on: the ledger, the way to the log, messages to other sites and to itself, timers, and the
 * decisions of the protocol, each in one place. How records get into a log is the subclass's of the roles.
 */
import type { Effects, Input, Node, NodeId, Reply, RequestInput, Writer } from '../../core/index.ts';
import type { CommitConfig } from './config.ts';
import { type Change, type Coordinated, Ledger } from './ledger.ts';
import { type CommitMessage, type CommitRecord, keyOf, type Site, type TransactionId, type Write } from './transaction.ts';

/** Told to the module above, or the host: this site now takes `tx` for decided. */
export interface CommitIndication {
  readonly kind: 'decided';
  readonly tx: string;
  readonly commit: boolean;
  readonly role: 'coordinator' | 'participant';
}

export type Out = Effects<CommitMessage, CommitRecord, CommitIndication>;

export abstract class SiteNode implements Node<CommitMessage, CommitRecord, CommitIndication> {
  readonly id: NodeId;
  readonly site: Site;
  readonly config: CommitConfig;
  ledger: Ledger;
  /** May act for its site (a group acts through its leader). */
  protected active = false;
  /** Transactions whose next record is on its way to the log, by role. */
  protected inFlight = new Set<string>();
  protected armed = [false, false];
  /** Messages of this site to itself, delivered before the step ends. */
  protected toSelf: CommitMessage[] = [];

  constructor(id: NodeId, site: Site, config: CommitConfig) {
    this.id = id;
    this.site = site;
    this.config = config;
    this.ledger = new Ledger(site, config.remember);
  }

  /** Makes `record` durable, then calls `logged` with it. */
  protected abstract write(record: CommitRecord, out: Out): void;
  /** Inputs that the log answers with. */
  protected abstract logInput(input: Input<CommitMessage, CommitRecord>, out: Out): void;
  /** Whether the node wants to be woken though it does not act. */
  protected abstract waiting(): boolean;
  /** The timer fired while the node does not act. */
  protected abstract wake(out: Out): void;
  protected abstract nodesOf(site: Site): readonly NodeId[];
  /** 0 when it belongs to none. */
  protected abstract siteOf(node: NodeId): Site;
  /** Why this node does not answer a client now; null when it does. */
  protected abstract refusal(request: RequestInput): Reply | null;

  // Decisions, each in one place, so that a mutant can get one wrong.

  /** Decision: may the coordinator commit, given who has said yes? */
  mayCommit(coordinated: Coordinated, yes: ReadonlySet<Site>): boolean {
    return coordinated.sites.every((site) => yes.has(site));
  }

  /** Decision: can this participant promise to commit? */
  votesYes(tx: TransactionId, writes: readonly Write[], out: Out): boolean {
    if (this.ledger.locked(writes, keyOf(tx))) return false;
    return this.config.votes === 'free' || out.choose(2) === 0;
  }

  /** Decision: what a prepared participant does when it has waited long enough. */
  whenInDoubt(): 'inquire' | 'abort' {
    return 'inquire';
  }

  /** Decision: what is known of a transaction of this coordinator that left no trace: presumed abort. */
  presumption(): 'commit' | 'abort' {
    return 'abort';
  }

  /** Decision: what a participant that has not voted answers when another one asks: it refuses from now on. */
  refusesOnInquiry(): boolean {
    return true;
  }

  /** Decision: does a record that the log kept count after a restart? */
  replays(_record: CommitRecord): boolean {
    return true;
  }

  abstract step(input: Input<CommitMessage, CommitRecord>, out: Out): void;
  abstract clone(): SiteNode;
  abstract encode(w: Writer): void;

  /** The log made `record` durable and it changed the ledger so: what to tell whom. */
  protected abstract react(record: CommitRecord, change: Change, out: Out): void;

  protected arm(timer: number, wanted: boolean, now: number, out: Out): void {
    if (wanted === this.armed[timer]) return;
    this.armed[timer] = wanted;
    out.timer(timer, wanted ? now + this.config.retryUs : Number.POSITIVE_INFINITY);
  }

  protected tell(site: Site, message: CommitMessage, out: Out): void {
    if (site === this.site) this.toSelf.push(message);
    else for (const node of this.nodesOf(site)) out.send(node, message, 0);
  }

  /** Writes unless the transaction's next record in this role is on its way already. */
  protected log(role: 'coordinator' | 'participant', record: CommitRecord & { readonly tx: TransactionId }, out: Out): void {
    const key = `${role} ${keyOf(record.tx)}`;
    if (this.inFlight.has(key)) return;
    this.inFlight.add(key);
    this.write(record, out);
  }

  /** The log holds `record` for good. */
  protected logged(record: CommitRecord, out: Out): void {
    const change = this.ledger.apply(record);
    this.land(record);
    if (this.active) this.react(record, change, out);
  }

  /** The log did not take `record`: it may be written again. */
  protected land(record: CommitRecord): void {
    for (const key of flightKeys(record)) this.inFlight.delete(key);
  }
}

/** What may be written for the transaction again once `record` is in the log. */
function flightKeys(record: CommitRecord): readonly string[] {
  switch (record.type) {
    case 'begin':
      return [`begin ${record.session}.${record.id}`];
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
