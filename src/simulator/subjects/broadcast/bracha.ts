/** Bracha's reliable broadcast as a subject: no clocks, any delay, lost messages, and f liars. */
import type { NodeId, Schema } from '../../../core/index.ts';
import {
  type BrachaConfig,
  type BrachaMessage,
  brachaSchema,
  brachaTimers,
  GameClient,
  noRecord,
  ReliableBroadcast,
} from '../../../protocols/broadcast/index.ts';
import type { FaultKind } from '../../../scenario/index.ts';
import { generalGoals } from '../../coverage.ts';
import type { AnyNode, Goal, LyingSpeech, Subject } from '../../subject.ts';
import { BrachaWatch, senderDrawn } from './bracha-watch.ts';
import { drawGameSettings, gameSettings, oralTraitors } from './game-settings.ts';

export type BrachaClass = new (id: NodeId, peers: readonly NodeId[], config: BrachaConfig) => ReliableBroadcast;

const goals: readonly Goal[] = [
  { name: 'delivered', about: 'a node delivered a broadcast' },
  { name: 'delivered-from-liar', about: 'honest nodes delivered what a liar had sent' },
  { name: 'judged-with-faulty', about: 'a delivery was judged with somebody faulty in it' },
];

/** Links of any kind, but no crashes: who has crashed has forgotten, and is one of the f. */
const tolerated: readonly FaultKind[] = ['partition', 'loss', 'delay', 'duplicate', 'reorder', 'pause', 'clock-jump', 'clock-drift'];
const reached = ['liar-told-two-versions', 'clock-jumped'];

const GIVE_UP_US = 2_000_000;
/** A flood of broadcasts shows nothing that a few do not. */
const LEAST_US = 200_000;

const speech: LyingSpeech<BrachaMessage> = {
  proved: () => null,
  withProof: (message) => message,
  lie(random, message, from) {
    const lie = { ...message, value: (message.value + 1) % 3 };
    switch (random.below(8)) {
      case 0:
        return { ...lie, type: 'ready' };
      case 1:
        // As if another had sent it.
        return { ...lie, type: 'init', sender: 1 + (from % 4) };
      default:
        return lie;
    }
  },
};

export function brachaSubject(parts: { readonly node?: BrachaClass; readonly invariants?: boolean } = {}): Subject {
  const NodeClass = parts.node ?? ReliableBroadcast;
  return {
    name: 'bracha',
    version: 1,
    message: brachaSchema as Schema<unknown>,
    record: noRecord as Schema<unknown>,
    timers: brachaTimers,
    model: null,
    withoutCas: true,
    operation: ({ f, key, value }) => ({ f: 'broadcast', value: (f === 'read' ? key : value) % 3 }),
    tolerates: () => tolerated,
    speech: speech as LyingSpeech,
    survivesLiars: (nodes, settings) => Math.min(oralTraitors(gameSettings(settings), nodes), Math.floor((nodes - 1) / 3)),
    create(id, peers, settings) {
      const own = gameSettings(settings);
      return new NodeClass(id, peers, { faults: oralTraitors(own, peers.length), resendUs: own.resendMs * 1000 }) as unknown as AnyNode;
    },
    client: (id, players, _settings, incarnation) =>
      new GameClient(id, {
        players,
        deal: senderDrawn,
        enough: 1,
        giveUpUs: GIVE_UP_US,
        leastUs: LEAST_US,
        incarnation,
      }) as unknown as AnyNode,
    drawSettings: drawGameSettings,
    invariants: (reach, world, settings) =>
      new BrachaWatch(reach, world, parts.invariants ?? true, (players) => oralTraitors(gameSettings(settings), players)),
    mayStall(world, _beliefs, core) {
      const missing = world.servers.length - core.length;
      const most = oralTraitors(gameSettings(world.plan.settings), world.servers.length);
      return missing > most ? `${missing} of ${world.servers.length} nodes are out of reach, and ${most} are survived` : null;
    },
    goals,
    beyond: ['epoch-changed-under-liar', ...generalGoals.map(({ name }) => name)].filter((name) => !reached.includes(name)),
  };
}
