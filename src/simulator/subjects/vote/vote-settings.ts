/** The settings of a simulated vote, in milliseconds and plain words. */
import { LightconeError, type NodeId, type Random, type Value } from '../../../core/index.ts';
import { defaultVoteConfig, type VoteConfig } from '../../../protocols/vote/index.ts';
import type { Settings } from '../../subject.ts';

export interface VoteSettings {
  /** How long an asker tries. */
  readonly timeoutMs: number;
  readonly patienceMs: number;
  readonly retryMs: number;
  /** What an asker gives a question to live. */
  readonly lifetimeMs: number;
  /** By so much clocks may differ. */
  readonly skewMs: number;
  /** A service is ready so many times in eight. */
  readonly readyInEight: number;
  /** A client's wait for one node. */
  readonly attemptMs: number;
  readonly giveUpMs: number;
}

export const defaultVoteSettings: VoteSettings = {
  timeoutMs: 300,
  patienceMs: 60,
  retryMs: 40,
  lifetimeMs: 60_000,
  skewMs: 2_000,
  readyInEight: 6,
  attemptMs: 500,
  giveUpMs: 2500,
};

/** @throws LC_USAGE naming a setting that the vote does not have or that has another type */
export function voteSettings(settings: Settings): VoteSettings {
  const known = defaultVoteSettings as unknown as { readonly [name: string]: Value };
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(known, name))
      throw new LightconeError('LC_USAGE', `vote has no setting "${name}" (it has ${Object.keys(known).join(', ')})`, { name });
    if (typeof value !== typeof known[name])
      throw new LightconeError('LC_USAGE', `the setting ${name} is a ${typeof known[name]}, not ${JSON.stringify(value)}`, { name, value });
  }
  return { ...defaultVoteSettings, ...settings };
}

export function drawVoteSettings(random: Random): Settings {
  const timeoutMs = random.pick([60, 100, 300]);
  return {
    timeoutMs,
    patienceMs: Math.floor(timeoutMs / random.pick([3, 5, 20])),
    retryMs: Math.floor(timeoutMs / random.pick([4, 8, 20])),
    // Short lives end while messages are under way or a clock is wrong.
    ...random.pick([
      { lifetimeMs: 3_600_000, skewMs: 3_600_000 },
      { lifetimeMs: 3_600_000, skewMs: 3_600_000 },
      { lifetimeMs: timeoutMs, skewMs: 0 },
      { lifetimeMs: 4 * timeoutMs, skewMs: 500 },
    ]),
    readyInEight: random.pick([4, 6, 6, 7, 8]),
    attemptMs: Math.floor((timeoutMs * 3) / 2),
    giveUpMs: 6 * timeoutMs,
  };
}

/** As many liars as so many voters stand. */
export const faultsOf = (nodes: number): number => Math.floor((nodes - 1) / 3);

export function voteConfigOf(settings: Settings, voters: readonly NodeId[]): VoteConfig {
  const { timeoutMs, patienceMs, retryMs, lifetimeMs, skewMs, readyInEight } = voteSettings(settings);
  return {
    ...defaultVoteConfig,
    voters,
    faults: faultsOf(voters.length),
    timeoutUs: timeoutMs * 1000,
    patienceUs: patienceMs * 1000,
    retryUs: retryMs * 1000,
    lifetimeUs: lifetimeMs * 1000,
    skewUs: skewMs * 1000,
    readiness: { ready: readyInEight, of: 8 },
  };
}
