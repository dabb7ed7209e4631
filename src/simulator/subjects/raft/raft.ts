/**
 * Raft under a Replica with the key-value machine, as the simulator's subject. Mutants plug in their class. Which
 * settings may be drawn together, and what must hold under them, is said here and nowhere else.
 */
import type { Node, NodeId, OrderingIndication, Random, Request, Schema, Value } from '../../../core/index.ts';
import {
  type Configuration,
  defaultRaftConfig,
  messageNames,
  messageSchema,
  messageTypes,
  Raft,
  type RaftConfig,
  RaftInvariants,
  type RaftMessage,
  type RaftRecord,
  raftProtocol,
  recordSchema,
} from '../../../protocols/raft/index.ts';
import { Client, KeyValue, Replica, type ReplicaConfig } from '../../../protocols/replication/index.ts';
import type { Beliefs } from '../../beliefs.ts';
import type { WatchedWorld } from '../../observer.ts';
import { type AnyNode, type Goal, Invariants, type Reach, type Settings, type Subject } from '../../subject.ts';
import type { World } from '../../world.ts';
import { referenceDigest, replicaDigest } from '../reference-state.ts';
import { withLeasesAndVersions } from '../tolerated-faults.ts';
import { RaftQuorums } from './raft-quorums.ts';
import { RaftRules } from './raft-rules.ts';
import { type RaftSettings, raftSettings } from './raft-settings.ts';
import { ReadIndexes } from './read-index.ts';

type Ordering = Node<RaftMessage, RaftRecord, OrderingIndication>;

export interface RaftParts {
  /** Raft, or a mutant of it. */
  readonly raft?: new (
    id: NodeId,
    peers: readonly NodeId[],
    config: RaftConfig,
  ) => Raft;
  /** Replica, or a mutant of it. */
  readonly replica?: new (
    ordering: Ordering,
    machine: KeyValue,
    config: ReplicaConfig,
  ) => Replica<RaftMessage, RaftRecord>;
  /** The protocol's own invariants; false: only what any protocol must keep, and the history. */
  readonly invariants?: boolean;
}

function configOf(settings: RaftSettings, id: NodeId, peers: readonly NodeId[], version: number): RaftConfig {
  const { spares, learners, witnesses, priorities } = settings;
  const members = peers.slice(0, peers.length - spares);
  const voting = members.slice(0, members.length - learners);
  const initial: Configuration = {
    voters: voting,
    outgoing: [],
    learners: members.slice(members.length - learners),
    learnersNext: [],
    witnesses: voting.slice(voting.length - witnesses),
    autoLeave: false,
  };
  return {
    ...defaultRaftConfig,
    version: version === 1 ? 1 : 2,
    electionTimeoutUs: settings.electionTimeoutMs * 1000,
    heartbeatUs: settings.heartbeatMs * 1000,
    electionSlots: settings.electionSlots,
    preVote: settings.preVote,
    checkQuorum: settings.checkQuorum,
    readMode: settings.readMode,
    batchReads: settings.batchReads,
    maxInflightMessages: settings.maxInflightMessages,
    maxInflightPersists: settings.maxInflightPersists,
    maxMessageBytes: settings.maxMessageBytes,
    maxUncommittedBytes: settings.maxUncommittedBytes,
    maxInflightBytes: Math.max(defaultRaftConfig.maxInflightBytes, settings.maxMessageBytes),
    forwardProposals: settings.forwardProposals,
    retainedEntries: settings.retainedEntries,
    priority: priorities ? Math.max(0, 3 - Math.floor(id / 2)) : 3,
    initial,
  };
}

const goals: readonly Goal[] = [
  { name: 'logs-differed', about: 'a follower refused entries because its log differed' },
  { name: 'leadership-transferred', about: 'a leader told another server to campaign' },
  { name: 'joint-configuration', about: 'two majorities had to agree' },
  { name: 'configuration-changed', about: 'a membership change was applied' },
  { name: 'learner', about: 'a server learned without a vote' },
];

