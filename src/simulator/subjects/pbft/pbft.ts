/**
 * PBFT with the key-value machine, as the simulator's subject: it survives f liars among 3f + 1 servers, and as many
 * crashes and cuts as leave a quorum. Mutants plug in their class.
 */
import { type Command, digest, type NodeId, type Random, type Schema, type Value, Writer } from '../../../core/index.ts';
import {
  messageNames,
  messageSchema,
  messageTypes,
  mostFaulty,
  Pbft,
  PbftClient,
  type PbftClientConfig,
  type PbftConfig,
  type PbftIndication,
  type PbftMessage,
  pbftProtocol,
  recordSchema,
  Service,
} from '../../../protocols/pbft/index.ts';
import { KeyValue } from '../../../protocols/replication/index.ts';
import type { AnyNode, LyingSpeech, Subject } from '../../subject.ts';
import type { World } from '../../world.ts';
import { withoutLeases } from '../tolerated-faults.ts';
import { drawPbftSettings, pbftConfig, pbftSettings } from './pbft-settings.ts';
import { pbftSpeech } from './pbft-speech.ts';
import { PbftWatch, pbftGoals } from './pbft-watch.ts';

export type PbftClass = new (id: NodeId, peers: readonly NodeId[], config: PbftConfig, machine: KeyValue) => Pbft;
export type PbftClientClass = new (id: NodeId, config: PbftClientConfig) => PbftClient;

export interface PbftParts {
  /** Pbft, or a mutant of it. */
  readonly pbft?: PbftClass;
  /** Its client, or a mutant of it. */
  readonly client?: PbftClientClass;
  /** The protocol's own invariants; false: only what any protocol must keep, and the history. */
  readonly invariants?: boolean;
}

/** Protocol versions there is one of; a view's number says who leads it, so nobody needs to be told. */
const beyond: readonly string[] = ['mixed-versions'];

function digestOf(service: Service): string {
  const w = new Writer();
  service.encode(w);
  return `${service.position}:${digest(w.bytes, w.length)}`;
}

function stateAfter(commands: readonly (Command | null)[]): string {
  const service = new Service(new KeyValue(), Number.MAX_SAFE_INTEGER);
  for (const command of commands) {
    if (command === null) service.execute(null);
    else service.execute({ client: command.session, timestamp: command.id, op: command.op, bundle: false, proof: null });
  }
  return digestOf(service);
}

/** Keys of one replica: more than it keeps announcements of could not all be told to who was away. */
const MOST_KEYS = 8;

/** A new key for one of the replicas; not after the heal, when the graces run out: a frozen one would keep its client waiting. */
function drawAdmin(random: Random, { now, plan, servers, crypto }: World): Value | null {
  if (now > plan.durationMs * 1000) return null;
  const node = random.pick(servers);
  const number = crypto.keys.current(node) + 1;
  return number > MOST_KEYS ? null : { type: 'new-key', node, number, key: `key ${number}` };
}

export function pbftSubject(parts: PbftParts = {}): Subject {
  const PbftClassOf = parts.pbft ?? Pbft;
  const ClientClass = parts.client ?? PbftClient;
  return {
    name: 'pbft',
    version: 1,
    message: messageSchema as Schema<unknown>,
    messageTypes: { all: messageNames, of: (message) => messageNames[(message as PbftMessage).type] as string },
    record: recordSchema as Schema<unknown>,
    timers: pbftProtocol.timers,
    model: 'kv',
    tolerates: () => withoutLeases,
    survivesLiars: (nodes) => mostFaulty(nodes),
    speech: pbftSpeech as unknown as LyingSpeech,
    create: (id, peers, settings) => new PbftClassOf(id, peers, pbftConfig(pbftSettings(settings)), new KeyValue()) as unknown as AnyNode,
    client(id, servers, settings, incarnation) {
      const { authentication, readOnly, attemptMs, giveUpMs } = pbftSettings(settings);
      const times = { attemptUs: attemptMs * 1000, giveUpUs: giveUpMs * 1000 };
      return new ClientClass(id, { servers, authentication, readOnly, incarnation, ...times }) as unknown as AnyNode;
    },
    drawSettings: drawPbftSettings,
    drawAdmin,
    keyGraceUs: (settings) => pbftSettings(settings).keyGraceMs * 1000,
    newKey: (told) => ((told as PbftIndication).kind === 'key' ? (told as Extract<PbftIndication, { readonly kind: 'key' }>) : null),
    invariants: (reach, _world, settings) =>
      new PbftWatch(reach, parts.invariants ?? true, pbftSettings(settings).authentication === 'channel'),
    watches: (message) => (message as PbftMessage).type === messageTypes.state,
    stateDigest: (node) => digestOf((node as unknown as Pbft).service),
    stateAfter,
    mayStall: (world, _beliefs, core) =>
      core.length < world.servers.length - mostFaulty(world.servers.length) ? 'more than f servers lie or are out of reach' : null,
    goals: pbftGoals,
    beyond,
  };
}
