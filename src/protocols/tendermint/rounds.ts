/**
 * Algorithm 1 of Buchman, Kwon, Milosevic, "The latest gossip on BFT consensus" (2018), as a pure state machine: one
 * height, rounds of propose, prevote, precommit, with lock and valid value. Inputs: `startRound`, `add...`, `timedOut`.
 * Outputs: the abstract methods at the end. Line numbers are the paper's; its nil is null, its -1 is -1.
 * Knows no network, disk, signatures or blocks. The named decisions are what a mutant overrides.
 */
import type { NodeId, Writer } from '../../core/index.ts';
import { type Proposed, RoundLog } from './round-log.ts';
import type { Statement, VoteType } from './statement.ts';
import { firstSet, hasHonest, isQuorum, powerOf, proposerOf, totalPower, type Validator, type ValidatorSet } from './validators.ts';

export type Step = 'propose' | 'prevote' | 'precommit';
export const steps: readonly Step[] = ['propose', 'prevote', 'precommit'];

const none: readonly Statement[] = [];

export abstract class Rounds {
  readonly id: NodeId;
  height = 1;
  /** -1 before the height begins. */
  round = -1;
  roundStep: Step = 'propose';
  lockedValue: string | null = null;
  lockedRound = -1;
  validValue: string | null = null;
  validRound = -1;
  /** This height is decided: no rule fires any more. */
  decided = false;
  validators: ValidatorSet = firstSet([]);
  /** By round. */
  protected logs = new Map<number, RoundLog>();
  /** The keys of `logs`, ascending, while they are known. */
  #order: readonly number[] | null = null;

  constructor(id: NodeId) {
    this.id = id;
  }

  // Decisions: quorums.

  /** 2f+1: does this much power decide? More than two thirds of all. */
  protected hasQuorum(power: number): boolean {
    return isQuorum(power, totalPower(this.validators));
  }

  /** f+1: is somebody honest among this much power? More than a third of all. */
  protected hasHonest(power: number): boolean {
    return hasHonest(power, totalPower(this.validators));
  }

  /** The power behind `votes`, every signer once. */
  protected tally(votes: readonly Statement[]): number {
    const { members } = this.validators;
    let power = 0;
    for (let i = 0; i < members.length; i++) {
      const { id, power: more } = members[i] as Validator;
      for (let j = 0; j < votes.length; j++) {
        if ((votes[j] as Statement).signer !== id) continue;
        power += more;
        break;
      }
    }
    return power;
  }

  /** 2f+1 prevotes for `value` in `round`: a polka (lines 28, 36, 44). */
  protected hasPolka(round: number, value: string | null): boolean {
    return this.hasQuorum(this.tally(this.votesFor(round, 'prevote', value)));
  }

  /** 2f+1 precommits for `value` in `round` (line 49): of one round, not of several. */
  protected hasCommit(round: number, value: string): boolean {
    return this.hasQuorum(this.tally(this.votesFor(round, 'precommit', value)));
  }

  /** 2f+1 votes of this type in `round`, for whatever (lines 34, 47). */
  protected hasVotes(round: number, type: VoteType): boolean {
    return this.hasQuorum(this.tally(this.log(round)?.votes(type) ?? none));
  }

  /** f+1 validators are in this later round: at least one of them is honest, so join them (line 55). */
  protected maySkipTo(log: RoundLog): boolean {
    return this.hasHonest(log.signers().reduce((power, id) => power + powerOf(this.validators, id), 0));
  }

  // Decisions: proposals, prevotes, locks.

  /** Who proposes in `round`. */
  proposer(round: number): NodeId {
    return proposerOf(this.validators, round);
  }

  /** Line 15: propose the newest value that may have been decided, else a new one. */
  protected reproposes(): boolean {
    return this.validValue !== null;
  }

  /** Lines 22, 28: a new value, or one whose polka in `validRound` this node has seen itself. */
  protected isJustified({ validRound, value }: Statement): boolean {
    if (validRound === -1) return true;
    return validRound < this.round && this.hasPolka(validRound, value);
  }

