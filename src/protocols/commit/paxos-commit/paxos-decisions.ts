/**
 * The decisions of Paxos Commit, each in one place, so that a mutant can get one wrong; who plays which part; and whom it
 * believes. Sections are those of Gray, Lamport (2006).
 */
import type { NodeId } from '../../../core/index.ts';
import type { Participated } from '../ledger.ts';
import { LocalNode } from '../local-node.ts';
import type { DropCode } from '../site.ts';
import { keyOf, type Site, type TransactionId } from '../transaction.ts';
import { AcceptorBook, type Instances } from './acceptor-book.ts';
import type { PaxosCommitConfig } from './config.ts';
import type { Accepted, AcceptorRecord, InstanceVote, PaxosCommitMessage, PaxosCommitRecord } from './message.ts';

export abstract class PaxosDecisions extends LocalNode<PaxosCommitMessage, AcceptorRecord> {
  readonly paxosConfig: PaxosCommitConfig;
  /** Ascending; always an odd number. */
  readonly acceptors: readonly Site[];
  book = new AcceptorBook();

  constructor(id: NodeId, peers: readonly NodeId[], config: PaxosCommitConfig) {
    super(id, peers, config);
    this.paxosConfig = config;
    const count = Math.max(1, Math.min(config.acceptors, peers.length));
    this.acceptors = peers.slice(0, count % 2 === 0 ? count - 1 : count);
  }

  /** Decision: so many acceptors make a quorum. */
  quorum(): number {
    return Math.floor(this.acceptors.length / 2) + 1;
  }

  get isAcceptor(): boolean {
    return this.acceptors.includes(this.site);
  }

  /** Who leads ballot 0: the node that was asked, or an acceptor in its stead. */
  firstLeader({ coordinator }: TransactionId): Site {
    const { acceptors } = this;
    return acceptors.includes(coordinator) ? coordinator : (acceptors[coordinator % acceptors.length] as Site);
  }

  /** The F + 1 acceptors that ballot 0 goes to while nobody has failed (4.2: the others are only for that case). */
  activeAcceptors(tx: TransactionId): readonly Site[] {
    const { acceptors } = this;
    const first = acceptors.indexOf(this.firstLeader(tx));
    return Array.from({ length: this.quorum() }, (_, i) => acceptors[(first + i) % acceptors.length] as Site);
  }

  /** Decision: who may propose at a ballot. Every ballot but 0 belongs to one acceptor. */
  ownerOf(ballot: number): Site {
    return this.acceptors[(ballot - 1) % this.acceptors.length] as Site;
  }

  /** Decision: the ballot of this node's next take-over: its own, and above every ballot it has seen. */
  nextBallot(seen: number): number {
    let ballot = seen + 1;
    while (this.ownerOf(ballot) !== this.site) ballot += 1;
    return ballot;
  }

  // The acceptor.

  /** Decision: may a resource manager's own vote (phase 2a of ballot 0) still be accepted? */
  acceptsVote(instances: Instances | null): boolean {
    return instances === null || (instances.promised === 0 && instances.accepted === null);
  }

  /** Decision: does the acceptor accept ballot 0 now? Once it has all votes, so that one record and one message do; a no is enough. */
  acceptsNow(sites: readonly Site[], votes: ReadonlyMap<Site, boolean>): boolean {
    return sites.every((site) => votes.has(site)) || [...votes.values()].includes(false);
  }

  /** Decision: does an acceptor promise this ballot? */
  promises(instances: Instances | null, ballot: number): boolean {
    return ballot > (instances?.promised ?? 0);
  }

  /** Decision: does an acceptor accept a proposal of this ballot? */
  accepts(instances: Instances | null, ballot: number): boolean {
    return ballot >= (instances?.promised ?? 0);
  }

  // The leader.

  /** Decision: may the leader propose, given who has promised? */
  mayPropose(promised: ReadonlyMap<Site, Accepted | null>): boolean {
    return promised.size >= this.quorum();
  }

  /** Decision: the vote of one instance: what was accepted with the highest ballot; free to choose: no, it has not been prepared. */
  voteFor(site: Site, promised: Iterable<Accepted | null>): boolean {
    let newest = -1;
    let vote = false;
    for (const accepted of promised) {
      const own = accepted?.votes.find((each) => each.site === site);
      if (accepted === null || own === undefined || accepted.ballot <= newest) continue;
      newest = accepted.ballot;
      vote = own.yes;
    }
    return vote;
  }

  /**
   * Decision: what is chosen, given what acceptors accepted in one ballot; null: nothing yet. Commit: every instance has a quorum
   * for yes. Abort: one has a quorum for no, or its own resource manager said no, who alone could have said yes (ballot 0).
   */
  chosen(ballot: number, sites: readonly Site[], accepted: ReadonlyMap<Site, readonly InstanceVote[]>): 'commit' | 'abort' | null {
    const count = (site: Site, yes: boolean): number =>
      [...accepted.values()].filter((votes) => votes.some((vote) => vote.site === site && vote.yes === yes)).length;
    if (sites.some((site) => count(site, false) >= (ballot === 0 ? 1 : this.quorum()))) return 'abort';
    return sites.every((site) => count(site, true) >= this.quorum()) ? 'commit' : null;
  }

