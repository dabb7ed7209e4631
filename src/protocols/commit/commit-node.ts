/**
 * Two-phase commit, both roles in one node: Gray, "Notes on Data Base Operating Systems" (1978); presumed abort after
 * Mohan, Lindsay, Obermarck (1986); cooperative termination after Bernstein, Hadzilacos, Goodman (1987), 7.4.
 * Everything a site says follows from what its log has made durable. How records get there is the subclass's: this
 * node's own journal (local-commit.ts) or a replicated log of the site's group (group-commit.ts).
 * It blocks: while neither the coordinator nor a participant that knows can be reached, a prepared one keeps its locks.
 */
import type { Input, NodeId, Reply, RequestInput, Value, Writer } from '../../core/index.ts';
import type { Change, Coordinated, Participated } from './ledger.ts';
import { type CommitIndication, type Out, SiteNode } from './site.ts';
import { type CommitMessage, type CommitRecord, keyOf, type Site, type TransactionId, transactionOf } from './transaction.ts';

const COORDINATE = 0;
const INQUIRE = 1;
export const commitTimers: readonly string[] = ['coordinate', 'inquire'];

/** What the coordinator knows of a transaction under way and may forget in a crash. */
interface Progress {
  /** Sites that said yes; after the decision, sites that have acknowledged it. */
  readonly heard: Set<Site>;
  tries: number;
}

export abstract class CommitNode extends SiteNode {
  #progress = new Map<string, Progress>();
  /** Who waits for the answer to a request, by session and id. */
  #askers = new Map<string, NodeId>();
  #coordinating = false;

  step(input: Input<CommitMessage, CommitRecord>, out: Out): void {
    switch (input.kind) {
      case 'message':
        if (this.active) this.#receive(this.siteOf(input.from), input.message, out);
        break;
      case 'timer':
        this.#tick(input.timer, out);
        break;
      case 'request':
        this.#request(input, out);
        break;
      default:
        this.logInput(input, out);
    }
    for (let i = 0; i < this.toSelf.length; i++) this.#receive(this.site, this.toSelf[i] as CommitMessage, out);
    this.toSelf = [];
    this.arm(COORDINATE, this.active ? this.ledger.open.size > 0 : this.waiting(), input.now, out);
    this.arm(INQUIRE, this.active && this.ledger.inDoubt.size > 0, input.now, out);
  }

  protected override react(record: CommitRecord, change: Change, out: Out): void {
    if (record.type === 'begin' && change === null) return this.#answerKnown(record.session, record.id, out);
    switch (change?.what) {
      case 'begun':
        this.#coordinating = this.#coordinating || this.#role('coordinator', out);
        return this.#invite(change.coordinated, out);
      case 'session':
        return this.#answer(0, change.id, { outcome: 'ok', value: change.session }, out);
      case 'decided':
        return this.#decided(change.coordinated, out);
      case 'prepared':
      case 'refused':
        return this.#voted(change.participated, out);
      case 'finished':
        return this.#finished(change.participated, out);
    }
  }

