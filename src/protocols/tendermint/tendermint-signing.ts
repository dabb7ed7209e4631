/**
 * What a node signs, and the log that it writes first: record, then signature, then the message. A restarted node
 * says again what it said before, never anything else (WAL before send; CometBFT's consensus WAL and privval state).
 */
import type { Token, Value } from '../../core/index.ts';
import { type Block, blockId } from './block.ts';
import type { RoundRecord, TendermintRecord } from './record.ts';
import type { Proposed } from './round-log.ts';
import { contentOf, type Statement, saysSame, type VoteType, withSignature } from './statement.ts';
import { TendermintBase } from './tendermint-base.ts';

/** What to do once a record is durable. */
type Then =
  | { readonly do: 'sign'; readonly statement: Statement; readonly block: Block | null }
  | { readonly do: 'apply'; readonly block: Block; readonly certificate: readonly Statement[] }
  | { readonly do: 'nothing' };

interface PendingWrite {
  readonly token: Token;
  readonly next: Then;
}

interface PendingSignature {
  readonly token: Token;
  readonly statement: Statement;
  readonly content: Value;
  readonly block: Block | null;
}

const keyOf = (type: Statement['type'], round: number): string => `${type}/${round}`;

export abstract class TendermintSigning extends TendermintBase {
  /** What this node says in this height, by type and round; without signature until it is signed. */
  own = new Map<string, Statement>();
  protected ownBlocks = new Map<number, Block>();
  /** The block of `validValue`. */
  validBlock: Block | null = null;
  protected writes: PendingWrite[] = [];
  protected signatures: PendingSignature[] = [];

  // Decisions.

  /** Must this be durable before anything follows from it? Everything that is signed, locked on or decided. */
  protected mustPersist(_record: TendermintRecord): boolean {
    return true;
  }

  /** One proposal, one prevote, one precommit a round, also across restarts. */
  protected maySay(type: Statement['type'], round: number): boolean {
    return !this.own.has(keyOf(type, round));
  }

  /** Does a restarted node take this record for what it said, locked on or decided? */
  protected replays(_record: TendermintRecord): boolean {
    return true;
  }

  /** The lock that a restarted node still has: its newest precommit for a value (line 38). */
  protected restoreLock(): void {
    for (const { type, round, value } of this.own.values()) {
      if (type !== 'precommit' || value === null || round <= this.lockedRound) continue;
      this.lockedRound = round;
      this.lockedValue = value;
    }
  }

  /** Why this node enters `round`: what it has heard of it, and precommits of the round before (lines 47, 55). */
  protected reasonFor(round: number): RoundRecord {
    const here = this.log(round);
    const votes = [...(this.log(round - 1)?.precommits ?? []), ...(here?.prevotes ?? []), ...(here?.precommits ?? [])];
    return {
      type: 'round',
      height: this.height,
      round,
      proposal: here?.proposals[0] ?? null,
      votes: votes.filter(({ signer }) => signer !== this.id),
    };
  }

  // Saying.

  protected override startRound(round: number): void {
    if (round > 0 && this.isValidator(this.id)) this.write(this.reasonFor(round), { do: 'nothing' });
    super.startRound(round);
  }

  protected override cast(type: VoteType, round: number, value: string | null): void {
    if (!this.isValidator(this.id)) return;
    this.say({ type, height: this.height, round, value, validRound: -1, signer: this.id, signature: null }, null);
  }

  protected override propose(round: number, value: string | null, validRound: number): void {
    const block = value === null || this.validBlock === null ? this.newBlock() : this.validBlock;
    const statement: Statement = {
      type: 'proposal',
      height: this.height,
      round,
      value: blockId(block),
      validRound,
      signer: this.id,
      signature: null,
    };
    this.say(statement, block);
  }

  protected say(statement: Statement, block: Block | null): void {
    const { type, round } = statement;
    if (!this.maySay(type, round)) return;
    this.own.set(keyOf(type, round), statement);
    if (block !== null) this.ownBlocks.set(round, block);
    this.write({ type: 'signs', statement, block }, { do: 'sign', statement, block });
  }

  protected override polkaSeen({ statement, block }: Proposed): void {
    this.validBlock = block;
    const votes = [...this.votesFor(this.round, 'prevote', statement.value)];
    this.write({ type: 'polka', height: this.height, round: this.round, block, votes }, { do: 'nothing' });
  }

