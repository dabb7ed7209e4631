/**
 * What the vote promises, checked at the moment it is said, by what honest servers send, write and indicate: one answer
 * and one vote a question, on disk first, not after the expiry, following from a set that was shown; certificates made
 * of votes; no two certificates possible that contradict each other; go only if enough honest services were ready;
 * nobody convicted who did not lie. Rules of askers are in vote-conduct.ts.
 */
import { InvariantViolation, type NodeId } from '../../../core/index.ts';
import {
  type Answer,
  type Certificate,
  type Occasion,
  type Question,
  questionKey,
  type SignedAnswer,
  type Verdict,
  type VoteConfig,
  type VoteIndication,
  type VoteMessage,
  type VoteNode,
  type VoteRecord,
} from '../../../protocols/vote/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { type AnyNode, Invariants, type Reach } from '../../subject.ts';
import { AskerConduct } from './vote-conduct.ts';

function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

type Said = Extract<VoteMessage, { readonly type: 'answer' | 'vote' }>;
type Step = Said['type'];

const occasionKey = ({ question, nonce, expiryUs }: Occasion): string => `${nonce} ${expiryUs} ${questionKey(question)}`;
const at = (id: NodeId, question: Question): string => `${id} ${questionKey(question)}`;
const toldKey = (voter: NodeId, step: Step, says: string, occasion: Occasion): string =>
  `${voter} ${step} ${says} ${occasionKey(occasion)}`;

/** n = 3f + 1: 2f + 1; in general more than half of voters and liars together. */
const quorumFor = ({ voters, faults }: VoteConfig): number => Math.ceil((voters.length + faults + 1) / 2);

export class VoteWatch extends Invariants {
  readonly #reach: Reach;
  readonly #world: WatchedWorld;
  readonly #own: boolean;
  readonly #conduct: AskerConduct;
  #config: VoteConfig | null = null;
  /** What honest voters have said and what their disks hold, by voter and question. */
  readonly #said = { answer: new Map<string, string>(), vote: new Map<string, string>() };
  readonly #durable = { answer: new Map<string, string>(), vote: new Map<string, string>() };
  /** Everything that honest voters said, to whom. */
  readonly #told = new Set<string>();
  /** Everything that voters, liars too, said to an asker in so many words: it must not count anything else. */
  readonly #heard = new Set<string>();
  readonly #firstAsker = new Map<string, NodeId>();
  /** Whom to answer: questions and sets that came before they expired. */
  readonly #invited = new Set<string>();
  /** What the sets shown to a voter let it say. */
  readonly #grounds = new Set<string>();
  readonly #votes = new Map<string, Map<NodeId, Verdict>>();
  readonly #decided = new Map<string, Verdict>();
  readonly #askers = new Map<string, NodeId>();
  readonly #restarted = new Set<NodeId>();
  /** Promises rest on disks: none is held to them once one was lost. */
  #diskLost = false;

  constructor(reach: Reach, world: WatchedWorld, own: boolean) {
    super();
    this.#reach = reach;
    this.#world = world;
    this.#own = own;
    this.#conduct = new AskerConduct(world);
  }

