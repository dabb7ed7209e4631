/**
 * The state of a Raft node, what others may see of it, and the decisions on which Raft's safety rests. Each decision is
 * one overridable method, named after what it decides and where the paper argues it: a mutant overrides one of them.
 * Behaviour is layered above, a file each: storage, replication, reads, membership, elections, and Raft itself.
 */
import type { Effects, NodeId, OrderingIndication, Request, Value } from '../../core/index.ts';
import { type Configuration, emptyConfiguration, isMember } from './confchange.ts';
import { checkConfig, type RaftConfig } from './config.ts';
import { RaftLog } from './log.ts';
import { type Entry, type MessageType, messageTypes, NO_ENTRIES, type RaftMessage, type Snapshot } from './message.ts';
import { Inflights, Progress } from './progress.ts';
import { jointVote, NO_LIMIT, quorumIndex, type VoteResult } from './quorum.ts';
import type { RaftRecord } from './record.ts';

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';
export type RaftEffects = Effects<RaftMessage, RaftRecord, OrderingIndication>;

/** Whom to answer when something that a request started is over. */
export interface Asker {
  readonly from: NodeId;
  readonly session: number;
  readonly id: number;
}

const NO_PROGRESS: readonly Progress[] = Object.freeze([]);

export abstract class RaftBase {
  readonly id: NodeId;
  readonly config: RaftConfig;
  term = 0;
  /** Whom it voted for in `term`; 0: nobody. */
  vote: NodeId = 0;
  role: Role = 'follower';
  /** Who leads `term`, as far as it knows; 0: unknown. */
  leader: NodeId = 0;
  log = new RaftLog();
  configuration: Configuration = emptyConfiguration;
  /** One for each member, ascending. Means something on a leader only. */
  members: readonly Progress[] = NO_PROGRESS;
  /** Votes received by a (pre-)candidate. */
  protected votes = new Map<NodeId, boolean>();
  /** To whom leadership is being handed; 0: nobody. */
  transferee: NodeId = 0;
  /** A membership change may be in the log, not applied, up to here. At most one is, at any time. */
  protected pendingChangeIndex = 0;
  protected uncommittedBytes = 0;
  /** The protocol version that the leader says the whole group speaks; 0: not heard yet. */
  protected groupVersion = 0;
  /** Terms entered since a leader was last known. */
  protected leaderlessTerms = 0;
  /** TimeoutNow was sent in this term: someone may campaign in spite of a lease. */
  protected orderedCampaign = false;

  /** The node's clock at the last input. */
  protected now = 0;
  protected out!: RaftEffects;
  /** When the election clock was last set back. */
  protected electionResetUs = 0;
  protected heartbeatResetUs = 0;
  /** This round's random time-out. */
  protected timeoutUs: number;
  protected startedUs = Number.NEGATIVE_INFINITY;
  /** When a leader was last heard of. */
  protected leaderContactUs = Number.NEGATIVE_INFINITY;
  /** The latest time that this clock showed before it went back: heartbeats stamped up to here may be older than they say. */
  protected clockPeakUs = Number.NEGATIVE_INFINITY;
  #indexes: number[] = [];

  constructor(id: NodeId, config: RaftConfig) {
    checkConfig(config);
    this.id = id;
    this.config = config;
    this.timeoutUs = config.electionTimeoutUs;
  }

  // What others may see.

  get commit(): number {
    return this.log.committed;
  }

  get applied(): number {
    return this.log.applied;
  }

  /** The progress of member `id`, or null. */
  progress(id: NodeId): Progress | null {
    const { members } = this;
    for (let i = 0; i < members.length; i++) if ((members[i] as Progress).id === id) return members[i] as Progress;
    return null;
  }

  get isLearner(): boolean {
    return this.progress(this.id)?.learner ?? false;
  }

  get isWitness(): boolean {
    return this.configuration.witnesses.includes(this.id);
  }

  protected get electionElapsedUs(): number {
    return this.now - this.electionResetUs;
  }

  // The decisions.

