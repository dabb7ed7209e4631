/**
 * What clients ask: what is known to come from them, what waits, and who is answered (OSDI 1999, 4.1; TOCS 2002, 5.1
 * for reads). A request that only some replicas know of is told to the others, so that nobody changes the view alone.
 */
import type { NodeId, Reply, Request, Value } from '../../core/index.ts';
import { KnownRequest, type PbftRequest, requestDigest, sameRequest } from './batch.ts';
import { messageTypes, type PbftMessage } from './message.ts';
import type { Received } from './pbft-base.ts';
import { PbftProofs } from './pbft-proofs.ts';
import type { LastReply } from './service.ts';

/** A request as a client wraps it: with its proof, or several operations under one. */
export interface Envelope {
  readonly pbft: Value;
  readonly bundle: boolean;
  readonly proof: Value;
}

export const envelope = (op: Value, bundle: boolean, proof: Value): Value => (proof === null && !bundle ? op : { pbft: op, bundle, proof });

const isEnvelope = (op: Value): boolean => op !== null && typeof op === 'object' && Object.hasOwn(op, 'pbft');

/** Requests that were unwrapped last: where one process runs many replicas, they share what they were asked, and its digest. */
const PLACES = 64;
const askedLast = new Array<{ readonly request: Request; readonly asked: PbftRequest } | null>(PLACES).fill(null);

/** What a client asked, out of what its request carried. */
export function unwrapped(client: NodeId, request: Request): PbftRequest {
  const place = (client + request.id) & (PLACES - 1);
  const known = askedLast[place] ?? null;
  if (known !== null && known.request === request && known.asked.client === client) return known.asked;
  const asked = unwrappedNew(client, request);
  askedLast[place] = { request, asked };
  return asked;
}

function unwrappedNew(client: NodeId, { id: timestamp, op }: Request): PbftRequest {
  if (!isEnvelope(op)) return new KnownRequest(client, timestamp, op, false, null);
  const { pbft, bundle = false, proof = null } = op as unknown as Partial<Envelope>;
  return new KnownRequest(client, timestamp, pbft as Value, bundle === true, proof);
}

/** Relayed requests that are remembered of each replica. */
const MOST_RELAYED = 256;
const RELAYED_AT_ONCE = 16;

export abstract class PbftRequests extends PbftProofs {
  /** By rank: the newest request of each client that this replica relayed. */
  #relayed: Map<NodeId, PbftRequest>[] = [];

  // The decisions.

  /** Does this request come from its client, as far as this replica can tell by itself? One without effect needs no proof. */
  protected isKnownAuthentic(request: PbftRequest): boolean {
    if (!this.isFresh(request)) return true;
    const known = this.received.get(request.client);
    return known !== undefined && sameRequest(known.request, request);
  }

  /**
   * May this replica hold the primary to this request? Only when f + 1 replicas know it: the others then come to know it
   * as well, and nobody changes the view alone.
   */
  protected isConfirmed(request: PbftRequest): boolean {
    return this.knownTo(request) >= this.weak();
  }

  /** Is a request that others relay as good as one that came from its client? */
  protected isVouchedRequest(request: PbftRequest): boolean {
    return this.knownTo(request) >= this.weak();
  }

  /** Is this reply sent again to a client that asks again (OSDI 4.1)? */
  protected repeatsReply(last: LastReply, request: PbftRequest): boolean {
    return last.timestamp === request.timestamp;
  }

  /**
   * May this replica answer a read from what it has executed (TOCS 5.1.3)? What it has executed is committed. One that
   * comes back from a crash must first get to where it was: it has answered from there.
   */
  protected mayAnswerRead(request: Request): boolean {
    return this.executed >= this.readsFrom && (request.minRevision ?? 0) <= this.service.position;
  }

  // From clients.

  protected asked(from: NodeId, request: Request): void {
    switch (request.mode) {
      case 'linearizable':
      case 'stale':
        return this.#read(from, request);
      case 'admin':
        return this.administered(from, request);
    }
    const asked = unwrapped(from, request);
    const last = this.service.last(from);
    if (last !== undefined && !this.isFresh(asked)) {
      if (this.repeatsReply(last, asked)) this.answer(from, last.timestamp, last.value, last.position);
      return;
    }
    const known = this.received.get(from);
    if (known !== undefined && known.request.timestamp >= asked.timestamp) return;
    this.checkRequest(asked);
  }

