/**
 * Multi-Paxos under a Replica with the key-value machine, as the simulator's subject. Mutants plug in their class. Which
 * settings may be drawn together, and what must hold under them, is said here and nowhere else.
 */
import type { Node, NodeId, OrderingIndication, Random, Schema, Value } from '../../../core/index.ts';
import {
  type Configuration,
  defaultPaxosConfig,
  firstConfiguration,
  messageNames,
  messageSchema,
  messageTypes,
  Paxos,
  type PaxosConfig,
  type PaxosMessage,
  type PaxosRecord,
  paxosProtocol,
  recordSchema,
} from '../../../protocols/paxos/index.ts';
import { Client, KeyValue, Replica, type ReplicaConfig } from '../../../protocols/replication/index.ts';
import type { Beliefs } from '../../beliefs.ts';
import type { AnyNode, Goal, Settings, Subject } from '../../subject.ts';
import type { World } from '../../world.ts';
import { referenceDigest, replicaDigest } from '../reference-state.ts';
import { withoutLeases } from '../tolerated-faults.ts';
import { type PaxosSettings, paxosSettings } from './paxos-settings.ts';
import { WatchedPaxos } from './paxos-watch.ts';

export interface PaxosParts {
  /** Paxos, or a mutant of it. */
  readonly paxos?: new (
    id: NodeId,
    peers: readonly NodeId[],
    config: PaxosConfig,
  ) => Paxos;
  /** Replica, or a mutant of it. */
  readonly replica?: new (
    ordering: Node<PaxosMessage, PaxosRecord, OrderingIndication>,
    machine: KeyValue,
    config: ReplicaConfig,
  ) => Replica<PaxosMessage, PaxosRecord>;
  /** The protocol's own invariants; false: only what any protocol must keep, and the history. */
  readonly invariants?: boolean;
}

/** Quorums of phase 2 smaller than a majority, as far as that is possible. */
function smallerPhase2(settings: PaxosSettings, members: number): number {
  return Math.max(1, Math.floor(members / 2) + 1 - settings.smallerPhase2);
}

function configOf(settings: PaxosSettings, peers: readonly NodeId[]): PaxosConfig {
  const inside = peers.length - settings.outsiders;
  const members = inside >= 3 ? peers.slice(0, inside) : peers;
  const phase2 = smallerPhase2(settings, members.length);
  const initial = settings.smallerPhase2 === 0 ? firstConfiguration(members) : firstConfiguration(members, undefined, phase2);
  return {
    ...defaultPaxosConfig,
    electionTimeoutUs: settings.electionTimeoutMs * 1000,
    heartbeatUs: settings.heartbeatMs * 1000,
    readMode: settings.readMode,
    batchReads: settings.batchReads,
    maxInflightMessages: settings.maxInflightMessages,
    maxInflightPersists: settings.maxInflightPersists,
    maxMessageBytes: settings.maxMessageBytes,
    maxUncommittedBytes: settings.maxUncommittedBytes,
    forwardProposals: settings.forwardProposals,
    trim: settings.trim,
    retainedEntries: settings.retainedEntries,
    initial,
  };
}

const goals: readonly Goal[] = [
  { name: 'gap-filled', about: 'a new leader proposed nothing for a slot of which no promise spoke' },
  { name: 'value-recovered', about: 'a new leader proposed what another one had left behind' },
  { name: 'stop-sign', about: 'a stop-sign ended a configuration' },
  { name: 'leadership-transferred', about: 'a leader told another server to take over' },
  { name: 'ballot-refused', about: 'an acceptor refused a ballot, for it had promised a higher one' },
  { name: 'quorums-differ', about: 'the two phases had quorums of different sizes' },
];

const replicaConfig: ReplicaConfig = { snapshotEvery: 1000, maxSessions: 1000, maxWaitingReads: 1000 };

/** Long enough that what is tried again and again is, all together, less than the slowest group can do. */
const INSIST_MS = 6000;

function drawSettings(random: Random): Settings {
  const electionTimeoutMs = random.pick([150, 300, 300, 1000]);
  return {
    electionTimeoutMs,
    heartbeatMs: Math.floor(electionTimeoutMs / random.pick([3, 6, 10])),
    smallerPhase2: random.below(4) === 0 ? 1 : 0,
    readMode: random.below(4) === 0 ? 'log' : 'index',
    batchReads: random.below(2) === 0,
    maxInflightMessages: random.pick([1, 2, 8]),
    maxInflightPersists: random.pick([1, 1, 4]),
    maxMessageBytes: random.pick([1, 200, 1_048_576]),
    maxUncommittedBytes: random.pick([300, 67_108_864, 67_108_864, 67_108_864]),
    forwardProposals: random.below(3) === 0,
    trim: random.pick(['any', 'any', 'quorum', 'all']),
    retainedEntries: random.pick([0, 0, 3, 50]),
    snapshotEvery: random.pick([0, 5, 20, 100, 1000]),
    outsiders: random.below(4) === 0 ? 1 : 0,
    ...random.pick([
      { attemptMs: 400, triesEach: 1 },
      { attemptMs: 400, triesEach: 1 },
      { attemptMs: Math.floor(electionTimeoutMs / 3), triesEach: 3, giveUpMs: INSIST_MS },
    ]),
  };
}

