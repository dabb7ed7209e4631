/**
 * A proof-of-work chain as a subject: clients pay and wait for confirmations, which is the promise that can be lost. Two
 * clients now and then pay with the same coin. It promises nothing that a history could show, so its own watch judges.
 */
import type { NodeId, Schema, Value } from '../../../core/index.ts';
import { ChainClient, type ChainConfig, chainTimers, messageSchema, Nakamoto, recordSchema } from '../../../protocols/nakamoto/index.ts';
import type { FaultKind } from '../../../scenario/index.ts';
import type { PlannedOperation } from '../../plan.ts';
import type { AnyNode, Goal, LyingSpeech, Subject } from '../../subject.ts';
import { chainConfigOf, chainSettings, drawChainSettings } from './chain-settings.ts';
import { chainSpeech } from './chain-speech.ts';
import { ChainWatch } from './chain-watch.ts';

export type NakamotoClass = new (id: NodeId, peers: readonly NodeId[], config: ChainConfig) => Nakamoto;

export interface NakamotoParts {
  /** The node, or a mutant of it. */
  readonly node?: NakamotoClass;
  /** The protocol's own invariants; false: only that a confirmed payment stays. */
  readonly invariants?: boolean;
}

const goals: readonly Goal[] = [
  { name: 'confirmed', about: 'a payment was confirmed' },
  { name: 'reorganised', about: 'a node left a branch for one with more work' },
  { name: 'deep-reorganisation', about: 'a node took back more than two blocks at once' },
  { name: 'transaction-returned', about: 'a transaction whose block was taken back waited again' },
  { name: 'transaction-lost-to-conflict', about: 'a transaction was lost: the new branch spends its coin otherwise' },
  { name: 'block-fetched', about: 'a node asked for a block that it had missed' },
];

/** It has no leaders, no terms and no snapshots. */
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
  'clock-jumped',
  'mixed-versions',
  'epoch-changed-under-liar',
];

/** Not a clock that jumps: its blocks are from the future to all others. */
const tolerated: readonly FaultKind[] = [
  'partition',
  'loss',
  'duplicate',
  'reorder',
  'kill',
  'pause',
  'restart',
  'torn-write',
  'disk-full',
];

/** Coins have a few claimants: the n-th payment of two clients with one key is of the same coin. */
export function payment({ f, key, value }: PlannedOperation): Value {
  if (f === 'read') return { f: 'spender', coin: `k${key}.0` };
  return { f: 'pay', coin: `k${key}.${Math.floor((value % 1_000_000) / 2)}`, memo: `p${value}`, locks: 1, format: 1 };
}

export function nakamotoSubject(parts: NakamotoParts = {}): Subject {
  const NodeClass = parts.node ?? Nakamoto;
  return {
    name: 'nakamoto',
    version: 1,
    message: messageSchema as Schema<unknown>,
    record: recordSchema as Schema<unknown>,
    timers: chainTimers,
    model: null,
    withoutCas: true,
    operation: payment,
    tolerates: () => tolerated,
    // More could be survived with luck (less than half of the power); so few are survived with confirmations as few as these.
    survivesLiars: (nodes) => Math.floor((nodes - 1) / 3),
    speech: chainSpeech as LyingSpeech,
    create: (id, peers, settings) => new NodeClass(id, peers, chainConfigOf(chainSettings(settings), id, peers)) as unknown as AnyNode,
    client: (id, servers, settings, incarnation) => {
      const { attemptMs, giveUpMs } = chainSettings(settings);
      return new ChainClient(id, { servers, attemptUs: attemptMs * 1000, giveUpUs: giveUpMs * 1000, incarnation }) as unknown as AnyNode;
    },
    drawSettings: drawChainSettings,
    invariants: (reach, world, settings) =>
      new ChainWatch(reach, world, parts.invariants ?? true, chainConfigOf(chainSettings(settings), 1, [1])),
    goals,
    beyond,
  };
}