  #read(from: NodeId, request: Request): void {
    if (!this.mayAnswerRead(request)) return;
    const { id, session, op, mode } = request;
    const value = this.service.machine.query(isEnvelope(op) ? (op as unknown as Envelope).pbft : op);
    this.out.reply(from, { id, session, outcome: 'ok', value, revision: this.service.position, mode, leader: this.primaryOf(this.view) });
  }

  /** A client has asked this replica. Where clients ask the primary first, it did not answer: the others are told (OSDI 4.1). */
  protected requestProven(asked: PbftRequest): void {
    if (!this.takesRequest(asked)) return;
    if (this.voteProof() !== null && !this.isPrimary) this.#relay(asked);
    this.requestsChanged();
  }

  #relay(request: PbftRequest): void {
    this.broadcast({ type: messageTypes.request, view: this.view, seq: 0, digest: '', batch: [request], proof: null, body: null });
  }

  /** `asked` is from its client: it waits to be ordered. False where it is nothing new. */
  protected takesRequest(asked: PbftRequest): boolean {
    if (!this.isFresh(asked)) return false;
    const known = this.received.get(asked.client);
    if (known !== undefined && known.request.timestamp >= asked.timestamp) return false;
    if (known === undefined && this.received.size >= this.config.maxClients) {
      this.drop('overloaded');
      return false;
    }
    // Behind all that wait: the first one is the one that waits longest.
    this.received.delete(asked.client);
    this.received.set(asked.client, { request: asked, ticks: 0, proposedIn: -1 });
    return true;
  }

  protected answer(client: NodeId, timestamp: number, value: Value, position: number): void {
    const reply: Reply = {
      id: timestamp,
      session: client,
      outcome: 'ok',
      value,
      revision: position,
      mode: 'write',
      leader: this.primaryOf(this.view),
    };
    this.out.reply(client, reply);
  }

  // From and to other replicas.

  /** How many replicas are known to know it, this one included where it does. */
  protected knownTo(request: PbftRequest): number {
    let count = 0;
    for (let rank = 0; rank < this.#relayed.length; rank++) {
      const told = this.#relayed[rank]?.get(request.client);
      if (rank !== this.rank && told !== undefined && sameRequest(told, request)) count++;
    }
    const own = this.received.get(request.client);
    return own !== undefined && sameRequest(own.request, request) ? count + 1 : count;
  }

  /** Another replica knows this request. Where clients prove theirs, the proof was checked. */
  protected relayedBy(from: NodeId, { batch }: PbftMessage): void {
    const [request] = batch as readonly PbftRequest[];
    if (request === undefined || !this.isFresh(request)) return;
    const rank = this.rankOf(from);
    while (this.#relayed.length <= rank) this.#relayed.push(new Map());
    const told = this.#relayed[rank] as Map<NodeId, PbftRequest>;
    if ((told.get(request.client)?.timestamp ?? -1) > request.timestamp) return;
    told.delete(request.client);
    told.set(request.client, request);
    if (told.size > MOST_RELAYED) for (const oldest of told.keys()) return void told.delete(oldest);
    if (this.voteProof() !== null || this.isVouchedRequest(request)) this.takesRequest(request);
    this.requestsChanged();
  }

  /** Tell the others of what has waited for a whole status interval. */
  protected relayWaiting(): void {
    let left = RELAYED_AT_ONCE;
    for (const known of this.received.values()) {
      if (!this.isFresh(known.request)) continue;
      known.ticks++;
      if (known.ticks < 2 || left === 0) continue;
      left--;
      this.#relay(known.request);
    }
  }

  /** The request that has waited longest of those that the primary can be held to; null: none. */
  protected longestWaiting(): Received | null {
    // Nobody has told anything: then nothing is known to more than one.
    if (this.#relayed.length === 0 && this.weak() > 1) return null;
    for (const known of this.received.values()) {
      if (this.isFresh(known.request) && this.isConfirmed(known.request)) return known;
    }
    return null;
  }

  /** Forget what waits no more, after a state was taken over. */
  protected forgetExecuted(): void {
    for (const [client, { request }] of this.received) if (!this.isFresh(request)) this.received.delete(client);
  }

  protected copyRequests(from: PbftRequests): void {
    this.received = new Map([...from.received].map(([client, known]) => [client, { ...known }]));
    this.#relayed = from.#relayed.map((told) => new Map(told));
  }

  protected requestsKnown(): string[] {
    const own = [...this.received.values()].map(({ request, ticks, proposedIn }) => `${requestDigest(request)} ${ticks} ${proposedIn}`);
    const told = this.#relayed.flatMap((each, rank) => [...each.values()].map((request) => `${rank} ${requestDigest(request)}`));
    return [...own, ...told];
  }

  protected abstract administered(from: NodeId, request: Request): void;
}
