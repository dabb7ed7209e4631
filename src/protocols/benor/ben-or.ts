/**
 * Ben-Or's protocol for processes that may stop (Ben-Or 1983, protocol A). In a round each process reports its bit, waits
 * for n - t reports and proposes a bit that more than half of all hold; then waits for n - t proposals: t + 1 for a bit
 * decide it, one makes it its own, none leaves it to a coin. Two bits are never both proposed in a round, for majorities
 * meet; and once one is decided, all hold it in the next round.
 */
import type { Effects, Input, Node, NodeId, Writer } from '../../core/index.ts';
import { type BenOrMessage, type Bit, messageSchema } from './message.ts';

export interface BenOrConfig {
  readonly input: Bit;
  /** So many of the others may stop: fewer than half of all. */
  readonly stopped: number;
}

type Out = Effects<BenOrMessage, never, never>;

/** No majority. */
const NONE = 2;
/** Messages of rounds so far ahead are dropped: nobody honest is there. */
const AHEAD = 1000;

export class BenOr implements Node<BenOrMessage, never, never> {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  readonly config: BenOrConfig;
  round = 0;
  phase: BenOrMessage['type'] = 'report';
  value: Bit;
  decided: Bit | null = null;
  /** What most reports of this round said. */
  lean: Bit = 0;
  /** Malformed, foreign or repeated messages: dropped. */
  dropped = 0;
  /** Values by `round type`, then by sender; of this round and later ones. */
  #heard = new Map<string, Map<NodeId, number>>();

  constructor(id: NodeId, peers: readonly NodeId[], config: BenOrConfig) {
    this.id = id;
    this.peers = peers;
    this.config = config;
    this.value = config.input;
  }

  step(input: Input<BenOrMessage, never>, out: Out): void {
    if (input.kind === 'start') this.#begin(1, out);
    else if (input.kind === 'message' && this.accepts(input.from, input.message)) this.#hear(input.from, input.message, out);
    else this.dropped++;
  }

  /** Decision: which messages count: one of each kind from each process of the group, of this round or one after it. */
  accepts(from: NodeId, { type, round, value }: BenOrMessage): boolean {
    const known = type === 'report' ? value === 0 || value === 1 : value >= 0 && value <= NONE;
    const past = round < this.round || (round === this.round && type === 'report' && this.phase === 'propose');
    if (!known || past || round > this.round + AHEAD || !this.peers.includes(from)) return false;
    return this.#heard.get(`${round} ${type}`)?.has(from) !== true;
  }

  /** Decision: wait for so many, for the others may have stopped. */
  enough(): number {
    return this.peers.length - this.config.stopped;
  }

  /** Decision: what is proposed after these reports. */
  proposal(reports: readonly number[]): number {
    for (const bit of [0, 1]) if (reports.filter((value) => value === bit).length * 2 > this.peers.length) return bit;
    return NONE;
  }

  /** Decision: is it decided? More proposals than there are processes that may stop. */
  decides(bit: Bit, proposals: readonly number[]): boolean {
    return proposals.filter((value) => value === bit).length > this.config.stopped;
  }

  /** Decision: what to hold when nobody proposed anything. `lean`: what most of this round's reports said, 0 where as many said each. */
  coin(out: Out, _lean: Bit): Bit {
    return out.choose(2) as Bit;
  }

  #begin(round: number, out: Out): void {
    this.round = round;
    out.belief('epoch', round, round);
    this.#say('report', this.value, out);
  }

  /** Its own word counts at once: nothing stands between a process and itself. */
  #say(type: BenOrMessage['type'], value: number, out: Out): void {
    this.phase = type;
    const message: BenOrMessage = { type, round: this.round, value };
    for (const peer of this.peers) if (peer !== this.id) out.send(peer, message, 0);
    this.#hear(this.id, message, out);
  }

  #hear(from: NodeId, { type, round, value }: BenOrMessage, out: Out): void {
    const key = `${round} ${type}`;
    const heard = this.#heard.get(key) ?? new Map<NodeId, number>();
    this.#heard.set(key, heard);
    heard.set(from, value);
    this.#advance(out);
  }

  #advance(out: Out): void {
    const heard = this.#heard.get(`${this.round} ${this.phase}`);
    if (heard === undefined || heard.size < this.enough()) return;
    const values = [...heard.values()];
    if (this.phase === 'report') {
      this.#heard.delete(`${this.round} report`);
      this.lean = values.filter((each) => each === 1).length * 2 > values.length ? 1 : 0;
      this.#say('propose', this.proposal(values), out);
      return;
    }
    this.#heard.delete(`${this.round} propose`);
    const bit = values.find((each) => each !== NONE) as Bit | undefined;
    if (bit !== undefined && this.decided === null && this.decides(bit, values)) {
      this.decided = bit;
      out.belief('decision', bit, this.round);
    }
    this.value = bit ?? this.coin(out, this.lean);
    this.#begin(this.round + 1, out);
  }

  clone(): BenOr {
    const copy = new (this.constructor as typeof BenOr)(this.id, this.peers, this.config);
    copy.round = this.round;
    copy.phase = this.phase;
    copy.value = this.value;
    copy.decided = this.decided;
    copy.lean = this.lean;
    copy.dropped = this.dropped;
    copy.#heard = new Map([...this.#heard].map(([key, heard]) => [key, new Map(heard)]));
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.round);
    w.uint(this.value);
    w.uint(this.decided ?? NONE);
    w.uint(this.lean);
    w.uint(this.dropped);
    messageSchema.write(w, { type: this.phase, round: this.round, value: this.value });
    const keys = [...this.#heard.keys()].sort();
    w.uint(keys.length);
    for (const key of keys) {
      w.text(key);
      const heard = [...(this.#heard.get(key) as Map<NodeId, number>)].sort(([a], [b]) => a - b);
      w.uint(heard.length);
      for (const [from, value] of heard) {
        w.uint(from);
        w.uint(value);
      }
    }
  }
}

/** Without a coin it leans to what most said: deterministic, and so, asynchronous as it is, it need never decide. */
export class CoinlessBenOr extends BenOr {
  override coin(_out: Out, lean: Bit): Bit {
    return lean;
  }
}
