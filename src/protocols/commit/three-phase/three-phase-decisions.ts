/**
 * The decisions of three-phase commit, each in one place, so that a mutant can get one wrong; and whom it believes.
 * Termination rules TR1 to TR4 are those of Bernstein, Hadzilacos, Goodman (1987), 7.5, after Skeen (1981).
 */
import type { NodeId } from '../../../core/index.ts';
import type { Coordinated, Participated } from '../ledger.ts';
import { LocalNode } from '../local-node.ts';
import type { DropCode } from '../site.ts';
import { keyOf, type Site, type TransactionId } from '../transaction.ts';
import type { PrecommittedRecord, SiteState, ThreePhaseConfig, ThreePhaseMessage, ThreePhaseRecord } from './message.ts';

/** What another site said of itself. */
export interface Report {
  readonly state: SiteState;
  readonly recovered: boolean;
}

export abstract class ThreePhaseDecisions extends LocalNode<ThreePhaseMessage, PrecommittedRecord> {
  readonly threePhaseConfig: ThreePhaseConfig;
  /** Transactions that are precommitted here. */
  precommitted = new Set<string>();

  constructor(id: NodeId, peers: readonly NodeId[], config: ThreePhaseConfig) {
    super(id, peers, config);
    this.threePhaseConfig = config;
  }

  // The coordinator.

  /** Decision: may the coordinator go on to phase two, given who has said yes? */
  mayPrecommit(coordinated: Coordinated, yes: ReadonlySet<Site>): boolean {
    return coordinated.sites.every((site) => yes.has(site));
  }

  /** Decision: does a no end the voting? */
  abortsOn(yes: boolean): boolean {
    return !yes;
  }

  /** Decision: may it commit, given who has acknowledged phase two? Who is silent for so long has failed. */
  mayCommit(sites: readonly Site[], acknowledged: ReadonlySet<Site>, reminders: number): boolean {
    return sites.every((site) => acknowledged.has(site)) || this.hasFailed(reminders);
  }

  /** Decision: who does not answer so many reminders has failed. */
  hasFailed(reminders: number): boolean {
    return reminders >= this.threePhaseConfig.patience;
  }

  // The participant.

  /** Decision: may this site acknowledge phase two, given what it knows? */
  acceptsPrecommit(known: Participated | undefined): boolean {
    return known?.state === 'prepared';
  }

  /** Decision: how to vote on a transaction that is known here, when asked again. */
  voteAgain(known: Participated | undefined): boolean {
    return known?.state === 'prepared';
  }

  /** Decision: may this decision be carried out, given what the participant knows? */
  carriesOut(known: Participated | undefined): boolean {
    return known?.state === 'prepared';
  }

  /** Decision: so long without a word from the coordinator, and it has failed: longer than the coordinator itself waits. */
  missesCoordinator(waited: number): boolean {
    return waited >= 2 * this.threePhaseConfig.patience;
  }

  /** Decision: what a participant that has not voted answers when another one asks: it refuses from now on. */
  refusesOnInquiry(): boolean {
    return true;
  }

  // Termination.

  /** Decision: does this report count when those who never failed decide among themselves? Others may have gone on without the rest. */
  counts(report: Report): boolean {
    return !report.recovered;
  }

  /** Decision: is this site the one to decide, among those that are up? The lowest number. */
  isBackup(alive: readonly Site[]): boolean {
    return alive.every((site) => site >= this.site);
  }

  /**
   * Decision: what follows from the states of all that decide. TR1: abort if one aborted (or never voted). TR2: commit if
   * one committed. TR3: abort if all are uncertain. TR4: else precommit first, then commit.
   */
  terminate(states: readonly SiteState[]): 'commit' | 'abort' | 'precommit' {
    if (states.includes('aborted') || states.includes('unknown')) return 'abort';
    if (states.includes('committed')) return 'commit';
    return states.includes('precommitted') ? 'precommit' : 'abort';
  }

  /** Decision: may those that failed decide themselves? Only once all are back, the last to fail among them (total failure). */
  resolvesTotalFailure(group: readonly Site[], reports: ReadonlyMap<Site, Report>): boolean {
    return group.every((site) => site === this.site || reports.get(site)?.recovered === true);
  }

  // Both.

  /** Decision: must this record be durable before anyone hears of it? All. */
  override mustForce(_record: ThreePhaseRecord): boolean {
    return true;
  }

  /** Everyone who may know: the participants and the coordinator. */
  protected groupOf(tx: TransactionId, sites: readonly Site[]): readonly Site[] {
    return [...new Set([...sites, tx.coordinator])].sort((a, b) => a - b);
  }

  // Whom to believe.

  protected screen(from: Site, message: ThreePhaseMessage): DropCode | null {
    const { tx } = message;
    if (!this.isSite(tx.coordinator) || tx.number === 0) return 'LC_MESSAGE_IMPOSSIBLE';
    if ('sites' in message && !this.areSites(message.sites)) return 'LC_MESSAGE_IMPOSSIBLE';
    if (message.type === 'prepare' && !message.sites.includes(this.site)) return 'LC_MESSAGE_IMPOSSIBLE';
    if (message.type === 'vote' && tx.coordinator !== this.site) return 'LC_MESSAGE_IMPOSSIBLE';
    return this.screenSender(from, message) ? null : 'LC_SENDER_NOT_ENTITLED';
  }

  /** Decision: whose part it is to say this. */
  screenSender(from: Site, message: ThreePhaseMessage): boolean {
    const { tx } = message;
    const sites = this.ledger.participated.get(keyOf(tx))?.sites ?? this.ledger.coordinated.get(keyOf(tx))?.sites;
    const belongs = from === tx.coordinator || sites === undefined || sites.length === 0 || sites.includes(from);
    if (message.type === 'prepare') return from === tx.coordinator;
    if (message.type === 'inquire') return from === tx.coordinator || message.sites.includes(from);
    return belongs;
  }
}