  #role(role: string, out: Out): true {
    out.belief('role', role, 0);
    return true;
  }

  #believe(tx: TransactionId, commit: boolean, role: CommitIndication['role'], out: Out): void {
    out.belief('decision', { tx: keyOf(tx), decision: commit ? 'commit' : 'abort' }, 0);
    out.indicate({ kind: 'decided', tx: keyOf(tx), commit, role });
  }

  /** After a restart, or as the new leader of a group: go on with everything that is not settled. */
  protected resume(out: Out): void {
    for (const coordinated of this.ledger.pending()) this.#invite(coordinated, out);
    for (const participated of this.ledger.doubted()) this.#inquire(participated, out);
  }

  /** No longer acts for its site: what it knew beyond the log goes. */
  protected retire(out: Out): void {
    this.active = false;
    this.#progress.clear();
    this.inFlight.clear();
    for (const [key] of this.#askers) {
      const [session, id] = key.split('.').map(Number) as [number, number];
      this.#answer(session, id, { outcome: 'info', code: 'LC_NO_LEADER' }, out);
    }
  }

  // The coordinator.

  #request(input: RequestInput, out: Out): void {
    const { from, request } = input;
    const { id, session, op, mode } = request;
    const refusal = this.refusal(input);
    if (refusal !== null) return out.reply(from, refusal);
    if (isOp(op, 'read')) return this.#read(from, input, out);
    const opens = isOp(op, 'open-session');
    const transaction = transactionOf(op);
    const known = transaction?.parts.every(({ site }) => site === this.site || this.nodesOf(site).length > 0) === true;
    if (mode !== 'write' || (!opens && !known)) return out.reply(from, { id, session, outcome: 'fail', code: 'LC_HISTORY_OPERATION' });
    this.#askers.set(`${session}.${id}`, from);
    if (opens) return this.write({ type: 'session', id }, out);
    if (this.ledger.late(session, id)) return this.#answer(session, id, { outcome: 'info', code: 'LC_SESSION_UNKNOWN' }, out);
    if (this.ledger.known(session, id) !== null) return this.#answerKnown(session, id, out);
    const key = `begin ${session}.${id}`;
    if (transaction === null || this.inFlight.has(key)) return;
    this.inFlight.add(key);
    this.write({ type: 'begin', session, id, parts: transaction.parts }, out);
  }

  #read(from: NodeId, { request }: RequestInput, out: Out): void {
    const { id, session, op } = request;
    const { key } = op as { readonly key?: Value };
    if (typeof key !== 'string') return out.reply(from, { id, session, outcome: 'fail', code: 'LC_HISTORY_OPERATION' });
    if (this.ledger.locked([{ key, value: null }], '')) return out.reply(from, { id, session, outcome: 'fail', code: 'LC_LOCKED' });
    out.reply(from, { id, session, outcome: 'ok', value: this.ledger.data.get(key) ?? null, mode: this.readMode() });
  }

  /** What kind of read this node serves. */
  protected abstract readMode(): 'linearizable' | 'stale';

  #answer(session: number, id: number, reply: Omit<Reply, 'id' | 'session'>, out: Out): void {
    const key = `${session}.${id}`;
    const from = this.#askers.get(key);
    if (from === undefined) return;
    this.#askers.delete(key);
    out.reply(from, { id, session, mode: 'write', ...reply });
  }

  /** A request asked again: its transaction's decision, now or once there is one. */
  #answerKnown(session: number, id: number, out: Out): void {
    const known = this.ledger.known(session, id);
    if (known === null || known.state === 'voting') return;
    this.#answer(session, id, { outcome: 'ok', value: known.state === 'aborted' ? 'abort' : 'commit' }, out);
  }

  #progressOf(key: string): Progress {
    let progress = this.#progress.get(key);
    if (progress === undefined) {
      progress = { heard: new Set(), tries: 0 };
      this.#progress.set(key, progress);
    }
    return progress;
  }

  /** Phase one, or phase two where the decision is made: tell every site that has not answered. */
  #invite(coordinated: Coordinated, out: Out): void {
    const { tx, sites, parts, state } = coordinated;
    const { heard } = this.#progressOf(keyOf(tx));
    if (state === 'voting') {
      for (const { site, writes } of parts) if (!heard.has(site)) this.tell(site, { type: 'prepare', tx, sites, writes }, out);
    } else {
      for (const site of sites) if (!heard.has(site)) this.tell(site, { type: 'decision', tx, commit: true }, out);
    }
  }

  #vote(from: Site, tx: TransactionId, yes: boolean, out: Out): void {
    const key = keyOf(tx);
    const coordinated = this.ledger.coordinated.get(key);
    if (coordinated === undefined) {
      if (tx.coordinator === this.site) this.tell(from, { type: 'decision', tx, commit: this.presumption() !== 'abort' }, out);
    } else if (coordinated.state !== 'voting') {
      if (yes) this.tell(from, { type: 'decision', tx, commit: coordinated.state !== 'aborted' }, out);
    } else if (!yes) {
      this.#decide(coordinated, false, out);
    } else if (coordinated.sites.includes(from)) {
      const { heard } = this.#progressOf(key);
      heard.add(from);
      if (this.mayCommit(coordinated, heard)) this.#decide(coordinated, true, out);
    }
  }

  #decide({ tx, sites, session, id }: Coordinated, commit: boolean, out: Out): void {
    this.log('coordinator', { type: 'decided', tx, commit, sites, session, id }, out);
  }

  #decided({ tx, sites, session, id, state }: Coordinated, out: Out): void {
    const commit = state === 'committed';
    this.#progress.delete(keyOf(tx));
    this.#believe(tx, commit, 'coordinator', out);
    this.#answer(session, id, { outcome: 'ok', value: commit ? 'commit' : 'abort' }, out);
    for (const site of sites) this.tell(site, { type: 'decision', tx, commit }, out);
  }

  #ack(from: Site, tx: TransactionId, out: Out): void {
    const coordinated = this.ledger.coordinated.get(keyOf(tx));
    if (coordinated?.state !== 'committed') return;
    const { heard } = this.#progressOf(keyOf(tx));
    heard.add(from);
    if (coordinated.sites.every((site) => heard.has(site))) {
      this.#progress.delete(keyOf(tx));
      this.log('coordinator', { type: 'ended', tx }, out);
    }
  }

  // The participant.

  #prepare(from: Site, message: CommitMessage & { readonly type: 'prepare' }, out: Out): void {
    const { tx, sites, writes } = message;
    const known = this.ledger.participated.get(keyOf(tx));
    if (known?.state === 'committed') return this.tell(from, { type: 'ack', tx }, out);
    if (known !== undefined || this.ledger.forgotten(tx)) {
      return this.tell(from, { type: 'vote', tx, yes: known?.state === 'prepared' }, out);
    }
    if (this.inFlight.has(`participant ${keyOf(tx)}`)) return;
    const yes = this.votesYes(tx, writes, out);
    this.log('participant', yes ? { type: 'prepared', tx, sites, writes } : { type: 'finished', tx, commit: false }, out);
  }

  #voted({ tx, state }: Participated, out: Out): void {
    const yes = state === 'prepared';
    if (!yes) this.#believe(tx, false, 'participant', out);
    this.tell(tx.coordinator, { type: 'vote', tx, yes }, out);
  }

  #decision(from: Site, tx: TransactionId, commit: boolean, out: Out): void {
    const known = this.ledger.participated.get(keyOf(tx));
    if (known?.state === 'prepared') this.log('participant', { type: 'finished', tx, commit }, out);
    else if (commit && (known?.state === 'committed' || this.ledger.forgotten(tx))) this.tell(from, { type: 'ack', tx }, out);
  }

  #finished({ tx, state }: Participated, out: Out): void {
    const commit = state === 'committed';
    this.#believe(tx, commit, 'participant', out);
    if (commit) this.tell(tx.coordinator, { type: 'ack', tx }, out);
  }

  #inquire({ tx, sites }: Participated, out: Out): void {
    if (this.whenInDoubt() === 'abort') return this.log('participant', { type: 'finished', tx, commit: false }, out);
    this.tell(tx.coordinator, { type: 'inquire', tx }, out);
    if (!this.config.cooperative) return;
    for (const site of sites) if (site !== this.site && site !== tx.coordinator) this.tell(site, { type: 'inquire', tx }, out);
  }

  /** Someone is in doubt. Who knows, says so; who has not voted, refuses and so knows; who is in doubt too, is silent. */
  #inquired(from: Site, tx: TransactionId, out: Out): void {
    const key = keyOf(tx);
    if (tx.coordinator === this.site) {
      const coordinated = this.ledger.coordinated.get(key);
      if (coordinated?.state === 'voting') return;
      const commit = coordinated === undefined ? this.presumption() !== 'abort' : coordinated.state !== 'aborted';
      return this.tell(from, { type: 'decision', tx, commit }, out);
    }
    const known = this.ledger.participated.get(key);
    if (known !== undefined) {
      if (known.state !== 'prepared') this.tell(from, { type: 'decision', tx, commit: known.state === 'committed' }, out);
    } else if (!this.ledger.forgotten(tx) && this.refusesOnInquiry()) {
      this.log('participant', { type: 'finished', tx, commit: false }, out);
    }
  }

  #receive(from: Site, message: CommitMessage, out: Out): void {
    if (from === 0) return;
    switch (message.type) {
      case 'prepare':
        return this.#prepare(from, message, out);
      case 'vote':
        return this.#vote(from, message.tx, message.yes, out);
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
      const progress = this.#progressOf(keyOf(coordinated.tx));
      if (coordinated.state === 'voting') progress.tries += 1;
      if (progress.tries > this.config.voteRetries) this.#decide(coordinated, false, out);
      else this.#invite(coordinated, out);
    }
  }

  protected copyInto(copy: CommitNode): void {
    copy.ledger = this.ledger.clone();
    copy.active = this.active;
    copy.inFlight = new Set(this.inFlight);
    copy.#progress = new Map([...this.#progress].map(([key, { heard, tries }]) => [key, { heard: new Set(heard), tries }]));
    copy.#askers = new Map(this.#askers);
    copy.armed = [...this.armed];
    copy.#coordinating = this.#coordinating;
  }

  /** Sites that have said yes to a transaction under way, or acknowledged its decision. */
  heardOf(tx: TransactionId): ReadonlySet<Site> {
    return this.#progress.get(keyOf(tx))?.heard ?? new Set();
  }

  abstract override clone(): CommitNode;

  encode(w: Writer): void {
    this.ledger.encode(w);
    w.bool(this.active);
    w.bool(this.#coordinating);
    for (const armed of this.armed) w.bool(armed);
    w.value([...this.inFlight].sort());
    const progress = [...this.#progress].sort((a, b) => (a[0] < b[0] ? -1 : 1));
    w.value(progress.map(([key, { heard, tries }]) => [key, [...heard].sort((a, b) => a - b), tries]));
    w.value([...this.#askers].sort((a, b) => (a[0] < b[0] ? -1 : 1)));
  }
}

function isOp(op: Value, f: string): boolean {
  return op !== null && typeof op === 'object' && (op as { readonly f?: Value }).f === f;
}