/** What the invariants below look at, as it was after a server's last step: most steps change none of it. */
class Unchanged {
  term = -1;
  vote = -1;
  role = '';
  leader = 0;
  last = -1;
  base = -1;
  committed = -1;
  applied = -1;
  configuration: Configuration | null = null;

  /** True when nothing is new. */
  since(raft: Raft): boolean {
    const { term, vote, role, leader, configuration, log } = raft;
    const { last, base, committed, applied } = log;
    return (
      term === this.term &&
      committed === this.committed &&
      applied === this.applied &&
      last === this.last &&
      log.changedFrom === Number.POSITIVE_INFINITY &&
      vote === this.vote &&
      leader === this.leader &&
      role === this.role &&
      base === this.base &&
      configuration === this.configuration
    );
  }

  note(raft: Raft): void {
    const { term, vote, role, leader, configuration, log } = raft;
    const { last, base, committed, applied } = log;
    this.term = term;
    this.vote = vote;
    this.role = role;
    this.leader = leader;
    this.last = last;
    this.base = base;
    this.committed = committed;
    this.applied = applied;
    this.configuration = configuration;
  }
}

/** Raft's own invariants, and what of Raft was reached. */
class WatchedRaft extends Invariants {
  readonly #raft: RaftInvariants | null;
  readonly #quorums: RaftQuorums | null;
  readonly #rules: RaftRules | null;
  readonly #reads = new ReadIndexes();
  readonly #reach: Reach;
  /** The first configuration of each server is no change. */
  readonly #known = new Set<NodeId>();
  readonly #before: (Unchanged | undefined)[] = [];

  constructor(reach: Reach, world: WatchedWorld, settings: Settings, own: boolean) {
    super();
    this.#reach = reach;
    this.#raft = own ? new RaftInvariants() : null;
    this.#quorums = own ? new RaftQuorums() : null;
    this.#rules = this.#quorums === null ? null : new RaftRules(world, this.#quorums, raftSettings(settings));
  }