  /** Lines 23, 29: nothing else is locked, or the lock is no newer than the polka that the proposal shows. */
  protected lockAllows({ validRound, value }: Statement): boolean {
    if (this.lockedRound === -1 || this.lockedValue === value) return true;
    return validRound >= 0 && this.lockedRound <= validRound;
  }

  /** Line 37: lock only in the step of prevotes; a later polka only makes the value valid. */
  protected locksIn(step: Step): boolean {
    return step === 'prevote';
  }

  /** Line 57: it prevotes nil when no proposal came in time. */
  protected prevoteOnTimeout(): string | null {
    return null;
  }

  /** Line 61: it precommits nil when prevotes do not agree in time. */
  protected precommitOnTimeout(): string | null {
    return null;
  }

  // What is known.

  log(round: number): RoundLog | null {
    return this.logs.get(round) ?? null;
  }

  /** Rounds of this height that something is known of, ascending. */
  rounds(): readonly number[] {
    this.#order ??= [...this.logs.keys()].sort((a, b) => a - b);
    return this.#order;
  }

  protected logFor(round: number): RoundLog {
    let log = this.logs.get(round);
    if (log === undefined) {
      log = new RoundLog(round);
      this.logs.set(round, log);
      this.#order = null;
    }
    return log;
  }

  protected dropLog(round: number): void {
    this.logs.delete(round);
    this.#order = null;
  }

  /** Who keeps it copies it. */
  protected votesFor(round: number, type: VoteType, value: string | null): readonly Statement[] {
    return this.log(round)?.votesFor(type, value) ?? none;
  }

  /** Nothing of an earlier height counts in the next one. */
  protected resetRounds(height: number, validators: ValidatorSet): void {
    this.height = height;
    this.validators = validators;
    this.round = -1;
    this.roundStep = 'propose';
    this.lockedValue = null;
    this.lockedRound = -1;
    this.validValue = null;
    this.validRound = -1;
    this.decided = false;
    this.logs = new Map();
    this.#order = null;
  }

  // Inputs.

  /** Lines 11-21. */
  protected startRound(round: number): void {
    this.round = round;
    this.roundStep = 'propose';
    this.roundStarted();
    if (this.proposer(round) === this.id)
      this.propose(round, this.reproposes() ? this.validValue : null, this.reproposes() ? this.validRound : -1);
    else this.schedule('propose', round);
  }

  /** Lines 57-67. */
  protected timedOut(kind: Step, round: number): void {
    if (this.decided || round !== this.round) return;
    if (kind === 'propose' && this.roundStep === 'propose') {
      this.roundStep = 'prevote';
      this.cast('prevote', round, this.prevoteOnTimeout());
    } else if (kind === 'prevote' && this.roundStep === 'prevote') {
      this.roundStep = 'precommit';
      this.cast('precommit', round, this.precommitOnTimeout());
    } else if (kind === 'precommit') this.startRound(round + 1);
    this.advance();
  }

  /** Fires upon-rules until none is enabled. */
  protected advance(): void {
    while (!this.decided && this.#fire()) {}
  }

  #fire(): boolean {
    if (this.#line49() || this.#line55()) return true;
    if (this.round < 0) return false;
    const log = this.log(this.round);
    if (log === null) return false;
    return this.#lines22and28(log) || this.#line36(log) || this.#line44() || this.#line34(log) || this.#line47(log);
  }

  #lines22and28(log: RoundLog): boolean {
    if (this.roundStep !== 'propose') return false;
    for (const { statement } of log.proposals) {
      if (!this.isJustified(statement)) continue;
      const accepts = this.isValid(statement) && this.lockAllows(statement);
      this.roundStep = 'prevote';
      this.cast('prevote', this.round, accepts ? statement.value : null);
      return true;
    }
    return false;
  }

