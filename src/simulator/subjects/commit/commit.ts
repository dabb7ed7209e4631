/**
 * Two-phase commit as a subject: a store whose every key has copies at several sites, written at all of them or at none
 * by one transaction. Its clients see a key-value store that must be linearizable. Its liveness is honest about
 * blocking: who is in doubt while nobody in reach knows may wait for ever (Bernstein et al. 1987, 7.4).
 */
import type { NodeId, Schema } from '../../../core/index.ts';
import {
  CommitClient,
  type CommitClientConfig,
  type CommitConfig,
  commitTimers,
  keyOf,
  type Ledger,
  LocalCommit,
  messageSchema,
  recordSchema,
  sitesOf,
  type TransactionId,
} from '../../../protocols/commit/index.ts';
import type { AnyNode, Goal, Subject } from '../../subject.ts';
import type { World } from '../../world.ts';
import { withoutLeases } from '../tolerated-faults.ts';
import { type CommitSettings, commitSettings, drawCommitSettings } from './commit-settings.ts';
import { CommitWatch } from './commit-watch.ts';

export type CommitClass = new (id: NodeId, peers: readonly NodeId[], config: CommitConfig) => LocalCommit;

export interface CommitParts {
  /** The node, or a mutant of it. */
  readonly node?: CommitClass;
  /** The protocol's own invariants; false: only the history that clients saw. */
  readonly invariants?: boolean;
}

const goals: readonly Goal[] = [
  { name: 'committed', about: 'a transaction was committed' },
  { name: 'aborted', about: 'a transaction was aborted' },
  { name: 'participant-refused', about: 'a participant voted no' },
  { name: 'in-doubt', about: 'a prepared participant asked what became of a transaction' },
  { name: 'in-doubt-without-coordinator', about: 'it asked while the coordinator was down' },
  { name: 'read-only', about: 'a participant without writes voted read-only' },
  { name: 'told-by-participant', about: 'another participant told it (cooperative termination)' },
];

/** It has no leaders and no terms; where faults aim at the leader, they meet whoever coordinated last. */
export const beyondCommit: readonly string[] = [
  'leader-lost-unsynced',
  'leader-crashed',
  'leader-crashed-writing',
  'two-leaders',
  'election-during-partition',
  'election-during-snapshot',
  'snapshot-restored',
  'mixed-versions',
];

function configOf(settings: CommitSettings): CommitConfig {
  const { retryMs, voteRetries, remember, snapshotEvery, cooperative, votes, presumption } = settings;
  return { retryUs: retryMs * 1000, voteRetries, remember, snapshotEvery, cooperative, votes, presumption };
}

function clientOf(settings: CommitSettings, servers: readonly NodeId[], incarnation: number): CommitClientConfig {
  const { copies, readers, attemptMs, giveUpMs, backoffMs } = settings;
  return { servers, copies, readers, attemptUs: attemptMs * 1000, giveUpUs: giveUpMs * 1000, backoffUs: backoffMs * 1000, incarnation };
}

const knows = (ledger: Ledger, tx: TransactionId, sites: readonly NodeId[]): boolean =>
  sites.includes(ledger.site) && !ledger.forgotten(tx) && ledger.participated.get(keyOf(tx))?.state !== 'prepared';

/** Why the core may wait for ever, and rightly so; null when it must make progress. */
function mayStall(world: World, core: readonly NodeId[]): string | null {
  if (core.length === world.servers.length) return null;
  const { copies, readers, cooperative } = commitSettings(world.plan.settings);
  const asked = copies === 0 ? 0 : copies + readers;
  for (let key = 0; key < world.plan.workload.keys; key++) {
    if (!sitesOf(key, world.servers, asked).every((site) => core.includes(site)))
      return 'a key has a copy out of reach, and a transaction needs all its sites';
  }
  const ledgers = core.map((id) => (world.nodes[id - 1] as unknown as LocalCommit | null)?.ledger);
  for (const ledger of ledgers) {
    for (const { tx, sites } of ledger?.doubted() ?? []) {
      if (core.includes(tx.coordinator)) continue;
      // Who has not voted refuses when asked, and so frees the others.
      const known = cooperative && ledgers.some((other) => other !== undefined && knows(other, tx, sites));
      if (!known) return 'a participant is in doubt and nobody in reach knows: two-phase commit blocks (Bernstein et al. 7.4)';
    }
  }
  return null;
}

export function commitSubject(parts: CommitParts = {}): Subject {
  const NodeClass = parts.node ?? LocalCommit;
  return {
    name: '2pc',
    version: 1,
    message: messageSchema as Schema<unknown>,
    record: recordSchema as Schema<unknown>,
    timers: commitTimers,
    model: 'kv',
    withoutCas: true,
    tolerates: () => withoutLeases,
    create: (id, peers, settings) => new NodeClass(id, peers, configOf(commitSettings(settings))) as unknown as AnyNode,
    client: (id, servers, settings, incarnation) =>
      new CommitClient(id, clientOf(commitSettings(settings), servers, incarnation)) as unknown as AnyNode,
    drawSettings: drawCommitSettings,
    invariants: (reach, world, settings) => new CommitWatch(reach, parts.invariants ?? true, world, commitSettings(settings)),
    mayStall: (world, _beliefs, core) => mayStall(world, core),
    goals,
    beyond: beyondCommit,
  };
}
