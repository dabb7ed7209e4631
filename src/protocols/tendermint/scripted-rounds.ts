/**
 * The pure state machine by itself, driven by a script: events as specifications of Tendermint name them (Quint, TLA+)
 * go in, what it says and the state it is in come out. Traces of other projects can be run against it (README.md).
 */
import type { NodeId } from '../../core/index.ts';
import type { Block } from './block.ts';
import type { Proposed } from './round-log.ts';
import { Rounds, type Step } from './rounds.ts';
import type { Statement, VoteType } from './statement.ts';
import { firstSet, type PowerChange } from './validators.ts';

/** `proposal r0 a vr-1`, `prevote r0 nil`, `timeout propose r0`, `decide r0 a`. */
export type Output = string;

const told = (value: string | null): string => value ?? 'nil';
const noBlock: Block = { height: 1, context: '', author: 0, commands: [], evidence: [] };

/**
 * Node 1 of `powers`. It counts the votes that it is given, its own among them when somebody gives it those; whatever it says is
 * in `outputs`. Values are any texts, valid unless they are in `invalid`; `proposers` says whose turn a round is.
 */
export class ScriptedRounds extends Rounds {
  readonly outputs: Output[] = [];
  readonly invalid = new Set<string>();
  readonly #proposers: (round: number) => NodeId;
  #news = 0;

  constructor(powers: readonly PowerChange[], proposers: (round: number) => NodeId) {
    super(1);
    this.#proposers = proposers;
    this.resetRounds(1, firstSet(powers));
  }

  override proposer(round: number): NodeId {
    return this.#proposers(round);
  }

  // Events.

  /** Everything of the height before is forgotten; the round is -1 until `newRound`. */
  newHeight(height: number): void {
    this.resetRounds(height, this.validators);
  }

  /** Lines 11-21. Later rounds begin by themselves, with time-outs (line 65) or f+1 who are there (line 55). */
  newRound(round: number): void {
    this.startRound(round);
    this.advance();
  }

  /** A proposal of the round's proposer. */
  proposal(round: number, value: string, validRound = -1): void {
    const statement = this.#statement('proposal', round, value, this.proposer(round), validRound);
    const log = this.logFor(round);
    if (log.proposalOf(value) === null) log.propose({ statement, block: noBlock });
    this.advance();
  }

  /** `value` null: nil. The same vote twice counts once. */
  vote(type: VoteType, round: number, value: string | null, signer: NodeId): void {
    const log = this.logFor(round);
    const votes = log.votes(type);
    if (!votes.some((vote) => vote.signer === signer && vote.value === value))
      log.add(type, this.#statement(type, round, value, signer, -1));
    this.advance();
  }

  /** A time-out that an output asked for; of an earlier round or step it does nothing. */
  timeout(kind: Step, round: number): void {
    this.timedOut(kind, round);
  }

  #statement(type: Statement['type'], round: number, value: string | null, signer: NodeId, validRound: number): Statement {
    return { type, height: this.height, round, value, validRound, signer, signature: null };
  }

  /** The newest outputs, which are taken away. */
  take(): readonly Output[] {
    return this.outputs.splice(0);
  }

  /** `h1 r0 prevote locked a@0 valid a@0`. */
  get state(): string {
    const step = this.decided ? 'decided' : this.roundStep;
    return `h${this.height} r${this.round} ${step} locked ${told(this.lockedValue)}@${this.lockedRound} valid ${told(this.validValue)}@${this.validRound}`;
  }

  // Outputs.

  protected override isValid({ value }: Statement): boolean {
    return value !== null && !this.invalid.has(value);
  }

  protected override propose(round: number, value: string | null, validRound: number): void {
    this.outputs.push(`proposal r${round} ${value ?? `new${++this.#news}`} vr${validRound}`);
  }

  protected override cast(type: VoteType, round: number, value: string | null): void {
    this.outputs.push(`${type} r${round} ${told(value)}`);
  }

  protected override schedule(kind: Step, round: number): void {
    this.outputs.push(`timeout ${kind} r${round}`);
  }

  protected override decide({ statement }: Proposed): void {
    this.outputs.push(`decide r${statement.round} ${told(statement.value)}`);
  }

  protected override polkaSeen(): void {}
  protected override roundStarted(): void {}
}