  override believed(id: NodeId, kind: string, value: Value): void {
    if (kind !== 'members') return;
    const { outgoing, learners } = value as unknown as Configuration;
    if (outgoing.length > 0) this.#reach('joint-configuration');
    if (learners.length > 0) this.#reach('learner');
    if (this.#known.has(id)) this.#reach('configuration-changed');
    this.#known.add(id);
  }

  override stepped(id: NodeId, node: AnyNode): void {
    if (this.#raft === null) return;
    const raft = (node as unknown as Replica<RaftMessage, RaftRecord>).ordering as Raft;
    let before = this.#before[id];
    if (before === undefined) {
      before = new Unchanged();
      this.#before[id] = before;
    }
    const changed = !before.since(raft);
    this.#rules?.stepped(raft, before, changed);
    if (!changed) return;
    before.note(raft);
    this.#raft.stepped(raft);
    this.#quorums?.stepped(raft);
  }
  override received(_id: NodeId, from: NodeId, message: unknown): void {
    this.#rules?.received(from, message as RaftMessage);
  }
  override written(id: NodeId, record: unknown): void {
    this.#raft?.written(id, record as RaftRecord);
    this.#quorums?.written(id, record as RaftRecord);
    this.#rules?.written(id);
  }
  override sent(from: NodeId, to: NodeId, message: unknown): void {
    const { type, reject } = message as RaftMessage;
    if (reject && type === messageTypes.appResp) this.#reach('logs-differed');
    else if (type === messageTypes.timeoutNow) this.#reach('leadership-transferred');
    this.#raft?.sent(from, to, message as RaftMessage);
    this.#quorums?.sent(from, to, message as RaftMessage);
    this.#rules?.sent(from, to, message as RaftMessage);
  }
  override asked(_id: NodeId, request: Request): void {
    if (this.#quorums !== null) this.#reads.asked(request, this.#quorums.committed);
    this.#rules?.asked(request);
  }
  override indicated(id: NodeId, indication: unknown): void {
    if (this.#quorums !== null) this.#reads.indicated(id, indication as OrderingIndication);
    this.#quorums?.indicated(id, indication as OrderingIndication);
    this.#rules?.indicated(id, indication as OrderingIndication);
  }
  override restarted(id: NodeId): void {
    this.#known.delete(id);
    this.#before[id] = undefined;
    this.#raft?.restarted(id);
    this.#quorums?.restarted(id);
    this.#rules?.restarted(id);
  }
  override diskLost(id: NodeId): void {
    this.#raft?.diskLost(id);
    this.#quorums?.diskLost(id);
    this.#rules?.diskLost(id);
  }
  override clockJumped(id: NodeId): void {
    this.#rules?.clockJumped(id);
  }
}

const replicaConfig: ReplicaConfig = { snapshotEvery: 1000, maxSessions: 1000, maxWaitingReads: 1000 };

/** Long enough that what is tried again and again is, all together, less than the slowest group can do. */
const INSIST_MS = 6000;

function drawSettings(random: Random): Settings {
  const readMode = random.below(3) === 0 ? 'lease' : 'index';
  const electionTimeoutMs = random.pick([150, 300, 300, 1000]);
  return {
    electionTimeoutMs,
    heartbeatMs: Math.floor(electionTimeoutMs / random.pick([3, 6, 10])),
    electionSlots: random.pick([2, 8, 64]),
    preVote: random.below(3) > 0,
    checkQuorum: readMode === 'lease' || random.below(3) > 0,
    readMode,
    batchReads: random.below(2) === 0,
    maxInflightMessages: random.pick([1, 2, 8]),
    maxInflightPersists: random.pick([1, 1, 4]),
    maxMessageBytes: random.pick([1, 200, 1_048_576]),
    maxUncommittedBytes: random.pick([300, 67_108_864, 67_108_864, 67_108_864]),
    forwardProposals: random.below(3) === 0,
    retainedEntries: random.pick([0, 0, 3, 50]),
    snapshotEvery: random.pick([0, 5, 20, 100, 1000]),
    learners: random.below(8) === 0 ? 1 : 0,
    witnesses: random.below(10) === 0 ? 1 : 0,
    spares: random.below(4) === 0 ? 1 : 0,
    priorities: random.below(5) === 0,
    // Impatient clients that stay with one server fill the log of a leader that nobody else hears.
    ...random.pick([
      { attemptMs: 400, triesEach: 1 },
      { attemptMs: 400, triesEach: 1 },
      { attemptMs: Math.floor(electionTimeoutMs / 10), triesEach: 5, giveUpMs: INSIST_MS },
      { attemptMs: Math.floor(electionTimeoutMs / 3), triesEach: 3, giveUpMs: INSIST_MS },
    ]),
  };
}

/** The newest configuration that anybody knows: of the server that has applied most. */
function newestConfiguration(beliefs: Beliefs): Configuration | null {
  let best = -1;
  for (let i = 0; i < beliefs.members.length; i++) {
    if (beliefs.members[i] === null) continue;
    if (best < 0 || (beliefs.position[i] as number) > (beliefs.position[best] as number)) best = i;
  }
  return best < 0 ? null : (beliefs.members[best] as unknown as Configuration);
}

function drawAdmin(random: Random, world: World, beliefs: Beliefs): Value | null {
  const configuration = newestConfiguration(beliefs);
  if (configuration === null) return null;
  const { voters, outgoing, learners } = configuration;
  const outside = world.servers.filter((id) => !voters.includes(id) && !outgoing.includes(id) && !learners.includes(id));
  const change = (transition: string, ...changes: Value[]): Value => ({ type: 'change-membership', transition, changes });
  if (outgoing.length > 0 && random.below(2) === 0) return change('auto');
  const transition = random.pick(['auto', 'auto', 'implicit', 'explicit']);
  switch (random.below(6)) {
    case 0:
    case 1:
      return { type: 'transfer-leadership', to: random.pick(voters) };
    case 2:
      return outside.length === 0
        ? null
        : change(transition, { type: random.pick(['add-voter', 'add-learner']), node: random.pick(outside) });
    case 3:
      return voters.length < 3 ? null : change(transition, { type: 'remove', node: random.pick(voters) });
    case 4:
      return learners.length === 0
        ? change(transition, { type: 'add-learner', node: random.pick(voters) })
        : change(transition, { type: 'add-voter', node: random.pick(learners) });
    default:
      if (outside.length === 0 || voters.length < 3) return { type: 'forget-leader' };
      return change(transition, { type: 'add-voter', node: random.pick(outside) }, { type: 'remove', node: random.pick(voters) });
  }
}

/** Why the core may be stuck for good, and rightly so. */
function mayStall(world: World, beliefs: Beliefs, core: readonly NodeId[]): string | null {
  const settings = raftSettings(world.plan.settings);
  const guarded = settings.preVote && settings.checkQuorum && !world.versions.includes(1);
  const freeze = world.plan.liveness?.freeze ?? 'nobody';
  if (!guarded && core.length < world.servers.length && freeze.startsWith('one-way'))
    return 'half-deaf servers disturb a group without pre-vote and check-quorum (thesis 4.2.3, 9.6)';
  for (const members of beliefs.members) {
    const configuration = members as unknown as Configuration | null;
    if (configuration === null) continue;
    // A witness may hold what no one in the core holds, and cannot lead.
    const here = (id: NodeId): boolean => core.includes(id) && !configuration.witnesses.includes(id);
    for (const voters of [configuration.voters, configuration.outgoing]) {
      if (voters.length > 0 && voters.filter(here).length * 2 <= voters.length) return 'the core holds no majority of a configuration';
    }
    if (!guarded && world.servers.some((id) => !configuration.voters.includes(id) && !configuration.outgoing.includes(id)))
      return 'removed servers disturb a group without pre-vote and check-quorum (thesis 4.2.3)';
  }
  return null;
}

export function raftSubject(parts: RaftParts = {}): Subject {
  const RaftClass = parts.raft ?? Raft;
  const ReplicaClass = parts.replica ?? Replica;
  return {
    name: 'raft',
    version: 2,
    message: messageSchema as Schema<unknown>,
    messageTypes: { all: messageNames, of: (message) => messageNames[(message as RaftMessage).type] as string },
    record: recordSchema as Schema<unknown>,
    timers: raftProtocol.timers,
    model: 'kv',
    // A lease trusts clocks not to drift apart by more than its margin.
    tolerates: (settings) => (settings.readMode === 'lease' ? withLeasesAndVersions : [...withLeasesAndVersions, 'clock-drift']),
    // Version 1 has no witnesses.
    versions: (settings) => (raftSettings(settings).witnesses > 0 ? [2] : [1, 2]),
    create(id, peers, settings, version) {
      const full = raftSettings(settings);
      const raft = new RaftClass(id, peers, configOf(full, id, peers, version));
      return new ReplicaClass(raft, new KeyValue(), { ...replicaConfig, snapshotEvery: full.snapshotEvery }) as unknown as AnyNode;
    },
    client(id, servers, settings, incarnation) {
      const { attemptMs, triesEach, giveUpMs, backoffMs } = raftSettings(settings);
      const times = { attemptUs: attemptMs * 1000, giveUpUs: giveUpMs * 1000, backoffUs: backoffMs * 1000 };
      return new Client(id, { servers, ...times, triesEach, incarnation, duplicates: true }) as unknown as AnyNode;
    },
    drawSettings,
    drawAdmin,
    invariants: (reach, world, settings) => new WatchedRaft(reach, world, settings, parts.invariants ?? true),
    watches: (message) => (message as RaftMessage).type === messageTypes.snap,
    stateDigest: (node) => replicaDigest(node as unknown as Replica<RaftMessage, RaftRecord>),
    stateAfter: (commands) => referenceDigest(commands, replicaConfig),
    mayStall,
    mustConverge(beliefs, node) {
      const configuration = newestConfiguration(beliefs);
      if (configuration === null) return true;
      return configuration.voters.includes(node) || configuration.learners.includes(node);
    },
    goals,
  };
}
