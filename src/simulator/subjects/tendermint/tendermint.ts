/**
 * Tendermint under a Replica with the key-value machine, as the simulator's subject: its settings, what it promises, who
 * may stall it, and how its liars speak. Mutants plug in their class.
 */
import type { Node, NodeId, OrderingIndication, Random, Schema, Value } from '../../../core/index.ts';
import { KeyValue, QuorumClient, Replica, type ReplicaConfig } from '../../../protocols/replication/index.ts';
import {
  messageSchema,
  recordSchema,
  requestContent,
  Tendermint,
  type TendermintConfig,
  type TendermintMessage,
  type TendermintRecord,
  tendermintProtocol,
} from '../../../protocols/tendermint/index.ts';
import type { Beliefs } from '../../beliefs.ts';
import type { AnyNode, Goal, LyingSpeech, Subject } from '../../subject.ts';
import type { World } from '../../world.ts';
import { referenceDigest, replicaDigest } from '../reference-state.ts';
import { withoutLeases } from '../tolerated-faults.ts';
import { configOf, drawTendermintSettings, liarsSurvived, powersOf, tendermintSettings } from './tendermint-settings.ts';
import { tendermintSpeech, tendermintTypes } from './tendermint-speech.ts';
import { TendermintWatch } from './tendermint-watch.ts';

export type TendermintClass = new (id: NodeId, peers: readonly NodeId[], config: TendermintConfig) => Tendermint;
export type QuorumClientClass = typeof QuorumClient;

export interface TendermintParts {
  /** The node, or a mutant of it. */
  readonly node?: TendermintClass;
  readonly client?: QuorumClientClass;
  /** The protocol's own invariants; false: only what any protocol must keep, and the history. */
  readonly invariants?: boolean;
}

type Ordering = Node<TendermintMessage, TendermintRecord, OrderingIndication>;

const replicaConfig: ReplicaConfig = { snapshotEvery: 1000, maxSessions: 1000, maxWaitingReads: 1000 };

const goals: readonly Goal[] = [
  { name: 'round-changed', about: 'a height took more than one round' },
  { name: 'locked', about: 'a validator was locked when a round ended' },
  { name: 'proposed-again', about: 'a value was proposed again with the round of its polka' },
  { name: 'round-skipped', about: 'a validator joined a later round because f+1 were there' },
  { name: 'voted-nil', about: 'a validator voted nil' },
  { name: 'resumed', about: 'a restarted validator went on in a height in which it had voted' },
  { name: 'caught-up', about: 'a node took decided blocks from another (value sync)' },
  { name: 'convicted', about: 'a block punished an equivocation' },
  { name: 'powers-changed', about: 'a change of powers came into force' },
];

/** Sides of a split differ in rounds, not in leaders: a snapshot is taken by who is behind, whoever leads. */
const beyond: readonly string[] = ['mixed-versions'];

interface Power {
  readonly id: NodeId;
  readonly power: number;
}

/** The powers in force at the newest height that anybody honest is in. */
function newestPowers(world: World, beliefs: Beliefs): readonly Power[] {
  let best = -1;
  for (let i = 0; i < beliefs.members.length; i++) {
    if (beliefs.members[i] === null || world.liars.has(i + 1)) continue;
    if (best < 0 || (beliefs.position[i] as number) > (beliefs.position[best] as number)) best = i;
  }
  if (best >= 0) return beliefs.members[best] as unknown as readonly Power[];
  return powersOf(tendermintSettings(world.plan.settings), world.servers);
}

/** A change that leaves enough validators; none where liars are: it is for the powers to say how many those may be. */
function drawAdmin(random: Random, world: World, beliefs: Beliefs): Value | null {
  const planned = world.plan.faults.some(({ fault }) => fault === 'adversary');
  if (planned || world.liars.size > 0) return null;
  const powers = newestPowers(world, beliefs);
  const outside = world.servers.filter((id) => !powers.some((each) => each.id === id));
  const change = (id: NodeId, power: number): Value => ({ type: 'change-validators', changes: [{ id, power }] });
  const { id, power } = random.pick(powers);
  switch (random.below(4)) {
    case 0:
      return outside.length > 0 ? change(random.pick(outside), random.between(1, 3)) : change(id, power + 1);
    case 1:
      return powers.length > 3 ? change(id, 0) : change(id, power + 1);
    case 2:
      return change(id, Math.max(1, power - 1));
    default:
      return change(id, power + random.between(1, 3));
  }
}

/** Why the core may be stuck for good, and rightly so. */
function mayStall(world: World, core: readonly NodeId[]): string | null {
  for (const node of world.nodes.slice(0, world.servers.length)) {
    const tendermint = (node as unknown as Replica<never, never> | null)?.ordering as unknown as Tendermint | undefined;
    if (tendermint === undefined) continue;
    for (const { members } of [tendermint.chain.validators, tendermint.chain.next]) {
      const total = members.reduce((sum, { power }) => sum + power, 0);
      const here = members.reduce((sum, { id, power }) => sum + (core.includes(id) && !world.liars.has(id) ? power : 0), 0);
      if (3 * here <= 2 * total) return 'the core holds no more than two thirds of the power';
    }
  }
  return null;
}

export function tendermintSubject(parts: TendermintParts = {}): Subject {
  const NodeClass = parts.node ?? Tendermint;
  const ClientClass = parts.client ?? QuorumClient;
  return {
    name: 'tendermint',
    version: 1,
    message: messageSchema as Schema<unknown>,
    messageTypes: tendermintTypes as NonNullable<Subject['messageTypes']>,
    record: recordSchema as Schema<unknown>,
    timers: tendermintProtocol.timers,
    model: 'kv',
    tolerates: () => withoutLeases,
    survivesLiars: (nodes, settings) => liarsSurvived(nodes, tendermintSettings(settings)),
    speech: tendermintSpeech as unknown as LyingSpeech,
    create(id, peers, settings) {
      const full = tendermintSettings(settings);
      const tendermint = new NodeClass(id, peers, configOf(full, peers)) as unknown as Ordering;
      return new Replica(tendermint, new KeyValue(), { ...replicaConfig, snapshotEvery: full.snapshotEvery }) as unknown as AnyNode;
    },
    client(id, servers, settings, incarnation) {
      const full = tendermintSettings(settings);
      const believe = Math.min(servers.length, liarsSurvived(servers.length, full) + 1);
      return new ClientClass(id, {
        servers,
        believe,
        attemptUs: full.attemptMs * 1000,
        giveUpUs: full.giveUpMs * 1000,
        incarnation,
        content: full.authentication === 'channel' ? null : requestContent,
      }) as unknown as AnyNode;
    },
    drawSettings: drawTendermintSettings,
    drawAdmin,
    invariants: (reach, world, settings) => new TendermintWatch(reach, world, tendermintSettings(settings), parts.invariants ?? true),
    watches: (message) => (message as TendermintMessage).type === 'snapshot',
    stateDigest: (node) => replicaDigest(node as unknown as Replica<TendermintMessage, TendermintRecord>),
    stateAfter: (commands) => referenceDigest(commands, replicaConfig),
    mayStall: (world, _beliefs, core) => mayStall(world, core),
    goals,
    beyond,
  };
}
