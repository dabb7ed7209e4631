/**
 * Elections (Raft 5.2): roles, campaigns, votes, pre-vote (thesis 9.6), leadership transfer (3.10) and priority. When to
 * campaign is a matter of raft-timers.ts.
 */
import type { NodeId, Writer } from '../../core/index.ts';
import { votersOf } from './confchange.ts';
import { configurationSchema, entryKinds, type MessageType, makeEntry, messageTypes, type RaftMessage } from './message.ts';
import type { Progress } from './progress.ts';
import type { Asker, Role } from './raft-base.ts';
import { RaftMembership } from './raft-membership.ts';

/** A vote request with this context comes from the leader's own wish: it overrides leases. */
const BY_ORDER = 1;

export abstract class RaftElections extends RaftMembership {
  protected timersDirty = true;
  /** How this campaign's requests are marked. */
  protected campaignContext = 0;

  /** Everything that belongs to one term or one leadership starts anew. */
  #reset(term: number): void {
    if (this.term !== term) {
      this.term = term;
      this.vote = 0;
      this.orderedCampaign = false;
      if (this.leaderlessTerms < 4) this.leaderlessTerms++;
    }
    this.leader = 0;
    this.electionResetUs = this.now;
    this.heartbeatResetUs = this.now;
    this.timeoutUs = this.randomTimeoutUs();
    this.timersDirty = true;
    this.transferee = 0;
    if (this.votes.size > 0) this.votes.clear();
    this.members = this.members.map((old) => {
      const fresh = this.newProgress(old.id);
      fresh.next = this.log.last + 1;
      fresh.learner = old.learner;
      fresh.version = old.version;
      if (old.id === this.id) fresh.match = this.log.last;
      return fresh;
    });
    this.pendingChangeIndex = 0;
    this.uncommittedBytes = 0;
    this.forgetOwnAcknowledgements();
  }

  /** Between one and two election time-outs, plus what a lower priority adds. */
  protected randomTimeoutUs(): number {
    const { electionTimeoutUs, electionSlots } = this.config;
    const slot = this.out.choose(electionSlots);
    return electionTimeoutUs + this.deferrals() * electionTimeoutUs + Math.floor((slot * electionTimeoutUs) / electionSlots);
  }

  /**
   * Election time-outs that a lower priority waits longer, so that others campaign first. One fewer for each term that
   * passed without a leader: the preferred node may be unable to win, and its campaigns put the others' off.
   */
  protected deferrals(): number {
    const { priority, version } = this.config;
    return version < 2 ? 0 : Math.max(0, 3 - priority - Math.max(0, this.leaderlessTerms - 1));
  }

  protected override becomeFollower(term: number, leader: NodeId): void {
    const led = this.role === 'leader';
    this.#reset(term);
    this.role = 'follower';
    this.leader = leader;
    if (leader !== 0) this.leaderlessTerms = 0;
    if (led) {
      this.dropReads();
      this.dropAwaitedChange();
    }
  }

  protected becomePreCandidate(): void {
    this.votes.clear();
    this.leader = 0;
    this.role = 'pre-candidate';
    this.timersDirty = true;
  }

  protected becomeCandidate(): void {
    this.#reset(this.term + 1);
    this.vote = this.id;
    this.role = 'candidate';
  }

  protected becomeLeader(): void {
    this.#reset(this.term);
    this.leader = this.id;
    this.leaderlessTerms = 0;
    this.role = 'leader';
    const self = this.progress(this.id) as Progress;
    self.becomeReplicate();
    self.active = true;
    // There may be a change among the entries not applied yet: wait for all of them rather than look.
    this.pendingChangeIndex = this.log.last;
    // Older entries commit with the first one of the own term (Raft 5.4.2).
    this.appendEntry(makeEntry(this.term, entryKinds.normal, 0, 0, null, 0));
  }

  /** Stand for election, if that is possible now. */
  protected campaign(byOrder: boolean): void {
    if (this.role === 'leader' || !this.mayCampaign() || this.hasUnappliedChange()) return;
    if (!byOrder && this.mayOweLease()) return;
    this.#stand(!byOrder && this.usesPreVote(), byOrder);
  }

  /**
   * Pre-votes need a group that speaks version 2. Nodes of version 1 do not answer them, so a member heard to speak it
   * rules them out, and a brand-new group, of which nobody has heard anything, tries both in turn. A node that is merely
   * cut off must not fall back: it would come back with a term that deposes a working leader (thesis 9.6).
   */
  protected usesPreVote(): boolean {
    const { preVote, version } = this.config;
    if (!preVote || version < 2 || this.groupVersion === 1) return false;
    if (this.members.some((member) => member.version === 1)) return false;
    return this.term > 0 || this.role !== 'pre-candidate';
  }

  #stand(preVote: boolean, byOrder: boolean): void {
    if (preVote) this.becomePreCandidate();
    else this.becomeCandidate();
    this.campaignContext = byOrder ? BY_ORDER : 0;
    this.heartbeatResetUs = this.now;
    const ask = preVote ? messageTypes.preVote : messageTypes.vote;
    if (votersOf(this.configuration).includes(this.id)) this.acknowledgeOwnVote(this.#voteResponse(ask, this.#termAskedFor(), false));
    this.askForVotes();
  }

  /** A pre-vote asks about the next term without entering it. */
  #termAskedFor(): number {
    return this.role === 'pre-candidate' ? this.term + 1 : this.term;
  }

  /**
   * Must the term and the log that a vote is asked for be durable first? A candidate that forgets them could ask again in
   * the same term, and lead it twice (beyond etcd, which sends its requests at once).
   */
  protected asksDurably(): boolean {
    return true;
  }

  /** Ask every voter that has not answered (Raft 5.5: a request that is lost is asked again; voting is idempotent). */
  protected askForVotes(): void {
    const preVote = this.role === 'pre-candidate';
    const ask = preVote ? messageTypes.preVote : messageTypes.vote;
    const { last, lastTerm } = this.log;
    for (const id of votersOf(this.configuration)) {
      if (id === this.id || this.votes.has(id)) continue;
      const request = this.#withCommit(ask, last, lastTerm, false, this.#termAskedFor(), this.campaignContext);
      if (preVote || !this.asksDurably()) this.send(id, request);
      else this.sendDurable(id, request);
    }
  }

  /** Ask again, unless the disk still holds the first requests back. */
  protected askForVotesAgain(): void {
    if (this.role === 'pre-candidate' || this.votes.has(this.id)) this.askForVotes();
  }

  protected get campaigns(): boolean {
    return this.role === 'candidate' || this.role === 'pre-candidate';
  }

  #voteResponse(ask: MessageType, term: number, reject: boolean): RaftMessage {
    const type = ask === messageTypes.preVote ? messageTypes.preVoteResp : messageTypes.voteResp;
    return this.#withCommit(type, 0, 0, reject, term, 0);
  }

  #withCommit(type: MessageType, index: number, logTerm: number, reject: boolean, term: number, context: number): RaftMessage {
    const commit = this.sharesCommit() ? this.log.committed : 0;
    return this.message(type, term, index, logTerm, commit, reject, commit === 0 ? 0 : this.log.term(commit), context);
  }

  /**
   * Do votes say what is committed? Without it a node whose newest configuration is in its log, but not known to be in
   * force, may need the votes of nodes that were left out, and whose longer logs forbid them to give any (raft-rs).
   */
  protected sharesCommit(): boolean {
    return true;
  }

  /** Whoever votes or asks for votes knows `m.commit` to be committed, with term `m.hint`. */
  protected learnCommit(m: RaftMessage): void {
    const { log } = this;
    if (this.role === 'leader' || m.commit <= log.committed || !log.matches(m.commit, m.hint) || !this.sharesCommit()) return;
    log.commitTo(m.commit);
    // The votes were counted by a configuration that is no longer in force.
    if (this.campaigns && this.hasUnappliedChange()) this.becomeFollower(this.term, 0);
  }

  /** A campaign that a lease forbids to hear of: neither the term nor the vote may change (thesis 4.2.3). */
  protected mustIgnoreCampaign(m: RaftMessage): boolean {
    return m.context !== BY_ORDER && this.ignoresCampaigns();
  }

  protected handleVoteRequest(from: NodeId, m: RaftMessage): void {
    if (m.context !== BY_ORDER && this.mayOweLease()) return;
    const preVote = m.type === messageTypes.preVote;
    if (this.mayGrantVote(from, preVote, m.term) && this.isUpToDate(m.index, m.logTerm)) {
      // The answer carries the term asked about: for a pre-vote that is ahead of our own.
      this.sendDurable(from, this.#voteResponse(m.type, m.term, false));
      if (!preVote) {
        this.electionResetUs = this.now;
        this.vote = from;
      }
    } else {
      this.sendDurable(from, this.#voteResponse(m.type, this.term, true));
    }
  }

  protected rejectPreVote(from: NodeId): void {
    this.sendDurable(from, this.#voteResponse(messageTypes.preVote, this.term, true));
  }

  protected handleVoteResponse(from: NodeId, m: RaftMessage): void {
    if (!this.votes.has(from)) this.votes.set(from, !m.reject);
    const result = this.electionResult();
    if (result === 'won') {
      if (this.role === 'pre-candidate') {
        this.#stand(false, false);
      } else {
        this.becomeLeader();
        this.broadcastAppend();
      }
    } else if (result === 'lost') {
      // A pre-vote's answer carries a term that is not ours.
      this.becomeFollower(this.term, 0);
    }
  }

  // Transfer.

  /** Hand leadership to `to` as soon as its log is complete; false when that is not possible. */
  protected startTransfer(to: NodeId): boolean {
    const member = this.progress(to);
    if (member === null || member.learner || this.configuration.witnesses.includes(to)) return false;
    if (this.transferee === to) return true;
    this.abortTransfer();
    if (to === this.id) return true;
    // It has one election time-out.
    this.electionResetUs = this.now;
    this.transferee = to;
    if (this.mayTakeOver(member)) this.sendTimeoutNow(to);
    else this.maybeSendAppend(member, true);
    return true;
  }

  protected override abortTransfer(): void {
    this.transferee = 0;
  }

  /** For `members` and beliefs: what this node is to the group. */
  get standing(): Role | 'learner' | 'witness' {
    if (this.role !== 'follower') return this.role;
    if (this.configuration.learners.includes(this.id)) return 'learner';
    return this.isWitness ? 'witness' : 'follower';
  }

  protected encodeElections(w: Writer): void {
    configurationSchema.write(w, this.configuration);
    const leads = this.role === 'leader';
    w.uint(leads ? this.members.length : 0);
    if (leads) for (const member of this.members) encodeProgress(w, member, this.now);
    else for (const member of this.members) w.u8(member.version);
    w.uint(this.votes.size);
    for (const [id, granted] of [...this.votes].sort((a, b) => a[0] - b[0])) {
      w.uint(id);
      w.bool(granted);
    }
    w.uint(this.transferee);
    w.uint(this.pendingChangeIndex);
    w.uint(this.uncommittedBytes);
    w.uint(this.groupVersion);
    w.uint(this.leaderlessTerms);
    w.bool(this.orderedCampaign);
    w.uint(this.campaigns ? this.campaignContext : 0);
    // Times count from now: a clock that reads more changes nothing.
    w.int(this.electionElapsedUs);
    w.int(this.now - this.heartbeatResetUs);
    w.uint(this.timeoutUs);
    if (this.config.readMode === 'lease') {
      w.uint(Math.max(0, this.clockPeakUs - this.now + this.config.electionTimeoutUs));
      for (const sinceUs of [this.now - this.startedUs, this.now - this.leaderContactUs]) {
        w.uint(sinceUs < this.config.electionTimeoutUs ? sinceUs + 1 : 0);
      }
    }
    encodeAsker(w, this.awaitedChange);
    w.uint(this.awaitedChange?.index ?? 0);
    w.uint(this.sealIndex);
  }
}

const stateNumbers = { probe: 0, replicate: 1, snapshot: 2 } as const;

function encodeProgress(w: Writer, member: Progress, now: number): void {
  w.uint(member.id);
  w.uint(member.match);
  w.uint(member.next);
  w.uint(member.sentCommit);
  w.u8(stateNumbers[member.state]);
  w.uint(member.pendingSnapshot);
  w.uint(member.snapshotChecks);
  w.bool(member.active);
  w.bool(member.flowPaused);
  w.bool(member.learner);
  w.uint(member.readAck);
  w.uint(member.leaseAckUs < 0 ? 0 : Math.max(now - member.leaseAckUs, 0) + 1);
  w.uint(member.version);
  w.uint(member.inflights.count);
  for (const [index, bytes] of member.inflights) {
    w.uint(index);
    w.uint(bytes);
  }
}

export function encodeAsker(w: Writer, asker: Asker | null): void {
  w.bool(asker !== null);
  if (asker === null) return;
  w.uint(asker.from);
  w.uint(asker.session);
  w.uint(asker.id);
}
