/**
 * The voter: answers a question once and for ever, and votes once and for ever on the first set of answers that it is
 * shown and that proves itself. Both are on disk before anybody hears of them: who forgot its word could give another.
 * It keeps two promises, and all of agreement rests on them: one answer and one vote a question, whoever asks.
 */
import type { NodeId, Token, Value } from '../../core/index.ts';
import type { VoteMessage, VoteRecord } from './message.ts';
import { type Answer, type Occasion, type Question, questionKey, type SignedAnswer, type Statement, type Verdict } from './statement.ts';
import { verdictOf } from './strategy.ts';
import { type Out, type Task, VoteBase } from './vote-base.ts';

/** What a voter knows of one question. */
export interface Ballot {
  readonly question: Question;
  answer: Answer | null;
  /** What must be durable before the answer is told; 0: it is. */
  answerAfter: Token;
  verdict: Verdict | null;
  verdictAfter: Token;
  /** Askers that wait until the service has said whether it is ready. */
  waiting: { readonly asker: NodeId; readonly occasion: Occasion }[];
  /** The service was asked. */
  consulting: boolean;
}

/** A set of answers whose signatures are being checked. */
export interface Shown {
  readonly from: NodeId;
  readonly occasion: Occasion;
  readonly answers: readonly SignedAnswer[];
  /** Checks that are still out. */
  left: number;
  genuine: boolean;
}

type Ask = Extract<VoteMessage, { readonly type: 'ask' }>;
type Show = Extract<VoteMessage, { readonly type: 'show' }>;

const showName = (from: NodeId, { nonce, question, expiryUs }: Occasion): string => `${from} ${nonce} ${expiryUs} ${questionKey(question)}`;
const occasionOf = ({ question, nonce, expiryUs }: Occasion): Occasion => ({ question, nonce, expiryUs });

export abstract class Voter extends VoteBase {
  ballots = new Map<string, Ballot>();
  protected shown = new Map<string, Shown>();
  /** What is on its way to the disk, in order. */
  protected writing: { readonly ballot: Ballot; readonly after: Token }[] = [];

  /** Decision: is this on disk before it is told? */
  mustPersist(_record: VoteRecord): boolean {
    return true;
  }

  /** Decision: does a record that the disk kept count after a restart? */
  restores(_record: VoteRecord): boolean {
    return true;
  }

  /** Decision: an answer that was given stands. */
  answerStands(ballot: Ballot): boolean {
    return ballot.answer !== null;
  }

  /** Decision: a vote that was cast stands. */
  voteStands(ballot: Ballot): boolean {
    return ballot.verdict !== null;
  }

  /** Decision: each of these answers is of another voter, so that nobody counts twice. */
  areDistinct(answers: readonly SignedAnswer[]): boolean {
    return new Set(answers.map(({ voter }) => voter)).size === answers.length;
  }

  /** Decision: all of these answers are of voters. */
  areVoters(answers: readonly SignedAnswer[]): boolean {
    return answers.every(({ voter }) => this.isVoter(voter));
  }

  /** Decision: what follows from a set of answers; null: nothing yet. */
  verdictOf(question: Question, answers: readonly SignedAnswer[]): Verdict | null {
    return verdictOf(question.strategy, answers, this.config);
  }

  /** Decision: a set counts only when every answer in it is signed by its voter, for this asker and this nonce. */
  isProved(shown: Shown): boolean {
    return shown.genuine;
  }

  /** Decision: may this voter answer one more question? It may never forget one. */
  hasRoom(): boolean {
    return this.ballots.size < this.config.maxQuestions;
  }

  protected restore(records: readonly VoteRecord[]): void {
    for (const record of records) {
      if (!this.restores(record)) continue;
      const ballot = this.ballot(record.question);
      if (record.type === 'answered') ballot.answer = record.says;
      else ballot.verdict = record.says;
    }
  }

  protected ballot(question: Question): Ballot {
    const key = questionKey(question);
    let ballot = this.ballots.get(key);
    if (ballot === undefined) {
      ballot = { question, answer: null, answerAfter: 0, verdict: null, verdictAfter: 0, waiting: [], consulting: false };
      this.ballots.set(key, ballot);
    }
    return ballot;
  }

  /** Why nothing is said on this occasion; null: something is. */
  private refusal(message: Ask | Show, now: number): string | null {
    if (this.hasExpired(message, now)) return 'LC_EXPIRED';
    return this.ballots.has(questionKey(message.question)) || this.hasRoom() ? null : 'LC_OVERLOADED';
  }

  protected asked(from: NodeId, message: Ask, now: number, out: Out): void {
    if (!this.isVoter(this.id)) return this.drop('LC_STRANGER');
    const code = this.refusal(message, now);
    if (code !== null) return this.refuse(from, message, code, out);
    const ballot = this.ballot(message.question);
    if (this.answerStands(ballot)) return this.tellAnswer(from, message, ballot, out);
    const { waiting } = ballot;
    if (waiting.some(({ asker, occasion }) => asker === from && occasion.nonce === message.nonce)) return this.drop('LC_DUPLICATE');
    if (waiting.length >= this.config.maxPending) return this.drop('LC_OVERLOADED');
    waiting.push({ asker: from, occasion: occasionOf(message) });
    if (!ballot.consulting) this.consult(ballot, out);
  }

