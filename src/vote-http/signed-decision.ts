/**
 * A decision to keep: a certificate with its voters, as JSON. Whoever knows the voters' keys can check it later, without
 * asking anybody; two of them that contradict each other name who lied.
 */
import { fromHex, generateNodeKey, hex, Keyring, NodeEngine } from '../crypto/index.ts';
import {
  type Certificate,
  type CheckSignature,
  certificateOf,
  compareStatements,
  convicts,
  faultOf,
  type Question,
  type Verdict,
  votesOf,
} from '../protocols/vote/index.ts';
import { KnownVoters } from './electorate.ts';

/** JSON as it is: signatures are hexadecimal. */
export interface SignedDecision {
  readonly question: Question;
  readonly verdict: Verdict;
  readonly nonce: string;
  /** Microseconds since 1970, by the clocks of the voters. */
  readonly expiryUs: number;
  readonly f: number;
  readonly votes: readonly { readonly key: string; readonly signature: string }[];
}

export interface VerifyOptions {
  /** So many voters may lie; as many as so many voters stand, unless given. A decision by other rules is not accepted. */
  readonly f?: number;
  /** The question that it has to be about. */
  readonly question?: { readonly id: string; readonly subject: string };
  /** Not to be older than its expiry at this time, milliseconds since 1970. Absent: age does not matter. */
  readonly nowMs?: number;
}

export type Verification = { readonly valid: true; readonly decision: Verdict } | { readonly valid: false; readonly reason: string };

export function signedDecision({ question, verdict, nonce, expiryUs, votes }: Certificate, { keys, faults }: KnownVoters): SignedDecision {
  const signed = votes.map(({ voter, signature }) => ({ key: keys[voter - 1] as string, signature: hex(signature as Uint8Array) }));
  return { question, verdict, nonce, expiryUs, f: faults, votes: signed };
}

/** As the protocol knows it; null: it has not the shape of one. Votes of strangers have the number 0. */
function certificateIn(value: unknown, electorate: KnownVoters): Certificate | null {
  const { votes, ...rest } = (value ?? {}) as { readonly votes?: unknown; readonly [name: string]: unknown };
  if (!Array.isArray(votes)) return null;
  const numbered = votes.map((vote: { readonly key?: unknown; readonly signature?: unknown } | null) => ({
    voter: typeof vote?.key === 'string' ? electorate.numberOf(vote.key) : 0,
    signature: typeof vote?.signature === 'string' ? fromHex(vote.signature, vote.signature.length / 2) : null,
  }));
  return certificateOf({ ...rest, votes: numbered });
}

function checkOf(electorate: KnownVoters): CheckSignature {
  const id = electorate.keys.length + 1;
  const engine = new NodeEngine(new Keyring({ id, key: generateNodeKey(), domain: electorate.domain, others: electorate.publicKeys() }));
  return (voter, content, signature) => engine.verify(voter, content, signature, 'signature');
}

/**
 * Does this prove a decision of the voters with these public keys? Never throws for what `decision` is.
 * @throws LC_USAGE for keys that cannot be
 */
export function verifyDecision(decision: unknown, keys: readonly string[], options: VerifyOptions = {}): Verification {
  const electorate = new KnownVoters(keys, options.f);
  const certificate = certificateIn(decision, electorate);
  if (certificate === null) return { valid: false, reason: 'it has not the shape of a decision' };
  const { f } = decision as SignedDecision;
  if (f !== electorate.faults) return { valid: false, reason: `it was decided with f = ${JSON.stringify(f)}, not ${electorate.faults}` };
  const fault = faultOf(certificate, electorate, checkOf(electorate));
  if (fault !== null) return { valid: false, reason: fault };
  const { question, expiryUs, verdict } = certificate;
  if (options.question !== undefined && (options.question.id !== question.id || options.question.subject !== question.subject))
    return { valid: false, reason: `it is about ${JSON.stringify(question.subject)} (${question.id})` };
  if (options.nowMs !== undefined && options.nowMs * 1000 > expiryUs) return { valid: false, reason: 'it has expired' };
  return { valid: true, decision: verdict };
}

/** Keys of the voters whom these decisions convict: each signed two votes on one question. Nobody else can be convicted. */
export function liarsIn(decisions: readonly unknown[], keys: readonly string[], options: Pick<VerifyOptions, 'f'> = {}): readonly string[] {
  const electorate = new KnownVoters(keys, options.f);
  const check = checkOf(electorate);
  const statements = decisions.flatMap((decision) => {
    const certificate = certificateIn(decision, electorate);
    return certificate === null ? [] : votesOf(certificate);
  });
  const genuine = statements.filter((statement) => convictable(statement, check));
  return compareStatements(genuine).flatMap((evidence) =>
    convicts(evidence, check) ? [electorate.keys[evidence.voter - 1] as string] : [],
  );
}

/** One forged vote must not stand in the way of two that are genuine. */
const convictable = (statement: ReturnType<typeof votesOf>[number], check: CheckSignature): boolean => {
  const { voter, question, nonce, expiryUs, says, signature } = statement;
  return (
    faultOf(
      { question, nonce, expiryUs, verdict: says as Verdict, votes: [{ voter, signature }] },
      { voters: [voter], faults: 0 },
      check,
    ) === null
  );
};
