/** How a Tendermint validator lies well: other blocks, other votes, old locks, invented evidence; all of it signed by itself alone. */
import { contentHash, type NodeId, type Random, type Value } from '../../../core/index.ts';
import type { Replica } from '../../../protocols/replication/index.ts';
import {
  type Block,
  blockId,
  type ChainState,
  contentOf,
  contextOf,
  firstSet,
  type Statement,
  snapshotHash,
  type Tendermint,
  type TendermintMessage,
} from '../../../protocols/tendermint/index.ts';
import type { AnyNode, LyingSpeech } from '../../subject.ts';

/** Another block that its readers may find valid: the commands in another order, fewer of them, or none. */
function otherBlock(random: Random, block: Block): Block {
  const { commands } = block;
  const kind = commands.length === 0 ? 0 : random.below(3);
  if (kind === 0) return { ...block, author: block.author + 1, commands: commands.slice(1) };
  if (kind === 1) return { ...block, commands: [] };
  return commands.length > 1 ? { ...block, commands: [...commands].reverse() } : { ...block, commands: [], evidence: [] };
}

function otherVote(random: Random, vote: Statement): Statement {
  switch (random.below(6)) {
    case 0:
      return { ...vote, round: vote.round + 1 };
    case 1:
      return { ...vote, round: vote.round + 2 + random.below(50) };
    case 2:
      return { ...vote, type: vote.type === 'prevote' ? 'precommit' : 'prevote' };
    default:
      return { ...vote, value: vote.value === null ? contentHash(['nothing of the kind', vote.height]) : null };
  }
}

type Told<T extends TendermintMessage['type']> = Extract<TendermintMessage, { readonly type: T }>;

function otherProposal(random: Random, message: Told<'proposal'>): TendermintMessage {
  const { statement, block } = message;
  const named = (other: Block, changes: Partial<Statement> = {}): TendermintMessage => ({
    ...message,
    block: other,
    statement: { ...statement, value: blockId(other), ...changes },
  });
  // A later round has a past to lie about.
  switch (statement.round > 0 ? random.below(2) * random.below(8) : random.below(8)) {
    case 0:
      // An old lock, or none where there is one.
      return named(block, statement.round > 0 ? { validRound: statement.validRound < 0 ? statement.round - 1 : -1 } : {});
    case 1:
      // Out of turn.
      return named(otherBlock(random, block), { round: statement.round + 1 });
    case 2:
      // Under the name of the true one.
      return { ...message, block: otherBlock(random, block) };
    case 3:
      return named({ ...block, context: contentHash(['another chain', block.height]) });
    default:
      return named(otherBlock(random, block));
  }
}

function otherDecision(random: Random, message: Told<'decided'>, from: NodeId): TendermintMessage {
  const { certificate } = message;
  const block = otherBlock(random, message.block);
  const value = blockId(block);
  switch (random.below(5)) {
    case 0:
      // True words, too few of them.
      return { ...message, certificate: certificate.slice(0, 1) };
    case 1:
      return { ...message, certificate: certificate.map(() => certificate[0] as Statement) };
    case 2:
      return { ...message, block, certificate: [] };
    case 3:
      return { ...message, block, certificate: certificate.map((vote) => ({ ...vote, value })) };
    default:
      return { ...message, block, certificate: certificate.slice(0, 1).map((vote) => ({ ...vote, value, signer: from })) };
  }
}

/** Against an honest validator, with words that it never said. */
function accusation(random: Random, vote: Statement): TendermintMessage {
  const first = { ...vote, signer: 1 + random.below(4) };
  return {
    type: 'evidence',
    evidence: { first, second: { ...first, value: first.value === null ? contentHash(['a lie', vote.height]) : null } },
  };
}

/** Of a round that nobody is in. */
const farVote = (random: Random, { height, round }: Told<'status'>, signer: NodeId): TendermintMessage => ({
  type: 'vote',
  statement: {
    type: 'prevote',
    height,
    round: Math.max(0, round) + 2 + random.below(50),
    value: null,
    validRound: -1,
    signer,
    signature: null,
  },
});

