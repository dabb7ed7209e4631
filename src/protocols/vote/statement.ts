/**
 * What voters say, and what they sign of it: first an answer (are you ready?), then a vote (what follows from the answers
 * shown to you?). Each is signed for one asker, by its nonce, and for a while, by its expiry; but of one question a
 * voter says one thing only, to whomever it says it.
 */
import { type NodeId, type Schema, schema, type Value } from '../../core/index.ts';

export const strategies = ['majority_ready_or_abort', 'unanimous_ready_or_abort'] as const;
export type Strategy = (typeof strategies)[number];

/** Two askers ask the same when all of it is equal. */
export interface Question {
  /** Names the occasion, `deploy 2.3 on Thursday`: a question is decided once and for ever. */
  readonly id: string;
  /** What it is about, for those who answer: `orders 2.3`. */
  readonly subject: string;
  readonly strategy: Strategy;
}

export type Answer = 'ready' | 'not-ready';
export type Verdict = 'go' | 'abort';

/** Whom something is said to, and for how long: `expiryUs` by the clocks of those who say it. */
export interface Occasion {
  readonly question: Question;
  readonly nonce: string;
  readonly expiryUs: number;
}

/** Something that a voter said and signed. */
export type Statement = Occasion & { readonly voter: NodeId; readonly signature: Value } & (
    | { readonly step: 'answer'; readonly says: Answer }
    | { readonly step: 'vote'; readonly says: Verdict }
  );

/** One voter's part of a set of answers, or of a certificate. */
export interface SignedAnswer {
  readonly voter: NodeId;
  readonly says: Answer;
  readonly signature: Value;
}

export const LONGEST_TEXT = 512;

/** A cache: what a key is never depends on it. */
const keys = new WeakMap<Question, string>();

/** Equal keys, equal questions. */
export function questionKey(question: Question): string {
  let key = keys.get(question);
  if (key === undefined) {
    const { id, subject, strategy } = question;
    key = JSON.stringify([id, subject, strategy]);
    keys.set(question, key);
  }
  return key;
}

export const sameOccasion = (a: Occasion, b: Occasion): boolean =>
  a.nonce === b.nonce && a.expiryUs === b.expiryUs && questionKey(a.question) === questionKey(b.question);

/** What is signed. The cluster's domain, which the engine adds, says who the voters are. */
export function contentOf(step: Statement['step'], { question, nonce, expiryUs }: Occasion, says: Answer | Verdict): Value {
  const { id, subject, strategy } = question;
  return { step, id, subject, strategy, says, nonce, expiryUs };
}

const short = (text: unknown): text is string => typeof text === 'string' && text.length > 0 && text.length <= LONGEST_TEXT;

/** A question that can be asked; null for anything else. */
export function questionOf(value: Value | undefined): Question | null {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array)
    return null;
  const { id, subject, strategy } = value as { readonly [name: string]: Value | undefined };
  const known = strategies.find((each) => each === strategy);
  return short(id) && short(subject) && known !== undefined ? { id, subject, strategy: known } : null;
}

export const isOccasion = ({ question, nonce, expiryUs }: Occasion): boolean =>
  short(question.id) && short(question.subject) && short(nonce) && Number.isSafeInteger(expiryUs);

const { uint, text, value, struct, oneOf, list } = schema;
export const questionSchema: Schema<Question> = struct<Question>({ id: text, subject: text, strategy: oneOf(...strategies) });
export const answerSchema: Schema<Answer> = oneOf('ready', 'not-ready');
export const verdictSchema: Schema<Verdict> = oneOf('go', 'abort');
export const signedAnswersSchema: Schema<readonly SignedAnswer[]> = list(
  struct<SignedAnswer>({ voter: uint, says: answerSchema, signature: value }),
);
