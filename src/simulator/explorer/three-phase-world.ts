/**
 * Three-phase commit as the explorer takes it. Here a time-out may fire while its cause is only slow, as under a partition:
 * the protocol does not survive that, and the explorer tells how two halves decide differently.
 */
import type { NodeId, Value } from '../../core/index.ts';
import { defaultThreePhaseConfig, ThreePhaseCommit, type ThreePhaseConfig, threePhaseProtocol } from '../../protocols/commit/index.ts';
import { DecisionObserver } from './commit-world.ts';
import type { ExploreProtocolOptions } from './explore-protocol.ts';
import type { AnyNode } from './local-state.ts';
import type { WorldOptions } from './world-options.ts';

/** One time-out is as good as many. */
const exploredConfig: ThreePhaseConfig = { ...defaultThreePhaseConfig, patience: 1, snapshotEvery: 0 };

type ThreePhaseClass = new (id: NodeId, peers: readonly NodeId[], config: ThreePhaseConfig) => ThreePhaseCommit;

/** `count` sites; a client asks each of them for one transaction of all. */
export function threePhaseWorld(count: number, node: ThreePhaseClass = ThreePhaseCommit): Omit<ExploreProtocolOptions, 'seed'> {
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  const op: Value = { f: 'transaction', parts: nodes.map((site) => ({ site, writes: [{ key: 'x', value: 1 }] })) };
  return {
    name: `3pc, ${count} nodes`,
    protocol: threePhaseProtocol as unknown as WorldOptions['protocol'],
    create: (id, peers) => new node(id, peers, exploredConfig) as unknown as AnyNode,
    nodes,
    inputs: nodes.map((asked) => ({ node: asked, from: count + 1, request: { id: asked, session: 0, op, mode: 'write' } })),
    observer: new DecisionObserver(),
    coverage: [{ disk: 'instant', bounds: { timers: 0, crashes: 0, drops: 0, duplicates: 0 }, inputs: 1 }],
  };
}
