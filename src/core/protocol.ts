/** What a host needs to run a protocol: how to make a node, and the schemas of what it sends and keeps. */
import type { Schema } from './schema.ts';
import type { Node, NodeId } from './step.ts';

export interface Protocol<Config, M, R, I> {
  readonly name: string;
  /** A node that has not yet had its `start`. `peers` includes `id`, ascending. */
  create(id: NodeId, peers: readonly NodeId[], config: Config): Node<M, R, I>;
  readonly message: Schema<M>;
  readonly record: Schema<R>;
  /** Names of the timers, by number. */
  readonly timers: readonly string[];
}
