/**
 * What an honest validator may say, checked against what all honest ones have said before: written before sent, one
 * thing a round, the lock rule, polkas behind precommits and proposals, decisions with their certificates.
 */
import { InvariantViolation, type NodeId } from '../../../core/index.ts';
import {
  type Block,
  blockId,
  commandKey,
  contextOf,
  type Evidence,
  isQuorum,
  offence,
  powerOf,
  type Statement,
  type Tendermint,
  totalPower,
  type VoteType,
} from '../../../protocols/tendermint/index.ts';
import type { Testimony } from './testimony.ts';

export function fail(invariant: string, message: string): never {
  throw new InvariantViolation(invariant, message);
}

export const show = ({ type, height, round, value, validRound }: Statement): string =>
  `${type} ${value === null ? 'nil' : value.slice(0, 6)}${validRound < 0 ? '' : ` (valid round ${validRound})`} in round ${round} of height ${height}`;

export class TendermintRules {
  readonly #testimony: Testimony;
  readonly #lies: (id: NodeId) => boolean;
  /** Of the statement that is looked at. */
  #height = 0;
  /** By height: the first decision of an honest node. */
  readonly #decisions = new Map<number, { readonly value: string; readonly node: NodeId }>();

  constructor(testimony: Testimony, lies: (id: NodeId) => boolean) {
    this.#testimony = testimony;
    this.#lies = lies;
  }

  /** A record of what `id` is about to sign is durable. `node`: as it is now. */
  signs(id: NodeId, statement: Statement, node: Tendermint | null): void {
    const before = this.#testimony.saidBy(id, statement.height, statement.round, statement.type);
    const other = this.#testimony.says(statement);
    if (other !== null) fail('says-once', `n${id} said ${show(other)}, and is about to say ${show(statement)}`);
    if (before === null) this.#maySay(id, statement, node);
  }

  #maySay(id: NodeId, statement: Statement, node: Tendermint | null): void {
    const { type, height, round, value } = statement;
    this.#height = height;
    const set = this.#testimony.validators(height);
    if (set !== null && powerOf(set, id) === 0)
      fail('validators-only', `n${id} has no power at height ${height}, and says ${show(statement)}`);
    if (type === 'proposal') this.#mayPropose(id, statement);
    else if (type === 'prevote') {
      if (value !== null && node !== null && node.height === height) this.#mayPrevote(id, statement, node);
    } else if (value === null) {
      if (!this.#sees(node, round, 'prevote') || !this.#testimony.isPossible(height, round, 'prevote'))
        fail('precommit-rule', `n${id} says ${show(statement)} before 2f+1 validators prevoted (lines 34, 44)`);
    } else if (!this.#sees(node, round, 'prevote', value) || !this.#testimony.isPossible(height, round, 'prevote', value))
      fail('precommit-rule', `n${id} says ${show(statement)}, which 2f+1 validators have not prevoted (line 36)`);
  }

  #mayPropose(id: NodeId, statement: Statement): void {
    const { height, round, value, validRound } = statement;
    const proposer = this.#testimony.proposer(height, round);
    if (proposer !== 0 && proposer !== id) fail('proposer-rule', `n${id} says ${show(statement)}, where n${proposer} proposes`);
    if (validRound >= 0 && !(validRound < round && this.#testimony.isPossible(height, validRound, 'prevote', value)))
      fail('proposal-rule', `n${id} says ${show(statement)}, and there is no such polka (line 15)`);
    const lock = this.#lockBefore(id, height, round);
    if (lock !== null && (validRound < lock.round || (validRound === lock.round && value !== lock.value)))
      fail(
        'proposal-rule',
        `n${id} is locked on ${lock.value.slice(0, 6)} in round ${lock.round}, and says ${show(statement)} (lines 15, 42)`,
      );
  }

  #mayPrevote(id: NodeId, statement: Statement, node: Tendermint): void {
    const { height, round, value } = statement;
    const proposed = node.log(round)?.proposalOf(value as string) ?? null;
    if (proposed === null) fail('prevote-rule', `n${id} says ${show(statement)} and holds no proposal for it (lines 22, 28)`);
    const { signer, validRound } = proposed.statement;
    const proposer = this.#testimony.proposer(height, round);
    if (proposer !== 0 && signer !== proposer)
      fail('proposer-rule', `n${id} says ${show(statement)}: n${signer} proposed it, and n${proposer} is the proposer`);
    if (!this.#lies(signer) && this.#testimony.saidBy(signer, height, round, 'proposal')?.value !== value)
      fail('prevote-rule', `n${id} says ${show(statement)}, which n${signer} never proposed`);
    const polka = validRound >= 0 && validRound < round && this.#sees(node, validRound, 'prevote', value);
    if (validRound >= 0 && !polka)
      fail('prevote-rule', `n${id} says ${show(statement)} without the polka that the proposal names (line 28)`);
    const lock = this.#lockBefore(id, height, round);
    if (lock !== null && lock.value !== value && !(polka && validRound >= lock.round))
      fail('lock-rule', `n${id} is locked on ${lock.value.slice(0, 6)} in round ${lock.round}, and says ${show(statement)} (lines 23, 29)`);
    this.#acceptable(id, statement, proposed.block, node);
  }

  /** `valid(v)`, once more. */
  #acceptable(id: NodeId, statement: Statement, block: Block, node: Tendermint): void {
    const refuse = (why: string): never => fail('validity', `n${id} says ${show(statement)}: ${why}`);
    const { config, chain } = node;
    if (blockId(block) !== statement.value) refuse('the block is another');
    if (block.height !== chain.height || block.context !== contextOf(chain)) refuse('the block does not extend its chain');
    if (block.commands.length > config.maxBlockCommands) refuse(`${block.commands.length} commands are too many`);
    if (new Set(block.commands.map(commandKey)).size !== block.commands.length) refuse('a command is in it twice');
    const offences = block.evidence.map(offence);
    if (new Set(offences).size !== offences.length || chain.convicted.some((done) => offences.includes(done.offence)))
      refuse('an offence is punished twice');
    for (const evidence of block.evidence) this.convicts(id, evidence);
  }

  /** Does the node itself hold 2f+1 such votes? (Who is not known to be up is not asked.) */
  #sees(node: Tendermint | null, round: number, type: VoteType, value?: string | null): boolean {
    if (node === null || node.height !== this.#height) return true;
    const votes = node.log(round)?.votes(type) ?? [];
    let power = 0;
    for (const member of node.validators.members)
      if (votes.some((vote) => vote.signer === member.id && (value === undefined || vote.value === value))) power += member.power;
    return isQuorum(power, totalPower(node.validators));
  }

  #lockBefore(id: NodeId, height: number, round: number) {
    const lock = this.#testimony.lock(id, height);
    return lock !== null && lock.round < round ? lock : null;
  }

