/**
 * The decisions of two-phase commit, each in one place, so that a mutant can get one wrong; and whom it believes. What
 * is forced, acknowledged and presumed follows the table of Mohan, Lindsay, Obermarck (1986), 3, by `presumption`.
 */
import type { Coordinated, Participated } from './ledger.ts';
import { ServiceNode } from './service.ts';
import type { DropCode } from './site.ts';
import { type CommitMessage, type CommitRecord, keyOf, type Site, type TransactionId, type Vote, type Write } from './transaction.ts';

export abstract class CommitDecisions extends ServiceNode<CommitMessage> {
  // The coordinator.

  /** Decision: is the beginning forced to the log before anyone is asked? Who presumes commit must remember whom to tell of an abort. */
  collects(): boolean {
    return this.config.presumption === 'commit';
  }

  /** Decision: may the coordinator commit, given who has said yes (or read-only)? */
  mayCommit(coordinated: Coordinated, yes: ReadonlySet<Site>): boolean {
    return coordinated.sites.every((site) => yes.has(site));
  }

  /** Decision: does a no end the voting? */
  abortsOn(vote: Vote): boolean {
    return vote === 'no';
  }

  /** Decision: so many reminders without all votes are enough. */
  givesUp(reminders: number): boolean {
    return reminders > this.config.voteRetries;
  }

  /** Decision: what becomes of a transaction that was being voted on when the coordinator died (presumed commit)? */
  abandons(coordinated: Coordinated): boolean {
    return coordinated.state === 'voting' && coordinated.parts.length === 0;
  }

  /** Decision: whom does a decision concern? Those that write and have not refused. */
  concerned(coordinated: Coordinated, readers: ReadonlySet<Site>): readonly Site[] {
    return coordinated.sites.filter((site) => !readers.has(site));
  }

  /** Decision: may the coordinator forget the decision, given who has acknowledged it? */
  mayEnd(coordinated: Coordinated, heard: ReadonlySet<Site>): boolean {
    return coordinated.sites.every((site) => heard.has(site));
  }

  /** Decision: what is known of a transaction of this coordinator that left no trace. */
  presumption(): 'commit' | 'abort' {
    return this.config.presumption === 'commit' ? 'commit' : 'abort';
  }

  /** Decision: what a coordinator answers to who is in doubt; null: nothing yet. */
  outcomeOf(coordinated: Coordinated | undefined): 'commit' | 'abort' | null {
    if (coordinated === undefined) return this.presumption();
    if (coordinated.state === 'voting') return null;
    return coordinated.state === 'committed' ? 'commit' : 'abort';
  }

  /** Decision: is what the log has not settled taken up again after a restart, or by a new leader? */
  resumes(): boolean {
    return true;
  }

  // The participant.

  /** Decision: is this site out of the transaction once it has voted? It has nothing to write. */
  isReadOnly(writes: readonly Write[]): boolean {
    return writes.length === 0;
  }

  /** Decision: how to vote on a transaction that is known here, when asked again. */
  voteAgain(known: Participated | undefined): Vote {
    return known?.state === 'prepared' ? 'yes' : 'no';
  }

  /** Decision: may this decision be carried out, given what the participant knows? */
  carriesOut(known: Participated | undefined): boolean {
    return known?.state === 'prepared';
  }

  /** Decision: what a prepared participant does when it has waited long enough. */
  whenInDoubt(): 'inquire' | 'abort' {
    return 'inquire';
  }

  /** Decision: whom does a participant in doubt ask? The coordinator, and (cooperative termination) the others. */
  asked({ tx, sites }: Participated): readonly Site[] {
    const others = sites.filter((site) => site !== this.site && site !== tx.coordinator);
    return this.config.cooperative ? [tx.coordinator, ...others] : [tx.coordinator];
  }

  /** Decision: what a participant tells another one that is in doubt; null: it does not know either. */
  toldToDoubting(known: Participated): 'commit' | 'abort' | null {
    return known.state === 'prepared' ? null : known.state === 'committed' ? 'commit' : 'abort';
  }

