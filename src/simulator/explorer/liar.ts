/**
 * A Byzantine node for the explorer. It needs no state: whatever it does, all that others see of it is messages, so it is
 * the set of all that it may say, in flight from the start on a network without order. Each arrives at any time, at
 * most once, or never; that covers every behaviour within the repertoire, and nothing beyond it.
 */
import type { Effects, Input, Node, NodeId, Proof, Value } from '../../core/index.ts';

/** Something that it may say to one node. */
export interface Saying {
  readonly to: NodeId;
  /** What it proves with its own key; null: nothing. */
  readonly content: Value | null;
  readonly proof: Proof;
  /** The message under that proof (null where nothing is proved). */
  message(signature: Value): unknown;
}

export class LiarNode implements Node<unknown, unknown, unknown> {
  readonly #repertoire: readonly Saying[];
  readonly #habit: 'says all' | 'chooses';

  /** `chooses`: what it does not say is not even under way, for worlds that are judged once nothing is. */
  constructor(repertoire: readonly Saying[], habit: 'says all' | 'chooses' = 'says all') {
    this.#repertoire = repertoire;
    this.#habit = habit;
  }

  step(input: Input<unknown, unknown>, out: Effects<unknown, unknown, unknown>): void {
    if (input.kind === 'start') {
      this.#repertoire.forEach(({ to, content, proof, message }, i) => {
        if (this.#habit === 'chooses' && out.choose(2) === 0) return;
        if (content === null) out.send(to, message(null), 0);
        else out.sign(i + 1, content, proof);
      });
    } else if (input.kind === 'signed') {
      const said = this.#repertoire[input.token - 1];
      if (said !== undefined) out.send(said.to, said.message(input.signature), 0);
    }
  }

  clone(): LiarNode {
    return this;
  }

  encode(): void {}
}
