/** The settings of a simulated Tendermint, in milliseconds and plain words, and what follows from them for a group of some size. */
import { LightconeError, type NodeId, type Random, type Value } from '../../../core/index.ts';
import { defaultTendermintConfig, type PowerChange, type TendermintConfig } from '../../../protocols/tendermint/index.ts';
import type { Settings } from '../../subject.ts';

export interface TendermintSettings {
  /** Of the step of proposals; the others take a third of it. */
  readonly timeoutMs: number;
  /** Longer in each round. */
  readonly deltaMs: number;
  readonly commitMs: number;
  readonly gossipMs: number;
  readonly authentication: 'signature' | 'channel';
  /** `equal`: 1 each. `close`: 4, 3, 3, ... `spread`: 7, 5, 3, 1, 1, ... (the first counts for more than it may lie). */
  readonly powers: 'equal' | 'close' | 'spread';
  /** The last so many servers have no power at first. */
  readonly spares: number;
  readonly emptyBlocks: boolean;
  readonly maxBlockCommands: number;
  readonly retainedBlocks: number;
  readonly snapshotEvery: number;
  readonly attemptMs: number;
  readonly giveUpMs: number;
}

export const defaultTendermintSettings: TendermintSettings = {
  timeoutMs: 300,
  deltaMs: 60,
  commitMs: 0,
  gossipMs: 100,
  authentication: 'signature',
  powers: 'equal',
  spares: 0,
  emptyBlocks: false,
  maxBlockCommands: 256,
  retainedBlocks: 100,
  snapshotEvery: 1000,
  attemptMs: 400,
  giveUpMs: 4000,
};

const choices: { readonly [name: string]: readonly Value[] } = {
  authentication: ['signature', 'channel'],
  powers: ['equal', 'close', 'spread'],
};

const checked = new WeakMap<Settings, TendermintSettings>();

/** @throws LC_USAGE naming a setting that Tendermint does not have or that has another type */
export function tendermintSettings(settings: Settings): TendermintSettings {
  let full = checked.get(settings);
  if (full === undefined) {
    full = check(settings);
    checked.set(settings, full);
  }
  return full;
}

function check(settings: Settings): TendermintSettings {
  const known = defaultTendermintSettings as unknown as { readonly [name: string]: Value };
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(known, name))
      throw new LightconeError('LC_USAGE', `Tendermint has no setting "${name}" (it has ${Object.keys(known).join(', ')})`, { name });
    if (typeof value !== typeof known[name])
      throw new LightconeError('LC_USAGE', `the setting ${name} is a ${typeof known[name]}, not ${JSON.stringify(value)}`, { name, value });
    if (choices[name]?.includes(value) === false)
      throw new LightconeError('LC_USAGE', `the setting ${name} is one of ${choices[name].join(', ')}, not ${JSON.stringify(value)}`, {
        name,
        value,
      });
  }
  return { ...defaultTendermintSettings, ...settings };
}

const spread = [7, 5, 3];

/** What each of `count` servers has at first. */
export function powersOf({ powers, spares }: TendermintSettings, servers: readonly NodeId[]): readonly PowerChange[] {
  const voting = servers.slice(0, Math.max(1, servers.length - spares));
  return voting.map((id, i) => ({ id, power: powers === 'equal' ? 1 : powers === 'close' ? (i === 0 ? 4 : 3) : (spread[i] ?? 1) }));
}

/** The largest f such that any f servers have less than a third of all power. */
export function liarsSurvived(nodes: number, settings: TendermintSettings): number {
  if (settings.authentication === 'channel') return 0;
  const servers = Array.from({ length: nodes }, (_, i) => i + 1);
  const powers = powersOf(settings, servers)
    .map(({ power }) => power)
    .sort((a, b) => b - a);
  const total = powers.reduce((sum, power) => sum + power, 0);
  let survived = 0;
  for (let power = powers[0] as number; 3 * power < total; power += powers[survived] ?? total) survived++;
  return survived;
}

export function configOf(settings: TendermintSettings, peers: readonly NodeId[]): TendermintConfig {
  const { timeoutMs, deltaMs, commitMs, gossipMs, authentication, emptyBlocks, maxBlockCommands, retainedBlocks } = settings;
  const stepUs = Math.floor((timeoutMs * 1000) / 3);
  return {
    ...defaultTendermintConfig,
    powers: powersOf(settings, peers),
    authentication,
    proposeUs: timeoutMs * 1000,
    prevoteUs: stepUs,
    precommitUs: stepUs,
    deltaUs: deltaMs * 1000,
    commitUs: commitMs * 1000,
    gossipUs: gossipMs * 1000,
    emptyBlocks,
    maxBlockCommands,
    retainedBlocks,
  };
}

export function drawTendermintSettings(random: Random): Settings {
  const timeoutMs = random.pick([200, 300, 300, 1000]);
  const emptyBlocks = random.below(8) === 0;
  return {
    timeoutMs,
    deltaMs: Math.floor(timeoutMs / random.pick([1, 2, 5])),
    commitMs: emptyBlocks ? Math.floor(timeoutMs / 5) : random.pick([0, 0, Math.floor(timeoutMs / 10)]),
    gossipMs: Math.floor(timeoutMs / random.pick([1, 2])),
    authentication: random.below(5) === 0 ? 'channel' : 'signature',
    powers: random.pick(['equal', 'equal', 'close', 'spread']),
    spares: random.below(8) === 0 ? 1 : 0,
    emptyBlocks,
    maxBlockCommands: random.pick([4, 20, 256]),
    retainedBlocks: random.pick([1, 10, 100]),
    snapshotEvery: random.pick([0, 5, 20, 100]),
    attemptMs: random.pick([200, 400, timeoutMs * 2]),
    giveUpMs: timeoutMs * 14,
  };
}
