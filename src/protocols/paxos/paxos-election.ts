/**
 * Ballot leader election (Ng, Haridi, Carbone, "Omni-Paxos", EuroSys 2023, 5): in rounds, each member asks all others for
 * their ballots. Only who hears from a quorum may lead; nobody needs a full log for it. A member that cannot hear from the
 * elected one, but from somebody who can, stays quiet: so a group that is only partly connected does not change leaders for ever.
 */
import type { NodeId, Writer } from '../../core/index.ts';
import { type Ballot, nodeOf, roundOf } from './ballot.ts';
import { messageTypes, NO_ENTRIES, type PaxosMessage } from './message.ts';
import { PaxosReads } from './paxos-reads.ts';

/** What a member answered in this round. */
interface Heard {
  readonly ballot: Ballot;
  readonly elected: Ballot;
  readonly connected: boolean;
  readonly content: boolean;
}

export abstract class PaxosElection extends PaxosReads {
  /** The round that is under way. */
  round = 0;
  protected heard = new Map<NodeId, Heard>();
  /** It heard from a quorum in the last round. */
  connected = false;
  /** It heard from the elected one, which a quorum hears, in the last round. */
  content = false;

  protected handleHeartbeatRequest(from: NodeId, m: PaxosMessage): void {
    const { ballot, elected, connected, content } = this;
    this.send(from, this.message(messageTypes.heartbeat, ballot, 0, elected, m.round, NO_ENTRIES, null, connected, content));
  }

  protected handleHeartbeat(from: NodeId, m: PaxosMessage): void {
    if (!this.isOfThisRound(m)) return;
    this.heard.set(from, { ballot: m.ballot, elected: m.mark, connected: m.connected, content: m.content });
    const member = this.progress(from);
    if (member === null) return;
    member.heard();
    member.decided = m.commit;
  }

  /** Does an answer belong to this round? What was said before a cut tells nothing about what is connected now. */
  protected isOfThisRound(m: PaxosMessage): boolean {
    return m.round === this.round;
  }

  /** Ask whoever has not answered in this round. */
  protected askForHeartbeats(): void {
    if (!this.isMember || this.config.election === 'time-out') return;
    const request = this.message(messageTypes.heartbeatRequest, this.ballot, 0, 0, this.round);
    for (const id of this.configuration.members) if (id !== this.id && !this.heard.has(id)) this.send(id, request);
  }

  /** So many members, itself included, must be heard of to be connected: a leader needs phase 2 alone. */
  protected connectedQuorum(): number {
    const phase2 = this.phase2Quorum();
    return this.role === 'leader' ? phase2 : Math.max(this.phase1Quorum(), phase2);
  }

  /** Is it a candidate at all (BLE: only quorum-connected servers are)? */
  protected mayStand(): boolean {
    return this.connected;
  }

  /** Does a leader that no quorum hears stop leading, so that its clients go elsewhere? */
  protected resignsWithoutQuorum(): boolean {
    return true;
  }

  /** Is it enough that somebody who is heard of hears from the elected one? */
  protected trustsNeighbours(): boolean {
    return true;
  }

  protected endRound(): void {
    if (this.config.election === 'time-out') {
      if (this.isMember && this.role === 'follower' && !this.heardLeader) this.stand();
    } else if (this.isMember) {
      this.connected = this.heard.size + 1 >= this.connectedQuorum();
      if (this.connected) this.#check();
      else this.#disconnected();
    }
    this.heard = new Map();
    this.heardLeader = false;
    this.round++;
    this.askForHeartbeats();
  }

  #disconnected(): void {
    this.content = false;
    if (this.role !== 'follower' && this.resignsWithoutQuorum()) this.resign();
    if (this.leader !== 0 && this.leader !== this.id && !this.heard.has(this.leader)) this.leader = 0;
  }

  /** A quorum is heard of: is the elected one among them? */
  #check(): void {
    const best = this.highestCandidate();
    if (best > this.elected) this.elect(best);
    this.content = this.hearsElected();
    if (this.content) {
      this.leader = this.role === 'candidate' ? 0 : nodeOf(this.elected);
      return;
    }
    this.leader = 0;
    const others = this.trustsNeighbours() ? this.#electedByNeighbours() : 0;
    if (others >= this.elected && others > 0) this.elected = others;
    else if (this.mayStand()) this.stand();
  }

  /** The highest ballot of a candidate that a quorum hears. */
  protected highestCandidate(): Ballot {
    let best = this.role === 'follower' ? 0 : this.ballot;
    for (const { ballot, connected } of this.heard.values()) if (connected && ballot > best && roundOf(ballot) > 0) best = ballot;
    return best;
  }

  protected elect(ballot: Ballot): void {
    this.elected = ballot;
    this.heardLeader = false;
    if (this.role !== 'follower' && ballot > this.ballot) this.resign();
  }

  /** Does it hear from the owner of the elected ballot, and does a quorum hear that one? */
  protected hearsElected(): boolean {
    if (this.role !== 'follower' && this.ballot === this.elected) return true;
    // It may have stood after it answered: what it said as a proposer since counts as well.
    if (this.heardLeader) return true;
    const owner = this.heard.get(nodeOf(this.elected));
    return owner?.connected === true && owner.ballot === this.elected;
  }

  /** The highest ballot that somebody who is heard of is content with; 0: nobody is content. */
  #electedByNeighbours(): Ballot {
    let best = 0;
    for (const { content, elected } of this.heard.values()) if (content && elected > best) best = elected;
    return best;
  }

  /** How long this round is. */
  protected roundUs(): number {
    const { election, electionTimeoutUs, electionSlots } = this.config;
    if (election === 'connectivity' || electionSlots === 1) return electionTimeoutUs;
    return electionTimeoutUs + Math.floor((electionTimeoutUs * this.out.choose(electionSlots)) / electionSlots);
  }

  protected copyElection(from: PaxosElection): void {
    this.round = from.round;
    this.heard = new Map(from.heard);
    this.connected = from.connected;
    this.content = from.content;
    this.heardLeader = from.heardLeader;
  }

  protected encodeElection(w: Writer): void {
    w.uint(this.round);
    w.bool(this.connected);
    w.bool(this.content);
    w.bool(this.heardLeader);
    w.uint(this.heard.size);
    for (const [id, heard] of [...this.heard].sort((a, b) => a[0] - b[0])) {
      w.uint(id);
      w.uint(heard.ballot);
      w.uint(heard.elected);
      w.bool(heard.connected);
      w.bool(heard.content);
    }
  }
}
