/**
 * The state of a Multi-Paxos node, what others may see of it, and the decisions on which its safety rests. Each decision is
 * one overridable method, named after what it decides and where the papers argue it: a mutant overrides one of them.
 * Behaviour is layered above, a file each: storage, acceptor, learner, proposer, reads, election, reconfiguration, requests.
 */
import type { Effects, NodeId, OrderingIndication, Request, Value } from '../../core/index.ts';
import { type Ballot, makeBallot, roundOf } from './ballot.ts';
import { checkConfig, type PaxosConfig } from './config.ts';
import { type Configuration, firstConfiguration, quorumValue, type Reconfiguration } from './configuration.ts';
import { type Entry, entryKinds, type MessageType, NO_ENTRIES, type PaxosMessage, type Snapshot } from './message.ts';
import type { Progress } from './progress.ts';
import type { PaxosRecord } from './record.ts';
import { Slots } from './slots.ts';

export type Role = 'follower' | 'candidate' | 'leader';
export type PaxosEffects = Effects<PaxosMessage, PaxosRecord, OrderingIndication>;

/** Whom to answer when something that a request started is over. */
export interface Asker {
  readonly from: NodeId;
  readonly session: number;
  readonly id: number;
}

export abstract class PaxosBase {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  readonly config: PaxosConfig;
  /** Acceptor: the highest ballot promised. */
  promised: Ballot = 0;
  /** Election: the ballot that it takes for elected. */
  elected: Ballot = 0;
  /** Proposer: its own ballot; of round 0 while it does not stand for election. */
  ballot: Ballot;
  role: Role = 'follower';
  /** Who leads, as far as it knows; 0: unknown. */
  leader: NodeId = 0;
  slots = new Slots();
  configuration: Configuration;
  /** One for each member, ascending. Empty where it does not lead. */
  members: readonly Progress[] = [];
  /** A leader's first slot in its ballot. */
  start = 0;
  /** The last slot that a leader found in phase 1. */
  recovered = 0;
  /** The last slot for which a leader has proposed something. Behind it there may be what others have left. */
  proposedTo = 0;
  /** The slot of a stop-sign that this leader has proposed; 0: none. */
  stopSign = 0;
  protected uncommittedBytes = 0;
  /** Nonsense that was dropped, by code. Statistics, not state. */
  readonly dropped = new Map<string, number>();

  /** The node's clock at the last input. */
  protected now = 0;
  protected out!: PaxosEffects;
  #matches: number[] = [];

  constructor(id: NodeId, peers: readonly NodeId[], config: PaxosConfig) {
    checkConfig(config);
    this.id = id;
    this.peers = peers;
    this.config = config;
    this.ballot = makeBallot(0, id);
    this.configuration = config.initial ?? firstConfiguration(peers);
  }

  // What others may see.

  get commit(): number {
    return this.slots.committed;
  }

  get applied(): number {
    return this.slots.applied;
  }

  get isMember(): boolean {
    return this.configuration.members.includes(this.id);
  }

  /** A member's progress, or null. */
  progress(id: NodeId): Progress | null {
    const { members } = this;
    for (let i = 0; i < members.length; i++) if ((members[i] as Progress).id === id) return members[i] as Progress;
    return null;
  }

  // The decisions: acceptor.

  /** May it promise `ballot`? Never a lower one than it has promised (Paxos made simple, P1a, 2.2 phase 1b). */
  protected mayPromise(ballot: Ballot): boolean {
    return ballot >= this.promised;
  }

  /** May it accept in `ballot`? Unless it has promised a higher one (P1a, phase 2b). */
  protected mayAccept(ballot: Ballot): boolean {
    return ballot >= this.promised;
  }

  /** What an acceptor says in its promise: all that it has accepted from `first` on (phase 1b). */
  protected acceptedFrom(first: number): readonly Entry[] {
    return this.slots.between(first, this.slots.last, Number.POSITIVE_INFINITY);
  }

  /** Does accepting in a ballot promise it, too? Else a lower one could be accepted afterwards. */
  protected promisesByAccepting(): boolean {
    return true;
  }

  // The decisions: proposer.

  /** So many promises are a quorum of phase 1 (Flexible Paxos, 3). */
  protected phase1Quorum(): number {
    return this.configuration.phase1;
  }

  /** So many acceptances choose (Flexible Paxos, 3). */
  protected phase2Quorum(): number {
    return this.configuration.phase2;
  }

  /** The value to propose for a slot, of those that promises speak of: the one of the highest ballot (P2c, phase 2a). */
  protected selectValue(reported: readonly Entry[]): Entry {
    let best = reported[0] as Entry;
    for (const entry of reported) if (entry.ballot > best.ballot) best = entry;
    return best;
  }

  /** What a new leader proposes for slots of which no promise speaks, between others: nothing, as a value (Paxos made simple, 3). */
  protected fillsGaps(): boolean {
    return true;
  }