  /** May this node vote for `from` in `term`? At most one vote a term, none against a known leader (Raft 5.2). */
  protected mayGrantVote(from: NodeId, preVote: boolean, term: number): boolean {
    return this.vote === from || (this.vote === 0 && this.leader === 0) || (preVote && term > this.term);
  }

  /** Is a candidate's log at least as new as this one (Raft 5.4.1)? */
  protected isUpToDate(index: number, term: number): boolean {
    return this.log.isUpToDate(index, term);
  }

  /** Is the vote part of what is durable before it is announced (Raft 5.1, figure 2)? */
  protected mustPersistVote(): boolean {
    return true;
  }

  /** Must this message wait until everything that led to it is durable (thesis 3.8)? */
  protected mustWaitForStorage(_message: RaftMessage): boolean {
    return true;
  }

  /** Does a leader commit `index` once a quorum holds it? Only entries of its own term count (Raft 5.4.2, figure 8). */
  protected mayCommit(index: number): boolean {
    return this.log.term(index) === this.term;
  }

  /** Does a conflicting entry at `index` go, with all that follow (Raft 5.3)? */
  protected truncates(_index: number): boolean {
    return true;
  }

  /** Does the log contain (index, term), so that entries may follow it (Raft 5.3)? */
  protected appendFits(index: number, term: number): boolean {
    return this.log.matches(index, term);
  }

  /** Does hearing from a live leader forbid to take part in an election (thesis 4.2.3, 6.4.1, 9.6)? */
  protected ignoresCampaigns(): boolean {
    const { checkQuorum, electionTimeoutUs } = this.config;
    if (checkQuorum && this.leader !== 0 && this.electionElapsedUs < electionTimeoutUs) return true;
    return this.mayOweLease();
  }

  /**
   * With leases: might a leader still count on this node? It answered one recently, whatever it took for leader since;
   * or it was started recently, and may have answered in its former life.
   */
  protected mayOweLease(): boolean {
    const { readMode, electionTimeoutUs } = this.config;
    return readMode === 'lease' && (this.now - this.leaderContactUs < electionTimeoutUs || this.now - this.startedUs < electionTimeoutUs);
  }

  /** The outgoing voters whose majority must agree, too (thesis 4.3). */
  protected outgoingVoters(): readonly NodeId[] {
    return this.configuration.outgoing;
  }

  /** The highest index that a quorum is known to hold durably. */
  protected quorumHolds(): number {
    const outgoing = this.outgoingVoters();
    const incoming = this.#heldBy(this.configuration.voters);
    return outgoing.length === 0 ? incoming : Math.min(incoming, this.#heldBy(outgoing));
  }

  #heldBy(voters: readonly NodeId[]): number {
    const indexes = this.#indexes;
    for (let i = 0; i < voters.length; i++) indexes[i] = this.progress(voters[i] as NodeId)?.match ?? 0;
    return quorumIndex(indexes, voters.length);
  }

  /** What the votes received amount to. */
  protected electionResult(): VoteResult {
    return jointVote(this.configuration.voters, this.outgoingVoters(), (id) => this.votes.get(id));
  }

  /** Has a quorum been heard of since the last check (thesis 6.2)? */
  protected quorumActive(): boolean {
    const active = (id: NodeId): boolean => {
      const progress = this.progress(id);
      return progress !== null && !progress.learner && progress.active;
    };
    return jointVote(this.configuration.voters, this.outgoingVoters(), active) === 'won';
  }

  /** Must a quorum confirm that this leader still leads before it answers a read (thesis 6.4)? */
  protected readNeedsQuorum(): boolean {
    const { voters, outgoing } = this.configuration;
    // A leader that was left out may lead on for a moment: the only voter is then somebody else.
    return voters.length !== 1 || voters[0] !== this.id || outgoing.length > 0;
  }

  /** May a leader answer reads at its commit index? Not before it has committed an entry of its own term (thesis 6.4). */
  protected mayServeReads(): boolean {
    return this.log.term(this.log.committed) === this.term;
  }

