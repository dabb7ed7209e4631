/**
 * Two-phase commit, both roles in one node: Gray, "Notes on Data Base Operating Systems" (1978); presumptions after
 * Mohan, Lindsay, Obermarck (1986); cooperative termination after Bernstein, Hadzilacos, Goodman (1987), 7.4.
 * Everything a site says follows from what its log has. How records get there is the subclass's: this node's own
 * journal (local-commit.ts) or a replicated log of the site's group (group-commit.ts).
 * It blocks: while neither the coordinator nor a participant that knows can be reached, a prepared one keeps its locks.
 */
import type { Input, Writer } from '../../core/index.ts';
import { CommitDecisions } from './commit-decisions.ts';
import type { Change, Coordinated, Participated } from './ledger.ts';
import type { CommitIndication, OutOf } from './site.ts';
import { type CommitMessage, type CommitRecord, keyOf, type Site, type TransactionId, type Vote, writersOf } from './transaction.ts';

const COORDINATE = 0;
const INQUIRE = 1;
export const commitTimers: readonly string[] = ['coordinate', 'inquire'];

export type Out = OutOf<CommitMessage, never>;
export type { CommitIndication };

/** What the coordinator knows of a transaction under way and may forget in a crash. */
interface Progress {
  /** Sites that said yes; after the decision, sites that have acknowledged it. */
  readonly heard: Set<Site>;
  /** Sites that said read-only. */
  readonly readers: Set<Site>;
  /** Sites that refused. */
  readonly refused: Set<Site>;
  tries: number;
}

export abstract class CommitNode extends CommitDecisions {
  #progress = new Map<string, Progress>();
  /** Transactions that it has said to be in doubt about. */
  #doubts: readonly string[] = [];

  step(input: Input<CommitMessage, CommitRecord>, out: Out): void {
    switch (input.kind) {
      case 'message':
        if (this.active) this.receive(this.siteOf(input.from), input.message, out);
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
    this.arm(COORDINATE, this.active ? this.ledger.open.size > 0 : this.waiting(), againUs, out);
    this.arm(INQUIRE, this.active && this.ledger.inDoubt.size > 0, againUs, out);
  }

  protected override react(record: CommitRecord, change: Change, out: Out): void {
    if (record.type === 'begin' && change === null) return this.answerKnown(record.session, record.id, out);
    switch (change?.what) {
      case 'begun':
        return this.#begun(change.coordinated, out);
      case 'collected':
        return this.#invite(change.coordinated, out);
      case 'session':
        return this.answer(0, change.id, { outcome: 'ok', value: change.session }, out);
      case 'decided':
        return this.#decided(change.coordinated, out);
      case 'prepared':
      case 'refused':
        return this.#voted(change.participated, out);
      case 'finished':
        return this.#finished(change.participated, out);
    }
  }

  /** After a restart, or as the new leader of a group: go on with everything that is not settled. */
  protected resume(out: Out): void {
    if (!this.resumes()) return;
    for (const coordinated of this.ledger.pending()) this.#invite(coordinated, out);
    for (const participated of this.ledger.doubted()) this.#inquire(participated, out);
  }

  /** No longer acts for its site: what it knew beyond the log goes. */
  protected retire(out: Out): void {
    this.active = false;
    this.#progress.clear();
    this.inFlight.clear();
    this.#doubt([], out);
    this.answerNobody(out);
  }

  // The coordinator.

  #progressOf(key: string): Progress {
    let progress = this.#progress.get(key);
    if (progress === undefined) {
      progress = { heard: new Set(), readers: new Set(), refused: new Set(), tries: 0 };
      this.#progress.set(key, progress);
    }
    return progress;
  }

