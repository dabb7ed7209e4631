/** What a mutant is: Raft, or the replica on top of it, with one decision taken wrongly. */
import type { Node, NodeId, OrderingIndication, StateMachine } from '../../../core/index.ts';
import { Raft, type RaftConfig, type RaftMessage, type RaftRecord } from '../../../protocols/raft/index.ts';
import { Replica, type ReplicaConfig, type Sessions } from '../../../protocols/replication/index.ts';
import type { KnownBug } from '../known-bug.ts';

export type RaftClass = new (id: NodeId, peers: readonly NodeId[], config: RaftConfig) => Raft;

export type ReplicaClass = new (
  ordering: Node<RaftMessage, RaftRecord, OrderingIndication>,
  machine: StateMachine,
  config?: ReplicaConfig,
  sessions?: Sessions,
) => Replica<RaftMessage, RaftRecord>;

export interface Mutant extends KnownBug {
  readonly raft: RaftClass;
  readonly replica: ReplicaClass;
}

export function raftMutant(id: string, about: string, expected: string, raft: RaftClass): Mutant {
  return { id, about, expected, raft, replica: Replica };
}

export function harmlessMutant(id: string, about: string, harmless: string, raft: RaftClass): Mutant {
  return { id, about, expected: 'nothing', harmless, raft, replica: Replica };
}

export function replicaMutant(id: string, about: string, expected: string, replica: ReplicaClass): Mutant {
  return { id, about, expected, raft: Raft, replica };
}