  /** It leaves its node. */
  sends(id: NodeId, statement: Statement): void {
    const { height, round, type } = statement;
    const written = this.#testimony.saidBy(id, height, round, type);
    if (written === null) fail('wal-before-send', `n${id} says ${show(statement)}, and its disk does not know`);
    if (written.value !== statement.value || written.validRound !== statement.validRound)
      fail('says-once', `n${id} wrote ${show(written)}, and says ${show(statement)}`);
  }

  /** An honest node takes this for proof of guilt. */
  convicts(id: NodeId, { first, second }: Evidence): void {
    if (!this.#lies(first.signer))
      fail('evidence', `n${id} believes evidence against n${first.signer}, which is honest: ${show(first)} and ${show(second)}`);
  }

  /** A decided block at an honest node, by itself or from another. */
  decides(id: NodeId, block: Block, certificate: readonly Statement[]): void {
    const { height } = block;
    const value = blockId(block);
    const first = this.#decisions.get(height);
    if (first === undefined) {
      this.#decisions.set(height, { value, node: id });
      this.#testimony.decided(block);
    } else if (first.value !== value)
      fail('agreement', `height ${height}: n${first.node} decides ${first.value.slice(0, 6)}, n${id} ${value.slice(0, 6)}`);
    this.#certified(id, height, value, certificate);
    for (const evidence of block.evidence) this.convicts(id, evidence);
  }

  #certified(id: NodeId, height: number, value: string, certificate: readonly Statement[]): void {
    const set = this.#testimony.validators(height);
    const signers = new Set<NodeId>();
    let power = 0;
    for (const vote of certificate) {
      const { type, signer, round } = vote;
      const fits = type === 'precommit' && vote.height === height && vote.value === value && round === certificate[0]?.round;
      if (!fits || signers.has(signer)) fail('certificate', `n${id} decides height ${height} by ${show(vote)} of n${signer}`);
      signers.add(signer);
      if (set !== null) power += powerOf(set, signer);
      if (!this.#lies(signer) && this.#testimony.saidBy(signer, height, round, 'precommit')?.value !== value)
        fail('certificate', `n${id} decides height ${height} by a precommit that n${signer} never gave`);
    }
    if (set !== null && !isQuorum(power, totalPower(set)))
      fail('certificate', `n${id} decides height ${height} with a power of ${power} of ${totalPower(set)}`);
  }
}
