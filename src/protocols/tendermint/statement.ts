/**
 * What a validator signs: a proposal, a prevote or a precommit. Two different ones of one signer for the same height,
 * round and type are evidence against it (Buchman, Kwon, Milosevic 2018; CometBFT's DuplicateVoteEvidence).
 */
import { type NodeId, type Schema, schema, type Value } from '../../core/index.ts';
import type { ValidatorSet } from './validators.ts';

export type StatementType = 'proposal' | 'prevote' | 'precommit';
export type VoteType = 'prevote' | 'precommit';

export interface Statement {
  readonly type: StatementType;
  readonly height: number;
  /** From 0. */
  readonly round: number;
  /** Id of a block; null: nil (votes only). */
  readonly value: string | null;
  /** Proposals: the round in which the proposer saw a polka for the value, or -1. Votes: -1. */
  readonly validRound: number;
  readonly signer: NodeId;
  /** Over `contentOf`; null where the link says who speaks. */
  readonly signature: Value;
}

export interface Evidence {
  readonly first: Statement;
  readonly second: Statement;
}

/** Messages with longer lists are not read. */
export const MOST_LISTED = 10_000;

/** An id of a block or null. */
export const valueId: Schema<string | null> = schema.optional(schema.text);

export const statementSchema: Schema<Statement> = schema.struct<Statement>({
  type: schema.oneOf('proposal', 'prevote', 'precommit'),
  height: schema.uint,
  round: schema.uint,
  value: valueId,
  validRound: schema.int,
  signer: schema.uint,
  signature: schema.value,
});

export const statementsSchema: Schema<readonly Statement[]> = schema.list(statementSchema);
export const evidenceSchema: Schema<Evidence> = schema.struct<Evidence>({ first: statementSchema, second: statementSchema });

const contents = new WeakMap<Statement, Value>();

const freshContent = ({ type, height, round, value, validRound }: Statement): Value => ({ height, round, type, validRound, value });

/** What is signed: all but the signature; the signer's name is in whose key it is. Of what is signed it is made once: every reader asks. */
export function contentOf(statement: Statement): Value {
  if (statement.signature === null) return freshContent(statement);
  let content = contents.get(statement);
  if (content === undefined) {
    content = freshContent(statement);
    contents.set(statement, content);
  }
  return content;
}

/** The same statement, signed. `content`: what was signed. */
export function withSignature(statement: Statement, signature: Value, content: Value): Statement {
  const signed = { ...statement, signature };
  contents.set(signed, content);
  return signed;
}

/** Says the same, whoever signed it how. */
export function saysSame(a: Statement, b: Statement): boolean {
  return (
    a.type === b.type &&
    a.height === b.height &&
    a.round === b.round &&
    a.value === b.value &&
    a.validRound === b.validRound &&
    a.signer === b.signer
  );
}

/** Two statements that no honest validator makes both, whatever happens to it. Their signatures are not looked at. */
export function conflict({ first, second }: Evidence): boolean {
  return (
    first.signer === second.signer &&
    first.type === second.type &&
    first.height === second.height &&
    first.round === second.round &&
    (first.value !== second.value || first.validRound !== second.validRound)
  );
}

/** One offence, one name: whatever the pair of statements that shows it. */
export const offence = ({ first }: Evidence): string => `${first.signer}/${first.height}/${first.round}/${first.type}`;

/** A well-formed vote or proposal, whoever it is from. */
export function isWellFormed(statement: Statement, validators: ValidatorSet): boolean {
  const { type, height, round, value, validRound, signer } = statement;
  if (height < 1 || !validators.members.some(({ id }) => id === signer)) return false;
  if (value !== null && value.length !== 64) return false;
  return type === 'proposal' ? value !== null && validRound >= -1 && validRound < round : validRound === -1;
}

export const renderStatement = ({ type, height, round, value, validRound, signer }: Statement): string =>
  `${type} h${height} r${round}${validRound >= 0 ? ` valid r${validRound}` : ''} ${value === null ? 'nil' : value.slice(0, 6)} of n${signer}`;
