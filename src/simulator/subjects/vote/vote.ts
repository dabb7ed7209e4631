/**
 * The vote as a subject: every server is a voter and asks for clients; of n servers (n - 1) / 3 may lie. Several clients ask
 * about the same question at nearly the same time. Judged by its invariants (vote-watch.ts): a client believes only what
 * a certificate proves, so what clients hear needs no other judge.
 */
import type { NodeId, Schema, Value } from '../../../core/index.ts';
import {
  expectedOf,
  messageSchema,
  recordSchema,
  VoteClient,
  type VoteConfig,
  VoteNode,
  voteTimers,
} from '../../../protocols/vote/index.ts';
import type { PlannedOperation } from '../../plan.ts';
import type { AnyNode, Goal, Subject } from '../../subject.ts';
import type { World } from '../../world.ts';
import { withoutLeases } from '../tolerated-faults.ts';
import { drawVoteSettings, faultsOf, voteConfigOf, voteSettings } from './vote-settings.ts';
import { voteSpeech } from './vote-speech.ts';
import { VoteWatch } from './vote-watch.ts';

export type VoteClass = new (id: NodeId, config: VoteConfig) => VoteNode;

export interface VoteParts {
  /** The node, or a mutant of it. */
  readonly node?: VoteClass;
  /** The protocol's own invariants; false: nothing but that clients are answered. */
  readonly invariants?: boolean;
}

const goals: readonly Goal[] = [
  { name: 'decided-go', about: 'a question was decided: go' },
  { name: 'decided-abort', about: 'a question was decided: abort' },
  { name: 'asked-by-two', about: 'two nodes asked the same question' },
  { name: 'votes-split', about: 'honest voters voted differently: they had been shown different sets' },
  { name: 'answer-given-again', about: 'a voter gave the same answer to another asker' },
  { name: 'equivocation-seen', about: 'a liar was convicted of two statements' },
  { name: 'restarted-voter-spoke', about: 'a voter spoke again about a question that it knew before it crashed' },
];

/** It has no leaders, no terms, no snapshots and no versions. */
const beyond: readonly string[] = [
  'leader-lost-unsynced',
  'leader-crashed',
  'leader-crashed-writing',
  'leader-paused',
  'leader-isolated',
  'one-way-hid-leader',
  'two-leaders',
  'election-during-partition',
  'election-during-snapshot',
  'snapshot-restored',
  'mixed-versions',
  'epoch-changed-under-liar',
];

/** Clients who ask within the same stretch of time ask the same. */
const SLOT_US = 100_000;

/** A question of the key and the stretch of time; every other key asks for unanimity. */
function operation({ key, atUs }: PlannedOperation): Value {
  const id = `q${key}@${Math.floor(atUs / SLOT_US)}`;
  const strategy = key % 2 === 0 ? 'majority_ready_or_abort' : 'unanimous_ready_or_abort';
  return { f: 'decide', question: { id, subject: `version ${key}`, strategy } };
}

/** Why the core may fail to decide, and rightly so; null when it must decide. */
function mayStall(world: World, core: readonly NodeId[]): string | null {
  const config = voteConfigOf(world.plan.settings, world.servers);
  if (core.length < expectedOf(config)) return 'fewer voters are up and connected than must answer';
  const { lifetimeUs, skewUs } = config;
  const clocks = core.map((id) => world.localNow(id));
  if (Math.max(...clocks) - Math.min(...clocks) > (lifetimeUs + skewUs) / 4) return 'clocks differ by more than questions live';
  return null;
}

export function voteSubject(parts: VoteParts = {}): Subject {
  const NodeClass = parts.node ?? VoteNode;
  return {
    name: 'vote',
    version: 1,
    message: messageSchema as Schema<unknown>,
    record: recordSchema as Schema<unknown>,
    timers: voteTimers,
    model: null,
    tolerates: () => withoutLeases,
    survivesLiars: (nodes) => faultsOf(nodes),
    speech: voteSpeech,
    create: (id, peers, settings) => new NodeClass(id, voteConfigOf(settings, peers)) as unknown as AnyNode,
    client(id, servers, settings, incarnation) {
      const { attemptMs, giveUpMs } = voteSettings(settings);
      const electorate = { voters: servers, faults: faultsOf(servers.length) };
      return new VoteClient(id, { ...electorate, servers, attemptUs: attemptMs * 1000, giveUpUs: giveUpMs * 1000, incarnation }) as AnyNode;
    },
    drawSettings: drawVoteSettings,
    operation,
    withoutCas: true,
    invariants: (reach, world) => new VoteWatch(reach, world, parts.invariants ?? true),
    mayStall: (world, _beliefs, core) => mayStall(world, core),
    goals,
    beyond,
  };
}