  #begun(coordinated: Coordinated, out: Out): void {
    this.coordinate(out);
    if (!this.collects()) return this.#invite(coordinated, out);
    const { tx, sites, session, id } = coordinated;
    this.log('coordinator', { type: 'collecting', tx, sites, session, id }, out);
  }

  #mayInvite({ collected }: Coordinated): boolean {
    return collected || !this.collects();
  }

  /** Phase one, or phase two where the decision is made: tell every site that has not answered. */
  #invite(coordinated: Coordinated, out: Out): void {
    const { tx, parts, sites, state } = coordinated;
    if (this.abandons(coordinated)) return this.#decide(coordinated, false, out);
    const { heard, readers } = this.#progressOf(keyOf(tx));
    if (state !== 'voting') {
      for (const site of sites) if (!heard.has(site)) this.tell(site, { type: 'decision', tx, commit: state === 'committed' }, out);
    } else if (this.#mayInvite(coordinated)) {
      const writers = writersOf(parts);
      for (const { site, writes } of parts)
        if (!heard.has(site) && !readers.has(site)) this.tell(site, { type: 'prepare', tx, sites: writers, writes }, out);
    }
  }

  #vote(from: Site, tx: TransactionId, vote: Vote, out: Out): void {
    const coordinated = this.ledger.coordinated.get(keyOf(tx));
    if (coordinated === undefined || coordinated.state !== 'voting') return this.#lateVote(from, tx, vote, coordinated, out);
    const progress = this.#progressOf(keyOf(tx));
    if (vote === 'no') progress.refused.add(from);
    else progress[vote === 'yes' ? 'heard' : 'readers'].add(from);
    if (this.abortsOn(vote)) return this.#decide(coordinated, false, out);
    const yes = new Set([...progress.heard, ...progress.readers]);
    if (this.mayCommit(coordinated, yes)) this.#decide(coordinated, true, out);
  }

  /** A vote when there is nothing left to vote on. Who refuses knows the outcome. */
  #lateVote(from: Site, tx: TransactionId, vote: Vote, coordinated: Coordinated | undefined, out: Out): void {
    if (vote === 'read-only') return;
    if (vote === 'no') return this.#ack(from, tx, out);
    const outcome = this.outcomeOf(coordinated);
    if (outcome !== null) this.tell(from, { type: 'decision', tx, commit: outcome === 'commit' }, out);
  }

  #decide(coordinated: Coordinated, commit: boolean, out: Out): void {
    const { tx, session, id } = coordinated;
    const sites = this.concerned(coordinated, this.#progressOf(keyOf(tx)).readers);
    this.log('coordinator', { type: 'decided', tx, commit, sites, session, id }, out);
  }

  #decided({ tx, sites, session, id, state, ended }: Coordinated, out: Out): void {
    const commit = state === 'committed';
    const { refused } = this.#progressOf(keyOf(tx));
    this.#progress.delete(keyOf(tx));
    this.believe(tx, commit, 'coordinator', out);
    this.answer(session, id, { outcome: 'ok', value: commit ? 'commit' : 'abort' }, out);
    for (const site of sites) if (!refused.has(site)) this.tell(site, { type: 'decision', tx, commit }, out);
    if (ended) return;
    for (const site of refused) this.#ack(site, tx, out);
  }

  #ack(from: Site, tx: TransactionId, out: Out): void {
    const coordinated = this.ledger.coordinated.get(keyOf(tx));
    if (coordinated === undefined || coordinated.state === 'voting' || coordinated.ended) return;
    const { heard } = this.#progressOf(keyOf(tx));
    heard.add(from);
    if (this.mayEnd(coordinated, heard)) {
      this.#progress.delete(keyOf(tx));
      this.log('coordinator', { type: 'ended', tx }, out);
    }
  }

  // The participant.

  #prepare(from: Site, message: CommitMessage & { readonly type: 'prepare' }, out: Out): void {
    const { tx, sites, writes } = message;
    const known = this.ledger.participated.get(keyOf(tx));
    if (known?.state === 'committed') return this.#acknowledge(from, tx, true, out);
    if (known !== undefined || this.ledger.forgotten(tx)) return this.tell(from, { type: 'vote', tx, vote: this.voteAgain(known) }, out);
    if (this.inFlight.has(`participant ${keyOf(tx)}`)) return;
    const yes = this.votesYes(tx, writes, out);
    // Who has nothing to write keeps nothing in mind, not even a refusal: asked twice it may answer twice.
    if (this.isReadOnly(writes)) this.tell(from, { type: 'vote', tx, vote: yes ? 'read-only' : 'no' }, out);
    else if (!yes) this.log('participant', { type: 'finished', tx, commit: false }, out);
    else this.log('participant', { type: 'prepared', tx, sites, writes }, out);
  }

  #voted({ tx, state }: Participated, out: Out): void {
    const yes = state === 'prepared';
    if (!yes) this.believe(tx, false, 'participant', out);
    this.tell(tx.coordinator, { type: 'vote', tx, vote: yes ? 'yes' : 'no' }, out);
  }

  #decision(from: Site, tx: TransactionId, commit: boolean, out: Out): void {
    const known = this.ledger.participated.get(keyOf(tx));
    if (this.carriesOut(known)) return this.log('participant', { type: 'finished', tx, commit }, out);
    if (known !== undefined || this.ledger.forgotten(tx)) return this.#acknowledge(from, tx, commit, out);
    // It never heard of it: before it says that it knows of the abort, it must not vote yes on a late question any more.
    if (!commit && this.acknowledges(false)) this.log('participant', { type: 'finished', tx, commit: false }, out);
  }

  #acknowledge(to: Site, tx: TransactionId, commit: boolean, out: Out): void {
    if (to === tx.coordinator && this.acknowledges(commit)) this.tell(to, { type: 'ack', tx }, out);
  }

  #finished({ tx, state }: Participated, out: Out): void {
    const commit = state === 'committed';
    this.believe(tx, commit, 'participant', out);
    this.#acknowledge(tx.coordinator, tx, commit, out);
    if (this.#doubts.includes(keyOf(tx)))
      this.#doubt(
        this.#doubts.filter((key) => key !== keyOf(tx)),
        out,
      );
  }

  /** Says what it is in doubt about, so that people see who waits for whom. */
  #doubt(keys: readonly string[], out: Out): void {
    if (keys.length === 0 && this.#doubts.length === 0) return;
    this.#doubts = keys;
    out.belief('x-in-doubt', keys, 0);
  }

  #inquire(participated: Participated, out: Out): void {
    const { tx } = participated;
    if (!this.#doubts.includes(keyOf(tx))) this.#doubt([...this.#doubts, keyOf(tx)], out);
    if (this.whenInDoubt() === 'abort') return this.log('participant', { type: 'finished', tx, commit: false }, out);
    for (const site of this.asked(participated)) this.tell(site, { type: 'inquire', tx }, out);
  }

  /** Someone is in doubt. Who knows, says so; who has not voted, refuses and so knows; who is in doubt too, is silent. */
  #inquired(from: Site, tx: TransactionId, out: Out): void {
    const key = keyOf(tx);
    if (tx.coordinator === this.site) {
      const outcome = this.outcomeOf(this.ledger.coordinated.get(key));
      if (outcome !== null) this.tell(from, { type: 'decision', tx, commit: outcome === 'commit' }, out);
      return;
    }
    const known = this.ledger.participated.get(key);
    if (known !== undefined) {
      const told = this.toldToDoubting(known);
      if (told !== null) this.tell(from, { type: 'decision', tx, commit: told === 'commit' }, out);
    } else if (!this.ledger.forgotten(tx) && this.refusesOnInquiry()) {
      this.log('participant', { type: 'finished', tx, commit: false }, out);
    }
  }

  protected handle(from: Site, message: CommitMessage, out: Out): void {
    switch (message.type) {
      case 'prepare':
        return this.#prepare(from, message, out);
      case 'vote':
        return this.#vote(from, message.tx, message.vote, out);
      case 'decision':
        return this.#decision(from, message.tx, message.commit, out);
      case 'ack':
        return this.#ack(from, message.tx, out);
      case 'inquire':
        return this.#inquired(from, message.tx, out);
    }
  }

  #tick(timer: number, out: Out): void {
    this.armed[timer] = false;
    if (!this.active) return timer === COORDINATE ? this.wake(out) : undefined;
    if (timer === INQUIRE) {
      for (const participated of this.ledger.doubted()) this.#inquire(participated, out);
      return;
    }
    for (const coordinated of this.ledger.pending()) {
      const voting = coordinated.state === 'voting';
      // Whoever has not been asked yet cannot be late.
      if (voting && !this.#mayInvite(coordinated)) continue;
      const progress = this.#progressOf(keyOf(coordinated.tx));
      if (voting) progress.tries += 1;
      if (voting && this.givesUp(progress.tries)) this.#decide(coordinated, false, out);
      else this.#invite(coordinated, out);
    }
  }

  protected override copyInto(copy: CommitNode): void {
    super.copyInto(copy);
    const copied = ({ heard, readers, refused, tries }: Progress): Progress => ({
      heard: new Set(heard),
      readers: new Set(readers),
      refused: new Set(refused),
      tries,
    });
    copy.#progress = new Map([...this.#progress].map(([key, progress]) => [key, copied(progress)]));
    copy.#doubts = this.#doubts;
  }

  /** Sites that have said yes to a transaction under way, or acknowledged its decision. */
  heardOf(tx: TransactionId): ReadonlySet<Site> {
    return this.#progress.get(keyOf(tx))?.heard ?? new Set();
  }

  abstract override clone(): CommitNode;

  override encode(w: Writer): void {
    super.encode(w);
    const progress = [...this.#progress].sort((a, b) => (a[0] < b[0] ? -1 : 1));
    const ascending = (sites: ReadonlySet<Site>): Site[] => [...sites].sort((a, b) => a - b);
    w.value(
      progress.map(([key, { heard, readers, refused, tries }]) => [key, ascending(heard), ascending(readers), ascending(refused), tries]),
    );
    w.value(this.#doubts);
  }
}
