/** PBFT, or a mutant of it, as the explorer takes it: settings under which its worlds are small and its bugs near. */
import type { NodeId, Request, Value } from '../../core/index.ts';
import {
  defaultPbftConfig,
  envelope,
  Pbft,
  type PbftConfig,
  type PbftRequest,
  pbftProtocol,
  requestContent,
  unwrapped,
} from '../../protocols/pbft/index.ts';
import { KeyValue } from '../../protocols/replication/index.ts';
import type { Coverage, ExploreProtocolOptions } from './explore-protocol.ts';
import { HearsayModel } from './hearsay/hearsay.ts';
import type { Happening, PbftClass, Replica } from './hearsay/pbft-replica.ts';
import { PbftViews, type ViewsWorld } from './hearsay/pbft-views.ts';
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

/** One request, to the primary, without time-outs: of four replicas 3.6 million states. View changes have too many; see PbftViews. */
const coverage = (primary: number): readonly Coverage[] => [
  { disk: 'instant', bounds: { timers: 0, crashes: 0, drops: 0, duplicates: 0 }, inputs: [primary] },
];

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
    coverage: coverage(nodes.length - 1),
    ...(count === 4 ? { specifications: [1, 2, 3].map((liar) => pbftViews({ liar, views: 2, claims: false }, pbft, config)) } : {}),
  };
}

/** One number, one request in it. */
export const viewsPbftConfig: PbftConfig = { ...exploredPbftConfig, maxInFlight: 1, maxBatchRequests: 1 };

/** What two clients ask of the worlds below. */
export const pbftRequests: readonly PbftRequest[] = [101, 102].map((client) => unwrapped(client, signedRequest(client)));

/** Two clients ask for a write each; all that is to be ordered is one number. */
export function pbftViews(
  world: Pick<ViewsWorld, 'liar' | 'views' | 'claims'>,
  pbft: PbftClass = Pbft,
  config: Partial<PbftConfig> = {},
): HearsayModel<Replica, Happening> {
  return new HearsayModel(new PbftViews({ ...world, replicas: 4, requests: pbftRequests }, { ...viewsPbftConfig, ...config }, pbft));
}

/** What a client sends. */
function signedRequest(client: NodeId): Request {
  const op: Value = { f: 'write', key: 0, value: client };
  const unproven = { client, timestamp: 1, op, bundle: false, proof: null };
  const proof = nameOf(client, requestContent(unproven), 'signature');
  return { id: 1, session: client, op: envelope(op, false, proof), mode: 'write' };
}
