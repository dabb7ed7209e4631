/**
 * Raft (Ongaro and Ousterhout 2014; Ongaro's thesis) as one deterministic `step`: this file takes inputs apart, hands
 * them to the layers below, applies what is committed, and reports beliefs. It makes no values: a Replica above takes
 * the `apply`, `restore` and `readReady` indications. It follows etcd's raft in what is sent when.
 */
import type { ApplyIndication, Command, Input, Node, NodeId, OrderingIndication, Writer } from '../../core/index.ts';
import { emptyConfiguration } from './confchange.ts';
import type { RaftConfig } from './config.ts';
import { type Entry, entryKinds, messageTypes, type RaftMessage } from './message.ts';
import type { Progress } from './progress.ts';
import type { RaftEffects, Role } from './raft-base.ts';
import { encodeAsker } from './raft-elections.ts';
import { configurationValue, isChange } from './raft-membership.ts';
import { RaftRequests } from './raft-requests.ts';
import type { RaftRecord } from './record.ts';

const roleNumbers: Record<Role, number> = { follower: 0, 'pre-candidate': 1, candidate: 2, leader: 3 };

export class Raft extends RaftRequests implements Node<RaftMessage, RaftRecord, OrderingIndication> {
  readonly peers: readonly NodeId[];
  #standsAs: Role | '' = '';
  #standsIn = emptyConfiguration;
  #reportedRole = '';
  #reportedTerm = -1;
  #reportedLeader = 0;
  #reportedLeaderTerm = 0;
  #reportedApplied = -1;
  #reportedConfiguration = emptyConfiguration;

  constructor(id: NodeId, peers: readonly NodeId[], config: RaftConfig) {
    super(id, config);
    this.peers = peers;
  }

  step(input: Input<RaftMessage, RaftRecord>, out: RaftEffects): void {
    this.out = out;
    if (input.now < this.now && input.kind !== 'start') this.clockWentBack(input.now);
    this.now = input.now;
    switch (input.kind) {
      case 'message':
        this.#message(input.from, input.message);
        break;
      case 'request':
        this.request(input.from, input.request);
        break;
      case 'persisted':
        this.persisted(input.token);
        break;
      case 'timer':
        this.timerFired(input.timer);
        break;
      case 'start':
        this.#start(input.records);
        break;
      case 'clock':
        this.clockSet();
        break;
      default:
        return;
    }
    this.settle();
  }

  /** After each input: write, send what may be sent, apply what may be applied, until nothing is left to do. */
  protected settle(): void {
    do this.flush();
    while (this.#applyCommitted());
    this.#report();
    if (this.timersDirty) this.armTimers();
  }

  #start(records: readonly RaftRecord[]): void {
    const { initial } = this.config;
    this.recover(records);
    if (records.length > 0) this.startedUs = this.now;
    const snapshot = this.log.snapshot;
    const configuration = snapshot?.configuration ?? initial ?? { ...emptyConfiguration, voters: this.peers };
    this.configurations = [{ index: snapshot?.index ?? 0, configuration }];
    this.switchConfiguration(configuration);
    this.becomeFollower(this.term, 0);
    this.restoreDue = snapshot !== null;
  }

  // Messages.