  /** Decision: so many reminders without a decision are enough for the leader. */
  givesUp(reminders: number): boolean {
    return reminders > this.config.voteRetries;
  }

  /** Decision: does an acceptor that is asked, and does not know, find out by a ballot of its own? */
  takesOver(): boolean {
    return true;
  }

  // The resource manager.

  /** Decision: how to vote on a transaction that is known here, when asked again: as before; null: not at all, it is decided. */
  voteAgain(known: Participated | undefined): boolean | null {
    if (known?.state === 'prepared') return true;
    return known?.voted === false ? false : null;
  }

  /** Decision: has a resource manager waited long enough to ask, and so perhaps to make others decide without it? */
  inquiresAfter(waited: number): boolean {
    return waited > this.config.voteRetries;
  }

  /** Decision: does the leader of ballot 0 tell the outcome? Not where the acceptors tell everybody themselves. */
  leaderTells(ballot: number): boolean {
    return ballot > 0 || !this.paxosConfig.faster;
  }

  /** Decision: may this decision be carried out, given what the resource manager knows? */
  carriesOut(known: Participated | undefined): boolean {
    return known?.state === 'prepared';
  }

  /** Decision: what a prepared resource manager does when it has waited long enough. */
  whenInDoubt(): 'inquire' | 'abort' {
    return 'inquire';
  }

  // Both.

  /** Decision: must this record be durable before anyone hears of it? A decision need not: a quorum of acceptors knows it. */
  override mustForce(record: PaxosCommitRecord): boolean {
    if (record.type === 'finished') return !this.ledger.inDoubt.has(keyOf(record.tx));
    return record.type !== 'decided' && record.type !== 'ended';
  }

  // Whom to believe.

  protected screen(from: Site, message: PaxosCommitMessage): DropCode | null {
    const { tx } = message;
    if (!this.isSite(tx.coordinator) || tx.number === 0) return 'LC_MESSAGE_IMPOSSIBLE';
    if ('sites' in message && !this.areSites(message.sites)) return 'LC_MESSAGE_IMPOSSIBLE';
    if ('sites' in message && this.isAcceptor && !this.sameSites(tx, message.sites)) return 'LC_MESSAGE_IMPOSSIBLE';
    return this.screenSender(from, message) ? this.screenContent(message) : 'LC_SENDER_NOT_ENTITLED';
  }

  protected sameSites(tx: TransactionId, sites: readonly Site[]): boolean {
    const known = this.book.of(tx)?.sites;
    return known === undefined || (known.length === sites.length && known.every((site, i) => site === sites[i]));
  }

  /** Decision: whose part it is to say this. */
  screenSender(from: Site, message: PaxosCommitMessage): boolean {
    const { acceptors } = this;
    switch (message.type) {
      case 'begin':
        return from === message.tx.coordinator && this.firstLeader(message.tx) === this.site;
      case 'prepare':
        return from === this.firstLeader(message.tx);
      case 'vote':
        return message.sites.includes(from) && this.isAcceptor;
      case 'take':
      case 'propose':
        return this.isAcceptor && message.ballot > 0 && from === this.ownerOf(message.ballot);
      case 'promise':
        return acceptors.includes(from) && message.ballot > 0 && this.ownerOf(message.ballot) === this.site;
      case 'accepted':
        return acceptors.includes(from);
      case 'decision':
        return acceptors.includes(from) || from === message.tx.coordinator;
      case 'inquire':
        return this.isAcceptor && (message.sites.includes(from) || from === message.tx.coordinator);
    }
  }

  /** Decision: what cannot be said by anybody: votes of strangers, two of one, sites without this one. */
  screenContent(message: PaxosCommitMessage): DropCode | null {
    switch (message.type) {
      case 'begin': {
        const sites = message.parts.map(({ site }) => site);
        const fits =
          this.areSites(sites) && this.sameSites(message.tx, sites) && sites.includes(message.tx.coordinator) === (message.yes !== null);
        return fits ? null : 'LC_MESSAGE_IMPOSSIBLE';
      }
      case 'prepare':
        return message.sites.includes(this.site) ? null : 'LC_MESSAGE_IMPOSSIBLE';
      case 'propose':
        return this.areVotes(message.votes, message.sites) && message.votes.length === message.sites.length
          ? null
          : 'LC_MESSAGE_IMPOSSIBLE';
      case 'accepted':
        return this.areVotes(message.votes, message.sites) ? null : 'LC_MESSAGE_IMPOSSIBLE';
      case 'promise':
        return message.accepted === null || (this.areVotes(message.accepted.votes, this.peers) && message.accepted.ballot < message.ballot)
          ? null
          : 'LC_MESSAGE_IMPOSSIBLE';
      default:
        return null;
    }
  }

  protected areVotes(votes: readonly InstanceVote[], sites: readonly Site[]): boolean {
    return new Set(votes.map(({ site }) => site)).size === votes.length && votes.every(({ site }) => sites.includes(site));
  }
}