  override stepped(id: NodeId, node: AnyNode): void {
    this.#config ??= (node as unknown as VoteNode).config;
    if (this.#own) this.#conduct.stepped(id, node as unknown as VoteNode);
  }

  override written(id: NodeId, record: unknown): void {
    const { type, question, says } = record as VoteRecord;
    this.#durable[type === 'answered' ? 'answer' : 'vote'].set(at(id, question), says);
  }

  override restarted(id: NodeId): void {
    this.#restarted.add(id);
    this.#conduct.forget(id);
  }

  override clockJumped(id: NodeId): void {
    this.#conduct.forget(id);
  }

  override diskLost(): void {
    this.#diskLost = true;
  }

  override received(id: NodeId, from: NodeId, message: unknown): void {
    const m = message as VoteMessage;
    if (m.type === 'answer' || m.type === 'vote') this.#heard.add(`${id} ${toldKey(from, m.type, m.says, m)}`);
    if ((m.type !== 'ask' && m.type !== 'show') || this.#config === null) return;
    if (this.#world.localNow(id) > m.expiryUs + this.#config.skewUs) return;
    this.#invited.add(`${m.type} ${id} ${from} ${occasionKey(m)}`);
    if (m.type !== 'show') return;
    const verdict = this.#groundsOf(m, m.answers, this.#config);
    if (verdict !== null) this.#grounds.add(`${at(id, m.question)} ${verdict}`);
  }

  /** What follows from a set, if nobody made it up: what liars said in it, they may have said. */
  #groundsOf(occasion: Occasion, answers: readonly SignedAnswer[], config: VoteConfig): Verdict | null {
    const voters = new Set(answers.map(({ voter }) => voter));
    if (voters.size < answers.length || [...voters].some((voter) => !config.voters.includes(voter))) return null;
    const genuine = ({ voter, says }: SignedAnswer): boolean =>
      this.lies(voter) || this.#told.has(toldKey(voter, 'answer', says, occasion));
    if (!answers.every(genuine)) return null;
    const ready = answers.filter(({ says }) => says === 'ready').length;
    const majority = occasion.question.strategy === 'majority_ready_or_abort';
    if (ready >= (majority ? quorumFor(config) : config.voters.length)) return 'go';
    return answers.length >= config.voters.length - config.faults ? 'abort' : null;
  }

  override sent(from: NodeId, to: NodeId, message: unknown): void {
    const m = message as VoteMessage;
    if (m.type === 'ask') this.#asks(from, m);
    if (m.type === 'answer' || m.type === 'vote') this.#says(from, to, m);
    if (!this.#own || this.#config === null) return;
    if (m.type === 'ask') this.#conduct.asks(from, m, this.#config);
    if (m.type !== 'show') return;
    const verdict = this.#groundsOf(m, m.answers, this.#config);
    const heard = m.answers.every(({ voter, says }) => this.#heard.has(`${from} ${toldKey(voter, 'answer', says, m)}`));
    if (verdict === null || !heard)
      fail('set-genuine', `n${from} shows n${to} answers to ${m.question.id} from which nothing follows, or that nobody gave it`);
    this.#conduct.shows(from, m, verdict, this.#config);
  }

  #asks(from: NodeId, { question }: Occasion): void {
    const key = questionKey(question);
    const first = this.#askers.get(key);
    if (first === undefined) this.#askers.set(key, from);
    else if (first !== from) this.#reach('asked-by-two');
  }

  #says(from: NodeId, to: NodeId, m: Said): void {
    const key = at(from, m.question);
    const before = this.#said[m.type].get(key);
    const asker = `${m.type} ${key}`;
    const firstAsker = this.#firstAsker.get(asker);
    if (firstAsker === undefined) this.#firstAsker.set(asker, to);
    else if (firstAsker !== to) this.#reach('answer-given-again');
    if (before !== undefined && this.#restarted.has(from)) this.#reach('restarted-voter-spoke');
    if (before === undefined) this.#said[m.type].set(key, m.says);
    this.#told.add(toldKey(from, m.type, m.says, m));
    if (this.#own && !this.#diskLost) this.#keepsItsWord(from, to, m, key, before);
    if (m.type === 'vote') this.#votesFor(from, m.question, m.says);
  }

  #keepsItsWord(from: NodeId, to: NodeId, m: Said, key: string, before: string | undefined): void {
    const what = `${m.says} to ${m.question.id}`;
    if (before !== undefined && before !== m.says) fail(`${m.type}-kept`, `n${from} says ${what}, and said ${before} before`);
    const durable = this.#durable[m.type].get(key);
    if (durable !== m.says) fail(`${m.type}-durable`, `n${from} says ${what}, and its disk knows ${durable ?? 'nothing of it'}`);
    const invitation = m.type === 'answer' ? 'ask' : 'show';
    if (!this.#invited.has(`${invitation} ${from} ${to} ${occasionKey(m)}`))
      fail('not-after-expiry', `n${from} says ${what} to n${to}, who had not asked it so before the expiry`);
    if (m.type === 'vote' && !this.#grounds.has(`${key} ${m.says}`))
      fail('vote-grounded', `n${from} votes ${what}, which follows from no set of answers that it was shown`);
  }

  /** Two certificates that contradict each other must not be possible, whoever holds the votes in his hands. */
  #votesFor(voter: NodeId, question: Question, says: Verdict): void {
    const key = questionKey(question);
    let votes = this.#votes.get(key);
    if (votes === undefined) {
      votes = new Map();
      this.#votes.set(key, votes);
    }
    if (votes.get(voter) === says) return;
    votes.set(voter, says);
    const honest = [...votes].filter(([id]) => !this.lies(id));
    const go = honest.filter(([, each]) => each === 'go').length;
    const abort = honest.length - go;
    if (go > 0 && abort > 0) this.#reach('votes-split');
    const config = this.#config as VoteConfig;
    const liars = config.voters.filter((id) => this.lies(id)).length;
    const quorum = quorumFor(config);
    if (this.#own && go + liars >= quorum && abort + liars >= quorum)
      fail('agreement', `of ${question.id} go and abort can both be proved: ${go} and ${abort} votes, and ${liars} liars`);
  }

  override indicated(id: NodeId, indication: unknown): void {
    const told = indication as VoteIndication;
    if (told.kind === 'decided') this.#decides(id, told.certificate);
    else if (this.lies(told.evidence.voter)) this.#reach('equivocation-seen');
    else if (this.#own && !this.#diskLost) fail('convicts-only-guilty', `n${id} convicts n${told.evidence.voter}, who said one thing only`);
  }

  #decides(id: NodeId, certificate: Certificate): void {
    const { question, verdict } = certificate;
    this.#reach(`decided-${verdict}`);
    if (!this.#own) return;
    this.#certified(id, certificate, this.#config as VoteConfig);
    const key = questionKey(question);
    const other = this.#decided.get(key);
    if (other !== undefined && other !== verdict)
      fail('agreement', `n${id} decides ${verdict} of ${question.id}, which was decided ${other}`);
    this.#decided.set(key, verdict);
    if (verdict === 'go') this.#isValid(question, this.#config as VoteConfig);
  }

  #certified(id: NodeId, certificate: Certificate, config: VoteConfig): void {
    const { question, verdict, votes } = certificate;
    const voters = new Set(votes.map(({ voter }) => voter));
    const proved = [...voters].filter((voter) => this.lies(voter) || this.#told.has(toldKey(voter, 'vote', verdict, certificate)));
    const heard = proved.filter((voter) => this.#heard.has(`${id} ${toldKey(voter, 'vote', verdict, certificate)}`));
    const members = heard.filter((voter) => config.voters.includes(voter));
    if (members.length < quorumFor(config) || members.length < votes.length)
      fail(
        'decision-certified',
        `n${id} decides ${verdict} of ${question.id} by ${votes.length} votes, ${members.length} of which were cast for it`,
      );
    if (!certificate.nonce.startsWith(`${id}/`))
      fail('decision-certified', `n${id} decides by votes that were cast for ${certificate.nonce}`);
  }

  #isValid(question: Question, config: VoteConfig): void {
    const honest = config.voters.filter((voter) => !this.lies(voter));
    const ready = honest.filter((voter) => (this.#said.answer.get(at(voter, question)) as Answer | undefined) === 'ready').length;
    const liars = config.voters.length - honest.length;
    const majority = question.strategy === 'majority_ready_or_abort';
    const needed = majority ? quorumFor(config) : config.voters.length;
    if (ready + liars < needed)
      fail('validity', `${question.id} was decided go, and of ${honest.length} honest services ${ready} are ready`);
  }
}
