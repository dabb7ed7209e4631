/** What a mutant is: Multi-Paxos, or the replica on top of it, with one decision taken wrongly. */
import type { Node, NodeId, OrderingIndication, StateMachine } from '../../../core/index.ts';
import { Paxos, type PaxosConfig, type PaxosMessage, type PaxosRecord } from '../../../protocols/paxos/index.ts';
import { Replica, type ReplicaConfig, type Sessions } from '../../../protocols/replication/index.ts';
import type { KnownBug } from '../known-bug.ts';

export type PaxosClass = new (id: NodeId, peers: readonly NodeId[], config: PaxosConfig) => Paxos;

export type PaxosReplicaClass = new (
  ordering: Node<PaxosMessage, PaxosRecord, OrderingIndication>,
  machine: StateMachine,
  config?: ReplicaConfig,
  sessions?: Sessions,
) => Replica<PaxosMessage, PaxosRecord>;

export interface PaxosMutant extends KnownBug {
  readonly paxos: PaxosClass;
  readonly replica: PaxosReplicaClass;
}

export function paxosMutant(id: string, about: string, expected: string, paxos: PaxosClass): PaxosMutant {
  return { id, about, expected, paxos, replica: Replica };
}

export function harmlessMutant(id: string, about: string, harmless: string, paxos: PaxosClass): PaxosMutant {
  return { id, about, expected: 'nothing', harmless, paxos, replica: Replica };
}

export function replicaMutant(id: string, about: string, expected: string, replica: PaxosReplicaClass): PaxosMutant {
  return { id, about, expected, paxos: Paxos, replica };
}
