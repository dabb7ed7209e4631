/** What a world of real nodes is made of, and what may happen in it. */
import type { Node, NodeId, Reply, Request, Schema, Value } from '../../core/index.ts';

/** What an observer is told, in the order of effects within a step. */
export type WorldEvent =
  | { readonly kind: 'belief'; readonly node: NodeId; readonly belief: string; readonly value: Value; readonly epoch: number }
  | { readonly kind: 'indication'; readonly node: NodeId; readonly indication: unknown }
  /** An answer to a client. */
  | { readonly kind: 'reply'; readonly node: NodeId; readonly to: NodeId; readonly reply: Reply }
  | { readonly kind: 'crash'; readonly node: NodeId }
  /** A node broke an invariant of its own (or of the explorer, which it cannot be run by). */
  | { readonly kind: 'broken'; readonly node: NodeId; readonly invariant: string; readonly message: string };

export interface Broken {
  readonly invariant: string;
  readonly message: string;
}

/**
 * History that matters: part of the world's state, a pure fold over events. Keep it small: worlds with different
 * histories are different states.
 */
export interface Observer<G> {
  /** Names of the invariants that `broken` may name. */
  readonly invariants: readonly string[];
  readonly initial: G;
  observe(history: G, event: WorldEvent): G;
  /** Equal keys, equal histories. */
  key(history: G): string;
  broken(history: G): Broken | null;
}

/** How often each thing may happen in one run; Infinity: any number of times (and then it is not counted). */
export interface WorldBounds {
  /** Timers that fire. */
  readonly timers: number;
  /** Nodes that crash and start again, with any allowed prefix of what was not durable. */
  readonly crashes: number;
  /** Messages that are lost. Without any, a message may still never arrive: runs may end anywhere. */
  readonly drops: number;
  /** Messages that arrive once more than they were sent. */
  readonly duplicates: number;
}

export interface WorldOptions {
  readonly name: string;
  readonly protocol: { readonly message: Schema<unknown>; readonly record: Schema<unknown>; readonly timers: readonly string[] };
  create(id: NodeId, peers: readonly NodeId[]): Node<unknown, unknown, unknown>;
  /** Ascending. */
  readonly nodes: readonly NodeId[];
  /** What clients ask, each at most once, at any time; at most 30. `from` names a client, 0 unless given. */
  readonly inputs: readonly { readonly node: NodeId; readonly request: Request; readonly from?: NodeId }[];
  /** `ordered`: first in, first out on each link. `unordered`: any order. */
  readonly network: 'ordered' | 'unordered';
  /** `slow`: records become durable one by one, at any later time. `instant`: at once. */
  readonly disk: 'slow' | 'instant';
  readonly bounds: WorldBounds;
  /**
   * Will this message change nothing at `node`, whatever happens to it before? Then it is as good as lost, and taken out of
   * the network: the same runs in fewer states. Must stay true of every state that the node can get to.
   */
  ignores?(node: Node<unknown, unknown, unknown>, from: NodeId, message: unknown): boolean;
  readonly observer?: Observer<unknown>;
}

export const noBounds: WorldBounds = {
  timers: Number.POSITIVE_INFINITY,
  crashes: Number.POSITIVE_INFINITY,
  drops: Number.POSITIVE_INFINITY,
  duplicates: Number.POSITIVE_INFINITY,
};
