/**
 * What comes in: cheap checks first, then signatures, then effect. Nothing that fails any of them changes anything but
 * a counter (`drops`). Room for what is not yet of use (later rounds, the next height, checks under way) is bounded for
 * each sender.
 */
import type { NodeId, Token, Value, Writer } from '../../core/index.ts';
import { type Block, blockId, contextOf, requestContent, type SignedCommand } from './block.ts';
import {
  type DecidedMessage,
  MOST_SHARED,
  messageSchema,
  type ProposalMessage,
  type StatusMessage,
  type TendermintMessage,
} from './message.ts';
import { conflict, contentOf, isWellFormed, MOST_LISTED, type Statement, saysSame } from './statement.ts';
import type { DropCode } from './tendermint-base.ts';
import { TendermintChain } from './tendermint-chain.ts';

/** A message whose signatures are being checked. */
interface Check {
  readonly from: NodeId;
  readonly message: TendermintMessage;
  left: number;
}

interface Early {
  readonly from: NodeId;
  readonly message: TendermintMessage;
}

/** One signature to check. */
interface Claim {
  readonly signer: NodeId;
  readonly content: Value;
  readonly signature: Value;
}

/** Messages of one sender for heights that this node has not reached. */
const MOST_EARLY = 16;

export abstract class TendermintReceive extends TendermintChain {
  early: Early[] = [];
  /** By token; a message with several signatures has several tokens. */
  checks = new Map<Token, Check>();
  /** How many of them are of messages of each sender. */
  readonly #checksOf = new Map<NodeId, number>();

  // Decisions.

  /** Must signatures be checked? Always, unless the link says who speaks. */
  protected mustVerify(_message: TendermintMessage): boolean {
    return !this.unsigned;
  }

  /** Only the proposer of a round proposes in it (line 22, 28, 36, 49). */
  protected isFromProposer({ signer, round }: Statement): boolean {
    return signer === this.proposer(round);
  }

  /** Is the block the one whose id was signed? */
  protected fitsBlock({ value }: Statement, block: Block): boolean {
    return value === blockId(block);
  }

  /** Is a decided block's certificate really one, for a block that extends this chain? */
  protected isDecided({ block, certificate }: DecidedMessage): boolean {
    const { chain } = this;
    if (block.height !== chain.height || block.context !== contextOf(chain)) return false;
    return this.certifies(certificate, chain.height, blockId(block), chain.validators);
  }

  /** May a second, different statement take room? Only where more than a third of all power says it: liars say anything. */
  protected keepsConflicting({ type, round, value }: Statement): boolean {
    const type2 = type === 'proposal' ? 'prevote' : type;
    return this.hasHonest(this.tally(this.votesFor(round, type2, value)));
  }

  /** Rounds further ahead than the next: room for few of them for each validator, the newest. */
  protected makesRoom({ round, signer }: Statement): boolean {
    if (round <= this.round + 1) return true;
    if (this.log(round)?.signers().includes(signer) === true) return true;
    const ahead = this.rounds().filter((other) => other > this.round + 1 && this.log(other)?.signers().includes(signer) === true);
    if (ahead.length < this.config.futureRounds) return true;
    const oldest = ahead[0] as number;
    if (oldest > round) return false;
    const log = this.log(oldest);
    log?.forget(signer);
    if (log?.isEmpty() === true) this.dropLog(oldest);
    return true;
  }

  // In.

  protected receive(from: NodeId, message: TendermintMessage): void {
    if (!this.isPeer(from) || from === this.id) return this.drop('stranger');
    if (message.type === 'status') return this.statusReceived(from, message);
    const height = heightOf(message);
    if (height !== null && (height > this.height || (height === this.height && !this.ready))) return this.#keepEarly(from, message, height);
    const reason = this.refuses(message);
    if (reason !== null) return this.drop(reason);
    this.check(from, message);
  }

  /** Why a message has no effect, as far as that can be told without its signatures; null: it may have one. */
  protected refuses(message: TendermintMessage): DropCode | null {
    switch (message.type) {
      case 'vote':
        if (message.statement.type === 'proposal') return 'malformed';
        return this.#refusesStatement(message.statement);
      case 'proposal':
        return this.#refusesProposal(message);
      case 'decided':
        return this.#refusesDecided(message);
      case 'snapshot':
        if (message.snapshot.app.height < this.height || message.certificate.length > MOST_LISTED) return 'other-height';
        return this.provesSnapshot(message) ? null : 'bad-certificate';
      case 'commands':
        if (message.commands.length > MOST_SHARED) return 'oversized';
        return message.commands.every(({ client }) => this.acceptsClient(client)) ? null : 'malformed';
      case 'evidence':
        return this.isEvidence(message.evidence) ? null : 'bad-evidence';
      case 'status':
        return null;
    }
  }

