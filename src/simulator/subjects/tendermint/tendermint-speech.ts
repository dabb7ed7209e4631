/** How a Tendermint validator lies well: other blocks, other votes, old locks, invented evidence; all of it signed by itself alone. */
import { contentHash, type NodeId, type Random, type Value } from '../../../core/index.ts';
import { type Block, blockId, contentOf, type Statement, type Tendermint, type TendermintMessage } from '../../../protocols/tendermint/index.ts';
import type { Replica } from '../../../protocols/replication/index.ts';
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
  switch (random.below(5)) {
    case 0:
      return { ...vote, round: vote.round + 1 };
    case 1:
      return { ...vote, round: Math.max(0, vote.round - 1) };
    case 2:
      return { ...vote, type: vote.type === 'prevote' ? 'precommit' : 'prevote' };
    default:
      return { ...vote, value: vote.value === null ? contentHash(['nothing of the kind', vote.height]) : null };
  }
}

function lie(random: Random, message: TendermintMessage, from: NodeId): TendermintMessage | null {
  switch (message.type) {
    case 'proposal': {
      const { statement } = message;
      const kind = random.below(4);
      // An old lock, or none where there is one; the same value in another round.
      if (kind === 0 && statement.round > 0) return { ...message, statement: { ...statement, validRound: statement.validRound < 0 ? statement.round - 1 : -1 } };
      const block = otherBlock(random, message.block);
      return { ...message, block, statement: { ...statement, value: blockId(block) } };
    }
    case 'vote':
      // Against an honest validator, with what it never said.
      if (random.below(10) === 0) {
        const accused = 1 + random.below(4);
        if (accused === from) return { type: 'vote', statement: otherVote(random, message.statement) };
        const first = { ...message.statement, signer: accused };
        return { type: 'evidence', evidence: { first, second: { ...first, value: null } } };
      }
      return { type: 'vote', statement: otherVote(random, message.statement) };
    case 'decided': {
      const block = otherBlock(random, message.block);
      const value = blockId(block);
      // A certificate of its own making, short or padded with one and the same vote, or of another round's votes.
      const kind = random.below(3);
      const certificate =
        kind === 0
          ? message.certificate.map((vote) => ({ ...vote, value }))
          : kind === 1
            ? message.certificate.map(() => ({ ...(message.certificate[0] as Statement), value, signer: from }))
            : message.certificate.slice(0, 1).map((vote) => ({ ...vote, value }));
      return { ...message, block, certificate };
    }
    case 'snapshot':
      return { ...message, snapshot: { ...message.snapshot, data: null } };
    case 'commands':
      return { ...message, commands: message.commands.map((command) => ({ ...command, op: { f: 'write', key: 1, value: -1 } as Value })) };
    case 'status':
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
    return message.type === 'proposal' || message.type === 'vote' ? { content: contentOf(message.statement), proof: 'signature' } : null;
  },
  withProof(message, signature) {
    if (message.type !== 'proposal' && message.type !== 'vote') return message;
    return { ...message, statement: { ...message.statement, signature } } as TendermintMessage;
  },
  lie,
  holds,
};
