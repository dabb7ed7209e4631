/**
 * What an asker holds in its hands in the end: the votes of a quorum, which anybody who knows the voters' keys can check
 * later; and what convicts a liar: two statements of one voter that an honest one never makes both.
 */
import type { NodeId, Value } from '../../core/index.ts';
import { type Electorate, quorumOf } from './config.ts';
import { contentOf, isOccasion, type Occasion, questionKey, questionOf, type Statement, type Verdict } from './statement.ts';

export interface Certificate extends Occasion {
  readonly verdict: Verdict;
  /** Ascending by voter. */
  readonly votes: readonly { readonly voter: NodeId; readonly signature: Value }[];
}

/** Checks one signature, with whatever keys the caller trusts. */
export type CheckSignature = (voter: NodeId, content: Value, signature: Value) => boolean;

const fieldsOf = (value: unknown): { readonly [name: string]: Value | undefined } | null =>
  value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array ? null : (value as never);

/** A certificate that came from somebody else; null when it has not even its shape. */
export function certificateOf(value: unknown): Certificate | null {
  const fields = fieldsOf(value);
  const question = questionOf(fields?.question);
  if (fields === null || question === null) return null;
  const { nonce, expiryUs, verdict, votes } = fields;
  if (typeof nonce !== 'string' || typeof expiryUs !== 'number' || (verdict !== 'go' && verdict !== 'abort') || !Array.isArray(votes))
    return null;
  if (!isOccasion({ question, nonce, expiryUs })) return null;
  const read: { readonly voter: NodeId; readonly signature: Value }[] = [];
  for (const vote of votes as readonly unknown[]) {
    const { voter, signature } = fieldsOf(vote) ?? {};
    if (typeof voter !== 'number' || signature === undefined) return null;
    read.push({ voter, signature });
  }
  return { question, nonce, expiryUs, verdict, votes: read };
}

/** What is wrong with a certificate, in a sentence; null: it proves its verdict. */
export function faultOf(certificate: Certificate, electorate: Electorate, check: CheckSignature): string | null {
  const { votes, verdict } = certificate;
  const voters = new Set<NodeId>();
  for (const { voter } of votes) {
    if (!electorate.voters.includes(voter)) return `voter ${voter} does not belong to the electorate`;
    if (voters.has(voter)) return `voter ${voter} is counted twice`;
    voters.add(voter);
  }
  const quorum = quorumOf(electorate);
  if (voters.size < quorum) return `${voters.size} votes, and ${quorum} are needed`;
  const content = contentOf('vote', certificate, verdict);
  const forged = votes.find(({ voter, signature }) => !check(voter, content, signature));
  return forged === undefined ? null : `voter ${forged.voter} has not signed this vote`;
}

/** Two statements that no honest voter makes both. */
export interface Equivocation {
  readonly voter: NodeId;
  readonly one: Statement;
  readonly other: Statement;
}

const conflict = (one: Statement, other: Statement): boolean =>
  one.voter === other.voter &&
  one.step === other.step &&
  one.says !== other.says &&
  questionKey(one.question) === questionKey(other.question);

/** The voters that said two things at one step of one question; one finding each. Signatures are not looked at. */
export function compareStatements(statements: readonly Statement[]): readonly Equivocation[] {
  const first = new Map<string, Statement>();
  const found = new Map<NodeId, Equivocation>();
  for (const statement of statements) {
    const { voter, step, question } = statement;
    const key = `${voter} ${step} ${questionKey(question)}`;
    const one = first.get(key);
    if (one === undefined) first.set(key, statement);
    else if (conflict(one, statement) && !found.has(voter)) found.set(voter, { voter, one, other: statement });
  }
  return [...found.values()].sort((a, b) => a.voter - b.voter);
}

/** Whether it convicts: a conflict, and both statements signed by the voter itself. */
export function convicts({ voter, one, other }: Equivocation, check: CheckSignature): boolean {
  if (one.voter !== voter || !conflict(one, other)) return false;
  return [one, other].every((each) => check(voter, contentOf(each.step, each, each.says), each.signature));
}

/** A certificate's votes as statements, for comparing. */
export const votesOf = (certificate: Certificate): readonly Statement[] =>
  certificate.votes.map(({ voter, signature }) => {
    const { question, nonce, expiryUs, verdict: says } = certificate;
    return { step: 'vote', voter, question, nonce, expiryUs, says, signature };
  });
