/**
 * Single-decree Paxos (Lamport, "Paxos made simple", 2001, 2.2 and 2.3): proposers, acceptors, and one value. Small enough
 * for the explorer to see every state. A request proposes a value; the timer tries the next ballot, as often as it may.
 */
import type { Effects, Input, Node, NodeId, Request, Value, Writer } from '../../core/index.ts';
import { type Ballot, makeBallot, nodeOf, roundOf } from './ballot.ts';
import { type SynodMessage, type SynodRecord, synodTypes } from './synod-message.ts';

export interface SynodConfig {
  readonly proposers: readonly NodeId[];
  readonly acceptors: readonly NodeId[];
  /** Ballots of each proposer at most. */
  readonly ballots: number;
  /** From one ballot of a proposer to its next. */
  readonly retryUs: number;
}

/** What a proposer knows of an acceptor that promised: the last it accepted. */
interface Promised {
  readonly ballot: Ballot;
  readonly value: Value;
}

type Out = Effects<SynodMessage, SynodRecord, never>;

export const synodTimers: readonly string[] = ['retry'];

export class Synod implements Node<SynodMessage, SynodRecord, never> {
  readonly id: NodeId;
  readonly config: SynodConfig;
  // The acceptor.
  promised: Ballot = 0;
  accepted: Ballot = 0;
  value: Value = null;
  // The proposer.
  ballot: Ballot = 0;
  /** What its client asked for; null: nothing yet. */
  wanted: Value = null;
  /** What it proposes in this ballot; null while it is in phase 1. */
  proposed: Value = null;
  promises = new Map<NodeId, Promised>();
  acceptances = new Set<NodeId>();
  /** What it knows to be chosen; null: nothing. */
  chosen: Value = null;
  /** Messages of strangers, and in ballots of somebody else: they change nothing else. Not part of the state. */
  dropped = 0;
  #asker: { readonly from: NodeId; readonly request: Request } | null = null;
  #token = 0;

  constructor(id: NodeId, _peers: readonly NodeId[], config: SynodConfig) {
    this.id = id;
    this.config = config;
  }

  // The decisions.

  /** P1a: no ballot below one that it has promised. */
  protected mayPromise(ballot: Ballot): boolean {
    return ballot > this.promised;
  }

  /** P1a: unless it has promised a higher one. */
  protected mayAccept(ballot: Ballot): boolean {
    return ballot >= this.promised;
  }

  /** P2c: the value of the highest ballot that promises speak of; its own only if they speak of none. */
  protected selectValue(promises: readonly Promised[], own: Value): Value {
    let best: Promised = { ballot: 0, value: own };
    for (const promise of promises) if (promise.ballot > best.ballot) best = promise;
    return best.value;
  }

  /** Any two have an acceptor in common. */
  protected quorum(): number {
    return Math.floor(this.config.acceptors.length / 2) + 1;
  }

  /** Will `m` change nothing here, from now on? For whoever counts states: ballots only go up, and answers are counted once. */
  ignores(from: NodeId, m: SynodMessage): boolean {
    switch (m.type) {
      case synodTypes.prepare:
        return !this.mayPromise(m.ballot);
      case synodTypes.accept:
        return !this.mayAccept(m.ballot);
      case synodTypes.promise:
        return m.ballot < this.ballot || this.proposed !== null || this.chosen !== null || this.promises.has(from);
      case synodTypes.accepted:
        return m.ballot < this.ballot || this.chosen !== null || this.acceptances.has(from);
    }
  }

  step(input: Input<SynodMessage, SynodRecord>, out: Out): void {
    switch (input.kind) {
      case 'start':
        for (const record of input.records) {
          this.promised = record.promised;
          this.accepted = record.accepted;
          this.value = record.value;
          this.ballot = record.ballot;
        }
        return;
      case 'request':
        if (this.wanted !== null || !this.config.proposers.includes(this.id)) return;
        this.wanted = input.request.op;
        this.#asker = { from: input.from, request: input.request };
        this.#next(input.now, out);
        return;
      case 'timer':
        if (this.chosen === null) this.#next(input.now, out);
        return;
      case 'message':
        this.#message(input.from, input.message, out);
    }
  }