  /** When the lease runs out: a quorum answered heartbeats sent no earlier than this, less the margin (thesis 6.4.1). */
  protected leaseEndUs(): number {
    const heard = (voters: readonly NodeId[]): number => {
      const times = voters.map((id) => (id === this.id ? this.now : (this.progress(id)?.leaseAckUs ?? -1)));
      return quorumIndex(times, times.length);
    };
    const outgoing = this.outgoingVoters();
    const since = Math.min(heard(this.configuration.voters), outgoing.length === 0 ? NO_LIMIT : heard(outgoing));
    if (since < 0 || this.transferee !== 0 || this.orderedCampaign) return Number.NEGATIVE_INFINITY;
    return since + Math.floor((this.config.electionTimeoutUs * this.config.leasePercent) / 100);
  }

  /** Is this member's log complete, so that it may be told to campaign (thesis 3.10)? */
  protected mayTakeOver(member: Progress): boolean {
    return member.match === this.log.last;
  }

  /** May this node stand for election? Members with a vote, data and no snapshot half installed. */
  protected mayCampaign(): boolean {
    const self = this.progress(this.id);
    return self !== null && !self.learner && !this.isWitness && this.log.pendingSnapshot === 0;
  }

  /** Is a membership change possible, or may one be under way (thesis 4.1: one at a time)? A reason to refuse, or null. */
  protected refusesChange(leaves: boolean): string | null {
    if (this.pendingChangeIndex > this.log.applied) {
      return `possible unapplied conf change at index ${this.pendingChangeIndex} (applied to ${this.log.applied})`;
    }
    const joint = this.configuration.outgoing.length > 0;
    if (joint && !leaves) return 'must transition out of joint config first';
    return !joint && leaves ? 'not in joint state; refusing empty conf change' : null;
  }

  // Making and sending messages.

  protected message(
    type: MessageType,
    term: number,
    index: number,
    logTerm: number,
    commit: number,
    reject: boolean,
    hint: number,
    context: number,
    entries: readonly Entry[] = NO_ENTRIES,
    snapshot: Snapshot | null = null,
  ): RaftMessage {
    const version = this.role === 'leader' ? this.spokenByAll() : this.config.version;
    return { type, term, index, logTerm, commit, reject, hint, context, version, entries, snapshot };
  }

  /** The version that every member heard of so far speaks. */
  protected spokenByAll(): number {
    let version: number = this.config.version;
    const { members } = this;
    for (let i = 0; i < members.length; i++) {
      const known = (members[i] as Progress).version;
      if (known !== 0 && known < version) version = known;
    }
    return version;
  }

  protected send(to: NodeId, message: RaftMessage): void {
    this.out.send(to, message, 0);
  }

  protected appResp(index: number): RaftMessage {
    return this.message(messageTypes.appResp, this.term, index, 0, 0, false, 0, 0);
  }

  protected newProgress(id: NodeId): Progress {
    return new Progress(id, new Inflights(this.config.maxInflightMessages, this.config.maxInflightBytes));
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
    // A leader that hands over, or was left out, sends nobody to itself.
    this.refuse(request, this.leader === 0 || this.leader === this.id ? 'LC_NO_LEADER' : 'LC_NOT_LEADER');
  }

  protected isMember(id: NodeId): boolean {
    return isMember(this.configuration, id);
  }

  // Upwards: what lower layers cause in higher ones.

  protected abstract becomeFollower(term: number, leader: NodeId): void;
  /** Send to `to` once everything that is now in memory is durable. */
  protected abstract sendDurable(to: NodeId, message: RaftMessage): void;
  protected abstract receive(from: NodeId, message: RaftMessage): void;
  protected abstract switchConfiguration(configuration: Configuration): void;
  /** A commit in this term lets waiting reads go on. */
  protected abstract releaseReads(): void;
  protected abstract confirmReads(): void;
  protected abstract readContext(): number;
  protected abstract request(from: NodeId, request: Request): void;
}
