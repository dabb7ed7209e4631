/** Multi-Paxos, or a mutant of it, as the explorer takes it: settings under which its worlds are small and its bugs near. */
import type { NodeId } from '../../core/index.ts';
import { defaultPaxosConfig, messageSchema, Paxos, type PaxosConfig, paxosProtocol, recordSchema } from '../../protocols/paxos/index.ts';
import type { ExploreProtocolOptions } from './explore-protocol.ts';
import type { AnyNode } from './local-state.ts';
import type { WorldOptions } from './world-options.ts';

type PaxosClass = new (id: NodeId, peers: readonly NodeId[], config: PaxosConfig) => Paxos;

/** Plain time-outs of one length: time is abstract here, and heartbeats would only multiply states. */
export const exploredPaxosConfig: PaxosConfig = { ...defaultPaxosConfig, election: 'time-out', electionSlots: 1 };

/** A group of `count` nodes; one client asks each node for one write. */
export function paxosWorld(
  count: number,
  paxos: PaxosClass = Paxos,
  config: Partial<PaxosConfig> = {},
): Omit<ExploreProtocolOptions, 'seed'> {
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  const full = { ...exploredPaxosConfig, ...config };
  return {
    name: `paxos, ${count} nodes`,
    protocol: { message: messageSchema, record: recordSchema, timers: paxosProtocol.timers } as unknown as WorldOptions['protocol'],
    create: (id, peers) => new paxos(id, peers, full) as unknown as AnyNode,
    nodes,
    inputs: nodes.map((node) => ({ node, from: count + 1, request: { id: node, session: 0, op: `w${node}`, mode: 'write' } })),
  };
}
