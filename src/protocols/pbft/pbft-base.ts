/**
 * The state of a PBFT replica, what others may see of it, and the decisions that all layers share. Each decision on which
 * safety or liveness rests is one overridable method, named after what it decides, in the layer that it belongs to: a
 * mutant overrides one of them. OSDI: Castro, Liskov 1999. TOCS: the same, 2002.
 */
import type { ApplyIndication, Effects, NodeId, OrderingIndication, RestoreIndication, Value } from '../../core/index.ts';
import type { Digest, PbftRequest } from './batch.ts';
import { checkConfig, mostFaulty, type PbftConfig, quorumOf, weakOf } from './config.ts';
import type { PbftMessage } from './message.ts';
import type { KeyAnnouncement, PbftRecord, TakenCheckpoint } from './record.ts';
import type { Service } from './service.ts';
import { Slot } from './slot.ts';
import { GENESIS, type NewView, type StableProof, type ViewChange } from './view-change.ts';

/** One for each sequence number: which batch it was, besides its requests. */
export interface ExecutedIndication extends ApplyIndication {
  readonly seq: number;
  readonly digest: Digest;
}
/** The state came from another replica, or from this one's disk. */
export interface TransferredIndication extends RestoreIndication {
  readonly seq: number;
  readonly digest: Digest;
}
/** `node` has announced a new public key; `proof` is the signature that vouches for it. Told again after a restart. */
export interface KeyIndication extends KeyAnnouncement {
  readonly kind: 'key';
}
export type PbftIndication = OrderingIndication | ExecutedIndication | TransferredIndication | KeyIndication;
export type PbftEffects = Effects<PbftMessage, PbftRecord, PbftIndication>;

/** Why a message changed nothing. */
export type Drop =
  | 'stranger'
  | 'malformed'
  | 'oversized'
  | 'other-view'
  | 'not-primary'
  | 'outside-window'
  | 'wrong-digest'
  | 'second-proposal'
  | 'second-vote'
  | 'known'
  | 'duplicate-voter'
  | 'no-quorum'
  | 'bad-proof'
  | 'wrong-choice'
  | 'not-asked-for'
  | 'overloaded';

/** The newest request of a client, as it came from the client. */
export interface Received {
  readonly request: PbftRequest;
  /** Status ticks that it has waited. */
  ticks: number;
  /** The view in which it was proposed here; -1: in none. */
  proposedIn: number;
}

export abstract class PbftBase {
  readonly id: NodeId;
  /** Ascending; a replica's place among them is its rank. */
  readonly peers: readonly NodeId[];
  readonly config: PbftConfig;
  readonly rank: number;
  readonly service: Service;

  view = 0;
  /** False between a view change and its new view. */
  active = true;
  /** The newest stable checkpoint that this replica holds the state of; its seq is the low watermark h. */
  stable: StableProof = GENESIS;
  protected stableSnapshot: Value;
  /** Own checkpoints above it, ascending. */
  protected taken: readonly TakenCheckpoint[] = [];
  /** The newest stable checkpoint that was heard of; this replica may lack the state. */
  protected heard: StableProof = GENESIS;
  /** The last sequence number executed here. */
  executed = 0;
  /** The last sequence number that this primary has used. */
  protected lastProposed = 0;
  /** By client; of each the newest. The first one waits longest. */
  protected received = new Map<NodeId, Received>();
  /** Newest view change of each replica, by rank; those of passed views mean nothing. */
  protected viewChanges: (ViewChange | null)[] = [];
  /** The one that this replica makes, while not active. */
  protected leaving: ViewChange | null = null;
  /** What began this view; null in view 0. */
  protected newView: NewView | null = null;
  /** After a restart: the last sequence number that may have been executed before it. */
  protected readsFrom = 0;
  /** Some number may have a digest and no batch: looked for once in a while, so that nothing is looked for in vain. */
  protected lacksBatches = false;
  /** View changes in a row that brought nothing. */
  protected doublings = 0;
  /** Messages that changed nothing, by reason. Not part of the state. */
  readonly dropped = new Map<Drop, number>();

  protected now = 0;
  protected out!: PbftEffects;
  readonly #ranks = new Map<NodeId, number>();
  #slots: (Slot | null)[] = [];

