/**
 * The decisions of a validator, asked directly: questions whose answer the paper gives, whatever the node has been
 * through. A wrong decision may take a rare run to do harm; to be wrong it takes one question. None changes the node.
 */
import {
  type Block,
  powerOf,
  type Statement,
  type Step,
  type Tendermint,
  type TendermintMessage,
  type TendermintRecord,
  totalPower,
  type ValidatorSet,
} from '../../../protocols/tendermint/index.ts';

/** What is asked: decisions that only the node itself takes otherwise. */
interface Decisions {
  hasQuorum(power: number): boolean;
  hasHonest(power: number): boolean;
  tally(votes: readonly Statement[]): number;
  reproposes(): boolean;
  isJustified(proposal: Statement): boolean;
  lockAllows(proposal: Statement): boolean;
  locksIn(step: Step): boolean;
  prevoteOnTimeout(): string | null;
  precommitOnTimeout(): string | null;
  maySay(type: Statement['type'], round: number): boolean;
  mustPersist(record: TendermintRecord): boolean;
  mustVerify(message: TendermintMessage): boolean;
  isFromProposer(statement: Statement): boolean;
  fitsBlock(statement: Statement, block: Block): boolean;
  extendsChain(block: Block): boolean;
  isValidBlock(block: Block): boolean;
  isDecided(decided: { readonly block: Block; readonly certificate: readonly Statement[] }): boolean;
  acceptsClient(client: number): boolean;
  certifies(certificate: readonly Statement[], height: number, value: string, validators: ValidatorSet): boolean;
  trusts(certificate: readonly Statement[]): boolean;
}

const other = 'f'.repeat(64);
const records = ['signs', 'polka', 'round', 'decided', 'snapshot'] as const;
const signedMessages = ['vote', 'proposal', 'decided', 'snapshot', 'commands', 'evidence'] as const;

/** The first question that is answered wrongly, in words; null: none. */
export function wrongDecision(node: Tendermint): string | null {
  const decisions = node as unknown as Decisions;
  return wrongQuorum(node, decisions) ?? wrongLock(node, decisions) ?? wrongBelief(node, decisions);
}

function wrongQuorum({ validators, id, height, round }: Tendermint, decisions: Decisions): string | null {
  const total = totalPower(validators);
  const most = Math.floor((2 * total) / 3);
  if (decisions.hasQuorum(most)) return `a power of ${most} of ${total} is a quorum`;
  if (!decisions.hasQuorum(most + 1)) return `a power of ${most + 1} of ${total} is no quorum`;
  const few = Math.floor(total / 3);
  if (decisions.hasHonest(few)) return `somebody is honest among a power of ${few} of ${total}`;
  if (!decisions.hasHonest(few + 1)) return `nobody is honest among a power of ${few + 1} of ${total}`;
  const signer = validators.members[0]?.id ?? id;
  const vote: Statement = { type: 'prevote', height, round: Math.max(0, round), value: other, validRound: -1, signer, signature: null };
  const counted = decisions.tally([vote, { ...vote, value: null }]);
  return counted === powerOf(validators, signer) ? null : `two votes of n${signer} count ${counted}`;
}

function wrongLock({ round, height, lockedRound, lockedValue, validValue, id }: Tendermint, decisions: Decisions): string | null {
  const proposal = (value: string, validRound: number): Statement => ({
    type: 'proposal',
    height,
    round,
    value,
    validRound,
    signer: id,
    signature: null,
  });
  if (lockedValue === null || lockedRound < 0) {
    if (!decisions.lockAllows(proposal(other, -1))) return 'it is not locked, and refuses a new value (line 23)';
  } else {
    if (decisions.lockAllows(proposal(other, -1))) return 'it is locked, and takes another, new value (line 23)';
    if (lockedRound > 0 && decisions.lockAllows(proposal(other, lockedRound - 1)))
      return 'it unlocks for a polka before its lock (line 29)';
    if (!decisions.lockAllows(proposal(other, lockedRound))) return 'it does not unlock for a polka as new as its lock (line 29)';
    if (!decisions.lockAllows(proposal(lockedValue, -1))) return 'it refuses what it is locked on (line 23)';
  }
  if (!decisions.isJustified(proposal(other, -1))) return 'it waits for a polka for a new value (line 22)';
  if (round > 0 && decisions.isJustified(proposal(other, round - 1))) return 'it takes a proposal whose polka it has not seen (line 28)';
  if (round >= 0 && decisions.isJustified(proposal(other, round)))
    return 'it takes a proposal with a valid round that is not over (line 28)';
  if (decisions.reproposes() !== (validValue !== null)) return 'it forgets its valid value when it proposes (line 15)';
  if (decisions.prevoteOnTimeout() !== null) return 'it prevotes a value without a proposal (line 58)';
  if (decisions.precommitOnTimeout() !== null) return 'it precommits a value without a polka (line 62)';
  if (!decisions.locksIn('prevote') || decisions.locksIn('precommit')) return 'it locks in the wrong step (line 37)';
  return null;
}

const strangeBlocks: Block[] = [];

/** A block of `height` in another chain: one for all questions, for asking costs its hash. */
function strangeBlock(height: number): Block {
  strangeBlocks[height] ??= { height, context: other, author: 1, commands: [], evidence: [] };
  return strangeBlocks[height];
}

function wrongBelief(node: Tendermint, decisions: Decisions): string | null {
  const { own, validators, height, id, config, peers } = node;
  const [said] = own.values();
  if (said !== undefined && decisions.maySay(said.type, said.round)) return `it may say another ${said.type} in round ${said.round}`;
  for (const type of records)
    if (!decisions.mustPersist({ type } as TendermintRecord)) return `it follows from its record "${type}" before that is durable`;
  const statement: Statement = { type: 'proposal', height, round: 0, value: other, validRound: -1, signer: id, signature: null };
  const stranger = peers.find((peer) => peer !== node.proposer(0));
  if (stranger !== undefined && decisions.isFromProposer({ ...statement, signer: stranger })) return `n${stranger} may propose in round 0`;
  const block = strangeBlock(height);
  if (decisions.fitsBlock(statement, block)) return 'a block goes under the name of another';
  if (decisions.extendsChain(block)) return 'a block extends another chain';
  if (decisions.isValidBlock(block)) return 'a block of another chain is valid';
  if (decisions.isDecided({ block, certificate: [] })) return 'a block without a certificate is decided';
  if (decisions.certifies([], height, other, validators)) return 'no precommits are a certificate';
  if (decisions.trusts([])) return 'it trusts validators of whom it knows nobody';
  if (config.authentication === 'channel') return null;
  for (const type of signedMessages) if (!decisions.mustVerify({ type } as TendermintMessage)) return `it checks no signatures of ${type}`;
  return decisions.acceptsClient(id) ? 'a validator may ask as a client' : null;
}
