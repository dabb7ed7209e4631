/**
 * What both roles stand on: slow work by token (signatures to make and to check, the service that is asked), the count
 * of what was dropped, the checks of any message. Nothing that a message says is believed before its check is back.
 */
import type { Effects, NodeId, Token, Value } from '../../core/index.ts';
import { type Certificate, compareStatements, type Equivocation } from './certificate.ts';
import { checkElectorate, quorumOf, type VoteConfig } from './config.ts';
import type { VoteMessage, VoteRecord } from './message.ts';
import { contentOf, isOccasion, type Occasion, type Question, questionKey, type SignedAnswer, type Statement } from './statement.ts';

/** Told to the module above, or the host. */
export type VoteIndication =
  | { readonly kind: 'decided'; readonly certificate: Certificate }
  | { readonly kind: 'equivocation'; readonly evidence: Equivocation };

export type Out = Effects<VoteMessage, VoteRecord, VoteIndication>;

/** Work under way, by token. */
export type Task =
  | { readonly kind: 'ready'; readonly key: string }
  | { readonly kind: 'sign'; readonly to: NodeId; readonly statement: Omit<Statement, 'signature'>; readonly after: Token }
  /** One signature of a set that was shown: `show` names the set. */
  | { readonly kind: 'shown'; readonly show: string; readonly answer: SignedAnswer }
  /** What a voter said to this asker. */
  | { readonly kind: 'said'; readonly statement: Statement };

const heardKey = (voter: NodeId, step: Statement['step'], question: Question): string => `${voter} ${step} ${questionKey(question)}`;

export abstract class VoteBase {
  readonly id: NodeId;
  readonly config: VoteConfig;
  /** Messages that were dropped, by code. Nothing depends on it. */
  readonly dropped = new Map<string, number>();
  protected nextToken: Token = 1;
  protected tasks = new Map<Token, Task>();
  /** What others were seen to have said, the first of each: `voter step question`. */
  protected heard = new Map<string, Statement>();
  /** Who was convicted, and of what: told once. */
  protected convicted = new Set<string>();

  /** @throws LC_USAGE for an electorate that cannot be */
  constructor(id: NodeId, config: VoteConfig) {
    checkElectorate(config);
    this.id = id;
    this.config = config;
  }

  // Decisions, each in one place, so that a mutant can get one wrong.

  /** Decision: so many matching votes decide, and so many ready answers let a majority go. */
  quorum(): number {
    return quorumOf(this.config);
  }

  /** Decision: who may answer and vote. */
  isVoter(node: NodeId): boolean {
    return this.config.voters.includes(node);
  }

  /** Decision: is it too late to say anything about this? */
  hasExpired({ expiryUs }: Occasion, now: number): boolean {
    return now > expiryUs + this.config.skewUs;
  }

  /** Decision: what the host says of a signature counts. */
  isGenuine(valid: boolean): boolean {
    return valid;
  }

  protected task(task: Task): Token {
    const token = this.nextToken++;
    this.tasks.set(token, task);
    return token;
  }

  protected endTask(token: Token): Task | null {
    const task = this.tasks.get(token) ?? null;
    this.tasks.delete(token);
    return task;
  }

  protected drop(code: string): void {
    this.dropped.set(code, (this.dropped.get(code) ?? 0) + 1);
  }

  /** No message is worth more work than this node has room for. */
  protected wellFormed(message: VoteMessage): boolean {
    if (!isOccasion(message)) return false;
    return message.type !== 'show' || message.answers.length <= this.config.voters.length;
  }

  protected sign(to: NodeId, statement: Omit<Statement, 'signature'>, after: Token, out: Out): void {
    const token = this.task({ kind: 'sign', to, statement, after });
    out.sign(token, contentOf(statement.step, statement, statement.says), 'signature');
  }

  protected check(task: Task, statement: Statement, out: Out): void {
    const { voter, signature, step, says } = statement;
    out.verify(this.task(task), voter, contentOf(step, statement, says), signature as Value, 'signature');
  }

  /** A genuine statement of another: does it belie an earlier one? */
  protected hear(statement: Statement, out: Out): void {
    if (!this.config.convicts) return;
    const key = heardKey(statement.voter, statement.step, statement.question);
    const earlier = this.heard.get(key);
    if (earlier === undefined) {
      this.heard.set(key, statement);
      return;
    }
    const [evidence] = compareStatements([earlier, statement]);
    if (evidence === undefined || this.convicted.has(key)) return;
    this.convicted.add(key);
    out.indicate({ kind: 'equivocation', evidence });
  }

  protected forget(question: Question): void {
    for (const voter of this.config.voters) {
      for (const step of ['answer', 'vote'] as const) {
        const key = heardKey(voter, step, question);
        this.heard.delete(key);
        this.convicted.delete(key);
      }
    }
  }
}