  /** Decision: what a participant that has not voted answers when another one asks: it refuses from now on. */
  refusesOnInquiry(): boolean {
    return true;
  }

  /** Decision: does a participant acknowledge this decision? */
  acknowledges(commit: boolean): boolean {
    const { acknowledged } = this.ledger;
    return commit ? acknowledged.commit : acknowledged.abort;
  }

  // Both.

  /** Decision: is this record written at all? */
  mustPersist(record: CommitRecord): boolean {
    if (record.type === 'begin' || record.type === 'session') return false;
    if (record.type !== 'decided') return true;
    // Without writers nobody asks later, and only presumed commit has a beginning to close.
    if (record.sites.length === 0) return this.config.presumption !== 'abort';
    return record.commit || this.config.presumption !== 'abort';
  }

  /** Decision: must this record be durable before anyone hears of it? What a crash may forget is found again by asking. */
  mustForce(record: CommitRecord): boolean {
    const { presumption } = this.config;
    switch (record.type) {
      case 'ended':
        return false;
      case 'decided':
        return record.sites.length > 0 && (record.commit || presumption === 'nothing');
      case 'finished':
        // A refusal is a promise to those who ask; a decision that is acknowledged is not asked for again.
        return !this.ledger.inDoubt.has(keyOf(record.tx)) || this.acknowledges(record.commit);
      default:
        return true;
    }
  }

  // Whom to believe.

  protected screen(from: Site, message: CommitMessage): DropCode | null {
    const { tx } = message;
    if (!this.isSite(tx.coordinator) || tx.number === 0) return 'LC_MESSAGE_IMPOSSIBLE';
    switch (message.type) {
      case 'prepare':
        return this.screenPrepare(from, message.tx, message.sites, message.writes);
      case 'vote':
      case 'ack':
        return this.screenAnswer(from, tx);
      case 'decision':
        return this.screenDecision(from, tx);
      case 'inquire':
        return this.screenInquiry(from, tx);
    }
  }

  /** Decision: only its coordinator prepares a transaction, and only for sites that exist; this one among those that write. */
  screenPrepare(from: Site, tx: TransactionId, sites: readonly Site[], writes: readonly Write[]): DropCode | null {
    if (from !== tx.coordinator) return 'LC_SENDER_NOT_ENTITLED';
    if (sites.includes(this.site) !== writes.length > 0) return 'LC_MESSAGE_IMPOSSIBLE';
    return sites.length === 0 || this.areSites(sites) ? null : 'LC_MESSAGE_IMPOSSIBLE';
  }

  /** Decision: votes and acknowledgements are for the coordinator, of those that it asked. */
  screenAnswer(from: Site, tx: TransactionId): DropCode | null {
    if (tx.coordinator !== this.site || tx.number > this.ledger.number) return 'LC_MESSAGE_IMPOSSIBLE';
    const known = this.ledger.coordinated.get(keyOf(tx));
    return known === undefined || known.sites.includes(from) || known.state !== 'voting' ? null : 'LC_SENDER_NOT_ENTITLED';
  }

  /** Decision: who may tell a decision: the coordinator, and the sites that it named. */
  screenDecision(from: Site, tx: TransactionId): DropCode | null {
    if (from === tx.coordinator) return null;
    const known = this.ledger.participated.get(keyOf(tx));
    return known === undefined || known.sites.includes(from) ? null : 'LC_SENDER_NOT_ENTITLED';
  }

  /** Decision: who may ask, and so make this site refuse: another participant, as far as it is known who takes part. */
  screenInquiry(from: Site, tx: TransactionId): DropCode | null {
    if (tx.coordinator === this.site) return tx.number > this.ledger.number ? 'LC_MESSAGE_IMPOSSIBLE' : null;
    const known = this.ledger.participated.get(keyOf(tx));
    return known === undefined || known.sites.length === 0 || known.sites.includes(from) ? null : 'LC_SENDER_NOT_ENTITLED';
  }
}
