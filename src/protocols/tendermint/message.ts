/** What Tendermint nodes say to each other. Statements carry their signature, so that anybody may pass them on. */
import { type Schema, schema } from '../../core/index.ts';
import {
  type Block,
  blockSchema,
  type ChainState,
  chainSchema,
  commandsSchema,
  type SignedCommand,
  type Snapshot,
  snapshotSchema,
} from './block.ts';
import { type Evidence, evidenceSchema, renderStatement, type Statement, statementSchema, statementsSchema, valueId } from './statement.ts';

/** Commands in one message at most. */
export const MOST_SHARED = 64;

/** A proposal, with its block. */
export interface ProposalMessage {
  readonly type: 'proposal';
  readonly statement: Statement;
  readonly block: Block;
}
export interface VoteMessage {
  readonly type: 'vote';
  readonly statement: Statement;
}
/** Who voted for what in one round, as far as the sender knows. */
export interface VoteSet {
  readonly round: number;
  readonly type: 'prevote' | 'precommit';
  readonly value: string | null;
  readonly voters: readonly number[];
}
/** Where the sender is and what it has: who knows more helps. */
export interface StatusMessage {
  readonly type: 'status';
  /** The height that it has not decided yet. */
  readonly height: number;
  /** -1 while it waits for something to agree on. */
  readonly round: number;
  /** Rounds whose proposal it has. */
  readonly proposals: readonly number[];
  readonly votes: readonly VoteSet[];
}
/** A block that was decided, with the precommits that decided it. */
export interface Decided {
  readonly block: Block;
  readonly certificate: readonly Statement[];
}
/** Value sync. */
export interface DecidedMessage extends Decided {
  readonly type: 'decided';
}
/** A snapshot, and a decided block whose context vouches for it. */
export interface ProvedSnapshot extends Decided {
  readonly snapshot: Snapshot;
  /** The chain state that `block` extends. */
  readonly chain: ChainState;
}
/** State sync: for a node too far behind. */
export interface SnapshotMessage extends ProvedSnapshot {
  readonly type: 'snapshot';
}
export interface CommandsMessage {
  readonly type: 'commands';
  readonly commands: readonly SignedCommand[];
}
export interface EvidenceMessage {
  readonly type: 'evidence';
  readonly evidence: Evidence;
}

export type TendermintMessage =
  | ProposalMessage
  | VoteMessage
  | StatusMessage
  | DecidedMessage
  | SnapshotMessage
  | CommandsMessage
  | EvidenceMessage;

const voteSetSchema: Schema<VoteSet> = schema.struct<VoteSet>({
  round: schema.uint,
  type: schema.oneOf('prevote', 'precommit'),
  value: valueId,
  voters: schema.list(schema.uint),
});

export const decidedSchema: Schema<Decided> = schema.struct<Decided>({ block: blockSchema, certificate: statementsSchema });
export const provedSnapshotSchema: Schema<ProvedSnapshot> = schema.struct<ProvedSnapshot>({
  snapshot: snapshotSchema,
  chain: chainSchema,
  block: blockSchema,
  certificate: statementsSchema,
});

const union: Schema<TendermintMessage> = schema.union<TendermintMessage>({
  proposal: schema.struct({ statement: statementSchema, block: blockSchema }),
  vote: schema.struct({ statement: statementSchema }),
  status: schema.struct({
    height: schema.uint,
    round: schema.int,
    proposals: schema.list(schema.uint),
    votes: schema.list(voteSetSchema),
  }),
  decided: decidedSchema,
  snapshot: provedSnapshotSchema,
  commands: schema.struct({ commands: commandsSchema }),
  evidence: schema.struct({ evidence: evidenceSchema }),
});

export const messageSchema: Schema<TendermintMessage> = { ...union, render: renderMessage };

/** `prevote h3 r0 nil of n2`: what is said of what, in one line. */
export function renderMessage(m: TendermintMessage): string {
  switch (m.type) {
    case 'proposal':
      return `${renderStatement(m.statement)} [${m.block.commands.map(({ op }) => schema.renderValue(op)).join(' ')}]`;
    case 'vote':
      return renderStatement(m.statement);
    case 'status':
      return `status h${m.height} r${m.round} proposals ${m.proposals.join(',') || '-'} votes ${m.votes.map(({ round, type, voters }) => `${type} r${round} of ${voters.join('+')}`).join(', ') || '-'}`;
    case 'decided':
      return `decided h${m.block.height}, ${m.certificate.length} precommits`;
    case 'snapshot':
      return `snapshot h${m.snapshot.app.height} position ${m.snapshot.app.position}, proved by h${m.block.height}`;
    case 'commands':
      return `commands ${m.commands.map(({ session, id, op }) => `${session}/${id} ${schema.renderValue(op)}`).join(', ')}`;
    case 'evidence':
      return `evidence ${renderStatement(m.evidence.first)} and ${renderStatement(m.evidence.second)}`;
  }
}