  #refusesStatement(statement: Statement): DropCode | null {
    if (statement.height !== this.height) return 'other-height';
    if (!this.isValidator(statement.signer)) return 'stranger';
    if (!isWellFormed(statement, this.validators)) return 'malformed';
    if (statement.signer === this.id || this.#isKnown(statement)) return 'duplicate';
    return null;
  }

  #isKnown(statement: Statement): boolean {
    const { round, type, value } = statement;
    const log = this.log(round);
    if (log === null) return false;
    if (type === 'proposal') return value !== null && log.proposalOf(value) !== null;
    return log.votes(type).some((vote) => saysSame(vote, statement));
  }

  #refusesProposal({ statement, block }: ProposalMessage): DropCode | null {
    if (statement.type !== 'proposal') return 'malformed';
    const reason = this.#refusesStatement(statement);
    if (reason !== null) return reason;
    if (block.commands.length > this.config.maxBlockCommands || block.evidence.length > this.config.maxBlockEvidence) return 'oversized';
    if (statement.round > this.round + 1 + this.config.futureRounds) return 'far-round';
    if (!this.isFromProposer(statement)) return 'not-proposer';
    if (!this.fitsBlock(statement, block)) return 'malformed';
    if (!block.commands.every(({ client }) => this.acceptsClient(client))) return 'malformed';
    return block.evidence.every((evidence) => conflict(evidence)) ? null : 'bad-evidence';
  }

  #refusesDecided(message: DecidedMessage): DropCode | null {
    if (message.block.height !== this.height || this.decided) return 'other-height';
    if (message.certificate.length > MOST_LISTED) return 'oversized';
    return this.isDecided(message) ? null : 'bad-certificate';
  }

  #keepEarly(from: NodeId, message: TendermintMessage, height: number): void {
    const ahead = message.type === 'decided' ? this.config.syncBlocks : 1;
    if (height > this.height + ahead) return this.drop('other-height');
    if (this.early.filter((kept) => kept.from === from).length >= MOST_EARLY) return this.drop('overloaded');
    this.early.push({ from, message });
  }

  /** The height that messages were kept for is here. */
  protected readEarly(): void {
    const kept = this.early;
    this.early = [];
    for (const { from, message } of kept) this.receive(from, message);
  }

  // Signatures.

  /** Signatures of messages of `from` that are being checked: nobody can make others wait for it. */
  checksOf(from: NodeId): number {
    return this.#checksOf.get(from) ?? 0;
  }

  #begunChecks(from: NodeId, by: number): void {
    this.#checksOf.set(from, this.checksOf(from) + by);
  }

  #endCheck(token: Token, { from }: Check): void {
    this.checks.delete(token);
    this.#begunChecks(from, -1);
  }

  protected check(from: NodeId, message: TendermintMessage): void {
    const claims = this.mustVerify(message) ? this.claimsIn(message) : [];
    if (claims.length === 0) return this.accept(from, message);
    if (this.checksOf(from) + claims.length > this.config.maxChecks) return this.drop('overloaded');
    this.#begunChecks(from, claims.length);
    const check: Check = { from, message, left: claims.length };
    for (const { signer, content, signature } of claims) {
      const token = ++this.tokens;
      this.checks.set(token, check);
      this.out.verify(token, signer, content, signature, 'signature');
    }
  }

  /** Every signature that a message rests on. */
  protected claimsIn(message: TendermintMessage): readonly Claim[] {
    switch (message.type) {
      case 'vote':
        return [claimOf(message.statement)];
      case 'proposal':
        return [claimOf(message.statement), ...this.claimsInBlock(message.block)];
      case 'decided':
      case 'snapshot':
        return message.certificate.map(claimOf);
      case 'commands':
        return this.claimsInCommands(message.commands);
      case 'evidence':
        return [claimOf(message.evidence.first), claimOf(message.evidence.second)];
      case 'status':
        return [];
    }
  }

  protected claimsInBlock(block: Block): readonly Claim[] {
    return [...block.evidence.flatMap(({ first, second }) => [claimOf(first), claimOf(second)]), ...this.claimsInCommands(block.commands)];
  }

  /** Commands that wait here were checked when they came. */
  protected claimsInCommands(commands: readonly SignedCommand[]): readonly Claim[] {
    return commands
      .filter((command) => !this.isPooled(command))
      .map(({ session, id, op, admin, client, signature }) => ({
        signer: client,
        content: requestContent(session, id, op, admin),
        signature,
      }));
  }

  protected verified(token: Token, valid: boolean): void {
    const check = this.checks.get(token);
    if (check === undefined) return;
    this.#endCheck(token, check);
    if (!valid) {
      for (const [other, same] of this.checks) if (same === check) this.#endCheck(other, check);
      this.drop('bad-signature');
    } else if (--check.left === 0) {
      // The world went on while the signatures were checked.
      const height = heightOf(check.message);
      if (height === this.height && !this.ready) return this.#keepEarly(check.from, check.message, height);
      const reason = this.refuses(check.message);
      if (reason === null) this.accept(check.from, check.message);
      else this.drop(reason);
    }
  }

  // Effects.

  /** It passed every check. */
  protected accept(from: NodeId, message: TendermintMessage): void {
    switch (message.type) {
      case 'vote':
        return this.#takeVote(message.statement);
      case 'proposal':
        return this.#takeProposal(message);
      case 'decided':
        this.decided = true;
        this.write({ type: 'decided', block: message.block, certificate: message.certificate }, { ...message, do: 'apply' });
        return this.synced(from);
      case 'snapshot':
        this.install({ snapshot: message.snapshot, chain: message.chain, block: message.block, certificate: message.certificate });
        return this.synced(from);
      case 'commands':
        for (const command of message.commands) this.addCommand(command);
        return;
      case 'evidence':
        return this.addEvidence(message.evidence);
    }
  }

  #takeVote(statement: Statement): void {
    const { round, type, signer } = statement;
    if (type === 'proposal' || !this.#mayTake(statement)) return;
    const log = this.logFor(round);
    const before = log.firstOf(type, signer);
    log.add(type, statement);
    if (before !== null) this.addEvidence({ first: before, second: statement });
    this.#taken();
  }

  #takeProposal({ statement, block }: ProposalMessage): void {
    if (!this.#mayTake(statement)) return;
    this.logFor(statement.round).propose({ statement, block });
    this.#taken();
  }

  /** Is there room for it? A second, different statement is evidence whether there is or not. */
  #mayTake(statement: Statement): boolean {
    if (!this.makesRoom(statement)) {
      this.drop('far-round');
      return false;
    }
    const before = this.log(statement.round)?.firstOf(statement.type, statement.signer) ?? null;
    if (before === null || saysSame(before, statement)) return true;
    this.addEvidence({ first: before, second: statement });
    if (this.keepsConflicting(statement)) return true;
    this.drop('duplicate');
    return false;
  }

  #taken(): void {
    this.maybeBegin();
    this.advance();
  }

  // Copies and bytes.

  protected copyChecks(other: TendermintReceive): void {
    const copies = new Map<Check, Check>();
    for (const [token, check] of other.checks) {
      const copy = copies.get(check) ?? { ...check };
      copies.set(check, copy);
      this.checks.set(token, copy);
      this.#begunChecks(check.from, 1);
    }
  }

  protected encodeChecks(w: Writer): void {
    const seen = new Map<Check, number>();
    w.uint(this.checks.size);
    for (const check of this.checks.values()) {
      const known = seen.get(check);
      w.uint(known ?? seen.size);
      if (known !== undefined) continue;
      seen.set(check, seen.size);
      w.uint(check.from);
      w.uint(check.left);
      messageSchema.write(w, check.message);
    }
  }

  protected abstract statusReceived(from: NodeId, message: StatusMessage): void;
  /** Something was caught up on with the help of `from`. */
  protected abstract synced(from: NodeId): void;
}

const claimOf = (statement: Statement): Claim => ({
  signer: statement.signer,
  content: contentOf(statement),
  signature: statement.signature,
});

/** The height that a message is of use in; null: any. */
function heightOf(message: TendermintMessage): number | null {
  if (message.type === 'vote' || message.type === 'proposal') return message.statement.height;
  return message.type === 'decided' ? message.block.height : null;
}
