/**
 * A node that may lie, for the explorer: with every message that it sends it chooses whether to send what the protocol says
 * or another one, and the explorer follows both. It stands around an honest node: protocols have no liars in them.
 */
import type { Effects, Input, NodeId, Writer } from '../../core/index.ts';
import type { AnyNode } from './local-state.ts';

/** The lies that may stand in place of a message; none: it is always told. */
export type Lies = (message: unknown) => readonly unknown[];

type Out = Effects<unknown, unknown, unknown>;

export class Traitor implements AnyNode {
  readonly #node: AnyNode;
  readonly #lies: Lies;

  constructor(node: AnyNode, lies: Lies) {
    this.#node = node;
    this.#lies = lies;
  }

  step(input: Input<unknown, unknown>, out: Out): void {
    const send = (to: NodeId, message: unknown, after: number): void => {
      const lies = this.#lies(message);
      const chosen = lies.length === 0 ? 0 : out.choose(lies.length + 1);
      out.send(to, chosen === 0 ? message : lies[chosen - 1], after);
    };
    this.#node.step(input, new Proxy(out, { get: (target, name) => (name === 'send' ? send : bound(target, name)) }));
  }

  clone(): Traitor {
    return new Traitor(this.#node.clone(), this.#lies);
  }

  encode(w: Writer): void {
    this.#node.encode(w);
  }
}

function bound(target: Out, name: string | symbol): unknown {
  const found = (target as unknown as { readonly [name: string | symbol]: unknown })[name];
  return typeof found === 'function' ? found.bind(target) : found;
}