  /** Phase 1a, in a ballot that it has not used. */
  #next(now: number, out: Out): void {
    const round = roundOf(this.ballot) + 1;
    this.ballot = makeBallot(round, this.id);
    this.proposed = null;
    this.promises = new Map();
    this.acceptances = new Set();
    const after = this.#persist(out);
    this.#broadcast({ type: synodTypes.prepare, ballot: this.ballot, accepted: 0, value: null }, after, out);
    out.timer(0, round < this.config.ballots ? now + this.config.retryUs : Number.POSITIVE_INFINITY);
  }

  #broadcast(message: SynodMessage, after: number, out: Out): void {
    for (const acceptor of this.config.acceptors) out.send(acceptor, message, after);
  }

  #persist(out: Out): number {
    const { promised, accepted, value, ballot } = this;
    // Each record stands for all before it.
    out.checkpoint(++this.#token, { promised, accepted, value, ballot });
    return this.#token;
  }

  #message(from: NodeId, m: SynodMessage, out: Out): void {
    const asks = m.type === synodTypes.prepare || m.type === synodTypes.accept;
    if (asks ? nodeOf(m.ballot) !== from || !this.config.proposers.includes(from) : !this.config.acceptors.includes(from)) {
      this.dropped++;
      return;
    }
    switch (m.type) {
      case synodTypes.prepare:
        return this.#prepare(from, m.ballot, out);
      case synodTypes.promise:
        return this.#promise(from, m, out);
      case synodTypes.accept:
        return this.#accept(from, m, out);
      case synodTypes.accepted:
        this.#accepted(from, m.ballot, out);
    }
  }

  /** Phase 1b. */
  #prepare(from: NodeId, ballot: Ballot, out: Out): void {
    if (!this.mayPromise(ballot)) return;
    this.promised = ballot;
    out.send(from, { type: synodTypes.promise, ballot, accepted: this.accepted, value: this.value }, this.#persist(out));
  }

  /** Phase 2a, once a quorum has promised. */
  #promise(from: NodeId, m: SynodMessage, out: Out): void {
    if (m.ballot !== this.ballot || this.proposed !== null) return;
    this.promises.set(from, { ballot: m.accepted, value: m.value });
    if (this.promises.size < this.quorum()) return;
    this.proposed = this.selectValue([...this.promises.values()], this.wanted);
    this.promises = new Map();
    this.#broadcast({ type: synodTypes.accept, ballot: this.ballot, accepted: 0, value: this.proposed }, 0, out);
  }

  /** Phase 2b. */
  #accept(from: NodeId, m: SynodMessage, out: Out): void {
    if (!this.mayAccept(m.ballot)) return;
    this.promised = m.ballot;
    this.accepted = m.ballot;
    this.value = m.value;
    out.belief('x-accepted', m.value, m.ballot);
    out.send(from, { type: synodTypes.accepted, ballot: m.ballot, accepted: 0, value: null }, this.#persist(out));
  }

  /** A quorum has accepted: chosen. */
  #accepted(from: NodeId, ballot: Ballot, out: Out): void {
    if (ballot !== this.ballot || this.proposed === null || this.chosen !== null) return;
    this.acceptances.add(from);
    if (this.acceptances.size < this.quorum()) return;
    this.chosen = this.proposed;
    this.acceptances = new Set();
    out.timer(0, Number.POSITIVE_INFINITY);
    out.belief('decision', this.chosen, ballot);
    if (this.#asker === null) return;
    const { from: client, request } = this.#asker;
    out.reply(client, { id: request.id, session: request.session, outcome: 'ok', value: this.chosen });
  }

  clone(): Synod {
    const copy = new (this.constructor as new (id: NodeId, peers: readonly NodeId[], config: SynodConfig) => Synod)(
      this.id,
      [],
      this.config,
    );
    copy.promised = this.promised;
    copy.accepted = this.accepted;
    copy.value = this.value;
    copy.ballot = this.ballot;
    copy.wanted = this.wanted;
    copy.proposed = this.proposed;
    copy.promises = new Map(this.promises);
    copy.acceptances = new Set(this.acceptances);
    copy.chosen = this.chosen;
    copy.#asker = this.#asker;
    copy.#token = this.#token;
    return copy;
  }

  encode(w: Writer): void {
    for (const number of [this.promised, this.accepted, this.ballot, this.promises.size, this.acceptances.size]) w.uint(number);
    for (const value of [this.value, this.wanted, this.proposed, this.chosen]) w.value(value);
    for (const [id, { ballot, value }] of [...this.promises].sort((a, b) => a[0] - b[0])) {
      w.uint(id);
      w.uint(ballot);
      w.value(value);
    }
    for (const id of [...this.acceptances].sort((a, b) => a - b)) w.uint(id);
    w.uint(this.#asker?.from ?? 0);
    w.uint(this.#asker?.request.id ?? 0);
    w.uint(this.#asker?.request.session ?? 0);
  }
}
