/**
 * Paxos Commit as a subject: the store of the two-phase commit subject (every key at several sites, written by one transaction),
 * which does not block while a majority of the acceptors is up and in reach.
 */
import type { NodeId, Schema } from '../../../core/index.ts';
import {
  CommitClient,
  PaxosCommit,
  type PaxosCommitConfig,
  paxosCommitMessages,
  paxosCommitRecords,
  paxosCommitTimers,
  sitesOf,
} from '../../../protocols/commit/index.ts';
import type { AnyNode, Goal, Subject } from '../../subject.ts';
import type { World } from '../../world.ts';
import { beyondCommit } from '../commit/commit.ts';
import { withoutLeases } from '../tolerated-faults.ts';
import { acceptorsAmong, drawPaxosCommitSettings, type PaxosCommitSettings, paxosCommitSettings } from './paxos-commit-settings.ts';
import { PaxosCommitWatch } from './paxos-commit-watch.ts';

export type PaxosCommitClass = new (id: NodeId, peers: readonly NodeId[], config: PaxosCommitConfig) => PaxosCommit;

export interface PaxosCommitParts {
  /** The node, or a mutant of it. */
  readonly node?: PaxosCommitClass;
  /** The protocol's own invariants; false: only the history that clients saw. */
  readonly invariants?: boolean;
}

const goals: readonly Goal[] = [
  { name: 'committed', about: 'a transaction was committed' },
  { name: 'aborted', about: 'a transaction was aborted' },
  { name: 'participant-refused', about: 'a resource manager voted no' },
  { name: 'in-doubt', about: 'somebody asked the acceptors what became of a transaction' },
  { name: 'in-doubt-without-coordinator', about: 'it asked while the node that was asked for it was down' },
  { name: 'taken-over', about: 'an acceptor took over and led a ballot of its own' },
];

function configOf(settings: PaxosCommitSettings): PaxosCommitConfig {
  const { retryMs, voteRetries, remember, snapshotEvery, votes, acceptors, faster } = settings;
  return {
    retryUs: retryMs * 1000,
    voteRetries,
    remember,
    snapshotEvery,
    votes,
    acceptors,
    faster,
    cooperative: true,
    presumption: 'abort',
  };
}

function mayStall(world: World, core: readonly NodeId[]): string | null {
  if (core.length === world.servers.length) return null;
  const { copies, acceptors, votes } = paxosCommitSettings(world.plan.settings);
  if (votes === 'choose') return 'who refuses at random and also asks the dead may be out of luck';
  for (let key = 0; key < world.plan.workload.keys; key++) {
    if (!sitesOf(key, world.servers, copies).every((site) => core.includes(site)))
      return 'a key has a copy out of reach, and a transaction needs all its sites';
  }
  const count = acceptorsAmong(acceptors, world.servers.length);
  if (world.servers.slice(0, count).filter((id) => core.includes(id)).length * 2 <= count)
    return 'no majority of the acceptors is in reach: more than F have failed';
  return null;
}

export function paxosCommitSubject(parts: PaxosCommitParts = {}): Subject {
  const NodeClass = parts.node ?? PaxosCommit;
  return {
    name: 'paxos-commit',
    version: 1,
    message: paxosCommitMessages as Schema<unknown>,
    record: paxosCommitRecords as Schema<unknown>,
    timers: paxosCommitTimers,
    model: 'kv',
    withoutCas: true,
    tolerates: () => withoutLeases,
    create: (id, peers, settings) => new NodeClass(id, peers, configOf(paxosCommitSettings(settings))) as unknown as AnyNode,
    client: (id, servers, settings, incarnation) => {
      const { copies, attemptMs, giveUpMs, backoffMs } = paxosCommitSettings(settings);
      const times = { attemptUs: attemptMs * 1000, giveUpUs: giveUpMs * 1000, backoffUs: backoffMs * 1000 };
      return new CommitClient(id, { servers, copies, readers: 0, ...times, incarnation }) as unknown as AnyNode;
    },
    drawSettings: drawPaxosCommitSettings,
    invariants: (reach, world, given) => {
      const { remember, acceptors } = paxosCommitSettings(given);
      // Anybody who is in doubt may bring an abort about: when is nobody's to say from outside.
      return new PaxosCommitWatch(reach, parts.invariants ?? true, world, remember, 0).ofAcceptors(acceptors);
    },
    mayStall: (world, _beliefs, core) => mayStall(world, core),
    goals,
    beyond: beyondCommit,
  };
}
