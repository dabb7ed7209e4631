/**
 * Paxos Commit (Gray, Lamport, "Consensus on Transaction Commit", 2006): whether each resource manager is prepared is
 * agreed on by an instance of Paxos among 2F + 1 acceptors, so that no single node's failure leaves anyone in doubt. With
 * F = 0 it is two-phase commit. All roles in one node: resource manager, acceptor (the first nodes), leader.
 */
import type { Input, NodeId, Protocol, Writer } from '../../../core/index.ts';
import type { Change, Coordinated, Participated } from '../ledger.ts';
import type { CommitIndication, OutOf } from '../site.ts';
import { type CommitRecord, keyOf, type Part, type Site, type TransactionId } from '../transaction.ts';
import type { PaxosCommitConfig } from './config.ts';
import { type Lead, Leading } from './leading.ts';
import {
  type AcceptorRecord,
  type InstanceVote,
  type PaxosCommitMessage,
  type PaxosCommitRecord,
  paxosCommitMessages,
  paxosCommitRecords,
} from './message.ts';
import { PaxosDecisions } from './paxos-decisions.ts';

const COORDINATE = 0;
const INQUIRE = 1;
const TAKE_OVER = 2;
export const paxosCommitTimers: readonly string[] = ['coordinate', 'inquire', 'take-over'];

type Out = OutOf<PaxosCommitMessage, AcceptorRecord>;
type Of<T extends PaxosCommitMessage['type']> = Extract<PaxosCommitMessage, { readonly type: T }>;

export class PaxosCommit extends PaxosDecisions {
  protected readonly records = paxosCommitRecords;
  protected override armed = [false, false, false];
  readonly #leading = new Leading();
  /** Votes of ballot 0 that this acceptor holds back until it has all. */
  #votes = new Map<string, Map<Site, boolean>>();
  /** Sites of transactions whose vote is on its way to the disk. */
  #sites = new Map<string, readonly Site[]>();
  /** Transactions that this node is in doubt about: time-outs so far. */
  #waited = new Map<string, number>();
  /** Transactions under way that this node was asked for: reminders so far. */
  #tries = new Map<string, number>();

