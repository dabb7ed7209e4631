/**
 * The asker: asks every voter, shows all of them the set of answers it got, and decides once a quorum votes alike. It
 * shows one set only, so that voters who hear of no other asker vote alike. Safety does not rest on it: what voters
 * sign, they have checked.
 */
import type { NodeId, Request, Value } from '../../core/index.ts';
import type { Certificate } from './certificate.ts';
import type { VoteMessage } from './message.ts';
import {
  LONGEST_TEXT,
  type Occasion,
  questionKey,
  questionOf,
  type SignedAnswer,
  type Statement,
  sameOccasion,
  type Verdict,
} from './statement.ts';
import { mayStillGo } from './strategy.ts';
import type { Out, Task } from './vote-base.ts';
import { Voter } from './voter.ts';

/** One question that this node asks for a client. */
export interface Asking extends Occasion {
  readonly client: NodeId;
  readonly session: number;
  readonly request: number;
  readonly sinceUs: number;
  answers: Map<NodeId, SignedAnswer>;
  /** The set that was shown; null: none yet. */
  shown: readonly SignedAnswer[] | null;
  votes: Map<NodeId, { readonly says: Verdict; readonly signature: Value }>;
  /** Why voters said nothing, as they say. */
  refusals: Map<NodeId, string>;
}

type Said = Extract<VoteMessage, { readonly type: 'answer' | 'vote' }>;

export const RETRY = 0;

export abstract class Asker extends Voter {
  askings = new Map<string, Asking>();
  protected retryArmed = false;

  /** Decision: is this message an answer to what was asked, under this nonce? */
  isAnswerTo(asking: Asking, message: Occasion): boolean {
    return sameOccasion(asking, message);
  }

  /**
   * Decision: is it time to show the answers? Once they let go; or nothing that is missing could, and enough are there;
   * or enough are there and it has waited for the others.
   */
  mayShow(asking: Asking, waitedUs: number): boolean {
    const answers = [...asking.answers.values()];
    const verdict = this.verdictOf(asking.question, answers);
    if (verdict === null) return false;
    if (verdict === 'go' || answers.length === this.config.voters.length) return true;
    return waitedUs >= this.config.patienceUs || !mayStillGo(asking.question.strategy, answers, this.config);
  }

  /** Decision: what the votes so far decide; null: nothing yet. */
  decides(asking: Asking): Verdict | null {
    for (const verdict of ['go', 'abort'] as const) {
      let votes = 0;
      for (const { says } of asking.votes.values()) if (says === verdict) votes++;
      if (votes >= this.quorum()) return verdict;
    }
    return null;
  }

  /** Decision: has it tried for long enough? */
  givesUp(asking: Asking, now: number): boolean {
    return now - asking.sinceUs >= this.config.timeoutUs || this.hasExpired(asking, now);
  }

  /** Decision: who is reminded, of the question or of the set. */
  toRemind(asking: Asking): readonly NodeId[] {
    const heard = asking.shown === null ? asking.answers : asking.votes;
    return this.config.voters.filter((voter) => !heard.has(voter));
  }

  protected requested(from: NodeId, request: Request, now: number, out: Out): void {
    const { id, session } = request;
    const fields = request.op as { readonly f?: Value; readonly question?: Value; readonly nonce?: Value } | null;
    const question = questionOf(fields?.question);
    const nonce = fields?.nonce ?? `${this.id}/${from}.${session}.${id}`;
    const usable = typeof nonce === 'string' && nonce.length > 0 && nonce.length <= LONGEST_TEXT;
    if (fields?.f !== 'decide' || question === null || !usable) return out.reply(from, { id, session, outcome: 'fail', code: 'LC_USAGE' });
    if (this.askings.has(nonce)) return this.drop('LC_DUPLICATE');
    if (this.askings.size >= this.config.maxPending) return out.reply(from, { id, session, outcome: 'fail', code: 'LC_OVERLOADED' });
    const asking: Asking = {
      question,
      nonce,
      expiryUs: now + this.config.lifetimeUs,
      client: from,
      session,
      request: id,
      sinceUs: now,
      answers: new Map(),
      shown: null,
      votes: new Map(),
      refusals: new Map(),
    };
    this.askings.set(nonce, asking);
    this.remind(asking, out);
    this.arm(now, out);
  }

  private remind(asking: Asking, out: Out): void {
    const { question, nonce, expiryUs, shown } = asking;
    const message: VoteMessage =
      shown === null ? { type: 'ask', question, nonce, expiryUs } : { type: 'show', question, nonce, expiryUs, answers: shown };
    for (const voter of this.toRemind(asking)) out.send(voter, message, 0);
  }

  private arm(now: number, out: Out): void {
    const wanted = this.askings.size > 0;
    if (wanted === this.retryArmed) return;
    this.retryArmed = wanted;
    out.timer(RETRY, wanted ? now + this.config.retryUs : Number.POSITIVE_INFINITY);
  }

  protected retry(now: number, out: Out): void {
    this.retryArmed = false;
    for (const asking of [...this.askings.values()]) {
      this.maybeShow(asking, now, out, true);
      if (this.givesUp(asking, now)) this.undecided(asking, out);
    }
    this.arm(now, out);
  }

  /** `remind`: tell those who have not been heard again, in any case. */
  private maybeShow(asking: Asking, now: number, out: Out, remind = false): void {
    if (asking.shown === null && this.mayShow(asking, now - asking.sinceUs)) {
      asking.shown = [...asking.answers.values()].sort((a, b) => a.voter - b.voter);
      this.remind(asking, out);
    } else if (remind) this.remind(asking, out);
  }

