/**
 * Three-phase commit as a subject: the store of the two-phase commit subject, which does not block when sites crash. It promises
 * that for crashes alone, on a network and disks that keep their times: where messages are lost, links cut or nodes
 * stand still, time-outs lie, and two halves may decide differently.
 */
import type { NodeId, Schema } from '../../../core/index.ts';
import {
  CommitClient,
  defaultThreePhaseConfig,
  sitesOf,
  ThreePhaseCommit,
  type ThreePhaseConfig,
  threePhaseMessages,
  threePhaseRecords,
  threePhaseTimers,
} from '../../../protocols/commit/index.ts';
import type { FaultKind } from '../../../scenario/index.ts';
import type { AnyNode, Goal, Subject } from '../../subject.ts';
import type { World } from '../../world.ts';
import { beyondCommit } from '../commit/commit.ts';
import { drawThreePhaseSettings, type ThreePhaseSettings, threePhaseSettings } from './three-phase-settings.ts';
import { ThreePhaseWatch } from './three-phase-watch.ts';

export type ThreePhaseClass = new (id: NodeId, peers: readonly NodeId[], config: ThreePhaseConfig) => ThreePhaseCommit;

export interface ThreePhaseParts {
  /** The node, or a mutant of it. */
  readonly node?: ThreePhaseClass;
  /** The protocol's own invariants; false: only the history that clients saw. */
  readonly invariants?: boolean;
}

const goals: readonly Goal[] = [
  { name: 'committed', about: 'a transaction was committed' },
  { name: 'aborted', about: 'a transaction was aborted' },
  { name: 'participant-refused', about: 'a participant voted no' },
  { name: 'in-doubt', about: 'a participant asked the others for their states' },
  { name: 'in-doubt-without-coordinator', about: 'it asked while the coordinator was down' },
  { name: 'decided-by-participant', about: 'participants decided without the coordinator (termination)' },
  { name: 'precommit-by-backup', about: 'who took over made others precommit first' },
  { name: 'asked-while-recovering', about: 'a site that had failed was asked for its state' },
];

/** General goals that need faults which it does not survive. */
const beyond = [...beyondCommit, 'leader-paused', 'leader-isolated', 'one-way-hid-leader', 'clock-jumped', 'disk-was-full'];

const tolerated: readonly FaultKind[] = ['kill', 'restart', 'torn-write', 'duplicate', 'reorder', 'clock-drift'];

function configOf({ retryMs, patience, snapshotEvery, votes }: ThreePhaseSettings): ThreePhaseConfig {
  return { ...defaultThreePhaseConfig, retryUs: retryMs * 1000, patience, snapshotEvery, votes };
}

function mayStall(world: World, core: readonly NodeId[]): string | null {
  if (core.length === world.servers.length) return null;
  const { copies, votes } = threePhaseSettings(world.plan.settings);
  if (votes === 'choose') return 'who refuses at random and also asks the dead may be out of luck';
  for (let key = 0; key < world.plan.workload.keys; key++) {
    if (!sitesOf(key, world.servers, copies).every((site) => core.includes(site)))
      return 'a key has a copy out of reach, and a transaction needs all its sites';
  }
  for (const id of core) {
    const node = world.nodes[id - 1] as unknown as ThreePhaseCommit | null;
    for (const { tx, sites } of node?.ledger.doubted() ?? []) {
      if (node?.hasRecovered(tx) === true && ![tx.coordinator, ...sites].every((site) => core.includes(site)))
        return 'all that took part in a transaction have failed, and the last one to fail is not back (total failure: Bernstein et al. 7.5)';
    }
  }
  return null;
}

export function threePhaseSubject(parts: ThreePhaseParts = {}): Subject {
  const NodeClass = parts.node ?? ThreePhaseCommit;
  return {
    name: '3pc',
    version: 1,
    message: threePhaseMessages as Schema<unknown>,
    record: threePhaseRecords as Schema<unknown>,
    timers: threePhaseTimers,
    model: 'kv',
    withoutCas: true,
    tolerates: () => tolerated,
    create: (id, peers, settings) => new NodeClass(id, peers, configOf(threePhaseSettings(settings))) as unknown as AnyNode,
    client: (id, servers, settings, incarnation) => {
      const { copies, attemptMs, giveUpMs, backoffMs } = threePhaseSettings(settings);
      const times = { attemptUs: attemptMs * 1000, giveUpUs: giveUpMs * 1000, backoffUs: backoffMs * 1000 };
      return new CommitClient(id, { servers, copies, readers: 0, ...times, incarnation }) as unknown as AnyNode;
    },
    drawSettings: drawThreePhaseSettings,
    invariants: (reach, world, given) => {
      const { retryMs, patience } = threePhaseSettings(given);
      // Clocks drift by less than a quarter, and the first time-out may come at once.
      const patienceUs = retryMs * (patience - 1) * 750;
      return new ThreePhaseWatch(reach, parts.invariants ?? true, world, defaultThreePhaseConfig.remember, patienceUs);
    },
    mayStall: (world, _beliefs, core) => mayStall(world, core),
    goals,
    beyond,
  };
}