  step(input: Input<PaxosCommitMessage, PaxosCommitRecord>, out: Out): void {
    switch (input.kind) {
      case 'message':
        this.receive(this.siteOf(input.from), input.message, out);
        break;
      case 'timer':
        this.#tick(input.timer, out);
        break;
      case 'request':
        this.request(input, out);
        break;
      default:
        this.logInput(input, out);
    }
    this.drain(out);
    const againUs = input.now + this.config.retryUs;
    this.arm(COORDINATE, this.ledger.open.size > 0, againUs, out);
    this.arm(INQUIRE, this.ledger.inDoubt.size > 0, againUs, out);
    this.arm(TAKE_OVER, this.#leading.wanted.size > 0, againUs, out);
  }

  protected override fold(record: PaxosCommitRecord): Change {
    if (record.type === 'promised' || record.type === 'accepted') {
      // What is on its way to the disk is decided on in the order in which it gets there.
      const known = this.book.of(record.tx);
      const { ballot } = record;
      const own =
        record.type === 'promised' ? this.promises(known, ballot) : ballot === 0 ? this.acceptsVote(known) : this.accepts(known, ballot);
      if (own) this.book.apply(record);
      return null;
    }
    if (record.type !== 'snapshot') return this.ledger.apply(record);
    const [ledger, book] = record.ledger as [never, never];
    this.ledger.restore(ledger);
    this.book.restore(book);
    return null;
  }

  protected snapshot(): CommitRecord {
    return { type: 'snapshot', ledger: [this.ledger.snapshot(false), this.book.snapshot()] };
  }

  protected override react(record: PaxosCommitRecord, change: Change, out: Out): void {
    if (record.type === 'promised') return this.#promised(record.tx, record.ballot, out);
    if (record.type === 'accepted') return this.#accepted(record.tx, out);
    if (record.type === 'begin' && change === null) return this.answerKnown(record.session, record.id, out);
    switch (change?.what) {
      case 'begun':
        return this.#begun(change.coordinated, out);
      case 'session':
        return this.answer(0, change.id, { outcome: 'ok', value: change.session }, out);
      case 'decided':
        return this.#decided(change.coordinated, out);
      case 'prepared':
      case 'refused':
        return this.#voted(change.participated, out);
      case 'finished':
        this.#waited.delete(keyOf(change.participated.tx));
        return this.believe(change.participated.tx, change.participated.state === 'committed', 'participant', out);
    }
  }

  protected resume(out: Out): void {
    for (const participated of this.ledger.doubted()) this.#doubt(participated, true, out);
  }

  /** What this node knows of a transaction's outcome. */
  outcomeOf(tx: TransactionId): 'commit' | 'abort' | null {
    const key = keyOf(tx);
    const coordinated = this.ledger.coordinated.get(key);
    if (coordinated !== undefined && coordinated.state !== 'voting') return coordinated.state === 'committed' ? 'commit' : 'abort';
    const participated = this.ledger.participated.get(key);
    if (participated !== undefined && participated.state !== 'prepared') return participated.state === 'committed' ? 'commit' : 'abort';
    return this.#leading.outcomes.get(key) ?? null;
  }

  // The node that was asked, and the leader of ballot 0.

  #begun(coordinated: Coordinated, out: Out): void {
    const { tx, parts } = coordinated;
    this.coordinate(out);
    this.#tries.set(keyOf(tx), 0);
    if (this.firstLeader(tx) === this.site) return this.#lead(tx, parts, out);
    const own = parts.find(({ site }) => site === this.site);
    if (own === undefined) this.tell(this.firstLeader(tx), { type: 'begin', tx, parts, yes: null }, out);
    else this.#prepare(this.site, { type: 'prepare', tx, sites: parts.map(({ site }) => site), writes: own.writes }, out);
  }