  #line34(log: RoundLog): boolean {
    if (this.roundStep !== 'prevote' || log.prevoteTimed || !this.hasVotes(this.round, 'prevote')) return false;
    log.prevoteTimed = true;
    this.schedule('prevote', this.round);
    return true;
  }

  #line36(log: RoundLog): boolean {
    if (this.roundStep === 'propose') return false;
    for (const proposed of log.proposals) {
      const value = proposed.statement.value as string;
      if (log.polkas.includes(value) || !this.hasPolka(this.round, value) || !this.isValid(proposed.statement)) continue;
      log.polkas.push(value);
      this.polkaSeen(proposed);
      const locks = this.locksIn(this.roundStep);
      if (locks) this.lock(value);
      this.validValue = value;
      this.validRound = this.round;
      if (locks) this.cast('precommit', this.round, value);
      return true;
    }
    return false;
  }

  /** Lines 38-40. */
  protected lock(value: string): void {
    this.lockedValue = value;
    this.lockedRound = this.round;
    this.roundStep = 'precommit';
  }

  #line44(): boolean {
    if (this.roundStep !== 'prevote' || !this.hasPolka(this.round, null)) return false;
    this.roundStep = 'precommit';
    this.cast('precommit', this.round, null);
    return true;
  }

  #line47(log: RoundLog): boolean {
    if (log.precommitTimed || !this.hasVotes(this.round, 'precommit')) return false;
    log.precommitTimed = true;
    this.schedule('precommit', this.round);
    return true;
  }

  #line49(): boolean {
    for (const [round, log] of this.logs) {
      for (const proposed of log.proposals) {
        const value = proposed.statement.value as string;
        if (!this.hasCommit(round, value) || !this.isValid(proposed.statement)) continue;
        this.decided = true;
        this.decide(proposed, [...this.votesFor(round, 'precommit', value)]);
        return true;
      }
    }
    return false;
  }

  #line55(): boolean {
    const rounds = this.rounds();
    let first = rounds.length;
    for (let i = rounds.length - 1; i >= 0 && (rounds[i] as number) > this.round; i--) first = i;
    for (let i = first; i < rounds.length; i++) {
      const round = rounds[i] as number;
      if (!this.maySkipTo(this.log(round) as RoundLog)) continue;
      this.startRound(round);
      return true;
    }
    return false;
  }

  // Copies and bytes.

  protected copyRounds(from: Rounds): void {
    this.height = from.height;
    this.round = from.round;
    this.roundStep = from.roundStep;
    this.lockedValue = from.lockedValue;
    this.lockedRound = from.lockedRound;
    this.validValue = from.validValue;
    this.validRound = from.validRound;
    this.decided = from.decided;
    this.validators = from.validators;
    this.logs = new Map([...from.logs].map(([round, log]) => [round, log.clone()]));
    this.#order = null;
  }

  protected encodeRounds(w: Writer): void {
    w.uint(this.height);
    w.int(this.round);
    w.u8(steps.indexOf(this.roundStep));
    w.bool(this.decided);
    w.int(this.lockedRound);
    w.text(this.lockedValue ?? '');
    w.int(this.validRound);
    w.text(this.validValue ?? '');
    w.uint(this.logs.size);
    for (const round of this.rounds()) this.log(round)?.encode(w);
  }

  // Outputs.

  /** Is what this proposal proposes acceptable to the application? */
  protected abstract isValid(proposal: Statement): boolean;
  /** Lines 14-19: say a proposal of `value`, or of a new value (null), to all. */
  protected abstract propose(round: number, value: string | null, validRound: number): void;
  /** Say a vote to all, this node included. */
  protected abstract cast(type: VoteType, round: number, value: string | null): void;
  protected abstract schedule(kind: Step, round: number): void;
  /** A first polka (line 36): keep what proves it. */
  protected abstract polkaSeen(proposed: Proposed): void;
  /** Line 51: `precommits` are of one round. */
  protected abstract decide(proposed: Proposed, precommits: readonly Statement[]): void;
  protected abstract roundStarted(): void;
}
