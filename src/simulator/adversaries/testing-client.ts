/** A client that believes no single server: f + 1 equal answers, at least one of them honest. It asks all servers, again and again. */
import {
  type Effects,
  encodeValue,
  type Input,
  type Node,
  type NodeId,
  type Reply,
  type Request,
  type Value,
  type Writer,
} from '../../core/index.ts';

const AGAIN_US = 100_000;

export class ToyVoter implements Node<never, never, never> {
  readonly id: NodeId;
  readonly servers: readonly NodeId[];
  #open: Request | null = null;
  readonly #answers = new Map<NodeId, string>();

  constructor(id: NodeId, servers: readonly NodeId[]) {
    this.id = id;
    this.servers = servers;
  }

  step(input: Input<never, never>, out: Effects<never, never, never>): void {
    if (input.kind === 'request') {
      this.#open = input.request;
      this.#answers.clear();
      this.#ask(input.now, out);
    } else if (input.kind === 'timer') this.#ask(input.now, out);
    else if (input.kind === 'reply' && this.#open !== null && input.reply.id === this.#open.id)
      this.#answered(input.from, input.reply, out);
  }

  #ask(now: number, out: Effects<never, never, never>): void {
    if (this.#open === null) return;
    for (const server of this.servers) out.request(server, { ...this.#open, session: this.id });
    out.timer(0, now + AGAIN_US);
  }

  #answered(from: NodeId, { id, outcome, value = null, revision = 0 }: Reply, out: Effects<never, never, never>): void {
    const answer = String(encodeValue([value, revision] as Value));
    this.#answers.set(from, answer);
    const alike = [...this.#answers.values()].filter((other) => other === answer).length;
    if (outcome !== 'ok' || alike <= Math.floor((this.servers.length - 1) / 3)) return;
    this.#open = null;
    out.timer(0, Number.POSITIVE_INFINITY);
    out.reply(0, { id, session: 0, outcome: 'ok', value, revision });
  }

  clone(): ToyVoter {
    throw new Error('the toy is not explored');
  }

  encode(w: Writer): void {
    w.uint(this.id);
  }
}