/** The newest configuration that anybody knows. */
function newestConfiguration(beliefs: Beliefs): Configuration | null {
  let best: Configuration | null = null;
  for (const members of beliefs.members) {
    const known = members as unknown as Configuration | null;
    if (known !== null && (best === null || known.era > best.era)) best = known;
  }
  return best;
}

function drawAdmin(random: Random, world: World, beliefs: Beliefs): Value | null {
  const configuration = newestConfiguration(beliefs);
  if (configuration === null) return null;
  const { members } = configuration;
  const outside = world.servers.filter((id) => !members.includes(id));
  if (random.below(3) === 0) return { type: 'transfer-leadership', to: random.pick(members) };
  const reconfigure = (next: readonly NodeId[], phase2?: number): Value => ({
    type: 'reconfigure',
    members: next,
    ...(phase2 === undefined ? {} : { phase2 }),
  });
  switch (random.below(4)) {
    case 0:
      return outside.length === 0 ? reconfigure(members) : reconfigure([...members, random.pick(outside)]);
    case 1: {
      if (members.length < (random.below(4) === 0 ? 2 : 3)) return null;
      const gone = random.pick(members);
      return reconfigure(members.filter((id) => id !== gone));
    }
    case 2: {
      if (outside.length === 0) return reconfigure(members, random.between(1, members.length));
      const gone = random.pick(members);
      return reconfigure([...members.filter((id) => id !== gone), random.pick(outside)]);
    }
    default: {
      // Any quorums: those that need not meet are refused.
      const size = (): number => random.between(1, members.length);
      return random.below(2) === 0 ? reconfigure(members, size()) : { type: 'reconfigure', members, phase1: size(), phase2: size() };
    }
  }
}

/** Why the core may be stuck for good, and rightly so. */
function mayStall(_world: World, beliefs: Beliefs, core: readonly NodeId[]): string | null {
  for (const known of beliefs.members) {
    const configuration = known as unknown as Configuration | null;
    if (configuration === null) continue;
    const { members, phase1, phase2 } = configuration;
    if (members.filter((id) => core.includes(id)).length < Math.max(phase1, phase2)) return 'the core holds no quorum of a configuration';
  }
  return null;
}

export function paxosSubject(parts: PaxosParts = {}): Subject {
  const PaxosClass = parts.paxos ?? Paxos;
  const ReplicaClass = parts.replica ?? Replica;
  return {
    name: 'paxos',
    version: 1,
    message: messageSchema as Schema<unknown>,
    messageTypes: { all: messageNames, of: (message) => messageNames[(message as PaxosMessage).type] as string },
    record: recordSchema as Schema<unknown>,
    timers: paxosProtocol.timers,
    model: 'kv',
    tolerates: () => withoutLeases,
    create(id, peers, settings) {
      const full = paxosSettings(settings);
      const paxos = new PaxosClass(id, peers, configOf(full, peers));
      return new ReplicaClass(paxos, new KeyValue(), { ...replicaConfig, snapshotEvery: full.snapshotEvery }) as unknown as AnyNode;
    },
    client(id, servers, settings, incarnation) {
      const { attemptMs, triesEach, giveUpMs, backoffMs } = paxosSettings(settings);
      const times = { attemptUs: attemptMs * 1000, giveUpUs: giveUpMs * 1000, backoffUs: backoffMs * 1000 };
      return new Client(id, { servers, ...times, triesEach, incarnation, duplicates: true }) as unknown as AnyNode;
    },
    drawSettings,
    drawAdmin,
    invariants: (reach, _world, settings) => new WatchedPaxos(reach, settings, parts.invariants ?? true),
    watches: (message) => {
      const { type, snapshot } = message as PaxosMessage;
      return (type === messageTypes.chosen || type === messageTypes.promise) && snapshot !== null;
    },
    stateDigest: (node) => replicaDigest(node as unknown as Replica<PaxosMessage, PaxosRecord>),
    stateAfter: (commands) => referenceDigest(commands, replicaConfig),
    mayStall,
    mustConverge: (beliefs, node) => newestConfiguration(beliefs)?.members.includes(node) ?? true,
    goals,
    beyond: ['mixed-versions'],
  };
}
