/** The settings of a simulated proof-of-work chain, in milliseconds and plain words. */
import { LightconeError, type NodeId, type Random, type Value } from '../../../core/index.ts';
import { type ChainConfig, defaultChainConfig, type Fork, rulesOf } from '../../../protocols/nakamoto/index.ts';
import type { Settings } from '../../subject.ts';

export interface ChainSettings {
  /** Blocks that must stand on a payment, its own included, before it is called confirmed. */
  readonly confirmations: number;
  /** Wanted time between two blocks of the whole network. */
  readonly intervalMs: number;
  /** Between two tries of a node; each makes as many as it has power. */
  readonly tickMs: number;
  readonly retargetEvery: number;
  readonly announceMs: number;
  readonly attemptMs: number;
  readonly giveUpMs: number;
  /** Hash power by node, from node 1; 1 where the list ends. */
  readonly powers: readonly number[];
  /** What changed between versions 1 and 2 of the block rules: none, soft, hard, locks. */
  readonly fork: string;
  /** Nodes 1 to this one follow version 2, the others version 1. */
  readonly upgraded: number;
}

export const defaultChainSettings: ChainSettings = {
  confirmations: 8,
  intervalMs: 100,
  tickMs: 25,
  retargetEvery: 40,
  announceMs: 100,
  attemptMs: 500,
  giveUpMs: 12_000,
  powers: [],
  fork: 'none',
  upgraded: 0,
};

const forks: readonly Fork[] = ['none', 'soft', 'hard', 'locks'];

/** @throws LC_USAGE naming a setting that the chain does not have or that has another type */
export function chainSettings(settings: Settings): ChainSettings {
  const known = defaultChainSettings as unknown as { readonly [name: string]: Value };
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(known, name))
      throw new LightconeError('LC_USAGE', `nakamoto has no setting "${name}" (it has ${Object.keys(known).join(', ')})`, { name });
    if (typeof value !== typeof known[name])
      throw new LightconeError('LC_USAGE', `the setting ${name} is a ${typeof known[name]}, not ${JSON.stringify(value)}`, { name, value });
  }
  const all: ChainSettings = { ...defaultChainSettings, ...settings };
  if (!(forks as readonly string[]).includes(all.fork))
    throw new LightconeError('LC_USAGE', `the setting fork is one of ${forks.join(', ')}, not "${all.fork}"`, { fork: all.fork });
  return all;
}

export function drawChainSettings(random: Random): Settings {
  return { retargetEvery: random.pick([10, 40, 1000]), announceMs: random.pick([50, 100]) };
}

const powerOf = ({ powers }: ChainSettings, id: NodeId): number => powers[id - 1] ?? 1;

export function chainConfigOf(settings: ChainSettings, id: NodeId, peers: readonly NodeId[]): ChainConfig {
  const { confirmations, intervalMs, tickMs, retargetEvery, announceMs, fork, upgraded } = settings;
  const total = peers.reduce((sum, peer) => sum + powerOf(settings, peer), 0);
  return {
    ...defaultChainConfig,
    rules: rulesOf(fork as Fork, id <= upgraded ? 2 : 1),
    confirmations,
    power: powerOf(settings, id),
    tickUs: tickMs * 1000,
    intervalUs: intervalMs * 1000,
    firstDifficulty: Math.max(1, Math.round((total * intervalMs) / tickMs)),
    retargetEvery,
    announceUs: announceMs * 1000,
  };
}
