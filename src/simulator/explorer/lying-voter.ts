/**
 * A voter that lies in every way that the explorer can tell apart: to each question and each set, from whomever, it says one
 * thing, or the other, or nothing, all validly signed in its own name. It has no memory, so that worlds stay small.
 */
import type { Effects, Input, Node, NodeId, Writer } from '../../core/index.ts';
import {
  contentOf,
  type Occasion,
  type Statement,
  type VoteIndication,
  type VoteMessage,
  type VoteRecord,
} from '../../protocols/vote/index.ts';

type Out = Effects<VoteMessage, VoteRecord, VoteIndication>;
type Said = Pick<Statement, 'step' | 'says'> & { readonly to: NodeId; readonly occasion: Occasion };

const TOKEN = 1;

export class LyingVoter implements Node<VoteMessage, VoteRecord, VoteIndication> {
  readonly id: NodeId;
  /** What is being signed: in the explorer signatures are there before the step ends. */
  #saying: Said | null = null;

  constructor(id: NodeId) {
    this.id = id;
  }

  step(input: Input<VoteMessage, VoteRecord>, out: Out): void {
    if (input.kind === 'message') this.#hear(input.from, input.message, out);
    else if (input.kind === 'signed' && this.#saying !== null) {
      const { to, step, says, occasion } = this.#saying;
      this.#saying = null;
      out.send(to, { type: step, ...occasion, says, signature: input.signature } as VoteMessage, 0);
    }
  }

  #hear(from: NodeId, message: VoteMessage, out: Out): void {
    if (message.type !== 'ask' && message.type !== 'show') return;
    const step = message.type === 'ask' ? 'answer' : 'vote';
    const says = [null, ...(step === 'answer' ? (['ready', 'not-ready'] as const) : (['go', 'abort'] as const))][out.choose(3)] ?? null;
    if (says === null) return;
    const { question, nonce, expiryUs } = message;
    this.#saying = { to: from, step, says, occasion: { question, nonce, expiryUs } } as Said;
    out.sign(TOKEN, contentOf(step, message, says), 'signature');
  }

  clone(): LyingVoter {
    const copy = new LyingVoter(this.id);
    copy.#saying = this.#saying;
    return copy;
  }

  encode(w: Writer): void {
    w.bool(this.#saying !== null);
  }
}
