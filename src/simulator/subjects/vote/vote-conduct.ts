/**
 * How an honest asker behaves, by its own clock: it shows one set of answers only, not before it has waited for those
 * that could still change it, and it ends. None of it matters to agreement; an asker without manners splits votes,
 * aborts what could go, or keeps clients waiting for ever.
 */
import { InvariantViolation, type NodeId } from '../../../core/index.ts';
import { questionKey, type Verdict, type VoteConfig, type VoteMessage, type VoteNode } from '../../../protocols/vote/index.ts';
import type { WatchedWorld } from '../../observer.ts';

type Ask = Extract<VoteMessage, { readonly type: 'ask' }>;
type Show = Extract<VoteMessage, { readonly type: 'show' }>;

interface Asked {
  readonly sinceUs: number;
  /** The set that was shown; '' while none was. */
  shown: string;
}

export class AskerConduct {
  readonly #world: WatchedWorld;
  readonly #asked = new Map<NodeId, Map<string, Asked>>();
  /** The question that a node ought to have given up, and when it was first seen to have not. */
  readonly #overdue = new Map<NodeId, { readonly nonce: string; readonly sinceUs: number }>();

  constructor(world: WatchedWorld) {
    this.#world = world;
  }

  /** It died, or its clock jumped: what it had begun is not held against it. */
  forget(id: NodeId): void {
    this.#asked.delete(id);
    this.#overdue.delete(id);
  }

  /** What was asked before its clock jumped, or before it was watched, is not judged: then its first sending is not seen. */
  asks(id: NodeId, { nonce, expiryUs }: Ask, { lifetimeUs }: VoteConfig): void {
    const sinceUs = this.#world.localNow(id);
    if (expiryUs - lifetimeUs !== sinceUs) return;
    let all = this.#asked.get(id);
    if (all === undefined) {
      all = new Map();
      this.#asked.set(id, all);
    }
    // A client may ask again what was ended already: then it lives longer.
    const key = `${nonce} ${expiryUs}`;
    if (!all.has(key)) all.set(key, { sinceUs, shown: '' });
  }

  shows(id: NodeId, { nonce, expiryUs, question, answers }: Show, verdict: Verdict, config: VoteConfig): void {
    const asked = this.#asked.get(id)?.get(`${nonce} ${expiryUs}`);
    if (asked === undefined) return;
    const set = JSON.stringify(answers.map(({ voter, says }) => [voter, says]));
    if (asked.shown !== '' && asked.shown !== set)
      throw new InvariantViolation('one-set', `n${id} shows two sets of answers to ${questionKey(question)}`);
    const first = asked.shown === '';
    asked.shown = set;
    if (!first || verdict === 'go') return;
    const refused = answers.filter(({ says }) => says === 'not-ready').length;
    const needed =
      question.strategy === 'majority_ready_or_abort' ? Math.ceil((config.voters.length + config.faults + 1) / 2) : config.voters.length;
    const couldGo = config.voters.length - refused >= needed && answers.length < config.voters.length;
    const waitedUs = this.#world.localNow(id) - asked.sinceUs;
    if (couldGo && waitedUs < config.patienceUs)
      throw new InvariantViolation(
        'asker-patient',
        `n${id} lets ${question.id} abort after ${waitedUs} us, while others could still be ready`,
      );
  }

  /** The oldest question that a node asks: after a pause its timer comes at once, so what is overdue twice is overdue. */
  stepped(id: NodeId, { askings, config }: VoteNode): void {
    const [oldest] = askings.values();
    const now = this.#world.localNow(id);
    if (oldest === undefined || now - oldest.sinceUs <= config.timeoutUs + 2 * config.retryUs) {
      if (this.#overdue.size > 0) this.#overdue.delete(id);
      return;
    }
    const before = this.#overdue.get(id);
    if (before?.nonce !== oldest.nonce) this.#overdue.set(id, { nonce: oldest.nonce, sinceUs: now });
    else if (now - before.sinceUs > 3 * config.retryUs)
      throw new InvariantViolation('asker-gives-up', `n${id} has asked ${oldest.question.id} for ${now - oldest.sinceUs} us and goes on`);
  }
}
