/**
 * A client of the chain as a step machine: it hands its payment to one node and waits until that node calls it confirmed;
 * if that takes too long it hands the same payment to another one: a transaction is the same wherever it is handed in, so
 * nothing is paid twice. `fail`: another payment of the same coin was confirmed. `info`: nobody told.
 */
import type { Effects, Input, Node, NodeId, Reply, Request, Writer } from '../../core/index.ts';

export interface ChainClientConfig {
  readonly servers: readonly NodeId[];
  /** One try: after this, another node. */
  readonly attemptUs: number;
  /** All tries together. */
  readonly giveUpUs: number;
  /** Distinguishes this client's lives. */
  readonly incarnation: number;
}

const TRY = 0;
const GIVE_UP = 1;
export const chainClientTimers: readonly string[] = ['try', 'give-up'];

type Out = Effects<never, never, never>;

export class ChainClient implements Node<never, never, never> {
  readonly id: NodeId;
  readonly config: ChainClientConfig;
  /** What was asked of us, null when idle. */
  #asked: Request | null = null;
  #sent = 0;
  #server: NodeId = 0;

  constructor(id: NodeId, config: ChainClientConfig) {
    this.id = id;
    this.config = config;
  }

  step(input: Input<never, never>, out: Out): void {
    switch (input.kind) {
      case 'request':
        return this.#begin(input.request, input.now, out);
      case 'reply':
        if (this.#asked !== null && input.reply.session === this.config.incarnation && input.reply.id === this.#sent)
          this.#finish(input.reply, out);
        return;
      case 'timer':
        if (this.#asked === null) return;
        if (input.timer === GIVE_UP) this.#finish({ id: 0, session: 0, outcome: 'info', code: 'LC_TIMEOUT' }, out);
        else this.#try(input.now, out);
    }
  }

  #begin(request: Request, now: number, out: Out): void {
    const { id, session } = request;
    if (this.#asked !== null) return out.reply(0, { id, session, outcome: 'fail', code: 'LC_OVERLOADED' });
    this.#asked = request;
    this.#sent += 1;
    out.timer(GIVE_UP, now + this.config.giveUpUs);
    this.#try(now, out);
  }

  /** Another node than the last one, where there is one. */
  #try(now: number, out: Out): void {
    const { servers, attemptUs, incarnation } = this.config;
    const others = servers.filter((server) => server !== this.#server);
    const from = others.length === 0 ? servers : others;
    this.#server = from[out.choose(from.length)] as NodeId;
    out.timer(TRY, now + attemptUs);
    out.request(this.#server, { ...(this.#asked as Request), id: this.#sent, session: incarnation });
  }

  #finish(reply: Reply, out: Out): void {
    const { id, session } = this.#asked as Request;
    this.#asked = null;
    out.timer(TRY, Number.POSITIVE_INFINITY);
    out.timer(GIVE_UP, Number.POSITIVE_INFINITY);
    out.reply(0, { ...reply, id, session });
  }

  clone(): ChainClient {
    const copy = new ChainClient(this.id, this.config);
    copy.#asked = this.#asked;
    copy.#sent = this.#sent;
    copy.#server = this.#server;
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.#sent);
    w.uint(this.#server);
    w.bool(this.#asked !== null);
    if (this.#asked !== null) {
      w.uint(this.#asked.id);
      w.uint(this.#asked.session);
      w.value(this.#asked.op);
    }
  }
}