  #begin({ tx, parts, yes }: Of<'begin'>, out: Out): void {
    if (this.outcomeOf(tx) !== null) return this.#tellOutcome(tx.coordinator, tx, out);
    const sites = parts.map(({ site }) => site);
    if (yes !== null) this.#vote(tx.coordinator, { type: 'vote', tx, sites, yes }, out);
    this.#lead(tx, parts, out);
  }

  /** Ask everyone whose vote has not come. */
  #lead(tx: TransactionId, parts: readonly Part[], out: Out): void {
    const sites = parts.map(({ site }) => site);
    this.#leading.begin(tx, sites, 0);
    const votes = this.#votes.get(keyOf(tx));
    for (const { site, writes } of parts) if (votes?.has(site) !== true) this.tell(site, { type: 'prepare', tx, sites, writes }, out);
  }

  #decided({ tx, session, id, state }: Coordinated, out: Out): void {
    const commit = state === 'committed';
    this.#tries.delete(keyOf(tx));
    this.#leading.end(tx, commit ? 'commit' : 'abort');
    this.#votes.delete(keyOf(tx));
    this.believe(tx, commit, 'coordinator', out);
    this.answer(session, id, { outcome: 'ok', value: commit ? 'commit' : 'abort' }, out);
  }

  // The resource manager.

  #prepare(from: Site, { tx, sites, writes }: Of<'prepare'>, out: Out): void {
    const known = this.ledger.participated.get(keyOf(tx));
    if (known !== undefined || this.ledger.forgotten(tx)) {
      const yes = this.voteAgain(known);
      if (yes !== null) this.tell(from, { type: 'vote', tx, sites, yes }, out);
      else if (known !== undefined) this.#tellOutcome(from, tx, out);
      return;
    }
    if (this.inFlight.has(`participant ${keyOf(tx)}`)) return;
    const yes = this.votesYes(tx, writes, out);
    // A refusal names the sites too: acceptors must know for whom they wait.
    this.#sites.set(keyOf(tx), sites);
    this.log('participant', yes ? { type: 'prepared', tx, sites, writes } : { type: 'finished', tx, commit: false }, out);
  }

  /** The vote is on the disk: propose it to the active acceptors. */
  #voted(participated: Participated, out: Out): void {
    const { tx } = participated;
    const sites = this.#sites.get(keyOf(tx)) ?? participated.sites;
    this.#sites.delete(keyOf(tx));
    const yes = participated.state === 'prepared';
    if (!yes) this.believe(tx, false, 'participant', out);
    if (sites.length === 0) return;
    const coordinated = this.ledger.coordinated.get(keyOf(tx));
    const first = this.firstLeader(tx);
    for (const acceptor of this.activeAcceptors(tx)) {
      if (acceptor === first && acceptor !== this.site && tx.coordinator === this.site && coordinated !== undefined)
        this.tell(first, { type: 'begin', tx, parts: coordinated.parts, yes }, out);
      else this.tell(acceptor, { type: 'vote', tx, sites, yes }, out);
    }
  }

  #decision({ tx, commit }: Of<'decision'>, out: Out): void {
    const known = this.ledger.participated.get(keyOf(tx));
    if (this.carriesOut(known)) this.log('participant', { type: 'finished', tx, commit }, out);
    this.#learned(tx, commit, out);
  }

  /** In doubt: perhaps the vote was lost; perhaps it is time to find out. */
  #doubt({ tx, sites }: Participated, asks: boolean, out: Out): void {
    if (asks && this.whenInDoubt() === 'abort') return this.log('participant', { type: 'finished', tx, commit: false }, out);
    for (const acceptor of this.acceptors) {
      this.tell(acceptor, { type: 'vote', tx, sites, yes: true }, out);
      if (asks) this.tell(acceptor, { type: 'inquire', tx, sites }, out);
    }
  }

  // The acceptor.

  #vote(from: Site, { tx, sites, yes }: Of<'vote'>, out: Out): void {
    if (from !== this.site && this.outcomeOf(tx) !== null) return this.#tellOutcome(from, tx, out);
    const instances = this.book.of(tx);
    if (instances?.accepted?.ballot === 0 && instances.promised === 0) return this.#accepted(tx, out);
    const key = keyOf(tx);
    if (!this.acceptsVote(instances) || this.inFlight.has(`acceptor ${key}`)) return;
    const votes = this.#votes.get(key) ?? new Map<Site, boolean>();
    this.#votes.set(key, votes);
    if (!votes.has(from)) votes.set(from, yes);
    if (!this.acceptsNow(sites, votes)) return;
    this.inFlight.add(`acceptor ${key}`);
    this.write({ type: 'accepted', tx, sites, ballot: 0, votes: votesOf(sites, votes) }, out);
  }

  #take(from: Site, { tx, sites, ballot }: Of<'take'>, out: Out): void {
    const instances = this.book.of(tx);
    if (this.promises(instances, ballot)) this.write({ type: 'promised', tx, sites, ballot }, out);
    else if (this.outcomeOf(tx) !== null) this.#tellOutcome(from, tx, out);
  }

  #promised(tx: TransactionId, ballot: number, out: Out): void {
    const instances = this.book.of(tx);
    // A late copy: it has been used already.
    if (instances?.promised !== ballot || (instances.accepted?.ballot ?? -1) >= ballot) return;
    this.tell(this.ownerOf(ballot), { type: 'promise', tx, ballot, accepted: instances.accepted }, out);
  }

  #propose({ tx, sites, ballot, votes }: Of<'propose'>, out: Out): void {
    if (this.accepts(this.book.of(tx), ballot)) this.write({ type: 'accepted', tx, sites, ballot, votes }, out);
  }

  /** Phase 2b: what was accepted last, to whoever leads that ballot; in ballot 0 to every resource manager too, where that is faster. */
  #accepted(tx: TransactionId, out: Out): void {
    this.inFlight.delete(`acceptor ${keyOf(tx)}`);
    this.#votes.delete(keyOf(tx));
    const instances = this.book.of(tx);
    if (instances?.accepted == null) return;
    const { sites, accepted } = instances;
    const message: PaxosCommitMessage = { type: 'accepted', tx, sites, ...accepted };
    const leader = accepted.ballot === 0 ? this.firstLeader(tx) : this.ownerOf(accepted.ballot);
    const all = sites.includes(tx.coordinator) ? sites : [leader, ...sites.filter((site) => site !== leader)];
    const learners = accepted.ballot === 0 && this.paxosConfig.faster ? all : [leader];
    for (const learner of learners) this.tell(learner, message, out);
  }

  #inquired(from: Site, { tx, sites }: Of<'inquire'>, out: Out): void {
    if (this.outcomeOf(tx) !== null) return this.#tellOutcome(from, tx, out);
    if (this.takesOver()) this.#leading.want(tx, sites);
  }

  #tellOutcome(to: Site, tx: TransactionId, out: Out): void {
    this.tell(to, { type: 'decision', tx, commit: this.outcomeOf(tx) === 'commit' }, out);
  }

  // The leader of a later ballot, and all who learn.

  #takeOver({ tx, sites, ballot }: Lead, out: Out): void {
    const next = this.nextBallot(Math.max(ballot, this.book.of(tx)?.promised ?? 0));
    this.#leading.begin(tx, sites, next);
    for (const acceptor of this.acceptors) this.tell(acceptor, { type: 'take', tx, sites, ballot: next }, out);
  }

  #promise(from: Site, { tx, ballot, accepted }: Of<'promise'>, out: Out): void {
    const lead = this.#leading.of(tx);
    if (lead === null || lead.ballot !== ballot || lead.proposed) return;
    lead.promises.set(from, accepted);
    if (!this.mayPropose(lead.promises)) return;
    lead.proposed = true;
    const { sites, promises } = lead;
    const votes = sites.map((site) => ({ site, yes: this.voteFor(site, promises.values()) }));
    for (const acceptor of this.acceptors) this.tell(acceptor, { type: 'propose', tx, sites, ballot, votes }, out);
  }

  #learn(from: Site, { tx, sites, ballot, votes }: Of<'accepted'>, out: Out): void {
    if (this.outcomeOf(tx) !== null) return;
    const lead = this.#leading.of(tx) ?? this.#leading.begin(tx, sites, ballot);
    if (lead.ballot !== ballot) return;
    lead.accepted.set(from, votes);
    const outcome = this.chosen(ballot, sites, lead.accepted);
    if (outcome === null) return;
    const commit = outcome === 'commit';
    const all = [...new Set([...sites, tx.coordinator])];
    // What a quorum has accepted need not be written down again before it is told.
    const told = this.#leads(tx, ballot) ? all.filter((site) => this.leaderTells(ballot) || !sites.includes(site)) : [];
    for (const site of new Set([this.site, ...told])) this.tell(site, { type: 'decision', tx, commit }, out);
  }

  #leads(tx: TransactionId, ballot: number): boolean {
    return this.site === (ballot === 0 ? this.firstLeader(tx) : this.ownerOf(ballot));
  }

  #learned(tx: TransactionId, commit: boolean, out: Out): void {
    const coordinated = this.ledger.coordinated.get(keyOf(tx));
    if (coordinated?.state === 'voting') {
      const { sites, session, id } = coordinated;
      return this.log('coordinator', { type: 'decided', tx, commit, sites, session, id }, out);
    }
    if (this.#leading.of(tx) === null) return;
    this.#leading.end(tx, commit ? 'commit' : 'abort');
    this.#votes.delete(keyOf(tx));
    this.believe(tx, commit, 'coordinator', out);
  }

  protected handle(from: Site, message: PaxosCommitMessage, out: Out): void {
    switch (message.type) {
      case 'begin':
        return this.#begin(message, out);
      case 'prepare':
        return this.#prepare(from, message, out);
      case 'vote':
        return this.#vote(from, message, out);
      case 'take':
        return this.#take(from, message, out);
      case 'promise':
        return this.#promise(from, message, out);
      case 'propose':
        return this.#propose(message, out);
      case 'accepted':
        return this.#learn(from, message, out);
      case 'decision':
        return this.#decision(message, out);
      case 'inquire':
        return this.#inquired(from, message, out);
    }
  }

  #tick(timer: number, out: Out): void {
    this.armed[timer] = false;
    if (timer === INQUIRE) for (const participated of this.ledger.doubted()) this.#wait(participated, out);
    else if (timer === COORDINATE) for (const coordinated of this.ledger.pending()) this.#remind(coordinated, out);
    else for (const lead of this.#leading.due(out)) this.#takeOver(lead, out);
  }

  #wait(participated: Participated, out: Out): void {
    const key = keyOf(participated.tx);
    const waited = (this.#waited.get(key) ?? 0) + 1;
    this.#waited.set(key, waited);
    this.#doubt(participated, this.inquiresAfter(waited), out);
  }

  #remind({ tx, parts, sites }: Coordinated, out: Out): void {
    const first = this.firstLeader(tx);
    const known = this.ledger.participated.get(keyOf(tx));
    const takesPart = sites.includes(this.site);
    // It has not begun yet: its own vote comes first, and goes with the beginning.
    if (first !== this.site && takesPart && known === undefined) return;
    // As a participant it has heard the outcome, and what it wrote of that as coordinator is on its way or was lost: it votes no more.
    if (takesPart && known !== undefined && this.voteAgain(known) === null) return this.#learned(tx, known.state === 'committed', out);
    const tries = (this.#tries.get(keyOf(tx)) ?? 0) + 1;
    this.#tries.set(keyOf(tx), tries);
    if (this.givesUp(tries)) {
      for (const acceptor of this.acceptors) this.tell(acceptor, { type: 'inquire', tx, sites }, out);
    } else if (first === this.site) this.#lead(tx, parts, out);
    else this.tell(first, { type: 'begin', tx, parts, yes: takesPart ? this.voteAgain(known) === true : null }, out);
  }

  clone(): PaxosCommit {
    const NodeClass = this.constructor as new (id: NodeId, peers: readonly NodeId[], config: PaxosCommitConfig) => PaxosCommit;
    const copy = new NodeClass(this.id, this.peers, this.paxosConfig);
    this.copyInto(copy);
    copy.book = this.book.clone();
    this.#leading.copyInto(copy.#leading);
    copy.#votes = new Map([...this.#votes].map(([key, votes]) => [key, new Map(votes)]));
    copy.#tries = new Map(this.#tries);
    copy.#sites = new Map(this.#sites);
    copy.#waited = new Map(this.#waited);
    return copy;
  }

  override encode(w: Writer): void {
    super.encode(w);
    this.book.encode(w);
    this.#leading.encode(w);
    const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);
    w.value([...this.#votes].sort(byKey).map(([key, votes]) => [key, [...votes].sort((a, b) => a[0] - b[0])]));
    w.value([...this.#tries].sort(byKey));
    w.value([...this.#sites].sort(byKey));
    w.value([...this.#waited].sort(byKey));
  }
}

const votesOf = (sites: readonly Site[], votes: ReadonlyMap<Site, boolean>): readonly InstanceVote[] =>
  sites.filter((site) => votes.has(site)).map((site) => ({ site, yes: votes.get(site) === true }));

export const paxosCommitProtocol: Protocol<PaxosCommitConfig, PaxosCommitMessage, PaxosCommitRecord, CommitIndication> = {
  name: 'paxos-commit',
  create: (id, peers, config) => new PaxosCommit(id, peers, config),
  message: paxosCommitMessages,
  record: paxosCommitRecords,
  timers: paxosCommitTimers,
};
