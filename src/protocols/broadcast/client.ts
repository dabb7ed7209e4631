/**
 * A client as the one who opens games: it tells each player what that player is to know (its part), and waits until enough
 * of them give the same answer. It opens each game once: a game asked for twice would be two. `info`: too few answered alike.
 */
import type { Effects, Input, Node, NodeId, Request, Value, Writer } from '../../core/index.ts';
import { equalValues } from '../../core/index.ts';

/**
 * What each player of a game is told, an object by player; who is not named is told nothing. `silent` are those who were
 * told something of the last game and did not answer, when it was given up.
 */
export type Deal = (
  op: Value,
  players: readonly NodeId[],
  choose: (n: number) => number,
  silent: ReadonlySet<NodeId>,
) => ReadonlyMap<NodeId, Value>;

export interface GameClientConfig {
  readonly players: readonly NodeId[];
  readonly deal: Deal;
  /** Equal answers that are enough; fewer when fewer were told. */
  readonly enough: number;
  readonly giveUpUs: number;
  /** The next game is opened so long after the last one at the earliest; 0 unless said otherwise. */
  readonly leastUs?: number;
  /** Distinguishes this client's lives. */
  readonly incarnation: number;
}

const GIVE_UP = 0;
const REST = 1;
export const gameClientTimers: readonly string[] = ['give-up', 'rest'];

interface Answer {
  readonly outcome: 'ok' | 'info';
  readonly value?: Value;
  readonly code?: string;
}

export class GameClient implements Node<never, never, never> {
  readonly id: NodeId;
  readonly config: GameClientConfig;
  #asked: Request | null = null;
  #sent = 0;
  #told: readonly NodeId[] = [];
  #silent: ReadonlySet<NodeId> = new Set();
  #answers = new Map<NodeId, Value>();
  /** What is to be answered once the rest is over. */
  #answer: Answer | null = null;
  #restUntilUs = 0;

  constructor(id: NodeId, config: GameClientConfig) {
    this.id = id;
    this.config = config;
  }

  step(input: Input<never, never>, out: Effects<never, never, never>): void {
    const { incarnation, players, giveUpUs, deal, enough } = this.config;
    if (input.kind === 'request') {
      const { id, session } = input.request;
      if (this.#asked !== null) return out.reply(0, { id, session, outcome: 'fail', code: 'LC_OVERLOADED' });
      this.#asked = input.request;
      this.#sent += 1;
      this.#answers.clear();
      this.#restUntilUs = input.now + (this.config.leastUs ?? 0);
      out.timer(GIVE_UP, input.now + giveUpUs);
      const parts = deal(input.request.op, players, (n) => out.choose(n), this.#silent);
      this.#told = [...parts.keys()];
      const game = `${this.id}.${incarnation}.${this.#sent}`;
      for (const [player, part] of parts) {
        const op = { ...(part as { readonly [name: string]: Value }), game, players: players.length };
        out.request(player, { id: this.#sent, session: incarnation, op, mode: 'write' });
      }
    } else if (input.kind === 'reply' && this.#asked !== null && this.#answer === null) {
      const { id, session, outcome, value } = input.reply;
      if (id !== this.#sent || session !== incarnation || outcome !== 'ok') return;
      this.#answers.set(input.from, value ?? null);
      for (const answer of this.#answers.values()) {
        const alike = [...this.#answers.values()].filter((other) => equalValues(other, answer)).length;
        if (alike >= Math.min(enough, this.#told.length)) return this.#rest({ outcome: 'ok', value: answer }, input.now, out);
      }
    } else if (input.kind === 'timer' && this.#asked !== null) this.#finish(this.#answer ?? { outcome: 'info', code: 'LC_TIMEOUT' }, out);
  }

  #rest(answer: Answer, now: number, out: Effects<never, never, never>): void {
    if (now >= this.#restUntilUs) return this.#finish(answer, out);
    this.#answer = answer;
    out.timer(GIVE_UP, Number.POSITIVE_INFINITY);
    out.timer(REST, this.#restUntilUs);
  }

  #finish(answer: Answer, out: Effects<never, never, never>): void {
    const { id, session } = this.#asked as Request;
    this.#silent = new Set(answer.outcome === 'info' ? this.#told.filter((player) => !this.#answers.has(player)) : []);
    this.#asked = null;
    this.#answer = null;
    out.timer(GIVE_UP, Number.POSITIVE_INFINITY);
    out.timer(REST, Number.POSITIVE_INFINITY);
    out.reply(0, { id, session, ...answer });
  }

  clone(): GameClient {
    const copy = new GameClient(this.id, this.config);
    copy.#asked = this.#asked;
    copy.#sent = this.#sent;
    copy.#told = this.#told;
    copy.#silent = this.#silent;
    copy.#answers = new Map(this.#answers);
    copy.#answer = this.#answer;
    copy.#restUntilUs = this.#restUntilUs;
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.#sent);
    for (const players of [this.#told, this.#silent]) w.value([...players]);
    w.bool(this.#asked !== null);
    if (this.#asked !== null) w.uint(this.#asked.id);
    w.value(this.#answer === null ? null : { ...this.#answer });
    w.uint(this.#answers.size);
    for (const [player, value] of this.#answers) {
      w.uint(player);
      w.value(value);
    }
  }
}
