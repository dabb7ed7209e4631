/** Raft, or a mutant of it, as the explorer takes it: settings under which its worlds are small and its bugs near. */
import type { NodeId } from '../../core/index.ts';
import { defaultRaftConfig, messageSchema, Raft, type RaftConfig, raftProtocol, recordSchema } from '../../protocols/raft/index.ts';
import type { ExploreProtocolOptions } from './explore-protocol.ts';
import type { AnyNode } from './local-state.ts';
import type { WorldOptions } from './world-options.ts';

/** One random time-out and no pre-vote: time is abstract here, so both would only multiply states. */
export const exploredRaftConfig: RaftConfig = { ...defaultRaftConfig, electionSlots: 1, preVote: false, checkQuorum: false };

type RaftClass = new (id: NodeId, peers: readonly NodeId[], config: RaftConfig) => Raft;

/** A group of `count` nodes; one client asks each node for one write. */
export function raftWorld(count: number, raft: RaftClass = Raft, config: Partial<RaftConfig> = {}): Omit<ExploreProtocolOptions, 'seed'> {
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  const full = { ...exploredRaftConfig, ...config };
  return {
    name: `raft, ${count} nodes`,
    protocol: { message: messageSchema, record: recordSchema, timers: raftProtocol.timers } as unknown as WorldOptions['protocol'],
    create: (id, peers) => new raft(id, peers, full) as unknown as AnyNode,
    nodes,
    inputs: nodes.map((node) => ({ node, from: count + 1, request: { id: node, session: 0, op: `w${node}`, mode: 'write' } })),
  };
}