  private refuse(to: NodeId, occasion: Occasion, code: string, out: Out): void {
    this.drop(code);
    out.send(to, { type: 'refuse', ...occasionOf(occasion), code }, 0);
  }

  private consult(ballot: Ballot, out: Out): void {
    const { readiness } = this.config;
    const { question } = ballot;
    if (readiness === 'load') {
      ballot.consulting = true;
      const { id, subject, strategy } = question;
      out.load(this.task({ kind: 'ready', key: questionKey(question) }), { f: 'ready', question: { id, subject, strategy } });
    } else this.answered(ballot, out.choose(readiness.of) < readiness.ready ? 'ready' : 'not-ready', out);
  }

  /** The service said whether it is ready: true, false, or (failing) nothing. */
  protected consulted(key: string, ready: unknown, out: Out): void {
    const ballot = this.ballots.get(key);
    if (ballot === undefined) return;
    ballot.consulting = false;
    if (typeof ready === 'boolean') return this.answered(ballot, ready ? 'ready' : 'not-ready', out);
    const { waiting } = ballot;
    ballot.waiting = [];
    if (ballot.answer === null && ballot.verdict === null) this.ballots.delete(key);
    for (const { asker, occasion } of waiting) this.refuse(asker, occasion, 'LC_NOT_KNOWN', out);
  }

  private answered(ballot: Ballot, says: Answer, out: Out): void {
    ballot.answer = says;
    ballot.answerAfter = this.write({ type: 'answered', question: ballot.question, says }, ballot, out);
    const { waiting } = ballot;
    ballot.waiting = [];
    for (const { asker, occasion } of waiting) this.tellAnswer(asker, occasion, ballot, out);
  }

  private write(record: VoteRecord, ballot: Ballot, out: Out): Token {
    if (!this.mustPersist(record)) return 0;
    const token = this.nextToken++;
    this.writing.push({ ballot, after: token });
    out.persist(token, record);
    return token;
  }

  private tellAnswer(to: NodeId, occasion: Occasion, { answer, answerAfter }: Ballot, out: Out): void {
    const statement = { step: 'answer', voter: this.id, ...occasionOf(occasion), says: answer as Answer } as const;
    this.sign(to, statement, answerAfter, out);
  }

  protected showed(from: NodeId, message: Show, now: number, out: Out): void {
    if (!this.isVoter(this.id)) return this.drop('LC_STRANGER');
    const code = this.refusal(message, now);
    if (code !== null) return this.refuse(from, message, code, out);
    const { answers, question } = message;
    if (!this.areVoters(answers)) return this.drop('LC_STRANGER');
    if (!this.areDistinct(answers)) return this.drop('LC_DUPLICATE');
    if (answers.length === 0 || this.verdictOf(question, answers) === null) return this.drop('LC_QUORUM');
    const name = showName(from, message);
    if (this.shown.has(name)) return this.drop('LC_DUPLICATE');
    if (this.shown.size >= this.config.maxPending) return this.drop('LC_OVERLOADED');
    const occasion = occasionOf(message);
    this.shown.set(name, { from, occasion, answers, left: answers.length, genuine: true });
    for (const answer of answers) this.check({ kind: 'shown', show: name, answer }, { step: 'answer', ...occasion, ...answer }, out);
  }

  /** One more answer of a set was checked. */
  protected shownChecked({ show, answer }: Extract<Task, { readonly kind: 'shown' }>, valid: boolean, out: Out): void {
    const shown = this.shown.get(show);
    if (shown === undefined) return;
    shown.left -= 1;
    const genuine = this.isGenuine(valid);
    if (genuine) this.hear({ step: 'answer', ...shown.occasion, ...answer }, out);
    else shown.genuine = false;
    if (shown.left > 0) return;
    this.shown.delete(show);
    if (!this.isProved(shown)) return this.drop('LC_SIGNATURE');
    this.convinced(shown, out);
  }

  private convinced({ from, occasion, answers }: Shown, out: Out): void {
    const ballot = this.ballot(occasion.question);
    if (!this.voteStands(ballot)) {
      const says = this.verdictOf(occasion.question, answers) as Verdict;
      ballot.verdict = says;
      ballot.verdictAfter = this.write({ type: 'voted', question: occasion.question, says }, ballot, out);
    }
    const statement = { step: 'vote', voter: this.id, ...occasion, says: ballot.verdict as Verdict } as const;
    this.sign(from, statement, ballot.verdictAfter, out);
  }

  protected signed({ to, statement, after }: Extract<Task, { readonly kind: 'sign' }>, signature: Value, out: Out): void {
    const { step, question, nonce, expiryUs, says } = statement as Statement;
    const occasion = { question, nonce, expiryUs };
    if (step === 'answer') out.send(to, { type: 'answer', ...occasion, says: says as Answer, signature }, after);
    else out.send(to, { type: 'vote', ...occasion, says: says as Verdict, signature }, after);
  }

  /** The disk has everything up to `token`. */
  protected persisted(token: Token): void {
    const left = this.writing.filter(({ ballot, after }) => {
      if (after > token) return true;
      if (ballot.answerAfter === after) ballot.answerAfter = 0;
      else if (ballot.verdictAfter === after) ballot.verdictAfter = 0;
      return false;
    });
    this.writing = left;
  }
}