  /** The last slot of the prefix that a quorum of phase 2 has durably accepted in this ballot. */
  protected quorumAccepted(): number {
    const { members } = this;
    const matches = this.#matches;
    for (let i = 0; i < members.length; i++) matches[i] = (members[i] as Progress).match;
    return quorumValue(matches, members.length, this.phase2Quorum());
  }

  /** Which ballot to stand with: higher than any that it knows of. */
  protected nextBallot(): Ballot {
    const highest = Math.max(this.promised, this.elected, this.ballot);
    return makeBallot(roundOf(highest) + 1, this.id);
  }

  /** May a leader propose at all? Nothing follows a stop-sign in its configuration (OmniPaxos, 6). */
  protected mayPropose(): boolean {
    return this.stopSign === 0;
  }

  /** Is what promises speak of beyond a stop-sign dropped? It cannot have been chosen. */
  protected endsAtStopSign(entry: Entry): boolean {
    return entry.kind === entryKinds.stopSign;
  }

  // The decisions: learner.

  /** Is what was accepted for a slot what was chosen, when the leader of `ballot` says that the slot is? Only what it proposed itself. */
  protected isChosen(entry: Entry | null, ballot: Ballot): boolean {
    return entry !== null && entry.ballot === ballot;
  }

  // The decisions: storage.

  /** Is the promise part of what is durable before it is given (Paxos made simple, 2.5)? */
  protected mustPersistPromise(): boolean {
    return true;
  }

  /** Is what was accepted written at all (2.5)? */
  protected mustPersistEntry(_entry: Entry): boolean {
    return true;
  }

  /** Must this message wait until everything that led to it is durable (2.5)? */
  protected mustWaitForStorage(_message: PaxosMessage): boolean {
    return true;
  }

  // The decisions: reads and reconfiguration.

  /** May a leader answer reads at its commit index? Not before all that it found in phase 1 is chosen. */
  protected mayServeReads(): boolean {
    return this.role === 'leader' && this.slots.committed >= this.recovered;
  }

  /** Must a quorum confirm that no higher ballot is under way before a read is answered? */
  protected readNeedsQuorum(): boolean {
    return this.configuration.members.length !== 1 || !this.isMember;
  }

  /** So many confirmations meet every quorum of phase 1. */
  protected readQuorum(): number {
    return this.phase2Quorum();
  }

  /** The configuration after a stop-sign that was chosen in `ballot`: named by the first slot on which it agrees. */
  protected configurationAfter(slot: number, next: Reconfiguration, ballot: Ballot): Configuration {
    return { era: slot + 1, members: next.members, phase1: next.phase1, phase2: next.phase2, floor: ballot };
  }

  /** Does it take part in a message's configuration? Each configuration is a Paxos of its own (OmniPaxos, 6). */
  protected isOfThisEra(m: PaxosMessage): boolean {
    return m.era === this.configuration.era;
  }

  // Making and sending messages.

  protected message(
    type: MessageType,
    ballot: Ballot,
    slot: number,
    mark: number,
    round: number,
    entries: readonly Entry[] = NO_ENTRIES,
    snapshot: Snapshot | null = null,
    connected = false,
    content = false,
  ): PaxosMessage {
    const commit = this.slots.committed;
    return { type, era: this.configuration.era, ballot, slot, commit, mark, round, connected, content, entries, snapshot };
  }

  protected send(to: NodeId, message: PaxosMessage): void {
    this.out.send(to, message, 0);
  }

  protected drop(code: string): void {
    this.dropped.set(code, (this.dropped.get(code) ?? 0) + 1);
  }

  protected refuse(asker: Asker, code: string, outcome: 'fail' | 'info' = 'fail', value?: Value): void {
    this.out.reply(asker.from, {
      id: asker.id,
      session: asker.session,
      outcome,
      code,
      ...(this.leader === 0 || this.leader === this.id ? {} : { leader: this.leader }),
      ...(value === undefined ? {} : { value }),
    });
  }

  protected refuseNoLeader(request: Asker): void {
    this.refuse(request, this.leader === 0 || this.leader === this.id ? 'LC_NO_LEADER' : 'LC_NOT_LEADER');
  }

  protected done(asker: Asker, value: Value = null): void {
    this.out.reply(asker.from, { id: asker.id, session: asker.session, outcome: 'ok', value });
  }

  // Upwards: what lower layers cause in higher ones.

  /** Send to `to` once everything that is now in memory is durable. */
  protected abstract sendDurable(to: NodeId, message: PaxosMessage): void;
  /** Stop leading or standing for election. */
  protected abstract resign(): void;
  /** The own promise of `ballot` is durable. */
  protected abstract ownPromiseDurable(ballot: Ballot): void;
  /** The own acceptances of `ballot` up to `slot` are durable. */
  protected abstract ownAcceptDurable(ballot: Ballot, slot: number): void;
  protected abstract request(from: NodeId, request: Request): void;
}