  constructor(id: NodeId, peers: readonly NodeId[], config: PbftConfig, service: Service) {
    checkConfig(config, peers.length);
    this.id = id;
    this.peers = peers;
    this.config = config;
    this.service = service;
    for (const [rank, peer] of peers.entries()) this.#ranks.set(peer, rank);
    this.rank = this.#ranks.get(id) ?? 0;
    this.stableSnapshot = service.snapshot();
  }

  // What others may see.

  /** h. */
  get low(): number {
    return this.stable.seq;
  }

  /** The newest stable checkpoint that this replica takes for proved; it may lack the state. */
  get heardStable(): StableProof {
    return this.heard;
  }

  /** What began this view; null in view 0, and before it has begun. */
  get began(): NewView | null {
    return this.newView;
  }

  get isPrimary(): boolean {
    return this.active && this.primaryOf(this.view) === this.id;
  }

  rankOf(id: NodeId): number {
    return this.#ranks.get(id) ?? -1;
  }

  // The decisions that all layers share.

  /** How many replicas must agree: two such groups share an honest one (TOCS 4.1). */
  protected quorum(): number {
    return quorumOf(this.peers.length);
  }

  /** So many that one of them is honest: f + 1. */
  protected weak(): number {
    return weakOf(this.peers.length);
  }

  protected get faulty(): number {
    return mostFaulty(this.peers.length);
  }

  /** Who leads `view`: view mod n (OSDI 4). */
  protected primaryOf(view: number): NodeId {
    return this.peers[view % this.peers.length] as NodeId;
  }

  /** Is `seq` between the watermarks: above the stable checkpoint, and not too far above it (OSDI 4.2)? */
  protected inWindow(seq: number): boolean {
    return seq > this.low && seq <= this.low + this.config.window;
  }

  /** Has `client` not been executed at this timestamp or a later one (OSDI 4.1: exactly once)? */
  protected isFresh(request: PbftRequest): boolean {
    const last = this.service.last(request.client);
    return last === undefined || request.timestamp > last.timestamp;
  }

  // The log.

  /** Only for numbers inside the window. */
  protected slot(seq: number): Slot {
    const at = seq % this.config.window;
    const found = this.#slots[at];
    if (found !== undefined && found !== null && found.seq === seq) return found;
    while (this.#slots.length <= at) this.#slots.push(null);
    const made = new Slot(seq);
    this.#slots[at] = made;
    return made;
  }

  /** What is known about `seq`; null: nothing. */
  slotAt(seq: number): Slot | null {
    if (seq <= this.low) return null;
    const found = this.#slots[seq % this.config.window];
    return found !== undefined && found !== null && found.seq === seq ? found : null;
  }

  /** The highest number with a slot. */
  protected get highest(): number {
    let highest = this.low;
    for (const slot of this.#slots) if (slot !== null && slot.seq > highest) highest = slot.seq;
    return highest;
  }

  /** Ascending. */
  slotsKnown(): Slot[] {
    return this.#slots.filter((slot): slot is Slot => slot !== null && slot.seq > this.low).sort((a, b) => a.seq - b.seq);
  }

  protected copySlots(from: PbftBase): void {
    this.#slots = from.#slots.map((slot) => (slot === null || slot.seq <= from.low ? null : slot.clone()));
  }

  protected drop(why: Drop): void {
    this.dropped.set(why, (this.dropped.get(why) ?? 0) + 1);
  }

  /** To all others, in ascending order. */
  protected broadcast(message: PbftMessage): void {
    const { peers, id } = this;
    for (let i = 0; i < peers.length; i++) if (peers[i] !== id) this.out.send(peers[i] as NodeId, message, 0);
  }

  // Upwards: what lower layers cause in higher ones.

  protected abstract handle(from: NodeId, message: PbftMessage): void;
  /** A slot got a vote, a batch, or was found authentic: go on as far as it goes. */
  protected abstract advance(slot: Slot): void;
  protected abstract execute(): void;
  /** Propose what waits, if this is the primary. */
  protected abstract propose(): void;
  /** The low watermark moved. */
  protected abstract windowMoved(): void;
  protected abstract viewChanged(change: ViewChange): void;
  protected abstract enterNewView(newView: NewView): void;
  protected abstract requestsChanged(): void;
}