/** A later state of a chain whose only validator it is, certified by itself. */
function ownWorld(height: number, from: NodeId): TendermintMessage {
  const validators = firstSet([{ id: from, power: 1 }]);
  const data: Value = { machine: null, sessions: [] };
  const before: ChainState = { height: height + 2, position: 1000, previous: '', validators, next: validators, convicted: [], app: null };
  const app = { height: height + 1, position: 1000, hash: snapshotHash(data, before) };
  const chain = { ...before, app };
  const block: Block = { height: chain.height, context: contextOf(chain), author: from, commands: [], evidence: [] };
  const vote: Statement = {
    type: 'precommit',
    height: block.height,
    round: 0,
    value: blockId(block),
    validRound: -1,
    signer: from,
    signature: null,
  };
  return { type: 'snapshot', snapshot: { app, data, chain: before }, chain, block, certificate: [vote] };
}

function lie(random: Random, message: TendermintMessage, from: NodeId): TendermintMessage | null {
  switch (message.type) {
    case 'proposal':
      return otherProposal(random, message);
    case 'vote':
      if (random.below(10) === 0) return accusation(random, message.statement);
      if (random.below(20) === 0) return ownWorld(message.statement.height, from);
      return { type: 'vote', statement: otherVote(random, message.statement) };
    case 'decided':
      return otherDecision(random, message, from);
    case 'snapshot':
      return { ...message, snapshot: { ...message.snapshot, data: null } };
    case 'commands':
      return { ...message, commands: message.commands.map((command) => ({ ...command, op: { f: 'write', key: 1, value: -1 } as Value })) };
    case 'status':
      if (random.below(2) === 0) return farVote(random, message, from);
      return { ...message, height: Math.max(1, message.height - 1 - random.below(3)), proposals: [], votes: [] };
    case 'evidence': {
      const { first, second } = message.evidence;
      return { type: 'evidence', evidence: { first, second: { ...second, round: first.round + 1 } } };
    }
  }
}

/** All that a server holds as said by others. */
function* holds(node: AnyNode): Iterable<{ readonly signer: NodeId; readonly content: Value }> {
  const tendermint = (node as unknown as Replica<never, never>).ordering as unknown as Tendermint;
  if (tendermint.config.authentication === 'channel') return;
  const said = (statement: Statement) => ({ signer: statement.signer, content: contentOf(statement) });
  for (const round of tendermint.rounds()) {
    const log = tendermint.log(round);
    if (log === null) continue;
    for (const { statement } of log.proposals) yield said(statement);
    for (const vote of [...log.prevotes, ...log.precommits]) yield said(vote);
  }
  const newest = tendermint.blocks.at(-1);
  for (const vote of newest?.certificate ?? []) yield said(vote);
  for (const { first, second } of newest?.block.evidence ?? []) {
    yield said(first);
    yield said(second);
  }
}

export const tendermintSpeech: LyingSpeech<TendermintMessage> = {
  proved(message) {
    if (message.type === 'proposal' || message.type === 'vote') return { content: contentOf(message.statement), proof: 'signature' };
    const first = message.type === 'snapshot' ? message.certificate[0] : undefined;
    return first === undefined ? null : { content: contentOf(first), proof: 'signature' };
  },
  withProof(message, signature) {
    switch (message.type) {
      case 'proposal':
        return { ...message, statement: { ...message.statement, signature } };
      case 'vote':
        return { ...message, statement: { ...message.statement, signature } };
      case 'snapshot':
        return { ...message, certificate: message.certificate.map((vote, i) => (i === 0 ? { ...vote, signature } : vote)) };
      default:
        return message;
    }
  },
  lie,
  holds,
};

/** Votes are called by what they vote. */
export const tendermintTypes = {
  all: ['proposal', 'prevote', 'precommit', 'status', 'decided', 'snapshot', 'commands', 'evidence'],
  of: (message: TendermintMessage): string => (message.type === 'vote' ? message.statement.type : message.type),
};
