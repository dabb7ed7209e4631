/** Who steers the world, and hears what its nodes say. */
import type { BeliefKind, NodeId, Reply, Value } from '../core/index.ts';

export interface Director {
  control(what: number, index: number): void;
  indicated(node: NodeId, indication: unknown): void;
  believed(node: NodeId, kind: BeliefKind, value: Value, epoch: number): void;
  /** A client finished what it was asked. */
  completed(client: NodeId, reply: Reply, server: NodeId): void;
}
