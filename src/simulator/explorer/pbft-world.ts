/** PBFT, or a mutant of it, as the explorer takes it: settings under which its worlds are small and its bugs near. */
import type { NodeId, Request, Value } from '../../core/index.ts';
import { defaultPbftConfig, envelope, Pbft, type PbftConfig, pbftProtocol, requestContent } from '../../protocols/pbft/index.ts';
import { KeyValue } from '../../protocols/replication/index.ts';
import type { Coverage, ExploreProtocolOptions } from './explore-protocol.ts';
import type { AnyNode } from './local-state.ts';
import { nameOf } from './transition.ts';
import type { WorldOptions } from './world-options.ts';

/** No status messages: what the network loses stays lost, and a run ends. All is signed: one replica that knows a request can show it. */
export const exploredPbftConfig: PbftConfig = {
  ...defaultPbftConfig,
  authentication: 'signature',
  statusUs: Number.POSITIVE_INFINITY,
  checkpointEvery: 4,
  window: 8,
};

/**
 * What is looked at in full, where that is possible: one request to one replica, without time-outs. Of three replicas or fewer, which
 * survive no liar, it is; four have more than two million states even so, and are searched only: so is every view change.
 */
const coverage: readonly Coverage[] = [{ disk: 'instant', bounds: { timers: 0, crashes: 0, drops: 0, duplicates: 0 }, inputs: 1 }];

type PbftClass = new (id: NodeId, peers: readonly NodeId[], config: PbftConfig, machine: KeyValue) => Pbft;

/** A group of `count` replicas; clients, a different one for each, ask for one write each. */
export function pbftWorld(count: number, pbft: PbftClass = Pbft, config: Partial<PbftConfig> = {}): Omit<ExploreProtocolOptions, 'seed'> {
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  const full = { ...exploredPbftConfig, ...config };
  return {
    name: `pbft, ${count} nodes`,
    protocol: pbftProtocol as unknown as WorldOptions['protocol'],
    create: (id, peers) => new pbft(id, peers, full, new KeyValue()) as unknown as AnyNode,
    nodes,
    // A backup first: what it relays is known to enough, so that time-outs count.
    inputs: [...nodes.slice(1), 1].map((node) => ({ node, from: count + node, request: signedRequest(count + node) })),
    coverage,
  };
}

/** What a client sends. */
function signedRequest(client: NodeId): Request {
  const op: Value = { f: 'write', key: 0, value: client };
  const unproven = { client, timestamp: 1, op, bundle: false, proof: null };
  const proof = nameOf(client, requestContent(unproven), 'signature');
  return { id: 1, session: client, op: envelope(op, false, proof), mode: 'write' };
}