  #message(from: NodeId, m: RaftMessage): void {
    if (this.config.version < 2 && (m.type === messageTypes.preVote || m.type === messageTypes.preVoteResp)) {
      // Not understood: any answer says which version is spoken here, so that the other does without pre-votes.
      if (m.type === messageTypes.preVote) this.send(from, this.message(messageTypes.appResp, this.term, 0, 0, 0, true, 0, 0));
      return;
    }
    const member = this.progress(from);
    // Answers of nodes that are not members (any more) count for nothing.
    if (member === null && isAnswer(m)) return;
    if (member !== null && member.version !== m.version) this.#noteVersion(member, m.version);
    this.receive(from, m);
    if (m.type >= messageTypes.vote && m.type <= messageTypes.preVoteResp) this.learnCommit(m);
  }

  /** Clones share their members' progress as long as they do not lead: it is replaced, not written to. */
  #noteVersion(member: Progress, version: number): void {
    const noted = member.clone();
    noted.version = version;
    this.members = this.members.map((other) => (other === member ? noted : other));
  }

  protected override receive(from: NodeId, m: RaftMessage): void {
    if (m.term > this.term) {
      if (!this.#meetNewerTerm(from, m)) return;
    } else if (m.term < this.term && m.term !== 0) {
      this.#meetOlderTerm(from, m);
      return;
    }
    switch (m.type) {
      case messageTypes.vote:
      case messageTypes.preVote:
        this.handleVoteRequest(from, m);
        return;
      case messageTypes.prop:
        this.forwarded(m);
        return;
      case messageTypes.readIndex:
        this.handleReadIndex(from, m);
        return;
      case messageTypes.transferLeader:
        if (this.role === 'leader') this.startTransfer(m.hint);
        else if (this.role === 'follower' && this.leader !== 0 && this.leader !== this.id) this.send(this.leader, m);
        return;
    }
    if (this.role === 'leader') this.#leaderReceives(from, m);
    else this.#followerReceives(from, m);
  }

  /** False when the message ends here. */
  #meetNewerTerm(from: NodeId, m: RaftMessage): boolean {
    const { type } = m;
    if ((type === messageTypes.vote || type === messageTypes.preVote) && this.mustIgnoreCampaign(m)) return false;
    // A pre-vote never changes terms; nor does its granting, which carries the term asked about.
    if (type === messageTypes.preVote || (type === messageTypes.preVoteResp && !m.reject)) return true;
    const fromLeader = type === messageTypes.app || type === messageTypes.heartbeat || type === messageTypes.snap;
    this.becomeFollower(m.term, fromLeader ? from : 0);
    return true;
  }

  #meetOlderTerm(from: NodeId, m: RaftMessage): void {
    const { checkQuorum, preVote } = this.config;
    if ((checkQuorum || preVote) && (m.type === messageTypes.heartbeat || m.type === messageTypes.app)) {
      // A leader of an older term: this node's term may be too high to be led. Tell it, so that it moves on.
      this.sendDurable(from, this.appResp(0));
    } else if (m.type === messageTypes.preVote) {
      // Silence could block a pre-candidate with a newer log but an older term for good.
      this.rejectPreVote(from);
    }
  }

  #leaderReceives(from: NodeId, m: RaftMessage): void {
    const member = this.progress(from);
    if (member === null) return;
    if (m.type === messageTypes.appResp) this.handleAppendResponse(member, m);
    else if (m.type === messageTypes.heartbeatResp) this.handleHeartbeatResponse(member, m);
  }

  #followerReceives(from: NodeId, m: RaftMessage): void {
    switch (m.type) {
      case messageTypes.app:
        this.#follow(from, m);
        this.handleAppend(from, m);
        return;
      case messageTypes.heartbeat:
        this.#follow(from, m);
        this.handleHeartbeat(from, m);
        return;
      case messageTypes.snap:
        this.#follow(from, m);
        this.handleSnapshot(from, m);
        return;
      case messageTypes.voteResp:
        if (this.role === 'candidate') this.handleVoteResponse(from, m);
        return;
      case messageTypes.preVoteResp:
        if (this.role === 'pre-candidate') this.handleVoteResponse(from, m);
        return;
      case messageTypes.timeoutNow:
        if (this.role === 'follower') this.campaign(true);
        return;
      case messageTypes.readIndexResp:
        if (this.role === 'follower') this.handleReadIndexResponse(m);
        return;
    }
  }

  /** A message from the leader of this term. */
  #follow(from: NodeId, m: RaftMessage): void {
    if (this.role !== 'follower') this.becomeFollower(m.term, from);
    this.leader = from;
    this.electionResetUs = this.now;
    this.leaderContactUs = this.now;
    this.groupVersion = m.version;
    this.leaderlessTerms = 0;
  }

  // Applying.

  /** Hand on what is committed and durable here; true when something was. */
  #applyCommitted(): boolean {
    const { log } = this;
    if (this.restoreDue) {
      this.restoreDue = false;
      const { snapshot } = log;
      if (snapshot !== null && !this.isWitness) this.out.indicate({ kind: 'restore', index: snapshot.index, snapshot: snapshot.data });
    }
    if (log.pendingSnapshot !== 0) return false;
    const last = Math.min(log.committed, log.offset - 1);
    const first = log.applied + 1;
    if (first > last) return false;
    const entries = log.between(first, last + 1, Number.POSITIVE_INFINITY);
    if (!this.isWitness) {
      const indication: ApplyIndication = { kind: 'apply', first, commands: commandsOf(entries) };
      this.out.indicate(indication);
    }
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry;
      // Entries of former leaders were never counted.
      if (entry.term === this.term) this.uncommittedBytes = Math.max(0, this.uncommittedBytes - entry.size);
      if (isChange(entry)) this.applyChange(entry, first + i);
    }
    log.applied = Math.max(log.applied, last);
    this.maybeLeaveJoint(last);
    this.maybeSealed(last);
    if (this.isWitness && last - log.base > this.config.witnessLogEntries) {
      this.compact({ index: last, term: log.term(last), configuration: this.configuration, data: null });
    }
    return true;
  }

  // Beliefs.

  #report(): void {
    const { term, leader, out } = this;
    if (term !== this.#reportedTerm) {
      this.#reportedTerm = term;
      out.belief('epoch', term, term);
    }
    // What it is to the group depends on these two alone.
    if (this.role !== this.#standsAs || this.configuration !== this.#standsIn) {
      this.#standsAs = this.role;
      this.#standsIn = this.configuration;
      const standing = this.standing;
      if (standing !== this.#reportedRole) {
        this.#reportedRole = standing;
        out.belief('role', standing, term);
      }
    }
    if (leader !== this.#reportedLeader || (leader !== 0 && term !== this.#reportedLeaderTerm)) {
      this.#reportedLeader = leader;
      this.#reportedLeaderTerm = term;
      out.belief('leader', leader === 0 ? null : leader, term);
      out.indicate({ kind: 'leader', leader, epoch: term });
      this.settleTransfer();
    }
    if (this.configuration !== this.#reportedConfiguration) {
      this.#reportedConfiguration = this.configuration;
      out.belief('members', configurationValue(this.configuration), 0);
    }
    if (this.log.applied !== this.#reportedApplied) {
      this.#reportedApplied = this.log.applied;
      out.belief('position', this.log.applied, 0);
    }
  }

  // Copies and bytes.

  clone(): Raft {
    const copy = new (this.constructor as new (id: NodeId, peers: readonly NodeId[], config: RaftConfig) => Raft)(
      this.id,
      this.peers,
      this.config,
    );
    copy.term = this.term;
    copy.vote = this.vote;
    copy.role = this.role;
    copy.leader = this.leader;
    copy.log = this.log.clone();
    copy.configuration = this.configuration;
    // Only a leader writes to its members' progress: everybody else replaces it whole.
    copy.members = this.role === 'leader' ? this.members.map((member) => member.clone()) : this.members;
    if (this.votes.size > 0) copy.votes = new Map(this.votes);
    copy.transferee = this.transferee;
    copy.pendingChangeIndex = this.pendingChangeIndex;
    copy.uncommittedBytes = this.uncommittedBytes;
    copy.groupVersion = this.groupVersion;
    copy.leaderlessTerms = this.leaderlessTerms;
    copy.orderedCampaign = this.orderedCampaign;
    copy.now = this.now;
    copy.electionResetUs = this.electionResetUs;
    copy.heartbeatResetUs = this.heartbeatResetUs;
    copy.timeoutUs = this.timeoutUs;
    copy.startedUs = this.startedUs;
    copy.leaderContactUs = this.leaderContactUs;
    copy.clockPeakUs = this.clockPeakUs;
    copy.copyStorage(this);
    copy.restoreDue = this.restoreDue;
    copy.unconfirmed = this.unconfirmed.slice();
    copy.confirmedReads = this.confirmedReads;
    copy.earlyReads = this.earlyReads.slice();
    copy.sentReads = this.sentReads;
    copy.awaitedChange = this.awaitedChange;
    copy.sealIndex = this.sealIndex;
    copy.copyTimers(this);
    copy.awaitedTransfer = this.awaitedTransfer;
    copy.#standsAs = this.#standsAs;
    copy.#standsIn = this.#standsIn;
    copy.#reportedRole = this.#reportedRole;
    copy.#reportedTerm = this.#reportedTerm;
    copy.#reportedLeader = this.#reportedLeader;
    copy.#reportedLeaderTerm = this.#reportedLeaderTerm;
    copy.#reportedApplied = this.#reportedApplied;
    copy.#reportedConfiguration = this.#reportedConfiguration;
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.term);
    w.uint(this.vote);
    w.u8(roleNumbers[this.role]);
    w.uint(this.leader);
    this.log.encode(w);
    this.encodeStorage(w);
    this.encodeElections(w);
    this.encodeTimers(w);
    this.encodeReads(w);
    encodeAsker(w, this.awaitedTransfer);
    w.uint(this.awaitedTransfer?.to ?? 0);
    w.bool(this.restoreDue);
  }
}

/** Messages that answer one of ours: meaningless from strangers. */
function isAnswer(m: RaftMessage): boolean {
  switch (m.type) {
    case messageTypes.appResp:
    case messageTypes.voteResp:
    case messageTypes.preVoteResp:
    case messageTypes.heartbeatResp:
    case messageTypes.readIndexResp:
      return true;
    default:
      return false;
  }
}

/** Entries are their own commands; only where some are none is a new list made. */
function commandsOf(entries: readonly Entry[]): readonly (Command | null)[] {
  for (let i = 0; i < entries.length; i++)
    if (!isCommand(entries[i] as Entry)) return entries.map((entry) => (isCommand(entry) ? entry : null));
  return entries;
}

const isCommand = (entry: Entry): boolean => entry.kind === entryKinds.normal && (entry.session !== 0 || entry.op !== null);
