/**
 * Time: when to campaign, when to beat, when to look whether a quorum is still there (thesis 6.2). Timers are lazy:
 * hearing from the leader only writes a time; a timer that fires early sets itself anew. The clock may jump.
 */
import type { Writer } from '../../core/index.ts';
import type { Progress } from './progress.ts';
import { RaftElections } from './raft-elections.ts';

export const timers = { election: 0, heartbeat: 1 } as const;
export const timerNames = Object.keys(timers) as readonly string[];

export abstract class RaftTimers extends RaftElections {
  #armedElectionUs = Number.POSITIVE_INFINITY;
  #armedHeartbeatUs = Number.POSITIVE_INFINITY;

  /** The clock went back: what was to happen later must not wait for it to catch up. */
  protected clockWentBack(now: number): void {
    if (this.now > this.clockPeakUs) this.clockPeakUs = this.now;
    this.electionResetUs = Math.min(this.electionResetUs, now);
    this.heartbeatResetUs = Math.min(this.heartbeatResetUs, now);
    if (this.startedUs > now) this.startedUs = now;
    if (this.leaderContactUs > now) this.leaderContactUs = now;
    if (this.role === 'leader') for (const member of this.members) member.leaseAckUs = -1;
    this.timersDirty = true;
  }

  /**
   * The clock was set, by an unknown span: no lease holds on it any more, and one that was promised is promised anew, for
   * it may have longer to run than it seems.
   */
  protected clockSet(): void {
    this.clockWentBack(this.now);
    if (this.startedUs > Number.NEGATIVE_INFINITY) this.startedUs = this.now;
    if (this.leaderContactUs > Number.NEGATIVE_INFINITY) this.leaderContactUs = this.now;
  }

  protected timerFired(timer: number): void {
    if (timer === timers.election) {
      this.#armedElectionUs = Number.POSITIVE_INFINITY;
      if (this.role === 'leader') this.#leaderElectionTimer();
      else this.#followerElectionTimer();
      this.timersDirty = true;
    } else if (timer === timers.heartbeat) {
      this.#armedHeartbeatUs = Number.POSITIVE_INFINITY;
      if (this.role === 'leader' && this.now - this.heartbeatResetUs >= this.config.heartbeatUs) {
        this.heartbeatResetUs = this.now;
        this.broadcastHeartbeat();
      } else if (this.config.retryVotes && this.campaigns && this.now - this.heartbeatResetUs >= this.config.heartbeatUs) {
        this.heartbeatResetUs = this.now;
        this.askForVotesAgain();
      }
      this.timersDirty = true;
    }
  }

  #followerElectionTimer(): void {
    if (this.electionElapsedUs < this.timeoutUs || !this.mayCampaign()) return;
    this.electionResetUs = this.now;
    this.campaign(false);
  }

  #leaderElectionTimer(): void {
    if (this.electionElapsedUs < this.config.electionTimeoutUs) return;
    this.electionResetUs = this.now;
    if (this.config.checkQuorum) {
      if (!this.quorumActive()) this.becomeFollower(this.term, 0);
      for (const member of this.members) if (member.id !== this.id) member.active = false;
    }
    for (const member of this.members) {
      if (member.state === 'snapshot' && this.snapshotSeemsLost(member)) member.snapshotFailed();
    }
    // A transfer that took longer than this has failed: take proposals again.
    if (this.role === 'leader') this.abortTransfer();
  }

  /** Nobody reports a snapshot that the network lost: after a whole election time-out it is sent anew. */
  protected snapshotSeemsLost(member: Progress): boolean {
    return ++member.snapshotChecks >= 2;
  }

  protected armTimers(): void {
    this.timersDirty = false;
    const leads = this.role === 'leader';
    const { electionTimeoutUs, heartbeatUs } = this.config;
    let electionUs = this.electionResetUs + (leads ? electionTimeoutUs : this.timeoutUs);
    // Overdue: a timer that is about to fire at this very instant stays; one that fired to no effect looks again soon.
    if (electionUs <= this.now) electionUs = this.#armedElectionUs <= this.now ? this.#armedElectionUs : this.now + heartbeatUs;
    if (electionUs !== this.#armedElectionUs) {
      this.#armedElectionUs = electionUs;
      this.out.timer(timers.election, electionUs);
    }
    const beats = leads || (this.config.retryVotes && this.campaigns);
    const beatUs = beats ? Math.max(this.heartbeatResetUs + heartbeatUs, this.now + 1) : Number.POSITIVE_INFINITY;
    if (beatUs !== this.#armedHeartbeatUs) {
      this.#armedHeartbeatUs = beatUs;
      this.out.timer(timers.heartbeat, beatUs);
    }
  }

  protected copyTimers(from: RaftTimers): void {
    this.#armedElectionUs = from.#armedElectionUs;
    this.#armedHeartbeatUs = from.#armedHeartbeatUs;
    this.timersDirty = from.timersDirty;
    this.campaignContext = from.campaignContext;
  }

  protected encodeTimers(w: Writer): void {
    for (const atUs of [this.#armedElectionUs, this.#armedHeartbeatUs]) w.int(Number.isFinite(atUs) ? atUs - this.now : -1);
  }
}
