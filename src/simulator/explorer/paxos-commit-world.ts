/** Paxos Commit, or a mutant of it, as the explorer takes it: every node is a resource manager that may refuse, three are acceptors. */
import type { NodeId, Value } from '../../core/index.ts';
import { defaultPaxosCommitConfig, PaxosCommit, type PaxosCommitConfig, paxosCommitProtocol } from '../../protocols/commit/index.ts';
import { DecisionObserver } from './commit-world.ts';
import type { Coverage, ExploreProtocolOptions } from './explore-protocol.ts';
import type { AnyNode } from './local-state.ts';
import type { WorldOptions } from './world-options.ts';

/** One reminder, then somebody takes over; nothing is forgotten, so that worlds stay small. */
const exploredConfig: PaxosCommitConfig = { ...defaultPaxosCommitConfig, votes: 'choose', voteRetries: 0, snapshotEvery: 0 };

const calm = { timers: 0, crashes: 0, drops: 0, duplicates: 0 } as const;
const few: readonly Coverage[] = [{ disk: 'instant', bounds: { ...calm, timers: 2, crashes: 1 }, inputs: 1 }];
const more: readonly Coverage[] = [{ disk: 'instant', bounds: { ...calm, timers: 1 }, inputs: 1 }];
const most: readonly Coverage[] = [{ disk: 'instant', bounds: calm, inputs: 1 }];

type PaxosCommitClass = new (id: NodeId, peers: readonly NodeId[], config: PaxosCommitConfig) => PaxosCommit;

/** `count` nodes; a client asks each of them for one transaction of all. */
export function paxosCommitWorld(count: number, node: PaxosCommitClass = PaxosCommit): Omit<ExploreProtocolOptions, 'seed'> {
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  const op: Value = { f: 'transaction', parts: nodes.map((site) => ({ site, writes: [{ key: 'x', value: 1 }] })) };
  return {
    name: `paxos-commit, ${count} nodes`,
    protocol: paxosCommitProtocol as unknown as WorldOptions['protocol'],
    create: (id, peers) => new node(id, peers, exploredConfig) as unknown as AnyNode,
    nodes,
    inputs: nodes.map((asked) => ({ node: asked, from: count + 1, request: { id: asked, session: 0, op, mode: 'write' } })),
    observer: new DecisionObserver(),
    coverage: count <= 2 ? few : count === 3 ? more : most,
  };
}