  /** An answer or a vote came: it is checked before it counts. */
  protected said(from: NodeId, message: Said, out: Out): void {
    const asking = this.askings.get(message.nonce);
    if (asking === undefined || !this.isAnswerTo(asking, message)) return this.drop('LC_NOT_ASKED');
    if (!this.isVoter(from)) return this.drop('LC_STRANGER');
    const { type, question, nonce, expiryUs, says, signature } = message;
    const known = type === 'answer' ? asking.answers.get(from) : asking.votes.get(from);
    if (known?.says === says || this.isBeingChecked(from, message)) return this.drop('LC_DUPLICATE');
    const statement = { step: type, voter: from, question, nonce, expiryUs, says, signature } as Statement;
    this.check({ kind: 'said', statement }, statement, out);
  }

  /** One of a kind at a time: a liar makes no more work than others do. */
  private isBeingChecked(from: NodeId, message: Said): boolean {
    for (const task of this.tasks.values()) {
      if (task.kind !== 'said') continue;
      const { statement } = task;
      if (statement.voter === from && statement.step === message.type && sameOccasion(statement, message)) return true;
    }
    return false;
  }

  protected saidChecked({ statement }: Extract<Task, { readonly kind: 'said' }>, valid: boolean, now: number, out: Out): void {
    if (!this.isGenuine(valid)) return this.drop('LC_SIGNATURE');
    this.hear(statement, out);
    const asking = this.askings.get(statement.nonce);
    // While it was checked, what it answers may have ended, and the same request come again: that is another occasion.
    if (asking === undefined || !this.isAnswerTo(asking, statement)) return this.drop('LC_NOT_ASKED');
    const { voter, signature } = statement;
    if (statement.step === 'answer') {
      if (!asking.answers.has(voter)) asking.answers.set(voter, { voter, says: statement.says, signature });
      this.maybeShow(asking, now, out);
      return;
    }
    if (!asking.votes.has(voter)) asking.votes.set(voter, { says: statement.says, signature });
    const verdict = this.decides(asking);
    if (verdict !== null) this.decided(asking, verdict, out);
    else if (asking.votes.size === this.config.voters.length) this.undecided(asking, out);
    this.arm(now, out);
  }

  protected refused(from: NodeId, message: Occasion & { readonly code: string }): void {
    const asking = this.askings.get(message.nonce);
    if (asking === undefined || !this.isAnswerTo(asking, message)) return this.drop('LC_NOT_ASKED');
    if (!this.isVoter(from) || message.code.length > LONGEST_TEXT) return this.drop('LC_STRANGER');
    asking.refusals.set(from, message.code);
  }

  private decided(asking: Asking, verdict: Verdict, out: Out): void {
    const { question, nonce, expiryUs, client, session, request: id } = asking;
    const votes = [...asking.votes]
      .filter(([, { says }]) => says === verdict)
      .map(([voter, { signature }]) => ({ voter, signature }))
      .sort((a, b) => a.voter - b.voter);
    const certificate: Certificate = { question, nonce, expiryUs, verdict, votes };
    this.end(asking);
    out.belief('decision', { question: questionKey(question), decision: verdict }, 0);
    out.indicate({ kind: 'decided', certificate });
    const value = { decision: verdict, certificate: certificate as unknown as Value };
    out.reply(client, { id, session, outcome: 'ok', value });
  }

  /** What was heard of a question is kept with its ballot, or while it is asked: no node remembers all that it ever heard. */
  private end({ nonce, question }: Asking): void {
    this.askings.delete(nonce);
    const key = questionKey(question);
    if (this.ballots.has(key) || [...this.askings.values()].some((other) => questionKey(other.question) === key)) return;
    this.forget(question);
  }

  private undecided(asking: Asking, out: Out): void {
    const { client, session, request: id } = asking;
    this.end(asking);
    // Others may still decide it: what was voted stays voted.
    out.reply(client, {
      id,
      session,
      outcome: 'info',
      code: 'LC_UNDECIDED',
      value: { decision: 'undecided', reasons: reasonsOf(asking, this) },
    });
  }
}

/** Who said what, in a sentence each. */
function reasonsOf({ answers, votes, refusals, shown }: Asking, asker: Asker): string[] {
  const { config } = asker;
  const names = (chosen: readonly NodeId[]): string => chosen.map((voter) => `voter ${voter}`).join(', ');
  const said = (says: string): NodeId[] => [...answers.values()].filter((answer) => answer.says === says).map(({ voter }) => voter);
  const reasons: string[] = [];
  for (const [says, word] of [
    ['ready', 'is ready'],
    ['not-ready', 'is not ready'],
  ] as const) {
    for (const voter of said(says).sort((a, b) => a - b)) reasons.push(`voter ${voter} ${word}`);
  }
  const silent = config.voters.filter((voter) => !answers.has(voter));
  for (const voter of silent) if (refusals.has(voter)) reasons.push(`voter ${voter} gave no answer (${refusals.get(voter)})`);
  const mute = silent.filter((voter) => !refusals.has(voter));
  if (mute.length > 0) reasons.push(`no valid answer from ${names(mute)}`);
  if (shown === null) return [...reasons, `${answers.size} of ${config.voters.length} answers are too few to go by`];
  const count = (verdict: Verdict): number => [...votes.values()].filter(({ says }) => says === verdict).length;
  return [...reasons, `${count('go')} voted go and ${count('abort')} abort, and ${asker.quorum()} alike are needed`];
}