  // Writing.

  protected write(record: TendermintRecord, then: Then): void {
    if (!this.mustPersist(record)) return this.#follow(then);
    const token = ++this.tokens;
    this.writes.push({ token, next: then });
    this.out.persist(token, record);
  }

  protected writeCheckpoint(record: TendermintRecord): void {
    const token = ++this.tokens;
    this.writes.push({ token, next: { do: 'nothing' } });
    this.out.checkpoint(token, record);
  }

  protected persisted(token: Token): void {
    while (this.writes.length > 0 && (this.writes[0] as PendingWrite).token <= token)
      this.#follow((this.writes.shift() as PendingWrite).next);
  }

  #follow(then: Then): void {
    if (then.do === 'sign') this.sign(then.statement, then.block);
    else if (then.do === 'apply') this.applyDecided(then.block, then.certificate);
  }

  protected sign(statement: Statement, block: Block | null): void {
    if (this.unsigned) return this.#said(statement, block);
    const token = ++this.tokens;
    const content = contentOf(statement);
    this.signatures.push({ token, statement, content, block });
    this.out.sign(token, content, 'signature');
  }

  protected signed(token: Token, signature: Statement['signature']): void {
    const at = this.signatures.findIndex((pending) => pending.token === token);
    if (at < 0) return;
    const [{ statement, content, block }] = this.signatures.splice(at, 1) as [PendingSignature];
    this.#said(withSignature(statement, signature, content), block);
  }

  /** It is durable and signed: now it counts here, and everywhere. */
  #said(statement: Statement, block: Block | null): void {
    if (statement.height !== this.height) return;
    const { type, round } = statement;
    this.own.set(keyOf(type, round), statement);
    const log = this.logFor(round);
    if (type === 'proposal') {
      if (block === null) return;
      log.propose({ statement, block });
      this.broadcast({ type: 'proposal', statement, block });
    } else {
      log.add(type, statement);
      this.broadcast({ type: 'vote', statement });
    }
    this.advance();
  }

  /** Nothing said in an earlier height matters in the next. */
  protected resetSigning(): void {
    this.own = new Map();
    this.ownBlocks = new Map();
    this.validBlock = null;
  }

  // Coming back.

  /** Where this node was in its height, from what it has said in it. It says all of it again: others may have lost it. */
  protected resume(): void {
    this.restoreLock();
    let round = -1;
    for (const statement of this.own.values()) round = Math.max(round, statement.round);
    if (round < 0) return;
    this.round = round;
    this.roundStep = this.own.has(keyOf('precommit', round)) ? 'precommit' : this.own.has(keyOf('prevote', round)) ? 'prevote' : 'propose';
    if (this.roundStep === 'propose') this.schedule('propose', round);
    // A copy: what follows from these adds to them, and is not durable yet.
    for (const statement of [...this.own.values()])
      this.sign(statement, statement.type === 'proposal' ? (this.ownBlocks.get(statement.round) ?? null) : null);
  }

  /** A record of the height that is not decided yet. */
  protected recoverOpen(record: TendermintRecord): void {
    if (record.type === 'signs') {
      const { statement, block } = record;
      this.own.set(keyOf(statement.type, statement.round), statement);
      if (block !== null) this.ownBlocks.set(statement.round, block);
    } else if (record.type === 'polka') {
      const value = blockId(record.block);
      // This node's own vote comes back with its signature. Line 36 fires once more: what followed from it may be lost.
      this.#recoverVotes(record.votes);
      this.validBlock = record.block;
      this.validValue = value;
      this.validRound = record.round;
    } else if (record.type === 'round') {
      const { proposal, round, votes } = record;
      if (proposal !== null && this.logFor(round).proposalOf(blockId(proposal.block)) === null) this.logFor(round).propose(proposal);
      this.#recoverVotes(votes);
    }
  }

  #recoverVotes(votes: readonly Statement[]): void {
    for (const vote of votes) {
      if (vote.signer === this.id || vote.type === 'proposal') continue;
      const log = this.logFor(vote.round);
      if (!log.votes(vote.type).some((known) => saysSame(known, vote))) log.add(vote.type, vote);
    }
  }

  /** A new block of what waits here. */
  protected abstract newBlock(): Block;
}
